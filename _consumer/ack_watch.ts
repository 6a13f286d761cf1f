/**
 * Measuring for how long the oldest value of a shard has not been acknowledged.
 *
 * @module
 */
import type { Ticket } from "./shard_progress.ts";

/** The age from which on it is told that a value is not acknowledged, in milliseconds. Told again at twice that, and so on. */
const TELL_MS = 60_000;

/** What is known about the oldest value that was handed out and is not acknowledged. */
export interface OldestUnacknowledged {
  /** The sequence number of its record. */
  sequenceNumber: string;
  /** Its index inside that record; absent for the last value of a record. */
  subSequenceNumber?: number;
  /** For how long it has been seen to be the oldest, in milliseconds; it is looked at every 10 seconds. */
  ageMs: number;
}

/** Looks at a shard now and then. The time is not noted for each value, since that would cost more than handing it out. */
export class AckWatch {
  #ticket: Ticket | undefined;
  #since = 0;
  #tellAtMs = TELL_MS;

  /** Looks at the oldest value that is not acknowledged. Returns whether it is time to tell about it. */
  look(oldest: Ticket | undefined, now: number): boolean {
    if (oldest !== this.#ticket) {
      this.#ticket = oldest;
      this.#since = now;
      this.#tellAtMs = TELL_MS;
    }
    if (!oldest || now - this.#since < this.#tellAtMs) return false;
    this.#tellAtMs *= 2;
    return true;
  }

  /** What is known about the oldest value, if there is one. */
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
