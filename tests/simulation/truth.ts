/**
 * What the stream contains, read without consumers.
 *
 * @module
 */
import { HashRange } from "../../_shards/hash_range.ts";
import type { Shard } from "../../client/mod.ts";
import type { Processor } from "../../processors/mod.ts";
import type { KinesisRecord } from "../../records.ts";
import type { KinesisServer } from "../../testing/mod.ts";
import type { Item } from "./journal.ts";

/** A value and its place. */
export interface StoredValue {
  readonly item: Item;
  readonly sequenceNumber: string;
  readonly subSequenceNumber: number;
  /** The shard and both numbers, as text. */
  readonly place: string;
  /** When the record arrived, in milliseconds since the epoch. */
  readonly arrivedAt: number;
}

/** A shard and its values, in order. */
export interface StoredShard {
  readonly shardId: string;
  readonly parentShardIds: readonly string[];
  readonly values: readonly StoredValue[];
}

/** Lists all shards. */
export async function listShards(
  server: KinesisServer,
  streamName: string,
): Promise<Shard[]> {
  const answer = await server.fetch("https://kinesis", {
    method: "POST",
    headers: { "x-amz-target": "Kinesis_20131202.ListShards" },
    body: JSON.stringify({ StreamName: streamName }),
  });
  return (await answer.json()).Shards;
}

/** The open shards in the order of their hash keys. */
export async function openShards(
  server: KinesisServer,
  streamName: string,
): Promise<string[]> {
  const shards = await listShards(server, streamName);
  return shards
    .filter(({ SequenceNumberRange: { EndingSequenceNumber } }) =>
      EndingSequenceNumber === undefined
    )
    .map(({ ShardId, HashKeyRange: { StartingHashKey } }) => ({
      id: ShardId,
      start: BigInt(StartingHashKey),
    }))
    .sort((a, b) => a.start < b.start ? -1 : 1)
    .map(({ id }) => id);
}

/** Reads streams, and remembers the records that it has decoded. */
export class Truth {
  readonly #server: KinesisServer;
  readonly #streamName: string;
  readonly #processor: Processor<Item>;
  readonly #decoded = new Map<string, readonly StoredValue[]>();

  constructor(
    server: KinesisServer,
    streamName: string,
    processor: Processor<Item>,
  ) {
    this.#server = server;
    this.#streamName = streamName;
    this.#processor = processor;
  }

  /** All shards, parents before their children. */
  async read(): Promise<StoredShard[]> {
    const shards = await listShards(this.#server, this.#streamName);
    const stored: StoredShard[] = [];
    // The ids of children are higher than those of their parents.
    for (const shard of shards) {
      const { ShardId, ParentShardId, AdjacentParentShardId } = shard;
      const records = this.#server.records(this.#streamName, {
        shardId: ShardId,
      });
      const range = new HashRange(shard);
      const values: StoredValue[] = [];
      for (const record of records) {
        values.push(...await this.#decode(record, range));
      }
      stored.push({
        shardId: ShardId,
        parentShardIds: [ParentShardId, AdjacentParentShardId]
          .filter((id) => id !== undefined && id !== null),
        values,
      });
    }
    return stored;
  }

  async #decode(
    record: KinesisRecord,
    range: HashRange,
  ): Promise<readonly StoredValue[]> {
    const { shardId, sequenceNumber } = record;
    const key = `${shardId}/${sequenceNumber}`;
    const known = this.#decoded.get(key);
    if (known) return known;
    const items = await this.#processor.unpack(record);
    // Consumers drop a record of several values of which one belongs to another shard.
    const isDropped = this.#processor.scope === "shard" && items.length > 1 &&
      items.some((item) => item.type !== "error" && !range.holds(item));
    const values = isDropped ? [] : items.map((item) => {
      if (item.type === "error") throw item.error;
      const { value, subSequenceNumber } = item;
      return {
        item: value,
        sequenceNumber,
        subSequenceNumber,
        place: `${key}/${subSequenceNumber}`,
        arrivedAt: Number(record.approximateArrivalTimestamp),
      };
    });
    this.#decoded.set(key, values);
    return values;
  }
}
