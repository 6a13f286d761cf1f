/**
 * The layout of an aggregated record: `F3 89 9A C2`, a protobuf `AggregatedRecord`, and the MD5 of the latter.
 *
 * @see https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md
 * @module
 */
import { isMd5Of } from "../_core/md5.ts";

/** The bytes in front. */
export const MAGIC: Uint8Array<ArrayBuffer> = Uint8Array.of(
  0xf3,
  0x89,
  0x9a,
  0xc2,
);
/** How many bytes the MD5 behind has. */
export const DIGEST_BYTES = 16;
/** What surrounds the protobuf message. */
export const ENVELOPE_BYTES: number = MAGIC.length + DIGEST_BYTES;

/** `AggregatedRecord.partition_key_table` */
export const FIELD_PARTITION_KEYS = 1;
/** `AggregatedRecord.explicit_hash_key_table` */
export const FIELD_HASH_KEYS = 2;
/** `AggregatedRecord.records` */
export const FIELD_RECORDS = 3;
/**
 * Not a field of the format: a number, 1 where the writer sends the whole record again if one of its values lies outside of
 * the shard that stored it. Protobuf readers pass over fields that they do not know.
 */
export const FIELD_RESENT = 1000;
/** `Record.partition_key_index` */
export const FIELD_KEY_INDEX = 1;
/** `Record.explicit_hash_key_index` */
export const FIELD_HASH_KEY_INDEX = 2;
/** `Record.data` */
export const FIELD_DATA = 3;

/** Whether bytes start as an aggregated record does. */
export function hasMagic(data: Uint8Array): boolean {
  return data.length > ENVELOPE_BYTES &&
    data[0] === MAGIC[0] && data[1] === MAGIC[1] &&
    data[2] === MAGIC[2] && data[3] === MAGIC[3];
}

/** Whether bytes are an aggregated record; anything else is plain data. */
export function isAggregated(data: Uint8Array): boolean {
  if (!hasMagic(data)) return false;
  const end = data.length - DIGEST_BYTES;
  return isMd5Of(data.subarray(MAGIC.length, end), data, end);
}
