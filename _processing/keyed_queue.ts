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
  /** The keys with a value that is free or being processed, and their later values. */
  readonly #taken = new Map<string, Deque<R> | undefined>();
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
    if (key === undefined || !this.#taken.has(key)) {
      if (key !== undefined) this.#taken.set(key, undefined);
      this.#free.push(record);
      return;
    }
    const later = this.#taken.get(key) ?? new Deque();
    later.push(record);
    this.#taken.set(key, later);
  }

  next(): readonly R[] {
    this.#length--;
    return [this.#free.shift()!];
  }

  done([record]: readonly R[]): void {
    const key = this.#keyOf?.(record!);
    if (key === undefined) return;
    const next = this.#taken.get(key)?.shift();
    if (next === undefined) this.#taken.delete(key);
    else this.#free.push(next);
  }

  flush(): void {}

  clear(): void {
    this.#length = 0;
    this.#taken.clear();
    while (this.#free.shift() !== undefined);
  }
}
