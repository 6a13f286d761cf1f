/**
 * The types of values, records and positions that producers, consumers, processors and
 * checkpointers share.
 *
 * @module
 */

/** A value to write, with the keys that determine its shard. */
export interface Put<T> {
  /** The value, before serialization. */
  readonly value: T;
  /**
   * The partition key: 1 to 256 Unicode characters. The MD5 of its UTF-8 bytes determines the
   * shard.
   */
  readonly partitionKey: string;
  /** A decimal number from 0 to 2^128-1 that determines the shard instead of the partition key. */
  readonly explicitHashKey?: string;
  /**
   * The serialized value from `Processor.itemOf`. If present, packers use it instead of the value,
   * which may have changed since.
   */
  readonly item?: string | Uint8Array<ArrayBuffer>;
}

/** A Kinesis record to send, with one or more values. */
export interface EncodedRecord<P extends Put<unknown> = Put<unknown>> {
  /** The bytes of the record. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** The partition key of the record. */
  readonly partitionKey: string;
  /** The explicit hash key of the record, if it has one. */
  readonly explicitHashKey?: string;
  /** The size in bytes that Kinesis counts: the data and the UTF-8 partition key. */
  readonly size: number;
  /** The values in the record, in order. */
  readonly puts: readonly P[];
}

/** Where Kinesis has stored a value. */
export interface PutReceipt {
  /** The shard that stored the record. */
  readonly shardId: string;
  /** The sequence number of the Kinesis record that holds the value. */
  readonly sequenceNumber: string;
  /** The number of requests that carried the value; 1 if the first succeeded. */
  readonly attempts: number;
}

/** A value that Kinesis has not acknowledged, and the reason. */
export interface FailedValue<T> extends Omit<Put<T>, "item"> {
  /** The last error. */
  readonly error: Error;
  /** The number of requests that carried the value; 0 if it was never sent. */
  readonly attempts: number;
  /** The last ten requests that did not store the value, oldest first. Absent if there was none. */
  readonly history?: readonly FailedAttempt[];
}

/** A request that did not store a record. */
export interface FailedAttempt {
  /** When the request ended. */
  readonly at: Date;
  /** The error of the request, or of the record. */
  readonly error: Error;
}

/** A record as Kinesis returned it, not decoded. */
export interface KinesisRecord {
  /** The stream of the record. */
  readonly streamName: string;
  /** The ARN of the stream. Absent unless the consumer was given the ARN. */
  readonly streamARN?: string;
  /** The shard of the record. */
  readonly shardId: string;
  /**
   * The partition key of the Kinesis record. Absent if its writer gave none, which a stream with
   * AUTO record distribution allows.
   */
  readonly partitionKey?: string;
  /** The sequence number: a decimal number of up to 128 digits that rises along a shard. */
  readonly sequenceNumber: string;
  /** When Kinesis received the record, to the millisecond. Absent if the answer has no time. */
  readonly approximateArrivalTimestamp?: Date;
  /** The bytes of the record. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** `NONE` or `KMS`. Absent if the answer does not name it. */
  readonly encryptionType?: string;
}

/** A decoded value with the position of its record. */
export interface DecodedRecord<T> {
  /**
   * The text that identifies the value in its stream for ever, also if it is read again: the key
   * for writes that may be repeated. Ids of a shard sort in the order of the shard. `recordId` has
   * the format.
   *
   * The text is made each time the property is read. `JSON.stringify(record)` contains it;
   * `{ ...record }` does not: write `{ ...record, id: record.id }`.
   */
  readonly id: string;
  /** The decoded value. */
  readonly value: T;
  /** The stream of the record. */
  readonly streamName: string;
  /** The ARN of the stream. Absent unless the consumer was given the ARN. */
  readonly streamARN?: string;
  /** The shard of the record. */
  readonly shardId: string;
  /**
   * The partition key of the value. In an aggregated record every value has its own, which may
   * differ from that of the record. Absent if the record has none, which a stream with AUTO record
   * distribution allows.
   */
  readonly partitionKey?: string;
  /** The explicit hash key of the value. Only aggregated records contain it. */
  readonly explicitHashKey?: string;
  /** The sequence number of the Kinesis record. */
  readonly sequenceNumber: string;
  /** The index of the value in its Kinesis record, from 0. */
  readonly subSequenceNumber: number;
  /** When Kinesis received the record. Absent if the answer has no time. */
  readonly approximateArrivalTimestamp?: Date;
}

/** A decoded value that the user acknowledges. */
export interface ConsumerRecord<T> extends DecodedRecord<T> {
  /**
   * Marks the value as processed. The checkpoint moves past it when all earlier values of the shard
   * are acknowledged too. Further calls have no effect. Call it as a method of the record:
   * `{ ...record }` has no `ack`, and the function of `const { ack } = record` throws.
   */
  ack(): void;
}

/** A value that a handler could not process. */
export interface DeadLetter<T> extends DecodedRecord<T> {
  /** What the handler threw last. An `Error` with its text, if it threw something else. */
  readonly error: Error;
  /** The number of calls of the handler. */
  readonly attempts: number;
}

