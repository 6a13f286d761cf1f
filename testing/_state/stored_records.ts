/**
 * Converts stored records to the record type of the library.
 *
 * @module
 */
import type { KinesisRecord } from "../../records.ts";
import { payloadBytes } from "./record_log.ts";
import type { Shard } from "./shard.ts";
import type { Stream } from "./stream.ts";

/**
 * The records of one shard, or of all shards in the order of their ids; in a shard, oldest first.
 */
export function storedRecords(
  stream: Stream,
  now: number,
  shardId: string | undefined,
): KinesisRecord[] {
  if (shardId !== undefined) {
    return ofShard(stream, stream.shard(shardId, now));
  }
  stream.trim(now);
  return [...stream.shards.all].flatMap((shard) => ofShard(stream, shard));
}

function ofShard(stream: Stream, { id, log, numbers }: Shard): KinesisRecord[] {
  const records: KinesisRecord[] = [];
  for (let offset = log.firstOffset; offset < log.nextOffset; offset++) {
    const record = log.at(offset)!;
    records.push({
      streamName: stream.name,
      shardId: id,
      partitionKey: record.key,
      sequenceNumber: numbers.write(record.time, offset),
      approximateArrivalTimestamp: new Date(record.time),
      data: payloadBytes(record.data),
      encryptionType: record.encrypted ? "KMS" : "NONE",
    });
  }
  return records;
}
