/**
 * How the Kinesis Client Library for Java takes records apart: `AggregatorUtil.deaggregate(records,
 * startingHashKey, endingHashKey)` of `software.amazon.kinesis:amazon-kinesis-client` 2.6.0, line
 * by line. The fixtures of this folder hold what the library itself makes of the same records.
 *
 * @module
 */
import { md5 } from "@noble/hashes/legacy.js";
import protobuf from "protobufjs";

/** A record of a shard. */
export interface StoredRecord {
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

/** The hash keys of a shard, both ends inclusive. */
export interface ShardRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** What the library hands to the application. */
export interface KclRecord {
  readonly aggregated: boolean;
  readonly subSequenceNumber: number;
  readonly partitionKey: string;
  readonly explicitHashKey: string | undefined;
  readonly data: Uint8Array;
}

interface AggregatedRecord {
  partitionKeyTable: string[];
  explicitHashKeyTable: string[];
  records: {
    partitionKeyIndex: protobuf.Long | number;
    explicitHashKeyIndex?: protobuf.Long | number;
    data: Uint8Array;
  }[];
}

const { root } = protobuf.parse(`
  syntax = "proto2";
  message AggregatedRecord {
    repeated string partition_key_table = 1;
    repeated string explicit_hash_key_table = 2;
    repeated Record records = 3;
  }
  message Tag { required string key = 1; optional string value = 2; }
  message Record {
    required uint64 partition_key_index = 1;
    optional uint64 explicit_hash_key_index = 2;
    required bytes data = 3;
    repeated Tag tags = 4;
  }
`);
const message = root.lookupType("AggregatedRecord");
const MAGIC = [0xf3, 0x89, 0x9a, 0xc2];
const DIGEST_BYTES = 16;

/** The records that the library hands out of those of one shard. */
export function deaggregate(
  records: Iterable<StoredRecord>,
  range: ShardRange,
): KclRecord[] {
  const result: KclRecord[] = [];
  for (const record of records) {
    const aggregate = parse(record.data);
    if (!aggregate) {
      result.push({
        aggregated: false,
        subSequenceNumber: 0,
        partitionKey: record.partitionKey,
        explicitHashKey: undefined,
        data: record.data,
      });
      continue;
    }
    try {
      addValues(aggregate, range, result);
    } catch {
      // An index without an entry, or a hash key that is no number: it is logged, and what came
      // before stays.
    }
  }
  return result;
}

function addValues(
  { partitionKeyTable, explicitHashKeyTable, records }: AggregatedRecord,
  { start, end }: ShardRange,
  result: KclRecord[],
): void {
  let ofThisRecord = 0;
  for (const record of records) {
    const partitionKey = entry(partitionKeyTable, record.partitionKeyIndex);
    const explicitHashKey = Object.hasOwn(record, "explicitHashKeyIndex")
      ? entry(explicitHashKeyTable, record.explicitHashKeyIndex!)
      : undefined;
    const hashKey = effectiveHashKey(partitionKey, explicitHashKey);
    if (hashKey < start || hashKey > end) {
      // One value belongs to another shard, so the whole record is dropped, later values included.
      result.length -= ofThisRecord;
      return;
    }
    result.push({
      aggregated: true,
      subSequenceNumber: ofThisRecord++,
      partitionKey,
      explicitHashKey,
      data: record.data,
    });
  }
}

function parse(data: Uint8Array): AggregatedRecord | undefined {
  if (MAGIC.some((byte, i) => data[i] !== byte)) return undefined;
  if (data.length - MAGIC.length <= DIGEST_BYTES) return undefined;
  const end = data.length - DIGEST_BYTES;
  const body = data.subarray(MAGIC.length, end);
  if (md5(body).some((byte, i) => data[end + i] !== byte)) return undefined;
  try {
    return message.decode(body) as unknown as AggregatedRecord;
  } catch {
    return undefined;
  }
}

function entry(table: string[], index: protobuf.Long | number): string {
  const text = table[Number(index)];
  if (text === undefined) throw new RangeError(`no entry ${index}`);
  return text;
}

function effectiveHashKey(
  partitionKey: string,
  explicitHashKey: string | undefined,
): bigint {
  if (explicitHashKey !== undefined) return BigInt(explicitHashKey);
  const digits = Array.from(
    md5(new TextEncoder().encode(partitionKey)),
    (byte) => byte.toString(16).padStart(2, "0"),
  );
  return BigInt(`0x${digits.join("")}`);
}
