/**
 * A queue with two ends.
 *
 * @module
 */

/** A ring buffer that grows: every operation is constant time, and what is taken out is forgotten. */
export class Deque<T> {
  #items: (T | undefined)[] = new Array(16);
  #head = 0;
  #length = 0;

  /** How many items are inside. */
  get length(): number {
    return this.#length;
  }

  /** Adds behind the last item. */
  push(item: T): void {
    if (this.#length === this.#items.length) this.#grow();
    this.#items[(this.#head + this.#length) & (this.#items.length - 1)] = item;
    this.#length++;
  }

  /** Adds before the first item. */
  unshift(item: T): void {
    if (this.#length === this.#items.length) this.#grow();
    this.#head = (this.#head - 1) & (this.#items.length - 1);
    this.#items[this.#head] = item;
    this.#length++;
  }

  /** Takes the first item. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#items.length - 1);
    this.#length--;
    return item;
  }

  /** Looks at the first item. */
  peek(): T | undefined {
    return this.#length === 0 ? undefined : this.#items[this.#head];
  }

  /** The items from first to last. The deque must not change meanwhile. */
  *[Symbol.iterator](): Generator<T, void> {
    for (let i = 0; i < this.#length; i++) {
      yield this.#items[(this.#head + i) & (this.#items.length - 1)] as T;
    }
  }

  // The capacity is a power of two, so that a mask replaces the modulo.
  #grow(): void {
    const { length } = this.#items;
    const items: (T | undefined)[] = new Array(length * 2);
    for (let i = 0; i < this.#length; i++) {
      items[i] = this.#items[(this.#head + i) & (length - 1)];
    }
    this.#items = items;
    this.#head = 0;
  }
}
