/**
 * The completion script of bash, 3.2 and later.
 *
 * @module
 */
import { type CommandWords, quoted, type Value } from "./words.ts";

/** What the tables of the script are used by. */
const ENGINE = `
_kinesis() {
  local IFS=$'\\n' cur=\${COMP_WORDS[COMP_CWORD]}
  local path= option= kind= words= isArgument= count=0 i word
  local -a connection=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ -n $option ]]; then
      # bash splits --option=value into three words.
      [[ $word == = ]] && continue
      case $option in --region | --profile | --endpoint)
        connection+=("$option" "$word") ;;
      esac
      option=
    elif [[ -z $isArgument && $word == -- ]]; then
      isArgument=1
    elif [[ -z $isArgument && $word == -* ]]; then
      _kinesis_value "$path" "$word"
      [[ $kind != none ]] && option=$word
    else
      _kinesis_commands "$path"
      if [[ $'\\n'$words$'\\n' == *$'\\n'"$word"$'\\n'* ]]; then
        path=\${path:+$path }$word
      else
        count=$((count + 1))
      fi
    fi
  done
  [[ $cur == = ]] && cur=
  if [[ -n $option ]]; then
    _kinesis_value "$path" "$option"
  elif [[ -z $isArgument && $cur == -* ]]; then
    kind=words
    _kinesis_options "$path"
  else
    _kinesis_argument "$path" "$count"
    if [[ $kind == none ]]; then
      kind=words
      _kinesis_commands "$path"
    fi
  fi
  # A place with a slash is a file, and all others are streams.
  if [[ $kind == places ]]; then
    [[ $cur == */* ]] && kind=file || kind=streams
  fi
  case $kind in
    streams | queues)
      words=$(kinesis \${connection[@]+"\${connection[@]}"} __names "$kind" 2>/dev/null </dev/null)
      ;;
    file)
      compopt -o filenames 2>/dev/null
      COMPREPLY=($(compgen -f -- "$cur"))
      return
      ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _kinesis kinesis
`;

/** Writes the script. */
export function bashScript(commands: readonly CommandWords[]): string {
  return [
    "# Completion of kinesis for bash: source <(kinesis completions bash)",
    table(
      "_kinesis_commands",
      "words=",
      "$1",
      commands.flatMap(({ path, commands }) =>
        row([path.join(" ")], linesOf(commands.map(({ name }) => name)))
      ),
    ),
    table(
      "_kinesis_options",
      "words=",
      "$1",
      commands.flatMap(({ path, options }) =>
        row([path.join(" ")], linesOf(options.flatMap(({ names }) => names)))
      ),
    ),
    table(
      "_kinesis_value",
      "kind=none words=",
      "$1 $2",
      commands.flatMap(({ path, options }) =>
        options.flatMap(({ names, value }) =>
          value
            ? row(
              names.map((name) => `${path.join(" ")} ${name}`),
              assigned(value),
            )
            : []
        )
      ),
    ),
    table(
      "_kinesis_argument",
      "kind=none words=",
      "$1 $2",
      commands.flatMap(({ path, arguments: all }) =>
        all.flatMap(({ value }, index) =>
          row([`${path.join(" ")} ${index}`], assigned(value))
        )
      ),
    ),
  ].join("\n") + ENGINE;
}

/** A function that sets variables by its arguments. */
function table(
  name: string,
  defaults: string,
  key: string,
  rows: readonly string[],
): string {
  return [
    `${name}() {`,
    `  ${defaults}`,
    `  case "${key}" in`,
    ...rows.map((row) => `    ${row}`),
    "  esac",
    "}",
  ].join("\n");
}

function row(keys: readonly string[], assignments: string): string[] {
  return assignments === ""
    ? []
    : [`${keys.map(quoted).join(" | ")}) ${assignments} ;;`];
}

function assigned(value: Value): string {
  return value.kind === "words"
    ? `kind=words ${linesOf(value.words)}`
    : `kind=${value.kind}`;
}

/** Sets words, one a line. */
function linesOf(words: readonly string[]): string {
  if (words.length === 0) return "";
  const escaped = words.map((word) => word.replace(/['\\]/g, "\\$&"));
  return `words=$'${escaped.join("\\n")}'`;
}
