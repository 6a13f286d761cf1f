import { assert, assertEquals, assertMatch } from "@std/assert";
import { FakeTerminalKinesis, type Result } from "./_fake_terminal.ts";

/** Whether a program exists. */
async function has(program: string): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(program, {
      args: ["-c", "true"],
    }).output();
    return success;
  } catch {
    return false;
  }
}

/** Runs a script of a shell, and returns the lines that it prints. */
async function runShell(
  shell: string,
  args: string[],
  script: string,
): Promise<string[]> {
  const { code, stdout, stderr } = await new Deno.Command(shell, {
    args: [...args, "-c", script],
    cwd: new URL("../../", import.meta.url),
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  assertEquals([code, decoder.decode(stderr)], [0, ""]);
  return decoder.decode(stdout).trimEnd().split("\n");
}

async function scriptFor(shell: string): Promise<string> {
  await using kinesis = new FakeTerminalKinesis();
  const { code, lines } = await kinesis.run(["completions", shell]);
  assertEquals([code, lines.length], [0, 1]);
  return lines[0]!;
}

/** What follows a command line whose last word is not complete. */
const CASES: readonly (readonly [words: string[], expected: string])[] = [
  [["desc"], "describe"],
  [["queues", "t"], "tail"],
  [["queues", "redr"], "redrive"],
  [["put", "--proc"], "--processor"],
  [["put", "--processor", "k"], "kplJson"],
  [["tail", "orders", "--processor", "kplB"], "kplBytes"],
  [["tail", "orders", "--from", "old"], "oldest"],
  [["tail", "--processor", "json", "ord"], "orders"],
  [["--region", "eu-west-1", "tail", "ord"], "orders"],
  [["tail", "-n", "5", "inv"], "invoices"],
  [["tail", "orders", "inv"], ""],
  [["create", "ord"], ""],
  [["queues", "list", "--stream", "ord"], "orders"],
  [["queues", "tail", "dead"], "dead-letters"],
  [["put", "orders", "--file", "CHANGE"], "CHANGELOG.md"],
  [["copy", "ord"], "orders"],
  [["copy", "orders", "inv"], "invoices"],
  [["copy", "orders", "./CHANGE"], "./CHANGELOG.md"],
  [["completions", "z"], "zsh"],
  [["doctor", "--for", "fan"], "fan-out"],
];

/** In place of the program: names of queues and streams. */
const NAMES = {
  bash: `kinesis() {
    case "$*" in
      *queues) echo dead-letters ;;
      *) printf '%s\\n' orders invoices ;;
    esac
  }`,
  fish: `function kinesis
    switch "$argv"
      case '*queues'; echo dead-letters
      case '*'; printf '%s\\n' orders invoices
    end
  end`,
};

Deno.test("completions completes commands, options, values, files and names in bash", async () => {
  const script = await scriptFor("bash");
  const calls = CASES.map(([words]) =>
    `complete_words ${words.map((word) => `'${word}'`).join(" ")}`
  );
  const lines = await runShell(
    "bash",
    ["--norc"],
    `${NAMES.bash}
${script}
complete_words() {
  COMP_WORDS=(kinesis "$@") COMP_CWORD=$# COMPREPLY=()
  _kinesis
  echo "> \${COMPREPLY[*]}"
}
complete -p kinesis
${calls.join("\n")}`,
  );
  assertEquals(lines[0], "complete -F _kinesis kinesis");
  assertEquals(
    lines.slice(1),
    CASES.map(([, expected]) => `> ${expected}`),
  );
});

Deno.test("completions passes the options that name the service on to the program, in bash", async () => {
  const script = await scriptFor("bash");
  const lines = await runShell(
    "bash",
    ["--norc"],
    `kinesis() { IFS=' '; echo "$*"; }
${script}
COMP_WORDS=(kinesis --region = eu-west-1 tail --endpoint http://a:1 '')
COMP_CWORD=7
_kinesis
printf '%s\\n' "\${COMPREPLY[@]}"`,
  );
  assertEquals(lines, [
    "--region eu-west-1 --endpoint http://a:1 __names streams",
  ]);
});

Deno.test({
  name: "completions completes the same in fish",
  ignore: !await has("fish"),
  async fn() {
    const script = await scriptFor("fish");
    const calls = CASES.map(([words]) =>
      `set found (complete -C "kinesis ${
        words.join(" ")
      }" | string replace -r '\\t.*' ''); echo "> $found"`
    );
    const lines = await runShell(
      "fish",
      ["--no-config"],
      `${NAMES.fish}\n${script}\n${calls.join("\n")}`,
    );
    assertEquals(lines, CASES.map(([, expected]) => `> ${expected}`));
  },
});

Deno.test({
  name: "completions prints a script that zsh can read",
  ignore: !await has("zsh"),
  async fn() {
    const path = await Deno.makeTempFile();
    try {
      await Deno.writeTextFile(path, await scriptFor("zsh"));
      // Defines the functions. `compdef` is a function of compinit.
      const lines = await runShell(
        "zsh",
        ["-f"],
        `compdef() { echo "$@" }; source ${path}; whence -w _kinesis_at_queues_tail`,
      );
      assertEquals(lines, [
        "_kinesis kinesis",
        "_kinesis_at_queues_tail: function",
      ]);
    } finally {
      await Deno.remove(path);
    }
  },
});

Deno.test("completions knows all commands and options of the help, and every help has an example", async () => {
  await using kinesis = new FakeTerminalKinesis();
  const scripts = await Promise.all(["bash", "zsh", "fish"].map(scriptFor));
  const visit = async (path: string[]): Promise<string[]> => {
    const { code, lines } = await kinesis.run([...path, "--help"]);
    const help = lines.join("\n");
    assertEquals(code, 0);
    assertMatch(help, /\nExamples?:\n {2}\$ .*kinesis /, path.join(" "));
    for (const [, option] of help.matchAll(/^ {2}(?:-\w, )?--([\w-]+)/gm)) {
      for (const script of scripts) {
        assert(script.includes(option!), `${path.join(" ")} --${option}`);
      }
    }
    const section = help.split("\nCommands:\n")[1] ?? "";
    const commands = [...section.matchAll(/^ {2}(\w+)/gm)]
      .map(([, name]) => name!).filter((name) => name !== "help");
    const below = await Promise.all(
      commands.map((name) => visit([...path, name])),
    );
    return [path.join(" "), ...below.flat()];
  };
  const paths = await visit([]);
  assert(paths.includes("queues redrive"), paths.join());
  for (const path of paths) assert(scripts[0]!.includes(`'${path}'`), path);
});

Deno.test("completions gets the names of streams and queues, and nothing if there are none to be had", async () => {
  await using kinesis = new FakeTerminalKinesis();
  const outcome = ({ code, lines, notes }: Result) => [code, lines, notes];
  kinesis.server.createStream("orders", { mode: "ON_DEMAND" });
  kinesis.server.createStream("logs");
  kinesis.server.createQueue("orders", { name: "invoices" });
  assertEquals(
    outcome(await kinesis.run(["__names", "streams"])),
    [0, ["logs", "orders"], ""],
  );
  assertEquals(
    outcome(await kinesis.run(["__names", "queues"])),
    [0, ["invoices"], ""],
  );
  const nowhere = "--endpoint=ftp://127.0.0.1";
  assertEquals(
    outcome(await kinesis.run(["__names", "streams", nowhere])),
    [0, [], ""],
  );
  const { lines } = await kinesis.run(["--help"]);
  assert(!lines[0]!.includes("__names"));
});

Deno.test("a call without a command shows the help, and a wrong one suggests the nearest", async () => {
  await using kinesis = new FakeTerminalKinesis();
  for (
    const [args, notes] of [
      [[], /^Usage: kinesis [^]*\nerror: a command is missing$/],
      [["queues"], /^Usage: kinesis queues [^]*\nerror: a command is missing$/],
      [["--region", "list"], /\nerror: a command is missing$/],
      [["help", "nope"], /\nerror: unknown command 'nope'$/],
      [["put", "orders", "1", "--key="], /has 1 to 256 characters/],
      [["tial"], /unknown command 'tial'\n\(Did you mean tail\?\)/],
      [["queues", "lst"], /unknown command 'lst'\n\(Did you mean list\?\)/],
      [
        ["tail", "--form"],
        /unknown option '--form'\n\(Did you mean --from\?\)/,
      ],
      [["completions", "ksh"], /Allowed choices are bash, zsh, fish/],
    ] as const
  ) {
    const ended = await kinesis.run([...args]);
    assertEquals([ended.code, ended.lines], [2, []], args.join(" "));
    assertMatch(ended.notes, notes);
  }
});
