/**
 * A set whose items know their index.
 *
 * @module
 */

/** An item of one {@linkcode Unordered}. */
export interface Slotted {
  /** The index in the set; -1 while the item is not in it. */
  slot: number;
}

/**
 * A set without an order. Adding and removing an item are a few assignments. A `Set` would hash and
 * allocate.
 */
export class Unordered<I extends Slotted> {
  readonly #items: I[] = [];

  /** Adds an item. Does nothing if the item is already inside. */
  add(item: I): void {
    if (item.slot >= 0) return;
    item.slot = this.#items.length;
    this.#items.push(item);
  }

  /** Removes an item. Does nothing if the item is not inside. */
  delete(item: I): void {
    const { slot } = item;
    if (slot < 0) return;
    const last = this.#items.pop()!;
    if (last !== item) {
      this.#items[slot] = last;
      last.slot = slot;
    }
    item.slot = -1;
  }

  /** The items. */
  [Symbol.iterator](): Iterator<I> {
    return this.#items[Symbol.iterator]();
  }
}
