/**
 * The completion script of fish.
 *
 * @module
 */
import {
  type CommandWords,
  type OptionWords,
  quoted,
  type Value,
} from "./words.ts";

const ENGINE = `
# The commands before the cursor, and the number of arguments behind them.
function __kinesis_path
    set -l path
    set -l count 0
    set -l option
    set -l connection
    set -l tokens (commandline -opc)
    for token in $tokens[2..-1]
        if test -n "$option"
            set option
        else if string match -q -- '-*' $token
            contains -- "$path $token" $__kinesis_valued; and set option $token
        else if contains -- (string trim "$path $token") $__kinesis_paths
            set path (string trim "$path $token")
        else
            set count (math $count + 1)
        end
    end
    echo "$path"
    echo $count
end

# Whether the cursor is behind these commands, and at the argument with this number.
function __kinesis_at
    set -l found (__kinesis_path)
    test "$found[1]" = "$argv[1]"; or return 1
    test (count $argv) = 1; or test "$found[2]" = "$argv[2]"
end

function __kinesis_names
    set -l tokens (commandline -opc)
    set -l connection
    for i in (seq 2 (count $tokens))
        switch $tokens[$i]
            case '--region=*' '--profile=*' '--endpoint=*'
                set -a connection $tokens[$i]
            case --region --profile --endpoint
                set -a connection $tokens[$i] $tokens[(math $i + 1)]
        end
    end
    kinesis $connection __names $argv[1] 2>/dev/null </dev/null
end

complete -c kinesis -f
`;

/** Writes the script. */
export function fishScript(commands: readonly CommandWords[]): string {
  const valued = commands.flatMap(({ path, options }) =>
    options.filter(({ value }) => value).flatMap(({ names }) =>
      names.map((name) => `${path.join(" ")} ${name}`)
    )
  );
  const paths = commands.map(({ path }) => path.join(" ")).filter((it) => it);
  return [
    "# Completion of kinesis for fish: kinesis completions fish | source",
    `set -g __kinesis_paths ${paths.map(quoted).join(" ")}`,
    `set -g __kinesis_valued ${valued.map(quoted).join(" ")}`,
    ENGINE.trim(),
    ...commands.flatMap(linesOf),
    "",
  ].join("\n");
}

function linesOf(command: CommandWords): string[] {
  const path = command.path.join(" ");
  const at = (count?: number) =>
    `complete -c kinesis -n ${
      quoted(`__kinesis_at "${path}"${count === undefined ? "" : ` ${count}`}`)
    }`;
  return [
    ...command.commands.map(({ name, description }) =>
      `${at(0)} -a ${name} -d ${quoted(description)}`
    ),
    ...command.options.map((option) => `${at()} ${optionOf(option)}`),
    ...command.arguments.flatMap(({ value }, index) => {
      const values = valuesOf(value);
      return values === "" ? [] : [`${at(index)} ${values}`];
    }),
  ];
}

function optionOf({ names, description, value }: OptionWords): string {
  return [
    ...names.map((name) =>
      name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`
    ),
    ...value === undefined
      ? []
      : [value.kind === "file" ? "-r" : "-x", valuesOf(value)],
    `-d ${quoted(description)}`,
  ].filter((it) => it).join(" ");
}

function valuesOf(value: Value): string {
  switch (value.kind) {
    case "words":
      return `-a ${quoted(value.words.join(" "))}`;
    case "file":
      return "-F";
    case "streams":
    case "queues":
      return `-a '(__kinesis_names ${value.kind})'`;
    case "places":
      return "-F -a '(__kinesis_names streams)'";
    default:
      return "";
  }
}
