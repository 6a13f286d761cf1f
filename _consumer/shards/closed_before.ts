/**
 * Finds the shards that were closed before a time. A consumer that starts at that time leaves them
 * out: a stream that is resharded every hour has thousands of closed shards.
 *
 * @module
 */
import { isClosed } from "../../_shards/shard_facts.ts";
import { KinesisError } from "../../errors.ts";
import type { Lineage } from "./lineage.ts";
import { listInTime, type ListShardsOptions } from "./list_shards.ts";

const NONE: ReadonlySet<string> = new Set();

/**
 * The listed shards that were closed before the time. Empty if the server does not support the
 * filter, or if its answer contradicts the list of all shards. The closed shards are then read from
 * the time on, which takes longer and gives the same records.
 */
export async function closedBefore(
  time: Date,
  lineage: Lineage,
  options: ListShardsOptions,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const listed = [...lineage.shards.values()];
  if (!listed.some(isClosed)) return NONE;
  const later = await listInTime(
    (signal) => shardsFrom(time, options, signal),
    options,
    signal,
  );
  if (!later) return NONE;
  if (listed.some((it) => !isClosed(it) && !later.has(it.ShardId))) return NONE;
  const closed = listed.filter((shard) => {
    const { ShardId: id } = shard;
    return isClosed(shard) && !later.has(id) &&
      // A shard is closed before its descendants, so it was closed before the time as well.
      !lineage.someAncestor(id, (ancestor) => later.has(ancestor)) &&
      // Otherwise a child that a later list names first would start at its oldest record.
      lineage.childrenOf(id).length > 0;
  });
  return new Set(closed.map(({ ShardId }) => ShardId));
}

/**
 * The shards that were open at the time or later. `undefined` if the server does not support the
 * filter.
 */
async function shardsFrom(
  Timestamp: Date,
  { client, target }: ListShardsOptions,
  signal: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  const ids = new Set<string>();
  const ShardFilter = { Type: "FROM_TIMESTAMP" as const, Timestamp };
  try {
    const shards = client.listAllShards({ ...target, ShardFilter }, { signal });
    for await (const { ShardId } of shards) ids.add(ShardId);
    return ids;
  } catch (error) {
    // For example a time in the future, or a server without ListShards.
    if (error instanceof KinesisError && !error.retryable) return undefined;
    throw error;
  }
}
