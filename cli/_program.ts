/**
 * Runs a program of commander to its exit code.
 *
 * @module
 */
import { type Command, CommanderError } from "commander";
import { KinesisError } from "../errors.ts";
import { Failure, WrongUsage } from "./_failure.ts";
import type { Terminal } from "./_terminal.ts";

/** The exit codes. */
const OK = 0;
const FAILED = 1;
const WRONG_USAGE = 2;
const INTERRUPTED = 130;

/**
 * Resolves with the exit code: 0 if the program succeeded, 1 if it failed, 2 if it was called wrongly,
 * 130 if it was interrupted. Writes errors to the terminal, and does not throw them.
 */
export async function runProgram(
  program: Command,
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  try {
    const code = await parse(program, args, terminal);
    return terminal.signal.aborted ? INTERRUPTED : code;
  } catch (error) {
    if (terminal.signal.aborted) return INTERRUPTED;
    const isKnown = error instanceof Failure || error instanceof KinesisError ||
      error instanceof TypeError || error instanceof RangeError;
    if (!isKnown) throw error;
    terminal.note(`error: ${error.message}`);
    return error instanceof WrongUsage ? WRONG_USAGE : FAILED;
  }
}

async function parse(
  program: Command,
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  let help = "";
  for (const command of [program, ...allCommands(program)]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => help += text,
      writeErr: (text) => terminal.note(text.replace(/\n$/, "")),
    });
  }
  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) {
      // commander shows the help, and does not say why.
      if (error.code === "commander.help") terminal.note(`error: ${why(args)}`);
      return WRONG_USAGE;
    }
    await terminal.line(help.trimEnd());
  }
  return OK;
}

/** Why there is no command to run. */
function why(args: readonly string[]): string {
  const at = args.indexOf("help");
  const unknown = at < 0 ? undefined : args[at + 1];
  return unknown === undefined
    ? "a command is missing"
    : `unknown command '${unknown}'`;
}

/** The commands of a program and their commands. */
export function allCommands(command: Command): Command[] {
  return command.commands.flatMap((it) => [it, ...allCommands(it)]);
}
