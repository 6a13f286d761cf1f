/**
 * The terminal of a process of Node.js. On Deno, `_terminal.ts` has it.
 *
 * @module
 */
import { Failure } from "./_failure.ts";
import { isYes } from "./_question.ts";
import { openScreen } from "./_screen.ts";
import { Stopping } from "./_stopping.ts";
import type { Terminal } from "./_terminal.ts";

/** Standard input as a file. */
const STDIN = 0;

/** A terminal, and the process that it belongs to. */
export interface NodeProcess {
  readonly terminal: Terminal;
  /** The arguments of the program. */
  readonly args: readonly string[];
  /** Ends the process. */
  exit(code: number): never;
}

/** The process that runs. */
export async function nodeProcess(): Promise<NodeProcess> {
  const { default: process } = await import("node:process");
  const { isatty } = await import("node:tty");
  const { stdout, stderr } = process;
  const clear = progressOf(stderr);
  const note = (text: string) => {
    clear();
    stderr.write(`${text}\n`);
  };
  const { signal, onSignal, onStopAtOnce } = new Stopping({
    note,
    exit: (code) => process.exit(code),
  });
  for (const name of ["SIGINT", "SIGTERM"]) process.on(name, onSignal);
  // The callback of `write` has the error as well; without a listener the process would end.
  stdout.on("error", () => {});
  const terminal: Terminal = {
    line(text) {
      clear();
      return new Promise((resolve, reject) => {
        stdout.write(`${text}\n`, (error) => {
          if (!error) return resolve(true);
          if ("code" in error && error.code === "EPIPE") return resolve(false);
          reject(new Failure(`Cannot write the output: ${error.message}`));
        });
      });
    },
    note,
    progress: (text) => clear(text),
    async confirm(question) {
      if (!isatty(STDIN)) return undefined;
      clear();
      stderr.write(`${question} [y/N] `);
      return await isYes(process.stdin, signal);
    },
    input() {
      if (isatty(STDIN)) {
        note("Reading from the terminal; Ctrl-D on an empty line ends it");
      }
      return process.stdin as AsyncIterable<Uint8Array<ArrayBuffer>>;
    },
    onStopAtOnce,
    signal,
    isTerminal: stdout.isTTY === true,
    ...(isatty(STDIN) && stdout.isTTY && {
      screen: () => openScreen(onSignal),
    }),
  };
  return {
    terminal,
    args: process.argv.slice(2),
    exit(code) {
      clear();
      return process.exit(code);
    },
  };
}

/** A function that shows a line of progress in place of the last one, or removes it. */
function progressOf(
  stderr: { readonly isTTY?: boolean; write(text: string): unknown },
): (text?: string) => void {
  let isShown = false;
  return (text) => {
    if (!stderr.isTTY || text === undefined && !isShown) return;
    stderr.write(`\r${text ?? ""}\x1b[K`);
    isShown = text !== undefined;
  };
}
