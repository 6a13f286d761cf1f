/**
 * What the session of a shard works with, and what it tells.
 *
 * @module
 */
import type { Admission } from "../_core/admission.ts";
import type { ShardStatus } from "../health.ts";
import type { ShardPosition } from "../records.ts";
import type { ShardHealthStatus } from "./health/shard_health.ts";
import type { HeldLease } from "./leases/held_lease.ts";
import type { ResolvedConsumerOptions } from "./options/resolved_options.ts";
import type { PollPace } from "./reading/poll_pace.ts";
import type { ReadAhead } from "./reading/read_ahead.ts";
import type { ReaderFactory } from "./reading/readers.ts";
import type { ReaderState } from "./reading/record_reader.ts";
import type { Existence } from "./shards/shard_directory.ts";
import type { Acknowledgements } from "./values/acknowledgements.ts";
import type { SkippedRecords } from "./values/skipped_records.ts";
import type { Strays } from "../_shards/strays.ts";

/** The objects that all shards of a consumer share. */
export interface SharedByShards {
  /** The number of the stream in the consumer, from 0. */
  readonly streamIndex: number;
  /** Bounds what is read ahead. */
  readonly readAhead: ReadAhead;
  /** Bounds how often idle shards are read. */
  readonly pace: PollPace;
  /** Bounds how many iterators are made at once. */
  readonly openings: Admission;
  /** Bounds what is handed out and not acknowledged. */
  readonly acknowledgements: Acknowledgements;
  /** Collects the records and values that are not handed out. */
  readonly skipped: SkippedRecords;
}

/** What a `ShardSession` works with. */
export interface SessionParts<T> {
  /** The lease of the shard. */
  readonly lease: HeldLease;
  /** Where reading starts. */
  readonly position: ShardPosition;
  /** The options of the consumer. */
  readonly options: ResolvedConsumerOptions<T>;
  /** What the shards of the consumer share. */
  readonly shared: SharedByShards;
  /** Finds values that lie in the wrong shard. Without it no value is dropped for that reason. */
  readonly strays: Strays | undefined;
  /** Finds out what happened to the shard after the service refused a request. */
  readonly existence: () => Promise<Existence>;
  /** Makes the reader. */
  readonly newReader: ReaderFactory;
}

/** What happens in a `ShardSession`. */
export interface SessionEvents {
  /** The state has changed, or there are more values, or fewer unacknowledged values. */
  changed(): void;
  /** The session cannot go on. */
  failed(error: unknown): void;
  /** The values cannot be processed here: the lease is to be given back. */
  givenUp(reason: Error): void;
}

/** The state of a session: the members of the status that only its worker knows. */
export type SessionStatus =
  & Pick<
    ShardStatus,
    | "millisBehindLatest"
    | "acknowledged"
    | "unacknowledged"
    | "oldestUnacknowledged"
    | "bufferedRecords"
    | "bufferedBytes"
    | "recordsPerSecond"
    | "bytesPerSecond"
  >
  & ShardHealthStatus
  & { state: ReaderState };
