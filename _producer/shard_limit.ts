/**
 * How much one shard takes: two token buckets whose rate follows what the service says.
 *
 * @module
 */

/** Rates of one shard. */
export interface ShardRates {
  /** Records a second. */
  readonly recordsPerSecond: number;
  /** Bytes of data and partition keys a second. */
  readonly bytesPerSecond: number;
}

/** After a throttle the rate is multiplied by this. */
const DECREASE = 0.8;
/** Added each second without a throttle, as a part of the full rate. */
const INCREASE = 0.1;
/** The rate never falls below this part of the full rate: a probe must get through. */
const FLOOR = 0.02;
/** Throttled answers of requests that were in flight together are one event. */
const SETTLE_MS = 250;

/**
 * Additive increase, multiplicative decrease around the service's limit. Tokens may go below zero by one record, so that
 * a record larger than the bucket passes, and is paid for before the next one.
 */
export class ShardLimit {
  readonly #rates: ShardRates;
  #records: number;
  #bytes: number;
  #factor = 1;
  #updatedAt: number;
  #throttledAt = -Infinity;

  /** Starts with a full bucket: a shard that was idle takes a second's worth at once. */
  constructor(rates: ShardRates, now: number) {
    this.#rates = rates;
    this.#records = rates.recordsPerSecond;
    this.#bytes = rates.bytesPerSecond;
    this.#updatedAt = now;
  }

  /** The rate in use as a part of the full rate, from 0.02 to 1. */
  get factor(): number {
    return this.#factor;
  }

  /**
   * How long to wait before `records` and `bytes` may go, in milliseconds; 0 for now. Asking for more than a second's
   * worth asks for a full bucket.
   */
  waitFor(records: number, bytes: number, now: number): number {
    this.#refill(now);
    const { recordsPerSecond, bytesPerSecond } = this.#rates;
    const needRecords = Math.min(records, recordsPerSecond * this.#factor);
    const needBytes = Math.min(bytes, bytesPerSecond * this.#factor);
    const missing = Math.max(
      (needRecords - this.#records) / (recordsPerSecond * this.#factor),
      (needBytes - this.#bytes) / (bytesPerSecond * this.#factor),
    );
    return missing > 0 ? Math.ceil(missing * 1000) : 0;
  }

  /** Takes one record's worth if anything is left. */
  take(bytes: number): boolean {
    if (this.#records < 1 || this.#bytes <= 0) return false;
    this.#records--;
    this.#bytes -= bytes;
    return true;
  }

  /** The service refused records of this shard. */
  throttled(now: number): void {
    this.#refill(now);
    this.#records = Math.min(this.#records, 0);
    this.#bytes = Math.min(this.#bytes, 0);
    if (now - this.#throttledAt < SETTLE_MS) return;
    this.#throttledAt = now;
    this.#factor = Math.max(FLOOR, this.#factor * DECREASE);
  }

  #refill(now: number): void {
    const seconds = Math.max(0, (now - this.#updatedAt) / 1000);
    this.#updatedAt = now;
    const { recordsPerSecond, bytesPerSecond } = this.#rates;
    const factor = this.#factor;
    this.#records = Math.min(
      recordsPerSecond * factor,
      this.#records + seconds * recordsPerSecond * factor,
    );
    this.#bytes = Math.min(
      bytesPerSecond * factor,
      this.#bytes + seconds * bytesPerSecond * factor,
    );
    if (now - this.#throttledAt >= SETTLE_MS) {
      this.#factor = Math.min(1, factor + seconds * INCREASE);
    }
  }
}
