/**
 * What a consumer tells about itself.
 *
 * @module
 */
import type { Lineage } from "./lineage.ts";
import type { Lease } from "../checkpoint/mod.ts";
import type { ExpiredEvent } from "../hooks.ts";
import type { OldestUnacknowledged } from "./ack_watch.ts";
import type { ShardSession } from "./shard_session.ts";

/** How a shard stands; what follows `owner` is known only for shards in the hands of this worker. */
export interface ShardStatus {
  /** The shard. */
  shardId: string;
  /** Its parents. */
  parentShardIds: readonly string[];
  /**
   * `waiting`: for its parents, or not claimed yet; `elsewhere`: in the hands of another worker; `opening`, `reading`,
   * `caught-up` (its tip was seen), `ended` (all read, not all acknowledged); `finished`: all processed.
   */
  state:
    | "waiting"
    | "elsewhere"
    | "opening"
    | "reading"
    | "caught-up"
    | "ended"
    | "finished";
  /** The worker that holds its lease, as last seen. */
  owner?: string;
  /** How far reading is behind the tip, in milliseconds, as the server says. */
  millisBehindLatest?: number;
  /** The sequence number up to which everything is acknowledged, since reading started. */
  acknowledged?: string;
  /** Values that were handed out and are not acknowledged in order. */
  unacknowledged?: number;
  /** The first of them: nothing behind it can be stored. */
  oldestUnacknowledged?: OldestUnacknowledged;
  /** Kinesis records that wait to be handed out. */
  bufferedRecords?: number;
  /** Bytes of them. */
  bufferedBytes?: number;
}

/** How a consumer stands. */
export interface ConsumerStatus {
  /** Every shard that exists or is not finished, as last seen. */
  shards: ShardStatus[];
  /**
   * What has expired before this consumer read it, since it started: the last 1000 times, oldest
   * first.
   */
  expired: readonly ExpiredEvent[];
  /** Values that were handed out. */
  delivered: number;
  /** Values that were handed out and are not acknowledged in order. */
  unacknowledged: number;
  /** Values of aggregated records that were dropped, since a reshard put them into the wrong shard and their writer sends them again. */
  strayValues: number;
}

/** What is known of the shards of a stream. */
export interface StatusSources {
  /** The shards that exist or have a lease. */
  readonly lineage: Lineage;
  /** Their leases. */
  readonly leases: ReadonlyMap<string, Lease>;
  /** Those in the hands of this worker. */
  readonly sessions: ReadonlyMap<
    string,
    Pick<ShardSession<unknown>, "status">
  >;
}

/** How every shard stands. */
export function statusOf(
  { lineage, leases, sessions }: StatusSources,
): ShardStatus[] {
  const isOver = (shardId: string) =>
    !lineage.shards.has(shardId) &&
    leases.get(shardId)?.checkpoint.type === "SHARD_END";
  const ids = [...lineage.ids].filter((id) => !isOver(id));
  return ids.map((shardId): ShardStatus => {
    const lease = leases.get(shardId);
    const { parentShardIds = [], owner } = lease ?? {};
    const session = sessions.get(shardId)?.status();
    if (session) return { shardId, parentShardIds, owner, ...session };
    const finished = lease?.checkpoint.type === "SHARD_END";
    const state = finished ? "finished" : owner ? "elsewhere" : "waiting";
    return { shardId, parentShardIds, owner, state };
  });
}
