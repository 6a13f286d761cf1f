/**
 * Measures for how long the oldest value of a shard has not been acknowledged.
 *
 * @module
 */
import type { OldestUnacknowledged } from "../../health.ts";
import type { Ticket } from "./shard_progress.ts";

/**
 * The hook is called when a value has this age in milliseconds, and at 2, 4, 8… times this age.
 */
const REPORT_MS = 60_000;

/**
 * Measures the age by looking at the oldest value every few seconds. Storing a time with each
 * value would cost more than handing the value out.
 */
export class AckWatch {
  #ticket: Ticket | undefined;
  #since = 0;
  #reportAtMs = REPORT_MS;

  /** Looks at the oldest value. Returns whether to call the hook now. */
  look(oldest: Ticket | undefined, now: number): boolean {
    if (oldest !== this.#ticket) {
      this.#ticket = oldest;
      this.#since = now;
      this.#reportAtMs = REPORT_MS;
    }
    if (!oldest || now - this.#since < this.#reportAtMs) return false;
    this.#reportAtMs *= 2;
    return true;
  }

  /** Describes the oldest value, if there is one. */
  describe(
    oldest: Ticket | undefined,
    now: number,
  ): OldestUnacknowledged | undefined {
    if (!oldest) return undefined;
    const { sequenceNumber, subSequenceNumber } = oldest;
    const ageMs = oldest === this.#ticket ? now - this.#since : 0;
    return subSequenceNumber === undefined
      ? { sequenceNumber, ageMs }
      : { sequenceNumber, subSequenceNumber, ageMs };
  }
}
