/**
 * Facts for metrics and logs: small interfaces that a client, producer or consumer tells what happened. The library
 * never prints. A hook runs synchronously on the path it observes, so it must be quick; what it throws is ignored.
 * The promise of an async hook is not awaited, and its rejection is ignored too.
 *
 * @module
 */
import type { ShardPosition } from "./records.ts";

/** One HTTP attempt of a {@linkcode KinesisClient} call has ended. */
export interface AttemptEvent {
  /** The API action, for example `GetRecords`. */
  readonly action: string;
  /** 1 for the first attempt of a call. */
  readonly attempt: number;
  /** From signing to the decoded answer, in milliseconds. */
  readonly durationMs: number;
  /** The HTTP status; absent when no answer arrived. */
  readonly status?: number;
  /** What went wrong, if anything. */
  readonly error?: unknown;
  /** Size of the request body in bytes. */
  readonly requestBytes: number;
  /** Size of the answer's body in bytes; 0 when none arrived. */
  readonly responseBytes: number;
  /** How long the client waits before the next attempt, in milliseconds; absent when this was the last one. */
  readonly retryDelayMs?: number;
}

/** What a {@linkcode KinesisClient} tells. */
export interface ClientHooks {
  /** After every HTTP attempt. */
  onAttempt?(event: AttemptEvent): void;
}

/** A PutRecords request of a producer has ended. */
export interface BatchEvent {
  /** The stream, by name or ARN as given to the producer. */
  readonly stream: string;
  /** Kinesis records in the request. */
  readonly records: number;
  /** Values in those records; more than `records` where the processor packs several into one. */
  readonly values: number;
  /** Bytes of data and partition keys. */
  readonly bytes: number;
  /** From request to answer, in milliseconds. */
  readonly durationMs: number;
  /** Records that were not stored this time. */
  readonly failed: number;
  /** Of those, how many because of a throughput limit. */
  readonly throttled: number;
  /** What failed the whole request, if anything did. */
  readonly error?: unknown;
}

/** A value was given up. */
export interface ValueFailedEvent {
  /** The stream, by name or ARN as given to the producer. */
  readonly stream: string;
  /** Its partition key. */
  readonly partitionKey: string;
  /** The last error. */
  readonly error: unknown;
  /** How many requests carried it. */
  readonly attempts: number;
}

/** Kinesis refused records of a shard for their rate: the producer offers it less for a while. */
export interface ThrottledEvent {
  /** The stream, by name or ARN as given to the producer. */
  readonly stream: string;
  /** The shard that they were predicted to go to; absent where that is not known. */
  readonly shardId?: string;
  /** Kinesis records that one answer refused. They are sent again. */
  readonly records: number;
  /** What the shard is offered from now on, as a part of `shardRates`: from 0.02 to 1. */
  readonly rateFactor: number;
}

/** The producer has learned which shards are open: at its start, after a reshard, or when it begins or ceases to predict shards. */
export interface ShardMapEvent {
  /** The stream, by name or ARN as given to the producer. */
  readonly stream: string;
  /** The shards that were known to be open, in the order of their hash keys; empty at the start. */
  readonly before: readonly string[];
  /** Those that are open now; empty when the producer has found that records do not follow their keys. */
  readonly after: readonly string[];
}

/** The buffer of a producer is full, so that writers wait, or nobody waits any more. */
export interface BufferEvent {
  /** The stream, by name or ARN as given to the producer. */
  readonly stream: string;
  /** What it is now. */
  readonly state: "full" | "free";
  /** Values that were accepted and are not settled. */
  readonly bufferedValues: number;
  /** Their bytes. */
  readonly bufferedBytes: number;
}

/** What a {@linkcode Producer} tells. */
export interface ProducerHooks {
  /** After every PutRecords request. */
  onBatch?(event: BatchEvent): void;
  /** When a value is given up, before it goes to the dead letters or into an error. */
  onValueFailed?(event: ValueFailedEvent): void;
  /** Once for every shard that an answer throttles, before the `onBatch` of that answer. */
  onThrottled?(event: ThrottledEvent): void;
  /** When the shards become known, and after every change. */
  onShardMap?(event: ShardMapEvent): void;
  /** When a writer begins to wait because the buffer is full, and when the last one has been let in. */
  onBuffer?(event: BufferEvent): void;
}

/** An answer of GetRecords or a fan-out event was taken in. */
export interface ReadEvent {
  /** The stream, by name or ARN as given to the consumer. */
  readonly stream: string;
  /** The shard. */
  readonly shardId: string;
  /** Kinesis records in it. */
  readonly records: number;
  /** Bytes of data in them. */
  readonly bytes: number;
  /** How far the reader is behind the tip of the shard, in milliseconds, as the server says. */
  readonly millisBehindLatest?: number;
}

