/**
 * The command that prints completion scripts, and the hidden one that these scripts call.
 *
 * @module
 */
import { Argument, type Command } from "commander";
import { systemClock } from "../_core/clock.ts";
import { startDeadline } from "../_core/deadline.ts";
import { bashScript } from "./_completions/bash.ts";
import { fishScript } from "./_completions/fish.ts";
import { type CommandWords, wordsOf } from "./_completions/words.ts";
import { zshScript } from "./_completions/zsh.ts";
import type { Context } from "./_context.ts";

/** How long a person waits for names, in milliseconds. */
const PATIENCE_MS = 3_000;

const SCRIPTS: Readonly<
  Record<string, (commands: readonly CommandWords[]) => string>
> = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** Adds the commands to the program. */
export function addCompletionCommands(
  program: Command,
  context: Context,
): void {
  program.command("completions")
    .description("print a script that completes this program in a shell")
    .addArgument(
      new Argument("<shell>", "the shell").choices(Object.keys(SCRIPTS)),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ source <(kinesis completions bash)    # in ~/.bashrc
  $ source <(kinesis completions zsh)     # in ~/.zshrc, after compinit
  $ kinesis completions fish > ~/.config/fish/completions/kinesis.fish`,
    )
    .action(async (shell) => {
      const script = SCRIPTS[shell]!(wordsOf(program));
      await context.terminal.line(script.trimEnd());
    });
  program.command("__names", { hidden: true })
    .addArgument(new Argument("<kind>").choices(["streams", "queues"]))
    .action((kind) => printNames(context, kind));
}

/** Prints names, one a line. Prints nothing after an error: Tab must not print a message. */
async function printNames(
  { client, terminal }: Context,
  kind: "streams" | "queues",
): Promise<void> {
  const { signal, clear } = startDeadline(
    PATIENCE_MS,
    () => new Error("The shell has stopped waiting"),
    { clock: systemClock, signal: terminal.signal },
  );
  try {
    const names = kind === "streams"
      ? client().listAllStreams({}, { signal })
      : client().listAllQueues({}, { signal });
    for await (const item of names) {
      const name = "StreamName" in item ? item.StreamName : item.QueueName;
      if (!await terminal.line(name)) return;
    }
  } catch {
    // The shell shows nothing.
  } finally {
    clear();
  }
}
