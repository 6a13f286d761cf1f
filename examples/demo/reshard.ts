/**
 * Splits a shard and merges two others while records are written.
 *
 * @module
 */
import type { KinesisClient } from "@webstreams/kinesis";
import type { Shard } from "@webstreams/kinesis/client";

/** The shards to split and to merge. */
export interface ReshardPlan {
  /** The shard that becomes two. */
  readonly split?: Shard;
  /** Two neighbours that become one. */
  readonly merge?: readonly [Shard, Shard];
}

/**
 * Chooses two adjacent open shards to merge and another one to split. With fewer than three open
 * shards there is only a split.
 */
export function planReshard(shards: readonly Shard[]): ReshardPlan {
  const open = shards.filter((shard) =>
    shard.SequenceNumberRange.EndingSequenceNumber == null
  ).sort((a, b) => startOf(a) < startOf(b) ? -1 : 1);
  const split = open.find((shard) => endOf(shard) > startOf(shard));
  const others = open.filter((shard) => shard !== split);
  for (let i = 1; i < others.length; i++) {
    const [left, right] = [others[i - 1]!, others[i]!];
    // Compares the ranges: only shards that are exactly adjacent can be merged.
    if (endOf(left) + 1n === startOf(right)) {
      return { split, merge: [left, right] };
    }
  }
  return { split };
}

/**
 * Splits and then merges: a stream that is UPDATING rejects further changes. Resolves with a
 * description of the changes.
 */
export async function reshard(
  client: KinesisClient,
  streamName: string,
  signal: AbortSignal,
): Promise<string> {
  const target = { StreamName: streamName };
  const shards: Shard[] = [];
  for await (const shard of client.listAllShards(target, { signal })) {
    shards.push(shard);
  }
  const { split, merge } = planReshard(shards);
  const done: string[] = [];
  if (split) {
    const middle = (startOf(split) + endOf(split) + 1n) / 2n;
    await client.splitShard({
      ...target,
      ShardToSplit: split.ShardId,
      NewStartingHashKey: `${middle}`,
    }, { signal });
    await client.waitUntilActive(target, { signal });
    done.push(`split ${split.ShardId}`);
  }
  if (merge) {
    const [left, right] = merge;
    await client.mergeShards({
      ...target,
      ShardToMerge: left.ShardId,
      AdjacentShardToMerge: right.ShardId,
    }, { signal });
    await client.waitUntilActive(target, { signal });
    done.push(`merged ${left.ShardId} and ${right.ShardId}`);
  }
  return done.join(", ") || "no shard to split or merge";
}

function startOf(shard: Shard): bigint {
  return BigInt(shard.HashKeyRange.StartingHashKey);
}

function endOf(shard: Shard): bigint {
  return BigInt(shard.HashKeyRange.EndingHashKey);
}
