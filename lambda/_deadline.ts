/**
 * The time that a call of a Lambda function has.
 *
 * @module
 */
import { LONGEST_TIMER_MS } from "../_core/clock.ts";
import type { LambdaContext } from "./event.ts";

/** Of the time that is kept, this part is left for handlers that react to the signal. */
const GRACE = 0.5;
/** Of the time that is kept, this part is over when reports are waited for no longer. */
const REPORTING = 0.75;

/** Aborts a signal when only the reserve is left. */
export class Deadline {
  readonly #context: LambdaContext | undefined;
  readonly #reserveMs: number;
  readonly #controller = new AbortController();
  readonly #timers: ReturnType<typeof setTimeout>[] = [];
  /** Resolves when handlers are waited for no longer. */
  readonly #over: Promise<void>;
  /** Resolves when the answer must be given. */
  readonly #last: Promise<void>;

  /** Starts the timers. Without the time of Lambda there is no limit. */
  constructor(context: LambdaContext | undefined, reserveMs: number) {
    this.#context = context;
    this.#reserveMs = reserveMs;
    const stopMs = this.#leftMs() - reserveMs;
    this.#at(stopMs, () => this.#abort());
    const after = (part: number) =>
      new Promise<void>((resolve) =>
        this.#at(stopMs + reserveMs * part, resolve)
      );
    this.#over = after(GRACE);
    this.#last = after(REPORTING);
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

  /** Waits for work as long as there is time. Whether it has ended. */
  async isInTime(
    work: Promise<unknown>,
    limit: Promise<void> = this.#over,
  ): Promise<boolean> {
    return await Promise.race([
      work.then(() => true),
      limit.then(() => false),
    ]);
  }

  /** Waits for reports, which have a little more time. */
  async settle(reports: Promise<void>): Promise<void> {
    await this.isInTime(reports, this.#last);
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
