/**
 * A received record in the form that processors decode.
 *
 * @module
 */
import type { QueueApiRecord } from "../client/mod.ts";
import type { KinesisRecord } from "../records.ts";

/** How messages name a queue: the last part of its ARN. */
export function queueNameOf(queueARN: string): string {
  return queueARN.slice(queueARN.indexOf("queue/"));
}

/** The record for a processor. It has no shard, so the queue stands in its place. */
export function kinesisRecordOf(
  raw: QueueApiRecord,
  queueName: string,
): KinesisRecord {
  return {
    streamName: queueName,
    shardId: queueName,
    partitionKey: raw.PartitionKey,
    sequenceNumber: raw.RecordId,
    approximateArrivalTimestamp: raw.ApproximateArrivalTimestamp,
    data: raw.Data,
  };
}
