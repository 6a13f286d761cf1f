/**
 * What can be typed at each place of a command line, read from the program itself.
 *
 * @module
 */
import type { Argument, Command, Option } from "commander";

/** What can stand at a place. */
export type Value =
  | { readonly kind: "any" | "file" | "queues" | "streams" }
  /** A stream, or a path with a slash, as `copy` takes them. */
  | { readonly kind: "places" }
  | { readonly kind: "words"; readonly words: readonly string[] };

/** An option of a command. */
export interface OptionWords {
  /** Its names, such as `-n` and `--count`. */
  readonly names: readonly string[];
  readonly description: string;
  /** Its value. Absent if it takes none. */
  readonly value?: Value;
}

/** What can follow the name of a command. */
export interface CommandWords {
  /** The words that name the command: none for the program, `["queues", "tail"]`. */
  readonly path: readonly string[];
  readonly description: string;
  /** The commands of a group, with what they do. */
  readonly commands: readonly {
    readonly name: string;
    readonly description: string;
  }[];
  /** The options, with those of the program. */
  readonly options: readonly OptionWords[];
  readonly arguments: readonly {
    readonly name: string;
    readonly value: Value;
  }[];
}

/** Values that an option takes among others, by option. */
const SUGGESTIONS = new WeakMap<Option, readonly string[]>();

/**
 * Names values of options that completions offer, for options that also take others. The key is
 * the name of the option without hyphens.
 */
export function suggestValues(
  command: Command,
  values: Readonly<Record<string, readonly string[]>>,
): void {
  for (const [name, words] of Object.entries(values)) {
    const option = command.options.find(({ long }) => long === `--${name}`);
    if (!option) throw new TypeError(`There is no option --${name}`);
    SUGGESTIONS.set(option, words);
  }
}

/** Describes the program and all its commands, the program first. */
export function wordsOf(program: Command): CommandWords[] {
  const describe = (
    command: Command,
    path: readonly string[],
  ): CommandWords[] => {
    const help = command.createHelp();
    const commands = help.visibleCommands(command);
    const options = [
      ...help.visibleOptions(command),
      ...command === program ? [] : program.options,
    ];
    return [
      {
        path,
        description: command.description(),
        commands: commands.map((it) => ({
          name: it.name(),
          description: it.description(),
        })),
        options: options.filter(({ hidden }) => !hidden).map(optionWords),
        arguments: command.registeredArguments.map((argument) => ({
          name: argument.name(),
          value: valueOf(argument.name(), argument),
        })),
      },
      ...commands.flatMap((it) => describe(it, [...path, it.name()])),
    ];
  };
  return describe(program, []);
}

function optionWords(option: Option): OptionWords {
  const { short, long, description, flags } = option;
  const [, placeholder] = /[<[]([^>\]]+)/.exec(flags) ?? [];
  const words = SUGGESTIONS.get(option);
  const value = placeholder === undefined ? undefined : words === undefined
    // An option that takes a new name, such as --stream of serve, does not take an ARN.
    ? valueOf(
      placeholder.includes("arn") ? option.attributeName() : placeholder,
      option,
    )
    : { kind: "words", words } as const;
  return {
    names: [short, long].filter((name) => name !== undefined),
    description,
    value,
  };
}

/** The value of an argument or option: names have the same meaning in all commands. */
function valueOf(
  name: string,
  { argChoices }: Pick<Argument | Option, "argChoices">,
): Value {
  if (argChoices) return { kind: "words", words: argChoices };
  switch (name) {
    case "file":
    case "path":
      return { kind: "file" };
    case "queue":
      return { kind: "queues" };
    case "stream":
      return { kind: "streams" };
    case "source":
    case "destination":
      return { kind: "places" };
    default:
      return { kind: "any" };
  }
}

/** A text in single quotes, for all three shells. Fish and POSIX shells differ in `\`. */
export function quoted(text: string): string {
  return `'${text.replaceAll("\\", "").replaceAll("'", `'"'"'`)}'`;
}
