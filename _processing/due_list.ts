/**
 * One timer for many items that all wait for the same time.
 *
 * @module
 */
import { type Clock, monotonicNow } from "../_core/clock.ts";

/**
 * Items in the order in which they become due. A timer for each handler would cost more than a
 * short handler, so one timer waits for the oldest item. It is not cleared when its item is
 * removed; when it fires, it looks for items that are due.
 */
export class DueList<I> {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #onDue: (item: I) => void;
  /** When each item was added, in milliseconds of the monotonic clock. */
  readonly #items = new Map<I, number>();
  #timer: unknown;
  #hasTimer = false;

  /** Calls `onDue` with an item that was added `ms` milliseconds ago. With `Infinity`, never. */
  constructor(clock: Clock, ms: number, onDue: (item: I) => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#onDue = onDue;
  }

  /** The items, oldest first. */
  get items(): Iterable<I> {
    return this.#items.keys();
  }

  /** Adds an item, unless the list has it. Returns the time in milliseconds. */
  add(item: I): number {
    const now = monotonicNow(this.#clock);
    if (this.#items.has(item)) return now;
    this.#items.set(item, now);
    if (!this.#hasTimer) this.#wait(this.#ms);
    return now;
  }

  /** Removes an item. */
  delete(item: I): void {
    this.#items.delete(item);
  }

  /** Stops the timer. Call it at the end. */
  stop(): void {
    if (this.#hasTimer) this.#clock.clearTimeout(this.#timer);
    this.#hasTimer = false;
  }

  #wait(ms: number): void {
    if (ms === Infinity) return;
    this.#hasTimer = true;
    this.#timer = this.#clock.setTimeout(() => this.#ring(), ms);
  }

  #ring(): void {
    this.#hasTimer = false;
    const now = monotonicNow(this.#clock);
    for (const [item, addedAt] of [...this.#items]) {
      const left = addedAt + this.#ms - now;
      if (left > 0) {
        if (!this.#hasTimer) this.#wait(left);
        return;
      }
      this.#items.delete(item);
      this.#onDue(item);
    }
  }
}
