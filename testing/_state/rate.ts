/**
 * Rate limits of the service: amounts per second.
 *
 * @module
 */

/** A token bucket. Its capacity is the amount of one second, and it refills at that rate. */
export class TokenBucket {
  readonly #perSecond: number;
  #level: number;
  #at: number;

  /** Makes a full bucket. */
  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond;
    this.#level = perSecond;
    this.#at = now;
  }

  /**
   * Whether `amount` can be taken now. An amount above the capacity can be taken from a full
   * bucket. With 1 000 per second, an amount of 1 500 needs a level of 1 000.
   */
  has(amount: number, now: number): boolean {
    if (now > this.#at) {
      this.#level = Math.min(
        this.#perSecond,
        this.#level + (now - this.#at) * this.#perSecond / 1_000,
      );
    }
    // Also when the clock was set back: it would not refill for as long as that.
    this.#at = now;
    return this.#level >= Math.min(amount, this.#perSecond);
  }

  /** Takes `amount`. The level can become negative; it must refill before more can be taken. */
  take(amount: number): void {
    this.#level -= amount;
  }
}

/**
 * The byte rate of reads. One answer may exceed the bytes of one second; reads are then blocked
 * until the rate has made up for it. At 2 MiB per second, an answer of 10 MiB blocks reads for 5
 * seconds.
 */
export class ByteDebt {
  readonly #perSecond: number;
  #paidAt = 0;
  #blockedUntil = 0;
  #seenAt = 0;

  /** Starts without debt. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Whether reads are allowed now. */
  isClear(now: number): boolean {
    this.#follow(now);
    return now >= this.#blockedUntil;
  }

  /** Counts an answer of `bytes`. */
  add(bytes: number, now: number): void {
    this.#follow(now);
    const start = Math.max(now, this.#paidAt);
    this.#paidAt = start + bytes * 1_000 / this.#perSecond;
    if (this.#paidAt - now > 1_000) this.#blockedUntil = this.#paidAt;
  }

  // A debt of a second stays one when the clock is set back by an hour.
  #follow(now: number): void {
    const back = Math.max(0, this.#seenAt - now);
    this.#paidAt -= back;
    this.#blockedUntil -= back;
    this.#seenAt = now;
  }
}
