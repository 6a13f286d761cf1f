/**
 * What a stream holds, in the words of the library.
 *
 * @module
 */
import type { KinesisRecord } from "../../records.ts";
import { payloadBytes } from "./record_log.ts";
import type { Shard } from "./shard.ts";
import type { Stream } from "./stream.ts";

/** The records of a stream or of one of its shards, shard by shard, oldest first. */
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
  for (let place = log.firstPlace; place < log.nextPlace; place++) {
    const record = log.at(place)!;
    records.push({
      streamName: stream.name,
      shardId: id,
      partitionKey: record.key ?? "",
      sequenceNumber: numbers.write(record.time, place),
      approximateArrivalTimestamp: new Date(record.time),
      data: payloadBytes(record.data),
      encryptionType: record.encrypted ? "KMS" : "NONE",
    });
  }
  return records;
}
