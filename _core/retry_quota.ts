/**
 * A budget of retries that many calls share: when everything fails, retries stop multiplying the load.
 *
 * @module
 */

/** Tokens that retries take and successes give back. */
export class RetryQuota {
  readonly #capacity: number;
  #tokens: number;

  /** Starts full. */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#tokens = capacity;
  }

  /** Tokens that are left. */
  get tokens(): number {
    return this.#tokens;
  }

  /** Takes `cost` tokens if there are that many. */
  take(cost: number): boolean {
    if (cost > this.#tokens) return false;
    this.#tokens -= cost;
    return true;
  }

  /** Gives tokens back, up to the capacity. */
  give(amount: number): void {
    this.#tokens = Math.min(this.#capacity, this.#tokens + amount);
  }
}
