/**
 * The status of a consumer and its shards.
 *
 * @module
 */
import type { Clock } from "../../_core/clock.ts";
import type { Lease } from "../../checkpoint/mod.ts";
import type { Coverage, LastError, ShardStatus } from "../../health.ts";
import type { ExpiredEvent } from "../../hooks.ts";
import type { ErrorLog } from "./error_log.ts";
import type { Lineage } from "../shards/lineage.ts";
import { momentIf } from "./moment.ts";
import type { ProcessingSummary } from "../process/process_options.ts";
import { ratesOf } from "./rates.ts";
import type { ShardSession } from "../shard_session.ts";

/** The status of one stream. */
export interface StreamStatus {
  /** The stream, by name or ARN as given to the consumer. */
  stream: string;
  /** Whether all hash keys are read: holes and overlaps, and shards that no worker reads. */
  coverage: Coverage;
  /** The last error that was not about one shard, such as one of ListShards. It may be over. */
  lastError?: LastError;
}

/** The status of a consumer. */
export interface ConsumerStatus {
  /** All shards that exist or are not finished, as of the last look. */
  shards: ShardStatus[];
  /** Each stream as a whole. */
  streams: StreamStatus[];
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
  /** The time since the call began, in milliseconds. */
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
  /**
   * The bytes of the values that are taken and not settled, which `lookaheadBytes` bounds: they
   * wait or are being processed. 0 once `process()` takes no further value after a failure or
   * `close()`.
   */
  unsettledBytes: number;
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
  /** When a lease was first seen as it is now, in milliseconds of the monotonic clock. */
  leaseMovedAt(shardId: string): number | undefined;
}

/** How the parts of the status are found. */
export interface StatusContext {
  /** The consumer's clock. */
  readonly clock: Clock;
  /** Whether leases are shared with other workers. */
  readonly durable: boolean;
  /** The last errors. */
  readonly errors: Pick<ErrorLog, "of">;
}

/** The status of every shard of one stream. */
export function statusOf(
  sources: StatusSources,
  { clock, durable, errors }: StatusContext,
): Omit<ShardStatus, "stream">[] {
  const { lineage, leases, sessions } = sources;
  const isOver = (shardId: string) =>
    !lineage.shards.has(shardId) &&
    leases.get(shardId)?.checkpoint.type === "SHARD_END";
  const ids = [...lineage.ids].filter((id) => !isOver(id));
  return ids.map((shardId) => {
    const lease = leases.get(shardId);
    const { parentShardIds = [], owner } = lease ?? {};
    const lastError = errors.of(shardId);
    const common = { shardId, parentShardIds, owner, lastError };
    const session = sessions.get(shardId)?.status();
    if (session) return { ...common, ...session };
    const finished = lease?.checkpoint.type === "SHARD_END";
    const state: ShardStatus["state"] = finished
      ? "finished"
      : owner
      ? "elsewhere"
      : "waiting";
    const movedAt = durable ? sources.leaseMovedAt(shardId) : undefined;
    const leaseMoved = momentIf(movedAt, clock);
    return { ...common, ...ratesOf(lease?.load), state, leaseMoved };
  });
}
