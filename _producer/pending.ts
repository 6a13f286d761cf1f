/**
 * Values that a producer has accepted and not settled.
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
import type { UntoldFailures } from "./untold_failures.ts";

/** The time of acceptance of a value if nothing needs it. */
export const NOT_MEASURED = -1;

/** The requests that carried a value. */
export interface Sending {
  /** Requests that carried the value so far. */
  readonly attempts: number;
  /** Why the last request did not store the value. */
  readonly error?: KinesisError | undefined;
  /** The last requests that did not store the value, oldest first. */
  readonly history?: readonly FailedAttempt[] | undefined;
}

/** Is told how a value ends. */
export interface Outcome<T> {
  /** Kinesis has acknowledged the value. */
  resolve(receipt: PutReceipt): void;
  /**
   * The value is given up. Without `failed`, the producer has failed with all of its values.
   * `untold` keeps the failure if no caller is told; absent if the caller of another method is
   * told.
   */
  reject(
    error: unknown,
    failed?: FailedValue<T>,
    untold?: UntoldFailures<T>,
  ): void;
}

/** An accepted value. It is settled exactly once: delivered or failed. */
export class Pending<T> implements Put<T> {
  /** The position in the order of writing, from 1. */
  ordinal = 0;
  /** The segment of the {@linkcode PendingList} that contains the value until it is settled. */
  segment: Segment<T> | undefined = undefined;
  /** What was tried before the value was given up; `undefined` before that. */
  givenUp: Sending | undefined = undefined;
  /** The serialized value while it waits to be packed; see {@linkcode Put.item}. */
  item: Put<T>["item"] = undefined;
  /** The record that contains the value, if the value may have to be packed again. */
  packed: EncodedRecord<Pending<T>> | undefined = undefined;

  /** Keeps the value with its keys. */
  constructor(
    readonly value: T,
    readonly partitionKey: string,
    readonly explicitHashKey: string | undefined,
    /** When the value was accepted, by the monotonic clock; or {@linkcode NOT_MEASURED}. */
    readonly acceptedAt: number,
    /** Is told how the value ends, if a `put` or `putAll` waits for that. */
    readonly outcome?: Outcome<T>,
    /** Whether the user chose the partition key. A stream that ignores keys needs no other. */
    readonly isKeyed: boolean = true,
  ) {}

  /** The value as a failed one. `why` is its error if no request failed. */
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

/** Values that were added in a row. It is removed when all of them are settled. */
interface Segment<T> {
  /** The ordinal of the first value. */
  readonly start: number;
  readonly items: (Pending<T> | undefined)[];
  /** No value before this index is unsettled. */
  first: number;
  /** The number of unsettled values. */
  count: number;
  before: Segment<T> | undefined;
  after: Segment<T> | undefined;
}

/**
 * All unsettled values in the order of writing. Values are added and removed in almost the same
 * order. So they are stored in segments of 256 values, which cost the garbage collector less than
 * links from value to value. A value that stays for long keeps only its own segment.
 */
export class PendingList<T> {
  #first: Segment<T> | undefined;
  #last: Segment<T> | undefined;
  #length = 0;
  #ordinal = 0;

  /** The number of unsettled values. */
  get length(): number {
    return this.#length;
  }

  /** The ordinal of the value that was added last. */
  get lastOrdinal(): number {
    return this.#ordinal;
  }

  /** The oldest unsettled value. */
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

  /** Removes a value. Returns whether it was inside. */
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
