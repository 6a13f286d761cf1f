/**
 * Values that a producer has taken and not yet settled.
 *
 * @module
 */
import type { Deferred } from "../_core/deferred.ts";
import type { KinesisError } from "../errors.ts";
import type {
  FailedAttempt,
  FailedRecord,
  Put,
  PutReceipt,
} from "../records.ts";

/** What is known about the sending of a value. */
export interface Sending {
  /** Requests that carried it so far. */
  readonly attempts: number;
  /** Why the last one of them did not store it. */
  readonly error?: KinesisError;
  /** The last ones that did not store it. */
  readonly history?: readonly FailedAttempt[];
}

/** A value that was taken. It is settled exactly once: delivered, or failed. */
export class Pending<T> implements Put<T> {
  /** Where it stands in the order of writing, from 1. */
  ordinal = 0;
  /** Neighbours in the {@linkcode PendingList}. */
  before: Pending<T> | undefined;
  /** Neighbours in the {@linkcode PendingList}. */
  after: Pending<T> | undefined;
  /** The record that carries it, once it is packed; what it was given up for, once it is. */
  sending: Sending | undefined;
  /** Nothing more is tried for it. */
  givenUp = false;

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

  /** The value as one that was not delivered; `why` is for those that have no error of their own. */
  toFailed(why: KinesisError | Error): FailedRecord<T> {
    const { value, partitionKey, explicitHashKey, sending } = this;
    const error = sending?.error ?? why;
    return {
      value,
      partitionKey,
      ...(explicitHashKey === undefined ? {} : { explicitHashKey }),
      error,
      attempts: sending?.attempts ?? 0,
      ...(sending?.history ? { history: [...sending.history] } : {}),
    };
  }
}

/** All unsettled values in the order of writing: a linked list through the values, since each is added and removed once. */
export class PendingList<T> {
  #first: Pending<T> | undefined;
  #last: Pending<T> | undefined;
  #length = 0;
  #ordinal = 0;

  /** How many values are unsettled. */
  get length(): number {
    return this.#length;
  }

  /** The ordinal of the value that was added last. */
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

  /** Whether a value is unsettled. */
  has(pending: Pending<T>): boolean {
    return pending.before !== undefined || this.#first === pending;
  }

  /** Removes a value. Returns whether it was there: a value is settled once only. */
  remove(pending: Pending<T>): boolean {
    if (!this.has(pending)) return false;
    const { before, after } = pending;
    if (before) before.after = after;
    else this.#first = after;
    if (after) after.before = before;
    else this.#last = before;
    pending.before = pending.after = undefined;
    this.#length--;
    return true;
  }

  /** The values in the order of writing. */
  *[Symbol.iterator](): Generator<Pending<T>, void> {
    for (let item = this.#first; item; item = item.after) yield item;
  }
}
