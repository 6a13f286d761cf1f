/**
 * The 128-bit hash key of a partition key, which determines the shard of a record.
 *
 * @module
 */
import { md5OfText } from "../_core/md5.ts";

const words = /* @__PURE__ */ new Uint32Array(4);

/** The hash key: MD5 of the UTF-8 partition key, as a big-endian unsigned 128-bit number. */
export function hashKeyOf(partitionKey: string): bigint {
  md5OfText(partitionKey, words);
  return (BigInt(words[0]! * 0x100000 + (words[1]! >>> 12)) << 76n) |
    (BigInt((words[1]! & 0xfff) * 0x100000000 + words[2]!) << 32n) |
    BigInt(words[3]!);
}

/**
 * The most significant 32 bits of {@linkcode hashKeyOf}, computed in half the time. Two shards
 * rarely have boundaries with the same 32 bits, so these bits find the shard of nearly every key
 * without a `bigint`.
 */
export function hashKeyPrefixOf(partitionKey: string): number {
  md5OfText(partitionKey, words);
  return words[0]!;
}
