/**
 * What a command line reads and writes. Tests replace it.
 *
 * @module
 */
import { Failure } from "./_failure.ts";
import { isYes } from "./_question.ts";
import { openScreen, type Screen } from "./_screen.ts";
import { Stopping } from "./_stopping.ts";

/** The surroundings of a command. */
export interface Terminal {
  /** Writes a line of results. Resolves with `false` if the reader has gone, as `head` does. */
  line(text: string): Promise<boolean>;
  /** Writes a line for people: hints, warnings, errors. */
  note(text: string): void;
  /** Shows one line that is replaced by the next one. Nothing if people do not see it. */
  progress(text: string): void;
  /**
   * Asks a question that is answered with yes or no. `undefined` without a terminal. Rejects at the
   * first Ctrl-C.
   */
  confirm(question: string): Promise<boolean | undefined>;
  /** The bytes of standard input. */
  input(): AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** Sets what the second Ctrl-C says before it ends the program: what was left undone. */
  onStopAtOnce(report: () => string): void;
  /** Aborts at the first Ctrl-C or SIGTERM. The second one ends the program at once. */
  readonly signal: AbortSignal;
  /** Whether results go to a terminal. */
  readonly isTerminal: boolean;
  /**
   * Takes the whole terminal for a picture that is drawn again and again. Absent where input and
   * output are no terminal.
   */
  readonly screen?: () => Promise<Screen>;
}

const encoder = new TextEncoder();

/** The terminal of this process. Call `close` at the end. */
export function systemTerminal(): Terminal & { close(): void } {
  const hasScreen = Deno.stderr.isTerminal();
  let hasProgress = false;
  const clear = () => {
    if (hasProgress) Deno.stderr.writeSync(encoder.encode("\r\x1b[K"));
    hasProgress = false;
  };
  const note = (text: string) => {
    clear();
    Deno.stderr.writeSync(encoder.encode(`${text}\n`));
  };
  const { signal, onSignal, onStopAtOnce } = new Stopping({
    note,
    exit: (code) => Deno.exit(code),
  });
  const signals: Deno.Signal[] = ["SIGINT", "SIGTERM"];
  for (const name of signals) Deno.addSignalListener(name, onSignal);
  return {
    async line(text) {
      clear();
      const bytes = encoder.encode(`${text}\n`);
      try {
        for (let at = 0; at < bytes.length;) {
          at += await Deno.stdout.write(bytes.subarray(at));
        }
        return true;
      } catch (error) {
        if (error instanceof Deno.errors.BrokenPipe) return false;
        const why = error instanceof Error ? error.message : `${error}`;
        throw new Failure(`Cannot write the output: ${why}`);
      }
    },
    note,
    progress(text) {
      if (!hasScreen) return;
      Deno.stderr.writeSync(encoder.encode(`\r${text}\x1b[K`));
      hasProgress = true;
    },
    // Not `confirm` of Deno: it blocks the program, so that Ctrl-C would wait for an answer.
    async confirm(question) {
      if (!Deno.stdin.isTerminal()) return undefined;
      clear();
      Deno.stderr.writeSync(encoder.encode(`${question} [y/N] `));
      return await isYes(Deno.stdin.readable, signal);
    },
    input() {
      if (Deno.stdin.isTerminal()) {
        note("Reading from the terminal; Ctrl-D on an empty line ends it");
      }
      return Deno.stdin.readable;
    },
    onStopAtOnce,
    signal,
    isTerminal: Deno.stdout.isTerminal(),
    ...(Deno.stdin.isTerminal() && Deno.stdout.isTerminal() && {
      screen: () => openScreen(onSignal),
    }),
    close() {
      clear();
      for (const name of signals) Deno.removeSignalListener(name, onSignal);
    },
  };
}
