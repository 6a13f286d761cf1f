/**
 * What a capture of a stream contains.
 *
 * @module
 */

/** A shard of a captured stream. */
export interface CapturedShard {
  /** The id. */
  readonly shardId: string;
  /** The shard that was split, or one of the two that were merged, into this one. */
  readonly parentShardId?: string;
  /** The other shard of a merge. */
  readonly adjacentParentShardId?: string;
  /** The lowest hash key, in decimal. */
  readonly startingHashKey: string;
  /** The highest hash key, in decimal. */
  readonly endingHashKey: string;
}

/** A record of a captured stream. */
export interface CapturedRecord {
  /** The shard. */
  readonly shardId: string;
  /** The sequence number. */
  readonly sequenceNumber: string;
  /** The partition key. Absent if the record had none. */
  readonly partitionKey?: string;
  /** When the record arrived at the stream, in milliseconds since the epoch. Absent if unknown. */
  readonly arrivedAt?: number;
  /** The bytes of the record. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** A capture that was read. */
export interface Capture {
  /** The stream, by name or ARN as it was given. */
  readonly stream: string;
  /** The shards, each after its parents, as far as these were known. */
  readonly shards: readonly CapturedShard[];
  /** The records, those of each shard in their order. */
  readonly records: readonly CapturedRecord[];
}

/** The parts of a record that may be secret. */
export interface RedactedRecord {
  /** The bytes of the record. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** The partition key. Absent if the record had none. */
  readonly partitionKey?: string;
}

/** Replaces the parts of a record that must not be stored. */
export type Redact = (
  record: CapturedRecord,
) => RedactedRecord | PromiseLike<RedactedRecord>;
