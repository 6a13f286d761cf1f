/**
 * Values that a producer has accepted and not yet settled.
 *
 * @module
 */
import type { Deferred } from "../_core/deferred.ts";
import type { Put, PutReceipt } from "../records.ts";

/** An accepted value. It is settled exactly once: delivered, or failed. */
export class Pending<T> implements Put<T> {
  /** Where it stands in the order of acceptance, from 1. */
  ordinal = 0;
  /** Neighbours in the {@linkcode PendingList}. */
  before: Pending<T> | undefined;
  /** Neighbours in the {@linkcode PendingList}. */
  after: Pending<T> | undefined;

  /** Keeps the value with its keys, and the promise of a `put`, if it came that way. */
  constructor(
    readonly value: T,
    readonly partitionKey: string,
    readonly explicitHashKey: string | undefined,
    /** When it was accepted, in milliseconds. */
    readonly acceptedAt: number,
    /** Settles the promise of a `put`. */
    readonly settle?: Deferred<PutReceipt>,
  ) {}
}

/** All unsettled values in the order of acceptance: a linked list through the values, since each is added and removed once. */
export class PendingList<T> {
  #first: Pending<T> | undefined;
  #last: Pending<T> | undefined;
  #length = 0;
  #ordinal = 0;

  /** How many values are unsettled. */
  get length(): number {
    return this.#length;
  }

  /** The ordinal of the value that was accepted last. */
  get lastOrdinal(): number {
    return this.#ordinal;
  }

  /** The value that has waited longest. */
  get first(): Pending<T> | undefined {
    return this.#first;
  }

  /** Adds a value. */
  add(pending: Pending<T>): void {
    pending.ordinal = ++this.#ordinal;
    pending.before = this.#last;
    if (this.#last) this.#last.after = pending;
    else this.#first = pending;
    this.#last = pending;
    this.#length++;
  }

  /** Removes a value. Returns whether it was there: a value is settled once only. */
  remove(pending: Pending<T>): boolean {
    const { before, after } = pending;
    if (!before && this.#first !== pending) return false;
    if (before) before.after = after;
    else this.#first = after;
    if (after) after.before = before;
    else this.#last = before;
    pending.before = pending.after = undefined;
    this.#length--;
    return true;
  }

  /** The values in the order of acceptance. */
  *[Symbol.iterator](): Generator<Pending<T>, void> {
    for (let item = this.#first; item; item = item.after) yield item;
  }
}
