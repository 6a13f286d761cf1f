/**
 * What Ctrl-C and SIGTERM do to a command.
 *
 * @module
 */

/** The exit code of a program that Ctrl-C has ended, as shells report it. */
const INTERRUPTED = 130;
/**
 * A signal so soon after the first one is part of the same Ctrl-C, in milliseconds: `npx` and `deno
 * task` pass on a Ctrl-C that the program has got from the terminal as well.
 */
const SAME_PRESS_MS = 300;

/** What the process needs in order to write and to end. */
export interface StoppingProcess {
  /** Writes a line for people. */
  note(text: string): void;
  /** Ends the process. */
  exit(code: number): never;
}

/** The first signal aborts, the second one ends the process. */
export class Stopping {
  readonly #process: StoppingProcess;
  readonly #stop = new AbortController();
  #stoppedAt = -Infinity;
  #leftovers = () => "";

  /** Does nothing before {@linkcode Stopping.onSignal} is called. */
  constructor(process: StoppingProcess) {
    this.#process = process;
  }

  /** Aborts at the first signal. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** The listener of the signals. */
  readonly onSignal = (): void => {
    const now = performance.now();
    if (now - this.#stoppedAt < SAME_PRESS_MS) return;
    const { note, exit } = this.#process;
    if (this.signal.aborted) {
      note(`Stopped at once${this.#leftovers()}`);
      exit(INTERRUPTED);
    }
    this.#stoppedAt = now;
    note("Stopping; press Ctrl-C again to stop at once");
    this.#stop.abort(new DOMException("Interrupted", "AbortError"));
  };

  /** Sets what the second signal says before it ends the process. */
  readonly onStopAtOnce = (report: () => string): void => {
    this.#leftovers = () => `: ${report()}`;
  };
}
