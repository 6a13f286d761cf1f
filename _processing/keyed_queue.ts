/**
 * The queue of a lane whose handler gets one value at a time.
 *
 * @module
 */
import { Deque } from "../_core/deque.ts";
import type { KeyOf, LaneQueue } from "./lane_queue.ts";

/** Gives out values one by one, and for each key only one at a time. */
export class KeyedQueue<R> implements LaneQueue<R> {
  readonly #keyOf: KeyOf<R>;
  readonly #free = new Deque<R>();
  /**
   * The keys with a value that is free or being processed. The first one has a field of its own: a
   * handler that ends at once has only one key at a time, and a set would cost as much as the rest.
   */
  #firstKey: string | undefined;
  readonly #otherKeys = new Set<string>();
  /** The later values of these keys. */
  readonly #later = new Map<string, Deque<R>>();
  #length = 0;

  /** Without `keyOf`, every value is free at once. */
  constructor(keyOf: KeyOf<R>) {
    this.#keyOf = keyOf;
  }

  get length(): number {
    return this.#length;
  }

  get hasNext(): boolean {
    return this.#free.length > 0;
  }

  add(record: R): void {
    this.#length++;
    const key = this.#keyOf?.(record);
    if (key === undefined || this.#takeKey(key)) {
      this.#free.push(record);
      return;
    }
    const later = this.#later.get(key) ?? new Deque();
    later.push(record);
    this.#later.set(key, later);
  }

  next(): readonly R[] {
    this.#length--;
    return [this.#free.shift()!];
  }

  done([record]: readonly R[]): void {
    const key = this.#keyOf?.(record!);
    if (key === undefined) return;
    const later = this.#later.size > 0 ? this.#later.get(key) : undefined;
    if (!later) return this.#freeKey(key);
    this.#free.push(later.shift()!);
    if (later.length === 0) this.#later.delete(key);
  }

  flush(): void {}

  hurry(): void {}

  retain(keep: (record: R) => boolean): void {
    this.#free.retain(keep);
    this.#length = this.#free.length;
    for (const [key, later] of this.#later) {
      later.retain(keep);
      this.#length += later.length;
      if (later.length === 0) this.#later.delete(key);
    }
  }

  clear(): void {
    this.#length = 0;
    this.#firstKey = undefined;
    this.#otherKeys.clear();
    this.#later.clear();
    while (this.#free.shift() !== undefined);
  }

  /** Returns false if the key is taken. */
  #takeKey(key: string): boolean {
    if (key === this.#firstKey || this.#isOther(key)) return false;
    if (this.#firstKey === undefined) this.#firstKey = key;
    else this.#otherKeys.add(key);
    return true;
  }

  /** Asks the set only if it has keys: a lookup computes the hash of the key. */
  #isOther(key: string): boolean {
    return this.#otherKeys.size > 0 && this.#otherKeys.has(key);
  }

  #freeKey(key: string): void {
    if (key === this.#firstKey) this.#firstKey = undefined;
    else this.#otherKeys.delete(key);
  }
}
