/**
 * Rates of the service: how much may pass in a second.
 *
 * @module
 */

/** A bucket that holds one second's worth and refills at the same rate. */
export class TokenBucket {
  readonly #perSecond: number;
  #level: number;
  #at: number;

  /** A full bucket. */
  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond;
    this.#level = perSecond;
    this.#at = now;
  }

  /** Whether `amount` could be taken. More than a full bucket needs a full one. */
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

  /** Takes `amount`; the level may fall below zero, and nothing passes until that is repaid. */
  take(amount: number): void {
    this.#level -= amount;
  }
}

/** A byte rate where one answer may exceed the rate, and the time that it took for itself must pass before the next one. */
export class ByteDebt {
  readonly #perSecond: number;
  #paidAt = 0;
  #blockedUntil = 0;
  #seenAt = 0;

  /** No debt. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Whether an answer may be given now. */
  isClear(now: number): boolean {
    this.#follow(now);
    return now >= this.#blockedUntil;
  }

  /** Notes that `bytes` were given. */
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
