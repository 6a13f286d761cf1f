/**
 * The vocabulary of records and positions that producers, consumers, processors and checkpointers share. Types only.
 *
 * @module
 */

/** A value on its way to Kinesis, with the keys that choose its shard. */
export interface Put<T> {
  /** The value, before serialization. */
  readonly value: T;
  /** 1 to 256 Unicode characters; the MD5 of its UTF-8 bytes chooses the shard. */
  readonly partitionKey: string;
  /** A decimal number from 0 to 2^128-1 that chooses the shard in place of the partition key. */
  readonly explicitHashKey?: string;
  /**
   * What `Processor.itemOf` has made of the value, where that was done before: packers take it in place of the value, which
   * may have been changed since.
   */
  readonly item?: string | Uint8Array<ArrayBuffer>;
}

/** One Kinesis record ready to be sent, holding one or more values. */
export interface EncodedRecord<P extends Put<unknown> = Put<unknown>> {
  /** The bytes of the record. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** The partition key of the record. */
  readonly partitionKey: string;
  /** The explicit hash key of the record, if it has one. */
  readonly explicitHashKey?: string;
  /** Bytes that count against the limits of Kinesis: the data and the UTF-8 partition key. */
  readonly size: number;
  /** The values inside, in order. */
  readonly puts: readonly P[];
}

/** Where a record ended up. */
export interface PutReceipt {
  /** The shard that stored the record. */
  readonly shardId: string;
  /** The sequence number of the Kinesis record that holds the value. */
  readonly sequenceNumber: string;
  /** How many requests it took; 1 when the first one succeeded. */
  readonly attempts: number;
}

/** A value that was not acknowledged by Kinesis, and why. */
export interface FailedValue<T> extends Omit<Put<T>, "item"> {
  /** The last error. */
  readonly error: Error;
  /** How many requests carried it; 0 when it was never sent. */
  readonly attempts: number;
  /** The last ten requests that did not store it, oldest first; absent if there was none. */
  readonly history?: readonly FailedAttempt[];
}

/** A request that did not store a record. */
export interface FailedAttempt {
  /** When its answer came, or failed to come. */
  readonly at: Date;
  /** Why. */
  readonly error: Error;
}

/** A record as Kinesis returned it, before any decoding. */
export interface KinesisRecord {
  /** The stream that it was read from. */
  readonly streamName: string;
  /** The shard that it was read from. */
  readonly shardId: string;
  /** The partition key of the Kinesis record. */
  readonly partitionKey: string;
  /** The sequence number: grows along a shard, a decimal number of up to 128 digits. */
  readonly sequenceNumber: string;
  /** When Kinesis received it, to the millisecond; absent when the server does not tell. */
  readonly approximateArrivalTimestamp?: Date;
  /** The bytes of the record. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** `NONE` or `KMS`, when the server tells. */
  readonly encryptionType?: string;
}

/** A decoded value with everything known about where it came from. */
export interface DecodedRecord<T> {
  /** The decoded value. */
  readonly value: T;
  /** The stream that it was read from. */
  readonly streamName: string;
  /** The shard that it was read from. */
  readonly shardId: string;
  /** The key that the writer gave to this value; inside an aggregated record the value's own key. */
  readonly partitionKey: string;
  /** The explicit hash key that the writer gave to this value; known for aggregated records only. */
  readonly explicitHashKey?: string;
  /** The sequence number of the Kinesis record. */
  readonly sequenceNumber: string;
  /** The index of the value inside its Kinesis record, from 0. */
  readonly subSequenceNumber: number;
  /** When Kinesis received it; absent when the server does not tell. */
  readonly approximateArrivalTimestamp?: Date;
}

/** A decoded value that the consumer waits to be told about. */
export interface ConsumerRecord<T> extends DecodedRecord<T> {
  /**
   * Marks the record as processed. Idempotent; the checkpoint moves when all records before it are
   * acknowledged too. Call it as a method: `{ ...record }` has no `ack`, and `const { ack } = record`
   * has one that throws.
   */
  ack(): void;
}

/** How far a shard has been processed. */
export type Checkpoint =
  /** Nothing yet: start at the oldest record. */
  | { readonly type: "TRIM_HORIZON" }
  /** Nothing yet: start at the records that come from now on. */
  | { readonly type: "LATEST" }
  /** Nothing yet: start at the first record that arrived at this time or later. */
  | { readonly type: "AT_TIMESTAMP"; readonly timestamp: Date }
  /** Everything up to this record, inclusive; with a sub-sequence number, up to that value inside the record. */
  | {
    readonly type: "SEQUENCE";
    readonly sequenceNumber: string;
    readonly subSequenceNumber?: number;
  }
  /** Everything: the shard is closed and all its records have been processed. */
  | { readonly type: "SHARD_END" };

/** Where reading one shard starts: a {@linkcode Checkpoint}, or at a sequence number inclusive. */
export type ShardPosition =
  | Exclude<Checkpoint, { type: "SHARD_END" }>
  /** The record with this sequence number and everything behind it. */
  | { readonly type: "AT_SEQUENCE_NUMBER"; readonly sequenceNumber: string };

/** Where reading starts when no checkpoint is stored: one position for all shards, or one by shard id. */
export type StartPosition =
  | "TRIM_HORIZON"
  | "LATEST"
  | Date
  | Readonly<Record<string, ShardPosition>>;
