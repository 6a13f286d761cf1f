/**
 * The common part of PutRecord and PutRecords: checks a record and finds its shard.
 *
 * @module
 */
import { parseHashKey } from "../_state/hash_ring.ts";
import { MAX_RECORD_BYTES } from "../../_aws/limits.ts";
import { type Payload, payloadSize } from "../_state/record_log.ts";
import type { Shard } from "../_state/shard.ts";
import type { Stream } from "../_state/stream.ts";
import { invalidArgument } from "../_wire/service_error.ts";
import { failure } from "../_wire/shape.ts";

/** The longest partition key, in Unicode characters. */
const MAX_KEY_LENGTH = 256;
/** Matches a key whose length in UTF-8 bytes equals its length in UTF-16 units. */
const ASCII = /^[\0-\x7f]*$/;
const utf8 = new TextEncoder();

/** A checked record. `size` is the bytes of its data and its partition key. */
export interface ReadyRecord {
  readonly data: Payload;
  readonly key: string | undefined;
  readonly explicitHashKey: string | undefined;
  readonly size: number;
}

/** Checks the members of a record and computes its size. Appends each violation to `problems`. */
export function readRecord(
  record: {
    data: Payload;
    key: string | undefined;
    explicitHashKey: string | undefined;
  },
  path: string,
  problems: string[],
): ReadyRecord {
  const { data, key, explicitHashKey } = record;
  const bytes = payloadSize(data);
  if (bytes > MAX_RECORD_BYTES) {
    problems.push(failure(
      `${bytes} bytes`,
      `${path}data`,
      `Member must have length less than or equal to ${MAX_RECORD_BYTES}`,
    ));
  }
  let keyBytes = 0;
  if (key !== undefined) {
    keyBytes = ASCII.test(key) ? key.length : utf8.encode(key).length;
    // Only a key that is not ASCII can have fewer characters than UTF-16 units (surrogate pairs).
    const length = key.length > MAX_KEY_LENGTH && keyBytes !== key.length
      ? [...key].length
      : key.length;
    if (length < 1 || length > MAX_KEY_LENGTH) {
      const rule = length < 1
        ? "greater than or equal to 1"
        : `less than or equal to ${MAX_KEY_LENGTH}`;
      problems.push(
        failure(key, `${path}partitionKey`, `Member must have length ${rule}`),
      );
    }
  }
  return { data, key, explicitHashKey, size: bytes + keyBytes };
}

/** The shard that stores a record. With AUTO distribution it is chosen at random. */
export function shardOf(
  stream: Stream,
  record: ReadyRecord,
  random: () => number,
): Shard {
  const { shards } = stream;
  if (stream.isAutoDistributed) {
    return shards.open[Math.floor(random() * shards.open.length)]!;
  }
  if (record.explicitHashKey !== undefined) {
    const hash = parseHashKey(record.explicitHashKey);
    if (hash === undefined) {
      throw invalidArgument(
        `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${record.explicitHashKey}`,
      );
    }
    return shards.atHash(hash);
  }
  if (record.key === undefined) {
    throw invalidArgument(
      `PartitionKey is required, as ${stream.label} does not distribute records by itself.`,
    );
  }
  return shards.atKey(record.key);
}

/** Throws if the record is larger than the MaxRecordSizeInKiB of the stream. */
export function requireSize(stream: Stream, record: ReadyRecord): void {
  if (record.size > stream.maxRecordKiB * 1_024) {
    throw invalidArgument(
      `The record has ${record.size} bytes, data and partition key, and ${stream.label} takes at most ${stream.maxRecordKiB} KiB.`,
    );
  }
}
