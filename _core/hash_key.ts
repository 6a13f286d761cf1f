/**
 * The 128-bit hash that places a record on the ring of shards.
 *
 * @module
 */
import { md5 } from "@noble/hashes/legacy.js";

const encoder = new TextEncoder();

/** MD5 of the UTF-8 partition key, read as a big-endian unsigned 128-bit number. */
export function hashKeyOf(partitionKey: string): bigint {
  const view = new DataView(md5(encoder.encode(partitionKey)).buffer);
  return (view.getBigUint64(0) << 64n) | view.getBigUint64(8);
}