/**
 * The number of a holder of a lease, for stores that refuse the late writes of an earlier holder. A
 * store keeps the largest counter that it has seen for a shard, and refuses a write with a smaller
 * one. Tokens of two shards cannot be compared.
 */
export interface FencingToken {
  /** The worker that holds the lease. */
  readonly owner: string;
  /**
   * The counter of the lease when the worker took it. It grows from each holder of a shard to the
   * next. It does not change while the worker holds the lease.
   */
  readonly counter: number;
}

/** The position up to which a shard has been processed. */
export type Checkpoint =
  /** No record has been processed. Reading starts at the oldest record. */
  | { readonly type: "TRIM_HORIZON" }
  /** No record has been processed. Reading starts after the latest record. */
  | { readonly type: "LATEST" }
  /**
   * No record has been processed. Reading starts at the first record that arrived at this time or
   * later.
   */
  | { readonly type: "AT_TIMESTAMP"; readonly timestamp: Date }
  /** Processed up to and including this record, or up to this value of the record. */
  | {
    readonly type: "SEQUENCE";
    readonly sequenceNumber: string;
    readonly subSequenceNumber?: number;
  }
  /** The shard is closed and all its records have been processed. */
  | { readonly type: "SHARD_END" };

/** Where reading of one shard starts: after a {@linkcode Checkpoint}, or at a record. */
export type ShardPosition =
  | Exclude<Checkpoint, { type: "SHARD_END" }>
  /** Reading starts at the record with this sequence number. */
  | { readonly type: "AT_SEQUENCE_NUMBER"; readonly sequenceNumber: string };

/**
 * Where reading starts if no checkpoint is stored: one position for all shards, or a position for
 * each shard id.
 */
export type StartPosition =
  | "TRIM_HORIZON"
  | "LATEST"
  | Date
  | Readonly<Record<string, ShardPosition>>;

/**
 * A decoded value of a queue. Its record is not visible to other receivers until it is settled: all
 * of its values are acknowledged or given back, or the visibility is lost.
 */
export interface QueueRecord<T> {
  /**
   * The text that identifies the value for ever, also if it is delivered again: `recordId`, a hyphen
   * and the index of the value in its record. The key for writes that may be repeated.
   *
   * The text is made each time the property is read. `JSON.stringify(record)` contains it;
   * `{ ...record }` does not.
   */
  readonly id: string;
  /** The decoded value. */
  readonly value: T;
  /** The ARN of the queue. */
  readonly queueARN: string;
  /**
   * The id of the record that contains the value: the same at every delivery and in every queue of
   * the stream. 1 to 64 characters of `a-z0-9`.
   */
  readonly recordId: string;
  /** The index of the value in its record, from 0. */
  readonly subSequenceNumber: number;
  /**
   * The partition key of the value. In an aggregated record every value has its own. Absent if its
   * writer gave none. It has no influence on the order.
   */
  readonly partitionKey?: string;
  /** The explicit hash key of the value. Only aggregated records contain it. */
  readonly explicitHashKey?: string;
  /** When the stream received the record. */
  readonly approximateArrivalTimestamp: Date;
  /** When the record was delivered for the first time. */
  readonly firstReceiveTimestamp: Date;
  /** How often the record was delivered, with this delivery. */
  readonly receiveCount: number;
  /**
   * Aborts when the visibility of the record is lost, so that it is delivered again: no answer to
   * extensions arrived in time, or the record was held for `maxHoldMs`. The reason is a
   * {@linkcode KinesisError} with the code `VisibilityLost`. Not aborted by `ack` and `retry`.
   */
  readonly signal: AbortSignal;
  /**
   * Marks the value as processed. The record is removed from the queue when all of its values are.
   * Further calls, and calls after `retry`, have no effect. Call it as a method of the record.
   */
  ack(): void;
  /**
   * Gives the value back: its record is delivered again, with all of its values, when all of them
   * are settled and `delaySeconds` have passed. After as many deliveries as the queue allows it
   * becomes a dead letter instead. Further calls, and calls after `ack`, have no effect. Call it as
   * a method of the record.
   *
   * @throws {RangeError} if `delaySeconds` is not an integer from 0 to 43 200
   */
  retry(options?: QueueRetryOptions): void;
}

/** Options of {@linkcode QueueRecord.retry}. */
export interface QueueRetryOptions {
  /**
   * How long the record stays invisible, in seconds: 0 to 43 200. Of several values of a record, the
   * longest delay counts.
   * @default {0}
   */
  delaySeconds?: number;
}

/** A decoded value of a record that was delivered too often without an acknowledgement. */
export interface DeadLetterRecord<T> extends QueueRecord<T> {
  /**
   * Marks the value as done. The dead letter is deleted when all of its values are, or restored if
   * {@linkcode DeadLetterRecord.restore} was called for one of them.
   */
  ack(): void;
  /**
   * Puts the record back into the queue, with all of its values and a receive count of 0, when all
   * of them are settled. Further calls, and calls after `ack` or `retry`, have no effect. Call it as
   * a method of the record.
   */
  restore(): void;
}
