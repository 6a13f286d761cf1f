/**
 * How far each shard of a stream is processed, and by which worker.
 *
 * @module
 */
import type {
  Checkpoint,
  HashKeyRange,
  Lease,
  LeaseLoad,
} from "../../checkpoint/mod.ts";
import {
  hashKeyRangeOf,
  isClosed,
  parentsOf,
} from "../../_shards/shard_facts.ts";
import { Lineage } from "../shards/lineage.ts";
import { listShards } from "../shards/list_shards.ts";
import { observeLeases } from "./observed_leases.ts";
import {
  type ProgressOptions,
  resolveProgressOptions,
} from "./progress_options.ts";

/** The stored progress of one shard. */
export interface ShardCheckpoint {
  /** The shard. */
  readonly shardId: string;
  /** Its parents. */
  readonly parentShardIds: readonly string[];
  /** Its hash keys. Absent if neither the server nor the lease names them. */
  readonly hashKeyRange?: HashKeyRange;
  /** Whether the service still lists the shard. Its records have expired if not. */
  readonly isListed: boolean;
  /** Whether the shard takes records. */
  readonly isOpen: boolean;
  /**
   * - `new`: no consumer has seen the shard yet
   * - `waiting`: its parents are not processed to their ends
   * - `free`: no worker holds its lease
   * - `held`: a worker holds its lease, and was seen to renew it
   * - `expired`: its lease names a worker that does not renew it
   * - `finished`: all its records are processed
   */
  readonly state: "new" | "waiting" | "free" | "held" | "expired" | "finished";
  /** Up to where it is processed. Absent if it is `new`. */
  readonly checkpoint?: Checkpoint;
  /** The worker in the lease. */
  readonly owner?: string;
  /** The worker that asks the owner for the lease. */
  readonly requestedBy?: string;
  /** How much work it is, and how far its holder is behind, as the holder has stored it last. */
  readonly load?: LeaseLoad;
}

/** The stored progress of a stream. */
export interface CheckpointStatus {
  /** The stream, as it was given. */
  readonly stream: string;
  /** The shards that are listed or have a lease, sorted by their ids. */
  readonly shards: readonly ShardCheckpoint[];
  /** The running workers, sorted by name, with the numbers of the leases that they hold. */
  readonly workers: readonly {
    readonly workerId: string;
    readonly leases: number;
  }[];
}

/**
 * Reads how far each shard of a stream is processed, and which worker holds it. Writes nothing.
 *
 * Leases with an owner are watched until their counters move: about a third of `failoverTimeMs` if
 * all workers are running, and `failoverTimeMs` if one is not.
 *
 * @example
 * ```ts
 * import { checkpointStatus, Consumer, KinesisClient } from "@webstreams/kinesis";
 * import { MemoryCheckpointer } from "@webstreams/kinesis/checkpoint";
 * import { json } from "@webstreams/kinesis/processors";
 * import { KinesisServer } from "@webstreams/kinesis/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const server = new KinesisServer();
 * server.createStream("orders", { shards: 2 });
 * const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
 * const client = new KinesisClient({ region: "eu-west-1", credentials, fetch: server.fetch });
 * const checkpointer = new MemoryCheckpointer();
 * const orders = { client, streamName: "orders", checkpointer };
 * for await (const _ of new Consumer({ ...orders, processor: json(), until: "caught-up" }));
 *
 * const { shards, workers } = await checkpointStatus(orders);
 * assertEquals(shards.map(({ state }) => state), ["free", "free"]);
 * assertEquals(workers, []);
 * ```
 *
 * @throws {TypeError} if an option is missing or has a wrong type
 * @throws {RangeError} if a number is out of its range
 */
export async function checkpointStatus(
  options: ProgressOptions,
): Promise<CheckpointStatus> {
  const settings = resolveProgressOptions(
    "Cannot read the checkpoints",
    options,
  );
  const listed = await listShards(settings, settings.signal);
  const { leases, held } = await observeLeases(settings);
  const byShard = new Map(leases.map((lease) => [lease.shardId, lease]));
  const lineage = new Lineage(listed, leases);
  const shards = [...lineage.ids].sort().map((shardId) =>
    describe(shardId, byShard, lineage, held)
  );
  return { stream: settings.stream, shards, workers: workersOf(leases, held) };
}

function describe(
  shardId: string,
  leases: ReadonlyMap<string, Lease>,
  lineage: Lineage,
  held: ReadonlySet<string>,
): ShardCheckpoint {
  const shard = lineage.shards.get(shardId);
  const lease = leases.get(shardId);
  const { checkpoint, owner, requestedBy, load } = lease ?? {};
  const hashKeyRange = (shard && hashKeyRangeOf(shard)) ?? lease?.hashKeyRange;
  return {
    shardId,
    parentShardIds: shard ? parentsOf(shard) : lease?.parentShardIds ?? [],
    ...(hashKeyRange && { hashKeyRange }),
    isListed: shard !== undefined,
    isOpen: shard !== undefined && !isClosed(shard),
    state: stateOf(lease, leases, held),
    ...(checkpoint && { checkpoint }),
    ...(owner !== undefined && { owner }),
    ...(requestedBy !== undefined && { requestedBy }),
    ...(load && { load }),
  };
}

function stateOf(
  lease: Lease | undefined,
  leases: ReadonlyMap<string, Lease>,
  held: ReadonlySet<string>,
): ShardCheckpoint["state"] {
  if (!lease) return "new";
  if (lease.checkpoint.type === "SHARD_END") return "finished";
  if (held.has(lease.shardId)) return "held";
  if (lease.owner !== undefined) return "expired";
  const isWaiting = lease.checkpoint.type !== "SEQUENCE" &&
    lease.parentShardIds.some((id) => {
      const parent = leases.get(id);
      return parent !== undefined && parent.checkpoint.type !== "SHARD_END";
    });
  return isWaiting ? "waiting" : "free";
}

function workersOf(
  leases: readonly Lease[],
  held: ReadonlySet<string>,
): CheckpointStatus["workers"] {
  const counts = new Map<string, number>();
  for (const { shardId, owner } of leases) {
    if (owner === undefined || !held.has(shardId)) continue;
    counts.set(owner, (counts.get(owner) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => a < b ? -1 : 1)
    .map(([workerId, leases]) => ({ workerId, leases }));
}
