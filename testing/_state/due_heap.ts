/**
 * Items with a due time, the earliest first.
 *
 * @module
 */

interface Due<T> {
  readonly at: number;
  readonly item: T;
}

/** A binary heap. Adding an item and removing the earliest take logarithmic time. */
export class DueHeap<T> {
  #heap: Due<T>[] = [];

  /** The number of items. */
  get size(): number {
    return this.#heap.length;
  }

  /** The earliest due time; `Infinity` without items. */
  get nextAt(): number {
    return this.#heap[0]?.at ?? Infinity;
  }

  /** Adds an item. The same item can be added several times. */
  push(at: number, item: T): void {
    const heap = this.#heap;
    let index = heap.length;
    const due = { at, item };
    heap.push(due);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (heap[parent]!.at <= at) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = due;
  }

  /** Removes the item with the earliest due time and returns it. `undefined` without items. */
  pop(): T | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last && heap.length > 0) this.#sink(last);
    return first?.item;
  }

  /** Removes the items for which `isKept` is false. */
  retain(isKept: (item: T, at: number) => boolean): void {
    const kept = this.#heap.filter(({ at, item }) => isKept(item, at));
    this.#heap = [];
    for (const { at, item } of kept) this.push(at, item);
  }

  /** Puts an item into the root, and moves it down to its place. */
  #sink(due: Due<T>): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) {
        child++;
      }
      if (heap[child]!.at >= due.at) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = due;
  }
}
