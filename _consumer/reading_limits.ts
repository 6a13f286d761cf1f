/**
 * The limits at which a stream ends: a number of values, and a time without a value.
 *
 * @module
 */
import { Alarm } from "../_core/alarm.ts";
import type { ConsumerSettings } from "./resolved_options.ts";

/** Counts values and measures the time without one. */
export class ReadingLimits {
  readonly #limit: number;
  readonly #idleAlarm: Alarm;
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
    this.#idleAlarm = new Alarm(clock, idleTimeoutMs, () => {
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
    this.#idleAlarm.clear();
  }

  /** Starts to measure the time without values, unless it is measured already. */
  startIdleTime(): void {
    this.#idleAlarm.set();
  }

  /** Stops the timer. */
  stop(): void {
    this.#idleAlarm.clear();
  }
}
