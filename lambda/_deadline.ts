/**
 * The time that a call of a Lambda function has.
 *
 * @module
 */
import { LONGEST_TIMER_MS } from "../_core/clock.ts";
import type { LambdaContext } from "./event.ts";

/** Of the time that is kept, this part is left for handlers that react to the signal. */
const GRACE = 0.5;

/** Aborts a signal when only the reserve is left. */
export class Deadline {
  readonly #context: LambdaContext | undefined;
  readonly #reserveMs: number;
  readonly #controller = new AbortController();
  readonly #timers: ReturnType<typeof setTimeout>[] = [];
  /** Resolves when the answer must be given, whether or not handlers are running. */
  readonly #over: Promise<void>;

  /** Starts the timers. Without the time of Lambda there is no limit. */
  constructor(context: LambdaContext | undefined, reserveMs: number) {
    this.#context = context;
    this.#reserveMs = reserveMs;
    const stopMs = this.#leftMs() - reserveMs;
    this.#over = new Promise((resolve) => {
      this.#at(stopMs, () => this.#abort());
      this.#at(stopMs + reserveMs * GRACE, resolve);
    });
  }

  /** Aborts when no further value may start. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * Whether no further value may start. Asks for the time, because no timer runs while handlers
   * compute and never wait.
   */
  get isLate(): boolean {
    if (this.#leftMs() <= this.#reserveMs) this.#abort();
    return this.signal.aborted;
  }

  /** Waits for work, but not after the answer must be given. Whether the work has ended. */
  async isInTime(work: Promise<unknown>): Promise<boolean> {
    return await Promise.race([
      work.then(() => true),
      this.#over.then(() => false),
    ]);
  }

  /** Stops the timers. */
  end(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #leftMs(): number {
    const ms = this.#context?.getRemainingTimeInMillis?.();
    return typeof ms === "number" && !isNaN(ms) ? ms : Infinity;
  }

  #abort(): void {
    this.#controller.abort(
      new DOMException("The function has no more time", "TimeoutError"),
    );
  }

  #at(ms: number, callback: () => void): void {
    if (ms <= 0) callback();
    // A longer timer would run at once.
    else if (ms <= LONGEST_TIMER_MS) {
      this.#timers.push(setTimeout(callback, ms));
    }
  }
}
