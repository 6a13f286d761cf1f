/**
 * The limits at which a stream ends: a number of values, and a time without a value.
 *
 * @module
 */
import { ResettableTimer } from "../_core/resettable_timer.ts";
import type { ConsumerSettings } from "./options/resolved_options.ts";

/** Counts values and measures the time without one. */
export class ReadingLimits {
  readonly #limit: number;
  readonly #idleTimer: ResettableTimer;
  #delivered = 0;
  #wasIdleTooLong = false;

  /** Calls `onIdle` when no value came for `idleTimeoutMs`. */
  constructor(
    { limit, idleTimeoutMs, clock }: Pick<
      ConsumerSettings,
      "limit" | "idleTimeoutMs" | "clock"
    >,
    onIdle: () => void,
  ) {
    this.#limit = limit;
    this.#idleTimer = new ResettableTimer(clock, idleTimeoutMs, () => {
      this.#wasIdleTooLong = true;
      onIdle();
    });
  }

  /** Values that were handed out. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Whether one of the limits is reached. */
  get isReached(): boolean {
    return this.#delivered >= this.#limit || this.#wasIdleTooLong;
  }

  /** Counts a value that is handed out. Ends the time without values. */
  count(): void {
    this.#delivered++;
    this.#idleTimer.clear();
  }

  /** Starts to measure the time without values, unless it is measured already. */
  startIdleTime(): void {
    this.#idleTimer.set();
  }

  /** Stops the timer. */
  stop(): void {
    this.#idleTimer.clear();
  }
}
