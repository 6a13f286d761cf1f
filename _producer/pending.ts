/**
 * Values that a producer has taken and not yet settled.
 *
 * @module
 */
import type { KinesisError } from "../errors.ts";
import type {
  EncodedRecord,
  FailedAttempt,
  FailedValue,
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

/** Is told how a value ends. */
export interface Outcome<T> {
  /** Kinesis has acknowledged it. */
  resolve(receipt: PutReceipt): void;
  /**
   * It has been given up; without `failed`, the producer has failed with all its values. `told` says that the caller of
   * another method is told of it.
   */
  reject(error: unknown, failed?: FailedValue<T>, told?: boolean): void;
}

/** A value that was taken. It is settled exactly once: delivered, or failed. */
export class Pending<T> implements Put<T> {
  /** Where it stands in the order of writing, from 1. */
  ordinal = 0;
  /** Its place in the {@linkcode PendingList}, while it is unsettled. */
  segment: Segment<T> | undefined = undefined;
  /** What it was given up for, once it is: nothing more is tried for it. */
  givenUp: Sending | undefined = undefined;
  /** The value in serialized form, while it waits to be packed; see {@linkcode Put.item}. */
  item: Put<T>["item"] = undefined;
  /** The record that it was packed into, where it may have to be packed again. */
  packed: EncodedRecord<Pending<T>> | undefined = undefined;

  /** Keeps the value with its keys. */
  constructor(
    readonly value: T,
    readonly partitionKey: string,
    readonly explicitHashKey: string | undefined,
    /** When it was accepted, in milliseconds; 0 where nobody will ask. */
    readonly acceptedAt: number,
    /** Hears how it ends, if somebody waits for that. */
    readonly outcome?: Outcome<T>,
  ) {}

  /** The value as one that was not delivered; `why` is for those that have no error of their own. */
  toFailed(
    why: KinesisError | Error,
    sending: Sending | undefined = this.givenUp,
  ): FailedValue<T> {
    const { value, partitionKey, explicitHashKey } = this;
    return {
      value,
      partitionKey,
      ...(explicitHashKey === undefined ? {} : { explicitHashKey }),
      error: sending?.error ?? why,
      attempts: sending?.attempts ?? 0,
      ...(sending?.history ? { history: [...sending.history] } : {}),
    };
  }
}

const SEGMENT_LENGTH = 256;

/** Values that were added one after the other. It lives as long as one of them is unsettled. */
interface Segment<T> {
  /** The ordinal of the first of them. */
  readonly start: number;
  readonly items: (Pending<T> | undefined)[];
  /** No value before this index is unsettled. */
  first: number;
  /** How many are unsettled. */
  count: number;
  before: Segment<T> | undefined;
  after: Segment<T> | undefined;
}

/**
 * All unsettled values in the order of writing. Each is added and removed once, in almost the same order: so they stand in
 * segments, which cost the garbage collector less than links from value to value, and one that stays for long keeps only
 * its own segment.
 */
export class PendingList<T> {
  #first: Segment<T> | undefined;
  #last: Segment<T> | undefined;
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
    const segment = this.#first;
    if (!segment) return undefined;
    const { items } = segment;
    while (items[segment.first] === undefined) segment.first++;
    return items[segment.first];
  }

  /** Adds a value. */
  add(pending: Pending<T>): void {
    pending.ordinal = ++this.#ordinal;
    let segment = this.#last;
    if (!segment || segment.items.length === SEGMENT_LENGTH) {
      segment = this.#append();
    }
    segment.items.push(pending);
    segment.count++;
    pending.segment = segment;
    this.#length++;
  }

  /** Whether a value is unsettled. */
  has(pending: Pending<T>): boolean {
    return pending.segment !== undefined;
  }

  /** Removes a value. Returns whether it was there: a value is settled once only. */
  remove(pending: Pending<T>): boolean {
    const { segment } = pending;
    if (!segment) return false;
    pending.segment = undefined;
    segment.items[pending.ordinal - segment.start] = undefined;
    this.#length--;
    if (--segment.count === 0) this.#drop(segment);
    return true;
  }

  /** The values in the order of writing. */
  *[Symbol.iterator](): Generator<Pending<T>, void> {
    for (let segment = this.#first; segment; segment = segment.after) {
      for (const item of segment.items) if (item) yield item;
    }
  }

  #append(): Segment<T> {
    const before = this.#last;
    const segment: Segment<T> = {
      start: this.#ordinal,
      items: [],
      first: 0,
      count: 0,
      before,
      after: undefined,
    };
    if (before) before.after = segment;
    else this.#first = segment;
    return this.#last = segment;
  }

  #drop({ before, after }: Segment<T>): void {
    if (before) before.after = after;
    else this.#first = after;
    if (after) after.before = before;
    else this.#last = before;
  }
}
