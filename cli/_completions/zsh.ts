/**
 * The completion script of zsh.
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
_kinesis_names() {
  local -a names
  names=(\${(f)"$(kinesis $connection __names $1 2>/dev/null </dev/null)"})
  compadd -a names
}

# A stream, or a file.
_kinesis_places() {
  local -i ret=1
  _kinesis_names streams && ret=0
  _files && ret=0
  return ret
}

_kinesis() {
  local -a connection
  local -i i
  for ((i = 2; i < CURRENT; i++)); do
    case $words[i] in
      (--region=*|--profile=*|--endpoint=*) connection+=($words[i]) ;;
      (--region|--profile|--endpoint) connection+=($words[i] $words[i+1]) ;;
    esac
  done
  _kinesis_at
}

if [[ $funcstack[1] == _kinesis ]]; then
  _kinesis "$@"
else
  compdef _kinesis kinesis
fi
`;

/** Writes the script. */
export function zshScript(commands: readonly CommandWords[]): string {
  return [
    "#compdef kinesis",
    "# Completion of kinesis for zsh: source <(kinesis completions zsh), after compinit",
    ...commands.map((command) =>
      command.commands.length > 0 ? groupOf(command) : leafOf(command)
    ),
  ].join("\n") + ENGINE;
}

/** The function that completes a command. */
function functionOf(path: readonly string[]): string {
  return ["_kinesis_at", ...path].join("_");
}

function groupOf({ path, commands, options }: CommandWords): string {
  return `${functionOf(path)}() {
  local curcontext=$curcontext state state_descr line
  local -A opt_args
  local -a commands=(
${
    commands.map((it) => `    ${quoted(`${it.name}:${it.description}`)}`).join(
      "\n",
    )
  }
  )
  _arguments -C ${argumentsOf(options)}
    '1: :->command' '*:: :->rest' && return
  case $state in
    (command) _describe command commands ;;
    (rest)
      case $words[1] in
${
    commands.map(({ name }) =>
      `        (${name}) ${functionOf([...path, name])} ;;`
    ).join("\n")
  }
      esac
      ;;
  esac
}`;
}

function leafOf({ path, options, arguments: all }: CommandWords): string {
  const specs = all.map(({ name, value }, index) =>
    quoted(`${index + 1}:${name}:${actionOf(value)}`)
  );
  return `${functionOf(path)}() {
  _arguments ${argumentsOf(options)}
    ${specs.join(" ")}
}`;
}

function argumentsOf(options: readonly OptionWords[]): string {
  return `\\\n${
    options.map((option) => `    ${specOf(option)} \\`).join("\n")
  }`;
}

/** The option in the form of _arguments: (exclusive)name[description]:message:action */
function specOf({ names, description, value }: OptionWords): string {
  const text = description.replace(/[[\]]/g, "\\\\$&").replaceAll(":", "\\\\:");
  const rest = `[${text}]${
    value === undefined ? "" : `:value:${actionOf(value)}`
  }`;
  const forms = names.map((name) =>
    value === undefined ? name : name.startsWith("--") ? `${name}=` : `${name}+`
  );
  return forms.length === 1
    ? quotedSpec(`${forms[0]}${rest}`)
    : `${quoted(`(${names.join(" ")})`)}{${forms.join()}}${quotedSpec(rest)}`;
}

function quotedSpec(text: string): string {
  return `'${text.replaceAll("'", `'"'"'`).replaceAll("\\\\", "\\")}'`;
}

function actionOf(value: Value): string {
  switch (value.kind) {
    case "words":
      return `(${value.words.join(" ")})`;
    case "file":
      return "_files";
    case "streams":
    case "queues":
      return `_kinesis_names ${value.kind}`;
    case "places":
      return "_kinesis_places";
    default:
      return " ";
  }
}
