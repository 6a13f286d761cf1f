/**
 * What the monitor knows of a stream at one time. It is plain data: a line of `--json`, an event of
 * the page, and what the screen shows. A field that is not known is absent.
 *
 * @module
 */

/** A stream at one time. */
export interface Snapshot {
  /** Counts the snapshots, from 1. */
  readonly number: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** When the monitor has started. */
  readonly startedAt: number;
  /** The time between two snapshots, in milliseconds. */
  readonly intervalMs: number;
  readonly stream: StreamView;
  readonly totals: Totals;
  /** The open shards in the order of their hash keys, and then the latest closed ones. */
  readonly shards: readonly ShardView[];
  /** All closed shards, also those that `shards` leaves out. */
  readonly closedShards: number;
  /** Splits and merges that happened since the start, the latest first. */
  readonly reshards: readonly ReshardView[];
  readonly workers: readonly WorkerView[];
  readonly sources: readonly SourceView[];
  /** The last errors, the latest first. */
  readonly errors: readonly ErrorView[];
}

/** What DescribeStreamSummary says. */
export interface StreamView {
  readonly name: string;
  readonly arn: string;
  readonly status: string;
  readonly mode?: string;
  readonly retentionHours?: number;
  readonly encryption?: string;
  readonly openShards: number;
  /** Registered consumers with enhanced fan-out. */
  readonly consumers?: number;
}

/** Numbers of the whole stream. */
export interface Totals {
  readonly recordsPerSecond?: number;
  readonly bytesPerSecond?: number;
  readonly readRecordsPerSecond?: number;
  readonly readBytesPerSecond?: number;
  readonly writeThrottlesPerSecond?: number;
  readonly readThrottlesPerSecond?: number;
  /** The greatest lag of a reader, in milliseconds. */
  readonly lagMs?: number;
  /** The greatest load of a shard; see {@linkcode ShardView.load}. */
  readonly load?: number;
  /** Open shards whose load is {@linkcode HOT} or more. */
  readonly hotShards?: number;
}

/** A shard. */
export interface ShardView {
  readonly id: string;
  readonly isOpen: boolean;
  /** The hash keys, both ends inclusive, as decimal numbers. */
  readonly startingHashKey: string;
  readonly endingHashKey: string;
  /** Where the hash keys begin and end as a part of all hash keys, from 0 to 1. */
  readonly from: number;
  readonly to: number;
  readonly parents: readonly string[];
  /** When it was first seen. Absent if that was before the start of the monitor. */
  readonly openedAt?: number;
  /** When it was first seen closed. Absent if that was before the start of the monitor. */
  readonly closedAt?: number;
  readonly recordsPerSecond?: number;
  readonly bytesPerSecond?: number;
  /** The used part of its write limits: 1 is 1 000 records or 1 MiB a second. */
  readonly load?: number;
  /** How far reading is behind. */
  readonly lagMs?: number;
  /** The age of the oldest value that its workers have read and not processed, in milliseconds. */
  readonly processingLagMs?: number;
  /** The worker that reads it. */
  readonly worker?: string;
  /** The part of its limits that a producer uses after throttles. */
  readonly rateFactor?: number;
}

/** A split or a merge. */
export interface ReshardView {
  readonly time: number;
  readonly kind: "merge" | "split";
  readonly parents: readonly string[];
  readonly children: readonly string[];
}

/** A process with a metrics endpoint, or the holder of leases in a store. */
export interface WorkerView {
  readonly name: string;
  /** The shards whose lag it shows, or whose leases it holds. */
  readonly shards: readonly string[];
  /** How many shards it reads. */
  readonly heldShards?: number;
  /** How far reading is behind, of its slowest shard. */
  readonly lagMs?: number;
  /** How far processing is behind, of its slowest shard. */
  readonly processingLagMs?: number;
  readonly readRecordsPerSecond?: number;
  readonly readBytesPerSecond?: number;
  readonly writtenRecordsPerSecond?: number;
  /** Values in the buffer of its producers. */
  readonly bufferedValues?: number;
  /** Errors since the start of the monitor. */
  readonly errors: number;
  /** When its metrics were read last. */
  readonly at?: number;
  readonly state: SourceState;
}

/**
 * - `on`: the last attempt has succeeded
 * - `waiting`: there was no attempt yet
 * - `failing`: the last attempt has failed, and there will be another one
 * - `off`: it is not used
 */
export type SourceState = "failing" | "off" | "on" | "waiting";

/** Where numbers come from. */
export interface SourceView {
  readonly name: string;
  readonly state: SourceState;
  /** When it succeeded last. */
  readonly at?: number;
  /** The time between two attempts, in milliseconds. */
  readonly everyMs?: number;
  /** What a reader should know: what it costs, why it is off, or the error. */
  readonly note?: string;
}

/** An error, as often as it has happened. */
export interface ErrorView {
  /** When it happened last. */
  readonly time: number;
  readonly source: string;
  readonly message: string;
  readonly count: number;
}

/** A shard with this load is hot. */
export const HOT: number = 0.8;
