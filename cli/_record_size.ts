/**
 * The size of a record.
 *
 * @module
 */
import { utf8Length } from "../_core/utf8.ts";
import type { KinesisApiRecord } from "../client/mod.ts";

/** The bytes that count for the limits of a shard: data and partition key. */
export function recordSize(
  { Data, PartitionKey = "" }: KinesisApiRecord,
): number {
  return Data.length + utf8Length(PartitionKey);
}
