/**
 * A set whose items know their place in it.
 *
 * @module
 */

/** An item of an {@linkcode Unordered}, of one at a time. */
export interface Placed {
  /** Where it stands, -1 while it is in none. */
  slot: number;
}

/** A set in no order: adding and removing is a few stores, where a `Set` hashes and allocates. */
export class Unordered<I extends Placed> {
  readonly #items: I[] = [];

  /** Adds an item, unless it is inside. */
  add(item: I): void {
    if (item.slot >= 0) return;
    item.slot = this.#items.length;
    this.#items.push(item);
  }

  /** Removes an item, if it is inside. */
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
