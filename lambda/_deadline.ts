/**
 * The time that a call of a Lambda function has.
 *
 * @module
 */
import type { LambdaContext } from "./event.ts";

/** Of the time that is kept, this part is left for handlers that react to the signal. */
const GRACE = 0.5;

/** Aborts a signal when only the reserve is left. */
export class Deadline {
  /** Resolves when the answer must be given, whether or not handlers are running. */
  readonly over: Promise<void>;
  readonly #controller = new AbortController();
  readonly #timers: ReturnType<typeof setTimeout>[] = [];

  /** Starts the timers. Without the time of Lambda there is no limit. */
  constructor(context: LambdaContext | undefined, reserveMs: number) {
    const leftMs = context?.getRemainingTimeInMillis?.();
    this.over = new Promise((resolve) => {
      if (leftMs === undefined) return;
      const stopMs = leftMs - reserveMs;
      this.#at(stopMs, () =>
        this.#controller.abort(
          new DOMException("The function has no more time", "TimeoutError"),
        ));
      this.#at(stopMs + reserveMs * GRACE, resolve);
    });
  }

  /** Aborts when no further value may start. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Stops the timers. */
  end(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #at(ms: number, callback: () => void): void {
    if (ms <= 0) callback();
    else this.#timers.push(setTimeout(callback, ms));
  }
}
