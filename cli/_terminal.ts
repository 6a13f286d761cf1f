/**
 * What a command line reads and writes. Tests replace it.
 *
 * @module
 */
import { Failure } from "./_failure.ts";

/** The surroundings of a command. */
export interface Terminal {
  /** Writes a line of results. Resolves with `false` if the reader has gone, as `head` does. */
  line(text: string): Promise<boolean>;
  /** Writes a line for people: hints, warnings, errors. */
  note(text: string): void;
  /** Shows one line that is replaced by the next one. Nothing if people do not see it. */
  progress(text: string): void;
  /** Asks a question that is answered with yes or no. `undefined` without a terminal. */
  confirm(question: string): boolean | undefined;
  /** The bytes of standard input. */
  input(): AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** Sets what the second Ctrl-C says before it ends the program: what was left undone. */
  onStopAtOnce(report: () => string): void;
  /** Aborts at the first Ctrl-C or SIGTERM. The second one ends the program at once. */
  readonly signal: AbortSignal;
  /** Whether results go to a terminal. */
  readonly isTerminal: boolean;
}

const encoder = new TextEncoder();
/** The exit code of a program that Ctrl-C has ended, as shells report it. */
const INTERRUPTED = 130;
/**
 * A signal so soon after the first one is part of the same Ctrl-C, in milliseconds: `npx` and `deno
 * task` pass on a Ctrl-C that the program has got from the terminal as well.
 */
const SAME_PRESS_MS = 300;

/** The terminal of this process. Call `close` at the end. */
export function systemTerminal(): Terminal & { close(): void } {
  const stop = new AbortController();
  const hasScreen = Deno.stderr.isTerminal();
  let hasProgress = false;
  let leftovers = () => "";
  let stoppedAt = -Infinity;
  const clear = () => {
    if (hasProgress) Deno.stderr.writeSync(encoder.encode("\r\x1b[K"));
    hasProgress = false;
  };
  const note = (text: string) => {
    clear();
    Deno.stderr.writeSync(encoder.encode(`${text}\n`));
  };
  const onSignal = () => {
    const now = performance.now();
    if (now - stoppedAt < SAME_PRESS_MS) return;
    if (stop.signal.aborted) {
      note(`Stopped at once${leftovers()}`);
      Deno.exit(INTERRUPTED);
    }
    stoppedAt = now;
    note("Stopping; press Ctrl-C again to stop at once");
    stop.abort(new DOMException("Interrupted", "AbortError"));
  };
  const signals: Deno.Signal[] = ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, onSignal);
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
    confirm: (question) =>
      Deno.stdin.isTerminal() ? confirm(question) : undefined,
    input() {
      if (Deno.stdin.isTerminal()) {
        note("Reading from the terminal; Ctrl-D on an empty line ends it");
      }
      return Deno.stdin.readable;
    },
    onStopAtOnce: (report) => leftovers = () => `: ${report()}`,
    signal: stop.signal,
    isTerminal: Deno.stdout.isTerminal(),
    close() {
      clear();
      for (const signal of signals) Deno.removeSignalListener(signal, onSignal);
    },
  };
}
