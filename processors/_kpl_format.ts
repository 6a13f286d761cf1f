/**
 * The layout of an aggregated record: `F3 89 9A C2`, a protobuf `AggregatedRecord`, and the MD5 of
 * this message.
 *
 * @see https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md
 * @module
 */
import { isMd5Of } from "../_core/md5.ts";

/** The first bytes of a record. */
export const MAGIC: Uint8Array<ArrayBuffer> = Uint8Array.of(
  0xf3,
  0x89,
  0x9a,
  0xc2,
);
/** The size of the MD5 at the end, in bytes. */
export const DIGEST_BYTES = 16;
/** The bytes around the protobuf message. */
export const ENVELOPE_BYTES: number = MAGIC.length + DIGEST_BYTES;

/** `AggregatedRecord.partition_key_table` */
export const FIELD_PARTITION_KEYS = 1;
/** `AggregatedRecord.explicit_hash_key_table` */
export const FIELD_HASH_KEYS = 2;
/** `AggregatedRecord.records` */
export const FIELD_RECORDS = 3;
/**
 * A field of our own. Its value is 1 if the writer sends the whole record again when one of its
 * values lies outside of the shard that has stored it. Protobuf readers skip unknown fields.
 */
export const FIELD_RESENT = 1000;
/** `Record.partition_key_index` */
export const FIELD_KEY_INDEX = 1;
/** `Record.explicit_hash_key_index` */
export const FIELD_HASH_KEY_INDEX = 2;
/** `Record.data` */
export const FIELD_DATA = 3;

/** Whether bytes start like an aggregated record. */
export function hasMagic(data: Uint8Array): boolean {
  return data.length > ENVELOPE_BYTES &&
    data[0] === MAGIC[0] && data[1] === MAGIC[1] &&
    data[2] === MAGIC[2] && data[3] === MAGIC[3];
}

/** Whether bytes are an aggregated record with a correct checksum. Other bytes are plain data. */
export function isAggregated(data: Uint8Array): boolean {
  if (!hasMagic(data)) return false;
  const end = data.length - DIGEST_BYTES;
  return isMd5Of(data.subarray(MAGIC.length, end), data, end);
}
