/**
 * The queue of a lane whose handler gets several values at a time.
 *
 * @module
 */
import { ResettableTimer } from "../_core/resettable_timer.ts";
import type { Clock } from "../_core/clock.ts";
import type { KeyOf, LaneQueue } from "./lane_queue.ts";

/** How a {@linkcode BatchQueue} forms batches. */
export interface BatchQueueParts<R> {
  /** Values of one key are in one batch at a time. */
  readonly keyOf: KeyOf<R>;
  /** Most values of a batch. */
  readonly maxValues: number;
  /** Longest time that the first value waits for others, in milliseconds. */
  readonly maxWaitMs: number;
  readonly clock: Clock;
  /** Called when the first value has waited for this time. */
  readonly onDue: () => void;
}

/**
 * Gives out batches. A batch is given out when it is full, or when its first value has waited long
 * enough, or when no further value comes. Values whose key is in a batch that is being processed
 * are left for a later one.
 */
export class BatchQueue<R> implements LaneQueue<R> {
  readonly #parts: BatchQueueParts<R>;
  readonly #timer: ResettableTimer;
  /** The waiting values, in order. */
  #waiting: R[] = [];
  /** The keys of the batches that are being processed. */
  readonly #taken = new Set<string>();
  /** The number of waiting values whose key is not taken. */
  #free = 0;
  #isDue = false;
  #isFlushed = false;
  #isHurried = false;

  constructor(parts: BatchQueueParts<R>) {
    this.#parts = parts;
    this.#timer = new ResettableTimer(parts.clock, parts.maxWaitMs, () => {
      this.#isDue = true;
      parts.onDue();
    });
  }

  get length(): number {
    return this.#waiting.length;
  }

  get hasNext(): boolean {
    return this.#free >= this.#parts.maxValues ||
      this.#free > 0 && (this.#isDue || this.#isFlushed || this.#isHurried);
  }

  add(record: R): void {
    this.#waiting.push(record);
    if (!this.#isTaken(record)) this.#free++;
    this.#timer.set();
  }

  next(): readonly R[] {
    const { maxValues } = this.#parts;
    const batch: R[] = [];
    const left: R[] = [];
    for (const record of this.#waiting) {
      // The keys of this batch are added below, because it may have several values of one key.
      if (batch.length < maxValues && !this.#isTaken(record)) {
        batch.push(record);
      } else left.push(record);
    }
    this.#mark(batch, true);
    this.#waiting = left;
    this.#count();
    this.#isDue = false;
    this.#timer.clear();
    if (left.length > 0) this.#timer.set();
    return batch;
  }

  done(taken: readonly R[]): void {
    this.#mark(taken, false);
    this.#count();
  }

  flush(): void {
    this.#isFlushed = true;
    this.#timer.clear();
  }

  hurry(isHurried: boolean): void {
    this.#isHurried = isHurried;
  }

  retain(keep: (record: R) => boolean): void {
    this.#waiting = this.#waiting.filter(keep);
    this.#count();
  }

  clear(): void {
    this.#waiting = [];
    this.#free = 0;
    this.#timer.clear();
  }

  #isTaken(record: R): boolean {
    const key = this.#parts.keyOf?.(record);
    return key !== undefined && this.#taken.has(key);
  }

  #mark(records: readonly R[], isTaken: boolean): void {
    const { keyOf } = this.#parts;
    if (!keyOf) return;
    for (const record of records) {
      const key = keyOf(record);
      if (key === undefined) continue;
      if (isTaken) this.#taken.add(key);
      else this.#taken.delete(key);
    }
  }

  #count(): void {
    this.#free = 0;
    for (const record of this.#waiting) {
      if (!this.#isTaken(record)) this.#free++;
    }
  }
}
