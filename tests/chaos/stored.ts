/**
 * Reads the contents of a stream with plain calls, at the end of a schedule.
 *
 * @module
 */
import { type Clock, delay } from "../../_core/clock.ts";
import { HashRange } from "../../_shards/hash_range.ts";
import type { KinesisClient, Shard } from "../../client/mod.ts";
import type { Processor } from "../../processors/mod.ts";

/** A value and its position. */
export interface StoredValue<T> {
  readonly value: T;
  readonly partitionKey: string;
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly subSequenceNumber: number;
}

/** A shard and its values, in order. */
export interface StoredShard<T> {
  readonly shardId: string;
  readonly parentShardIds: readonly string[];
  readonly values: readonly StoredValue<T>[];
}

/**
 * Reads every shard, parents before their children. Omits the records that consumers drop: those of
 * several values of which one belongs to another shard. Throws if a record cannot be decoded.
 */
export async function readStored<T>(
  client: KinesisClient,
  streamName: string,
  processor: Processor<T>,
  clock: Clock,
): Promise<StoredShard<T>[]> {
  const shards: Shard[] = [];
  for await (
    const shard of client.listAllShards({ StreamName: streamName })
  ) shards.push(shard);
  const stored = await Promise.all(shards.map(async (shard) => ({
    shardId: shard.ShardId,
    parentShardIds: [shard.ParentShardId, shard.AdjacentParentShardId]
      .filter((id) => id != null),
    values: await readShard(client, streamName, shard, processor, clock),
  })));
  return parentsFirst(stored);
}

/** The position of a Kinesis record, as text. */
export function placeOf(
  { shardId, sequenceNumber }: { shardId: string; sequenceNumber: string },
): string {
  return `${shardId}/${sequenceNumber}`;
}

async function readShard<T>(
  client: KinesisClient,
  streamName: string,
  shard: Shard,
  processor: Processor<T>,
  clock: Clock,
): Promise<StoredValue<T>[]> {
  const { ShardId: shardId } = shard;
  const range = new HashRange(shard);
  const values: StoredValue<T>[] = [];
  const { ShardIterator } = await client.getShardIterator({
    StreamName: streamName,
    ShardId: shardId,
    ShardIteratorType: "TRIM_HORIZON",
  });
  let iterator: string | undefined = ShardIterator;
  // All writers have ended, so two empty answers mark the end of an open shard.
  for (let empty = 0; iterator && empty < 2;) {
    const answer = await client.getRecords({ ShardIterator: iterator });
    for (const { Data, PartitionKey, SequenceNumber } of answer.Records) {
      const record = {
        streamName,
        shardId,
        partitionKey: PartitionKey,
        sequenceNumber: SequenceNumber,
        data: Data,
      };
      const items = (await processor.unpack(record)).map((item) => {
        if (item.type === "error") throw item.error;
        return item;
      });
      const isDropped = processor.scope === "shard" && items.length > 1 &&
        items.some((item) => !range.holds(item));
      if (isDropped) continue;
      for (const item of items) {
        const { value, partitionKey = "", subSequenceNumber } = item;
        values.push({
          value,
          partitionKey,
          shardId,
          sequenceNumber: SequenceNumber,
          subSequenceNumber,
        });
      }
    }
    empty = answer.Records.length === 0 ? empty + 1 : 0;
    iterator = answer.NextShardIterator;
    await delay(200, { clock });
  }
  return values;
}

function parentsFirst<T>(shards: readonly StoredShard<T>[]): StoredShard<T>[] {
  const sorted: StoredShard<T>[] = [];
  const placed = new Set<string>();
  const known = new Set(shards.map(({ shardId }) => shardId));
  while (sorted.length < shards.length) {
    const next = shards.find(({ shardId, parentShardIds }) =>
      !placed.has(shardId) &&
      parentShardIds.every((id) => placed.has(id) || !known.has(id))
    );
    if (!next) throw new Error("Cannot order shards that descend in a circle");
    placed.add(next.shardId);
    sorted.push(next);
  }
  return sorted;
}
