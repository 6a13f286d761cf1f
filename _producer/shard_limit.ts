/**
 * The records and bytes that may be sent to one shard: two token buckets, whose rate falls when the
 * service throttles.
 *
 * @module
 */
import type { ShardRates } from "./options.ts";

/**
 * The bucket contains the tokens of this time, in seconds. The bucket of the service contains the
 * tokens of one second. So a burst from a full bucket leaves a fifth of it for records that arrive
 * closer together than they were sent.
 */
const BURST_SECONDS = 0.8;
/** The rate is multiplied by this after a throttle. */
const DECREASE = 0.8;
/** The rate grows by this part of the full rate in each second without a throttle. */
const INCREASE = 0.1;
/** The rate never falls below this part of the full rate, so that the shard is still tried. */
const FLOOR = 0.02;
/**
 * Throttles within this time, in milliseconds, count once: their requests were under way together.
 */
const SETTLE_MS = 250;

/**
 * Additive increase and multiplicative decrease around the limit of the service. One record may
 * take more tokens than the bucket contains. The shard then waits until the tokens are above zero
 * again: at 1 MiB per second, a record of 4 MiB blocks the shard for about 3.2 seconds.
 */
export class ShardLimit {
  /** The full rates. */
  readonly rates: ShardRates;
  #records: number;
  #bytes: number;
  #factor = 1;
  #updatedAt: number | undefined;
  #throttledAt = -Infinity;

  /** Starts with full buckets, so that a burst is sent at once. */
  constructor(rates: ShardRates) {
    this.rates = rates;
    this.#records = this.#fullRecords;
    this.#bytes = this.#fullBytes;
  }

  /** The rate in use as a part of the full rate, from 0.02 to 1. */
  get factor(): number {
    return this.#factor;
  }

  /** Whether the limit is like a new one: its rate and its buckets are full. */
  isFull(now: number): boolean {
    this.#refill(now);
    return this.#factor === 1 && this.#records === this.#fullRecords &&
      this.#bytes === this.#fullBytes;
  }

  /**
   * How long to wait until `records` and `bytes` may be sent, in milliseconds; 0 if they may be
   * sent now. The least is one record. The most is half a bucket, because a full bucket is out of
   * reach while the rate recovers.
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

  /** Takes the tokens of one record, if at least one token of each kind is left. */
  take(bytes: number): boolean {
    if (this.#records < 1 || this.#bytes < 1) return false;
    this.#records--;
    this.#bytes -= bytes;
    return true;
  }

  /** Lowers the rate after the service refused records of this shard. */
  throttled(now: number): void {
    this.#refill(now);
    this.#records = Math.min(this.#records, 0);
    this.#bytes = Math.min(this.#bytes, 0);
    if (now - this.#throttledAt < SETTLE_MS) return;
    this.#throttledAt = now;
    this.#factor = Math.max(FLOOR, this.#factor * DECREASE);
  }

  // The bucket must have room for one record at the lowest rate, or no record would ever pass.
  get #fullRecords(): number {
    const { recordsPerSecond } = this.rates;
    return Math.max(1, BURST_SECONDS * recordsPerSecond * this.#factor);
  }

  get #fullBytes(): number {
    const { bytesPerSecond } = this.rates;
    return Math.max(1, BURST_SECONDS * bytesPerSecond * this.#factor);
  }

  #refill(now: number): void {
    // A clock that was set back adds no tokens.
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
