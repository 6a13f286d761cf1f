/**
 * Counts what a consumer did not hand out: records that expired, and values that their producer
 * sends again.
 *
 * @module
 */
import type { ExpiredEvent } from "../../hooks.ts";

/** The number of events that are kept for the status. */
const MOST_EVENTS = 1000;

/** The skipped records and values of all shards. */
export class SkippedRecords {
  readonly #expired: ExpiredEvent[] = [];
  #strayValues = 0;

  /** The newest 1000 events of records that expired before they were read, oldest first. */
  get expired(): readonly ExpiredEvent[] {
    return this.#expired;
  }

  /** Values that were dropped because they lie in the wrong shard. */
  get strayValues(): number {
    return this.#strayValues;
  }

  /** Adds records that expired before they were read. */
  addExpired(event: ExpiredEvent): void {
    this.#expired.push(event);
    if (this.#expired.length > MOST_EVENTS) this.#expired.shift();
  }

  /** Adds values that were dropped because they lie in the wrong shard. */
  addStrays(values: number): void {
    this.#strayValues += values;
  }
}
