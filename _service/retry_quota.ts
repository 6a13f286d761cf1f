/**
 * A retry budget that many calls share. When all calls fail, the budget runs out and retries stop
 * adding load.
 *
 * @module
 */

/** A number of tokens. Each retry takes some, each success gives some back. */
export class RetryQuota {
  readonly #capacity: number;
  #tokens: number;

  /** Starts with `capacity` tokens. */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#tokens = capacity;
  }

  /** Takes `cost` tokens and returns true, or takes none and returns false if fewer are left. */
  take(cost: number): boolean {
    if (cost > this.#tokens) return false;
    this.#tokens -= cost;
    return true;
  }

  /** Gives `amount` tokens back, up to the capacity. */
  give(amount: number): void {
    this.#tokens = Math.min(this.#capacity, this.#tokens + amount);
  }
}
