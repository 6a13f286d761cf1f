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

/**
 * The bucket holds what the rate gives in this time, in seconds. That of the service holds a second's worth: a burst out of
 * a full bucket leaves a fifth of it, so that records which bunch up on the way are not refused.
 */
const BURST_SECONDS = 0.8;
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
  /** The full rates. */
  readonly rates: ShardRates;
  #records: number;
  #bytes: number;
  #factor = 1;
  #updatedAt: number | undefined;
  #throttledAt = -Infinity;

  /** Starts with a full bucket: a shard that was idle takes a burst at once. */
  constructor(rates: ShardRates) {
    this.rates = rates;
    this.#records = this.#fullRecords;
    this.#bytes = this.#fullBytes;
  }

  /** The rate in use as a part of the full rate, from 0.02 to 1. */
  get factor(): number {
    return this.#factor;
  }

  /** Whether it is like a new one: nothing was taken or throttled lately. */
  isFull(now: number): boolean {
    this.#refill(now);
    return this.#factor === 1 && this.#records === this.#fullRecords &&
      this.#bytes === this.#fullBytes;
  }

  /**
   * How long to wait before `records` and `bytes` may go, in milliseconds; 0 for now. Asking for more than half a bucket
   * asks for half a bucket: while the rate recovers, a full one would be out of reach. Asking for less than one record
   * asks for one.
   */
  waitFor(records: number, bytes: number, now: number): number {
    this.#refill(now);
    const { recordsPerSecond, bytesPerSecond } = this.rates;
    const factor = this.#factor;
    const needRecords = Math.max(1, Math.min(records, this.#fullRecords / 2));
    const needBytes = Math.max(1, Math.min(bytes, this.#fullBytes / 2));
    const missing = Math.max(
      needRecords > this.#records
        ? (needRecords - this.#records) / (recordsPerSecond * factor)
        : 0,
      needBytes > this.#bytes
        ? (needBytes - this.#bytes) / (bytesPerSecond * factor)
        : 0,
    );
    return Math.ceil(missing * 1000);
  }

  /** Takes one record's worth if anything is left. */
  take(bytes: number): boolean {
    if (this.#records < 1 || this.#bytes < 1) return false;
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

  // However low the rate, the bucket must hold one record, or none would ever pass.
  get #fullRecords(): number {
    const { recordsPerSecond } = this.rates;
    return Math.max(1, BURST_SECONDS * recordsPerSecond * this.#factor);
  }

  get #fullBytes(): number {
    const { bytesPerSecond } = this.rates;
    return Math.max(1, BURST_SECONDS * bytesPerSecond * this.#factor);
  }

  #refill(now: number): void {
    // A clock that was set back gives nothing.
    const seconds = (now - (this.#updatedAt ?? now)) / 1000;
    this.#updatedAt = now;
    if (!(seconds > 0)) return;
    const { recordsPerSecond, bytesPerSecond } = this.rates;
    const factor = this.#factor;
    this.#records = Math.min(
      this.#fullRecords,
      this.#records + seconds * recordsPerSecond * factor,
    );
    this.#bytes = Math.min(
      this.#fullBytes,
      this.#bytes + seconds * bytesPerSecond * factor,
    );
    if (now - this.#throttledAt >= SETTLE_MS) {
      this.#factor = Math.min(1, factor + seconds * INCREASE);
    }
  }
}
