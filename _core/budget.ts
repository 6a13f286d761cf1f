/**
 * A bound that many share: each takes what it expects to need before it starts, and corrects it afterwards.
 *
 * @module
 */

interface Waiter {
  readonly amount: number;
  readonly grant: () => void;
}

/** A counted bound. Whoever waited longest is served first; an amount above the bound is granted when nothing else is in use. */
export class Budget {
  readonly #capacity: number;
  #used = 0;
  readonly #waiters = new Set<Waiter>();

  /** Starts with nothing in use. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** What is in use; may pass the capacity when somebody needed more than expected. */
  get used(): number {
    return this.#used;
  }

  /** Takes an amount when there is room for it; rejects with the signal's reason. */
  reserve(amount: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#waiters.size === 0 && this.#fits(amount)) {
      this.#used += amount;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        amount,
        grant: () => {
          signal.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      const onAbort = () => {
        this.#waiters.delete(waiter);
        reject(signal.reason);
        this.#serve();
      };
      this.#waiters.add(waiter);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Changes what is in use without waiting: up after a reservation that was too small, down when done. */
  adjust(amount: number): void {
    this.#used += amount;
    if (amount < 0) this.#serve();
  }

  #fits(amount: number): boolean {
    return this.#used === 0 || this.#used + amount <= this.#capacity;
  }

  #serve(): void {
    for (const waiter of this.#waiters) {
      if (!this.#fits(waiter.amount)) return;
      this.#waiters.delete(waiter);
      this.#used += waiter.amount;
      waiter.grant();
    }
  }
}
