/**
 * The events that Lambda makes of a Kinesis stream, and the answers to them.
 *
 * @see {@link https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html}
 * @module
 */

/** A record in an event. Members that are not needed here are left out. */
export interface KinesisStreamEventRecord {
  /** The shard and the sequence number, with a colon between them. */
  readonly eventID: string;
  /** The ARN of the stream, or of the registered consumer with enhanced fan-out. */
  readonly eventSourceARN: string;
  /** The record itself. */
  readonly kinesis: {
    /** The partition key. Absent if the producer gave none, with AUTO record distribution. */
    readonly partitionKey?: string;
    /** The sequence number. */
    readonly sequenceNumber: string;
    /** The data in base64. */
    readonly data: string;
    /** When Kinesis received the record, in seconds since the epoch, with a fraction. */
    readonly approximateArrivalTimestamp?: number;
  };
}

/** An event with the records of a batch, all of one shard. */
export interface KinesisStreamEvent {
  /** The records in the order of the shard. */
  readonly Records: readonly KinesisStreamEventRecord[];
}

/** An event of a tumbling window. */
export interface KinesisWindowEvent extends KinesisStreamEvent {
  /** The window, as texts such as `2026-10-25T12:00:00Z`. */
  readonly window?: { readonly start: string; readonly end: string };
  /** What the function answered for the batch before, in this window. Empty at first. */
  readonly state?: unknown;
  /** The shard. */
  readonly shardId?: string;
  /** Whether this is the last call for the window. It has no records. */
  readonly isFinalInvokeForWindow?: boolean;
  /** Whether the window ends early, because its state has become larger than 1 MB. */
  readonly isWindowTerminatedEarly?: boolean;
}

/** A record that was not processed. */
export interface BatchItemFailure {
  /** Its sequence number. */
  readonly itemIdentifier: string;
}

/** The answer to an event. Lambda goes on at the lowest sequence number in it. */
export interface KinesisStreamBatchResponse {
  /** The records that were not processed. Empty if all were. */
  batchItemFailures: BatchItemFailure[];
}

/** The answer to an event of a tumbling window. */
export interface KinesisWindowResponse<S> extends KinesisStreamBatchResponse {
  /** What the next event of the window gets. */
  state?: S;
}

/** What Lambda tells a call. */
export interface LambdaContext {
  /** The time until Lambda ends the call, in milliseconds. */
  getRemainingTimeInMillis?(): number;
}