/** A shard changed its state inside a consumer. */
export interface ShardEvent {
  /** The stream, by name or ARN as given to the consumer. */
  readonly stream: string;
  /** The shard. */
  readonly shardId: string;
  /**
   * `opened`: reading starts. `caught-up`: the reader saw the tip for the first time. `ended`: the last record of a
   * closed shard was read. `finished`: its last record was acknowledged. `lost`: another worker has the lease.
   * `released`: given back on close.
   */
  readonly state:
    | "opened"
    | "caught-up"
    | "ended"
    | "finished"
    | "lost"
    | "released";
}

/** Something failed that the consumer will try again after a delay. */
export interface ReadErrorEvent {
  /** The stream, by name or ARN as given to the consumer. */
  readonly stream: string;
  /** The shard, if only one is concerned. */
  readonly shardId?: string;
  /** What failed. */
  readonly error: unknown;
  /** How many times in a row. */
  readonly attempt: number;
  /** When it is tried again, in milliseconds from now. */
  readonly retryDelayMs: number;
}

/**
 * Records were kept too short a time for this consumer: their retention ended before it read
 * them. Raise the retention of the stream, or find out what kept the consumer from reading.
 */
export interface ExpiredEvent {
  /** The stream, by name or ARN as given to the consumer. */
  readonly stream: string;
  /** The shard. */
  readonly shardId: string;
  /**
   * `shard`: the whole shard has expired, and with it what it held behind `after`.
   * `records`: the shard is there, and what it held between `after` and `before` has expired. How
   * many records that were, or if any, the service does not tell.
   */
  readonly what: "shard" | "records";
  /**
   * Up to where the shard was read: the stored checkpoint, or the last record that was read
   * since.
   */
  readonly after: ShardPosition;
  /** When that record arrived, or the time that reading was to start at, where it is known. */
  readonly afterTime?: Date;
  /** The sequence number of the oldest record that is left; only with `records`. */
  readonly before?: string;
  /** When that record arrived. */
  readonly beforeTime?: Date;
}

/**
 * The stream was deleted and created again under its name: what was stored for the earlier one
 * was put aside.
 */
export interface RecreatedEvent {
  /** The stream, by name or ARN as given to the consumer. */
  readonly stream: string;
  /** The shards of the earlier stream whose leases were put aside. */
  readonly shardIds: readonly string[];
}

/** A stored checkpoint. */
export interface CheckpointEvent {
  /** The stream, by name or ARN as given to the consumer. */
  readonly stream: string;
  /** The shard. */
  readonly shardId: string;
  /** The sequence number, or `SHARD_END`. */
  readonly position: string;
}

/** A value was handed out long ago and is not acknowledged, so nothing behind it in its shard can be stored. */
export interface UnacknowledgedEvent {
  /** The stream, by name or ARN as given to the consumer. */
  readonly stream: string;
  /** The shard. */
  readonly shardId: string;
  /** The sequence number of the record with that value. */
  readonly sequenceNumber: string;
  /** The index of the value inside that record; absent for the last value of a record. */
  readonly subSequenceNumber?: number;
  /** For how long it has been seen to be the oldest that is not acknowledged, in milliseconds. */
  readonly ageMs: number;
  /** Values of the shard that were handed out and are not acknowledged, or only behind that one. */
  readonly unacknowledged: number;
}

/** Values of an aggregated record were dropped, since they lie in a shard that is not theirs and their writer sends them again. */
export interface StraysEvent {
  /** The stream, by name or ARN as given to the consumer. */
  readonly stream: string;
  /** The shard. */
  readonly shardId: string;
  /** The sequence number of the record. */
  readonly sequenceNumber: string;
  /** How many values of the record were dropped. */
  readonly values: number;
}

/** What a {@linkcode Consumer} tells. */
export interface ConsumerHooks {
  /** After every read that returned, empty ones too. */
  onRead?(event: ReadEvent): void;
  /** When a shard changes its state. */
  onShard?(event: ShardEvent): void;
  /** When something failed and will be tried again. */
  onReadError?(event: ReadErrorEvent): void;
  /**
   * When records have expired that were not read: while no consumer ran, or in front of a reader that
   * is at least 24 hours behind (less 10 minutes). It is not told when the retention of the stream is
   * lowered while records are read that are older than the new retention.
   */
  onExpired?(event: ExpiredEvent): void;
  /** When the stream turns out to be a later one of the same name, and its shards start anew. */
  onRecreated?(event: RecreatedEvent): void;
  /** After every stored checkpoint. */
  onCheckpoint?(event: CheckpointEvent): void;
  /** When the oldest value of a shard has not been acknowledged for 1, 2, 4, 8… minutes. */
  onUnacknowledged?(event: UnacknowledgedEvent): void;
  /** When values are dropped that a reshard put into the wrong shard: they come from their own. */
  onStrays?(event: StraysEvent): void;
}
