/**
 * Splits and merges shards.
 *
 * @module
 */
import type { KinesisClient, Shard } from "../../client/mod.ts";

/** Splits the widest open shard in the middle. */
export async function split(
  client: KinesisClient,
  StreamName: string,
): Promise<void> {
  const shards = await openShards(client, StreamName);
  const widest = shards.reduce((a, b) => width(b) > width(a) ? b : a);
  const { StartingHashKey } = widest.HashKeyRange;
  const middle = BigInt(StartingHashKey) + width(widest) / 2n;
  await client.splitShard({
    StreamName,
    ShardToSplit: widest.ShardId,
    NewStartingHashKey: String(middle),
  });
  await client.waitUntilActive({ StreamName });
}

/** Merges the last two open shards. Does nothing if there is only one. */
export async function merge(
  client: KinesisClient,
  StreamName: string,
): Promise<void> {
  const [left, right] = (await openShards(client, StreamName)).slice(-2);
  if (!left || !right) return;
  await client.mergeShards({
    StreamName,
    ShardToMerge: left.ShardId,
    AdjacentShardToMerge: right.ShardId,
  });
  await client.waitUntilActive({ StreamName });
}

/** The open shards in the order of their hash keys. */
async function openShards(
  client: KinesisClient,
  StreamName: string,
): Promise<Shard[]> {
  const open: Shard[] = [];
  for await (const shard of client.listAllShards({ StreamName })) {
    if (!shard.SequenceNumberRange.EndingSequenceNumber) open.push(shard);
  }
  return open.sort((a, b) => start(a) < start(b) ? -1 : 1);
}

function start({ HashKeyRange }: Shard): bigint {
  return BigInt(HashKeyRange.StartingHashKey);
}

function width(shard: Shard): bigint {
  return BigInt(shard.HashKeyRange.EndingHashKey) - start(shard) + 1n;
}
