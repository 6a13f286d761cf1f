/**
 * The status of a consumer and its shards.
 *
 * @module
 */
import type { Lineage } from "./lineage.ts";
import type { Lease } from "../checkpoint/mod.ts";
import type { ExpiredEvent } from "../hooks.ts";
import type { OldestUnacknowledged } from "./ack_watch.ts";
import type { ProcessingSummary } from "./process_options.ts";
import type { ShardSession } from "./shard_session.ts";

/** The status of one shard. Only shards that this worker reads have the members after `owner`. */
export interface ShardStatus {
  /** The stream, by name or ARN as given to the consumer. */
  stream: string;
  /** The shard. */
  shardId: string;
  /** The ids of its parents. */
  parentShardIds: readonly string[];
  /**
   * - `waiting`: its parents are not finished, or no worker has taken it yet, perhaps because all
   *   workers have reached `maxShards`
   * - `elsewhere`: another worker reads it
   * - `opening`: this worker has no iterator yet
   * - `reading`: this worker reads it
   * - `caught-up`: this worker has read it to its latest record
   * - `past-until`: this worker has read it to the time `until`, and reads no further
   * - `ended`: all its records are read, not all values are acknowledged
   * - `finished`: all its values are processed
   */
  state:
    | "waiting"
    | "elsewhere"
    | "opening"
    | "reading"
    | "caught-up"
    | "past-until"
    | "ended"
    | "finished";
  /** The worker that held its lease at the last look. */
  owner?: string;
  /** How far reading is behind the latest record, in milliseconds, as the server says. */
  millisBehindLatest?: number;
  /** The sequence number up to which all values are acknowledged, since reading started. */
  acknowledged?: string;
  /** Values that are handed out and not acknowledged, each with all later values of the shard. */
  unacknowledged?: number;
  /** The oldest of these values. No checkpoint behind it can be stored. */
  oldestUnacknowledged?: OldestUnacknowledged;
  /** Kinesis records in the buffer. */
  bufferedRecords?: number;
  /** Bytes of their data. */
  bufferedBytes?: number;
}

/** The status of a consumer. */
export interface ConsumerStatus {
  /** All shards that exist or are not finished, as of the last look. */
  shards: ShardStatus[];
  /**
   * Records that expired before this consumer read them, since it started: the newest 1000 events,
   * oldest first.
   */
  expired: readonly ExpiredEvent[];
  /** Values that were handed out. */
  delivered: number;
  /** Values that are handed out and not acknowledged, each with all later values of its shard. */
  unacknowledged: number;
  /**
   * Values of aggregated records that were dropped: a reshard put them into the wrong shard, and
   * their writer sends them again.
   */
  strayValues: number;
  /** What {@linkcode Consumer.process} or `processBatches` does. Absent with other ways to read. */
  processing?: ProcessingStatus;
}

/** A call of the handler that is under way. */
export interface RunningHandler {
  /** The stream, by name or ARN as given to the consumer. */
  stream: string;
  /** The shard. */
  shardId: string;
  /** The sequence number of the record with the first value of the call. */
  sequenceNumber: string;
  /** The index of this value in its record, from 0. */
  subSequenceNumber: number;
  /** The number of values of the call. */
  values: number;
  /** The number of the call for these values, from 1. */
  attempt: number;
  /** The time since the call began, or since `timeoutMs` was over, in milliseconds. */
  runningMs: number;
  /** Whether `timeoutMs` is over. */
  isLate: boolean;
}

/** What a handler has processed and is processing. */
export interface ProcessingStatus extends Readonly<ProcessingSummary> {
  /** The calls that are under way and take time; the late ones first, then the oldest first. */
  running: RunningHandler[];
  /** Values that wait for their first call. */
  queued: number;
  /** Failed calls that wait for the next attempt or for a dead letter to be stored. */
  waiting: number;
}

/** The objects from which a status is made. */
export interface StatusSources {
  /** The shards that exist or have a lease. */
  readonly lineage: Lineage;
  /** Their leases. */
  readonly leases: ReadonlyMap<string, Lease>;
  /** The sessions of this worker. */
  readonly sessions: ReadonlyMap<
    string,
    Pick<ShardSession<unknown>, "status">
  >;
}

/** The status of every shard of one stream. */
export function statusOf(
  { lineage, leases, sessions }: StatusSources,
): Omit<ShardStatus, "stream">[] {
  const isOver = (shardId: string) =>
    !lineage.shards.has(shardId) &&
    leases.get(shardId)?.checkpoint.type === "SHARD_END";
  const ids = [...lineage.ids].filter((id) => !isOver(id));
  return ids.map((shardId) => {
    const lease = leases.get(shardId);
    const { parentShardIds = [], owner } = lease ?? {};
    const session = sessions.get(shardId)?.status();
    if (session) return { shardId, parentShardIds, owner, ...session };
    const finished = lease?.checkpoint.type === "SHARD_END";
    const state: ShardStatus["state"] = finished
      ? "finished"
      : owner
      ? "elsewhere"
      : "waiting";
    return { shardId, parentShardIds, owner, state };
  });
}
