/**
 * A double-ended queue.
 *
 * @module
 */

/**
 * A double-ended queue in a ring buffer that grows. Every operation takes constant time (`push` and
 * `unshift` on average), and the queue keeps no reference to a removed item.
 */
export class Deque<T> {
  #items: (T | undefined)[] = new Array(16);
  #head = 0;
  #length = 0;

  /** The number of items. */
  get length(): number {
    return this.#length;
  }

  /** Adds an item at the end. */
  push(item: T): void {
    if (this.#length === this.#items.length) this.#grow();
    this.#items[(this.#head + this.#length) & (this.#items.length - 1)] = item;
    this.#length++;
  }

  /** Adds an item at the front. */
  unshift(item: T): void {
    if (this.#length === this.#items.length) this.#grow();
    this.#head = (this.#head - 1) & (this.#items.length - 1);
    this.#items[this.#head] = item;
    this.#length++;
  }

  /** Removes and returns the first item. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#items.length - 1);
    this.#length--;
    return item;
  }

  /** Returns the first item, or a later one by its index, without removing it. */
  peek(index = 0): T | undefined {
    return index < this.#length
      ? this.#items[(this.#head + index) & (this.#items.length - 1)]
      : undefined;
  }

  /** The items from first to last. The deque must not change during the iteration. */
  *[Symbol.iterator](): Generator<T, void> {
    for (let i = 0; i < this.#length; i++) {
      yield this.#items[(this.#head + i) & (this.#items.length - 1)] as T;
    }
  }

  /** Removes the items for which `keep` is false. The others stay in order. */
  retain(keep: (item: T) => boolean): void {
    for (let left = this.#length; left > 0; left--) {
      const item = this.shift()!;
      if (keep(item)) this.push(item);
    }
  }

  // The capacity is a power of two, so that a bit mask can replace the modulo.
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
