/**
 * Packed records on their way to Kinesis.
 *
 * @module
 */
import type { RecordKeys } from "../_shards/hash_range.ts";
import type { KinesisError } from "../errors.ts";
import type { EncodedRecord, FailedAttempt } from "../records.ts";
import type { Load } from "./backlog.ts";
import type { Grouped } from "./order_groups.ts";
import type { Pending } from "./pending.ts";
import type { Slotted } from "./unordered.ts";

/** What packing determines about a record. It does not change. */
export interface PackedPart<T> {
  /** The record with its values. */
  readonly record: EncodedRecord<Pending<T>>;
  /** The version of the shard map under which the record was packed. */
  readonly version: number;
  /** The position in the order of packing, from 1. */
  readonly seq: number;
  /** The position among records that were packed again from the same record. */
  readonly place: readonly number[] | undefined;
  /** The `seq` of the oldest record whose values are inside. It decides when the record is due. */
  readonly since: number;
  /**
   * Whether more values of the same order group follow because they did not fit into the record.
   */
  readonly isFull: boolean;
}

/** What is often needed of the record: reading it there would wait for memory more often. */
export interface RecordFacts<T> {
  /** The size of the record in bytes. */
  readonly size: number;
  /** The number of its values. */
  readonly values: number;
  /** The value of a record of one value. */
  readonly only: Pending<T> | undefined;
}

/** What {@linkcode SendQueue} knows about a record. Only the queue writes it. */
export interface QueuedPart extends Pick<Grouped, "groups">, Slotted {
  /** The predicted shard; `undefined` while it is not known. */
  shardId: string | undefined;
  /** The load of that shard, in which the record is counted. */
  load: Readonly<Load>;
}

/** What sending determines about a record. */
export interface SentPart {
  /** Requests that carried the record so far. Only {@linkcode Delivery} writes it. */
  attempts: number;
  /** Why the last request did not store the record. Only {@linkcode Settlement} writes it. */
  error: KinesisError | undefined;
  /** The last requests that did not store the record, oldest first. Written with `error`. */
  history: FailedAttempt[] | undefined;
}

/** A packed record that is not settled. */
export interface Outgoing<T>
  extends
    PackedPart<T>,
    RecordFacts<T>,
    Readonly<QueuedPart>,
    Readonly<SentPart> {}

/** A record as {@linkcode SendQueue} sees it. */
export type Queued<T> = Outgoing<T> & QueuedPart;

const NO_GROUPS: readonly string[] = [];
const NO_LOAD: Load = { values: 0, bytes: 0 };

/** A record that is neither queued nor sent. `past` is the record that had its values before. */
export function outgoing<T>(
  packed: PackedPart<T>,
  past?: Outgoing<T>,
): Queued<T> {
  return new QueuedRecord(packed, past);
}

// A class and not a literal: see `young_objects.ts`.
class QueuedRecord<T>
  implements PackedPart<T>, RecordFacts<T>, QueuedPart, SentPart {
  readonly record: EncodedRecord<Pending<T>>;
  readonly size: number;
  readonly values: number;
  readonly only: Pending<T> | undefined;
  readonly version: number;
  readonly seq: number;
  readonly place: readonly number[] | undefined;
  readonly since: number;
  readonly isFull: boolean;
  groups: readonly string[] = NO_GROUPS;
  shardId: string | undefined = undefined;
  load: Readonly<Load> = NO_LOAD;
  slot = -1;
  attempts: number;
  error: KinesisError | undefined;
  history: FailedAttempt[] | undefined;

  constructor(packed: PackedPart<T>, past: Outgoing<T> | undefined) {
    const { size, values, only } = recordFacts(packed.record);
    this.record = packed.record;
    this.size = size;
    this.values = values;
    this.only = only;
    this.version = packed.version;
    this.seq = packed.seq;
    this.place = packed.place;
    this.since = packed.since;
    this.isFull = packed.isFull;
    this.attempts = past?.attempts ?? 0;
    this.error = past?.error;
    this.history = past?.history && [...past.history];
  }
}

/** The facts of a record. */
export function recordFacts<T>(
  { size, puts }: EncodedRecord<Pending<T>>,
): RecordFacts<T> {
  const { length } = puts;
  return { size, values: length, only: length === 1 ? puts[0] : undefined };
}

/**
 * The keys that choose the groups of a record. An aggregated record has a key of its own. A value
 * that is alone in its record determines the groups.
 */
export function keysOf<T>({ record, only }: Outgoing<T>): RecordKeys {
  return only ?? record;
}

/** The most failed requests that a record remembers. */
const HISTORY_LENGTH = 10;

/** Notes that a request carries the record. */
export function noteAttempt(sent: SentPart): void {
  sent.attempts++;
}

/** Notes that a request did not store the record. */
export function noteFailure(
  sent: SentPart,
  error: KinesisError,
  at: Date,
): void {
  sent.error = error;
  sent.history ??= [];
  sent.history.push({ at, error });
  if (sent.history.length > HISTORY_LENGTH) sent.history.shift();
}
