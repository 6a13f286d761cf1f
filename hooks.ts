/**
 * Hooks for metrics and logs: methods that a client, producer or consumer calls when something has
 * happened. The library itself never prints. A hook is called synchronously and delays its caller,
 * so it must be quick. Its errors are ignored. A promise that it returns is not awaited, and its
 * rejection is ignored.
 *
 * @module
 */
import type {
  Coverage,
  CoverageProblem,
  ShardStatus,
  ShardWait,
} from "./health.ts";
import type { DecodeError } from "./errors.ts";
import type { ConsumerRecord, ShardPosition } from "./records.ts";

/** An HTTP attempt of a call has ended. */
export interface AttemptEvent {
  /** The API action, for example `GetRecords`. */
  readonly action: string;
  /** The number of the attempt in its call, from 1. */
  readonly attempt: number;
  /** The time from the start of the attempt to the decoded answer, in milliseconds. */
  readonly durationMs: number;
  /** The HTTP status. Absent if no answer arrived. */
  readonly status?: number;
  /** The error, if the attempt failed. */
  readonly error?: unknown;
  /** The size of the request body in bytes. */
  readonly requestBytes: number;
  /** The size of the answer's body in bytes; 0 if no answer arrived. */
  readonly responseBytes: number;
  /** The delay before the next attempt, in milliseconds. Absent if this was the last attempt. */
  readonly retryDelayMs?: number;
}

/** Hooks of a {@linkcode KinesisClient}. */
export interface ClientHooks {
  /** Called after every HTTP attempt. */
  onAttempt?(event: AttemptEvent): void;
}

/** Records of one request that were not stored, for the same reason. */
export interface BatchFailure {
  /** The code of the error, for example `ProvisionedThroughputExceededException`. */
  readonly code: string;
  /** The number of Kinesis records. */
  readonly records: number;
  /** Whether a rate limit was exceeded. */
  readonly isThrottle: boolean;
}

/** A PutRecords request of a producer has ended. */
export interface BatchEvent {
  /** The stream, by name or ARN as given to the producer. */
  readonly stream: string;
  /** The number of Kinesis records in the request. */
  readonly records: number;
  /** The number of values in these records. A processor may pack several values into a record. */
  readonly values: number;
  /** The size of data and partition keys in bytes. */
  readonly bytes: number;
  /** The time from request to answer, in milliseconds. */
  readonly durationMs: number;
  /** The number of records that this request did not store. */
  readonly failed: number;
  /** The number of these records that exceeded a rate limit. */
  readonly throttled: number;
  /** The records that this request did not store, by the code of their error. Empty if there are none. */
  readonly failures: readonly BatchFailure[];
  /** The number of values in the records that this request did not store. */
  readonly failedValues: number;
  /** The size of data and partition keys of these records, in bytes. */
  readonly failedBytes: number;
  /** The number of records in the request that an earlier request carried: the retries. */
  readonly resent: number;
  /** The number of values that no earlier request carried. */
  readonly newValues: number;
  /**
   * How long a value waited on average from its acceptance by the producer to this request, in
   * milliseconds. Only `newValues` count. Absent if there is none.
   */
  readonly bufferedMs?: number;
  /** The longest of these waits, in milliseconds. */
  readonly longestBufferedMs?: number;
  /** The error of the whole request, if it failed. */
  readonly error?: unknown;
}

/** The producer has given a value up. */
export interface ValueFailedEvent {
  /** The stream, by name or ARN as given to the producer. */
  readonly stream: string;
  /** The partition key of the value. */
  readonly partitionKey: string;
  /** The last error. */
  readonly error: unknown;
  /** The number of requests that carried the value. */
  readonly attempts: number;
}

/** Kinesis has throttled a shard. The producer sends less to the shard for a while. */
export interface ThrottledEvent {
  /** The stream, by name or ARN as given to the producer. */
  readonly stream: string;
  /** Distinguishes the producers and consumers of this process. */
  readonly instance: number;
  /** The predicted shard of the records. Absent if it is not known; then all shards are slowed. */
  readonly shardId?: string;
  /** The number of Kinesis records that one answer throttled. They are sent again. */
  readonly records: number;
  /**
   * The rate for the shard from now on, as a fraction of `shardRates`: 0.02 to 1. Example: 0.5 is
   * half of 1000 records a second.
   */
  readonly rateFactor: number;
}

/**
 * The producer has listed the open shards: at its start, after a reshard, or when it starts or
 * stops to predict the shards of records.
 */
export interface ShardMapEvent {
  /** The stream, by name or ARN as given to the producer. */
  readonly stream: string;
  /** Distinguishes the producers and consumers of this process. */
  readonly instance: number;
  /** The open shards in the previous list, in the order of their hash keys. Empty at the start. */
  readonly before: readonly string[];
  /** The open shards now. Empty if Kinesis distributes records without regard to their keys. */
  readonly after: readonly string[];
}

/**
 * The producer has learned how the stream distributes records to shards. Not called at the start of
 * a producer whose stream distributes them by their keys, as most streams do.
 */
export interface DistributionEvent {
  /** The stream, by name or ARN as given to the producer. */
  readonly stream: string;
  /** How records are distributed from now on, as far as the producer knows. */
  readonly strategy: "AUTO" | "USER_PARTITION_KEY";
  /**
   * How the producer knows the strategy: `service` has said so, or `answers` have named shards that
   * fit no other strategy.
   */
  readonly source: "service" | "answers";
  /**
   * What the options of the producer ask for and the stream does not allow. Empty if there is
   * nothing.
   *
   * - `ordering`: the values of a key or shard are still sent one after another, but they are stored
   *   in different shards, so no reader sees their order
   * - `aggregation`: each value of a KPL processor is a record of its own
   */
  readonly withoutEffect: readonly ("ordering" | "aggregation")[];
}

/** The buffer of a producer is full, so writers wait; or it has room, and no writer waits. */
export interface BufferEvent {
  /** The stream, by name or ARN as given to the producer. */
  readonly stream: string;
  /** Distinguishes the producers and consumers of this process. */
  readonly instance: number;
  /** The state from now on. */
  readonly state: "full" | "free";
  /** The number of values that are accepted and neither acknowledged nor given up. */
  readonly bufferedValues: number;
  /** The size of these values in bytes. */
  readonly bufferedBytes: number;
}

/**
 * A Kinesis record with several values was stored in a shard to which some of its values do not
 * belong, because the stream was resharded. Readers drop it, and all of its values are sent again.
 */
export interface WrongShardEvent {
  /** The stream, by name or ARN as given to the producer. */
  readonly stream: string;
  /** The shard in which the record was stored. */
  readonly shardId: string;
  /** The number of values in the record. */
  readonly values: number;
}

/** A producer has ended. */
export interface ProducerEndEvent {
  /** The stream, by name or ARN as given to the producer. */
  readonly stream: string;
  /** Distinguishes the producers and consumers of this process. */
  readonly instance: number;
  /** How it has ended. */
  readonly how: "closed" | "failed" | "aborted";
  /** The number of values that were accepted and neither acknowledged nor given up. */
  readonly undelivered: number;
}

/** Hooks of a {@linkcode Producer}. */
export interface ProducerHooks {
  /** Called after every PutRecords request. */
  onBatch?(event: BatchEvent): void;
  /** Called when a value is given up, before it becomes a dead letter or part of an error. */
  onValueFailed?(event: ValueFailedEvent): void;
  /** Called for each shard that an answer has throttled, before the `onBatch` of that answer. */
  onThrottled?(event: ThrottledEvent): void;
  /** Called when the shards become known, and after every change. */
  onShardMap?(event: ShardMapEvent): void;
  /**
   * Called when the stream is found to distribute records by itself (AUTO record distribution), and
   * when it does so no longer. A warning if `withoutEffect` is not empty.
   */
  onDistribution?(event: DistributionEvent): void;
  /** Called when a writer starts to wait for the full buffer, and when no writer waits any more. */
  onBuffer?(event: BufferEvent): void;
  /** Called when the values of a record are sent again, because it was stored in a wrong shard. */
  onWrongShard?(event: WrongShardEvent): void;
  /** Called once, when the producer was closed or aborted, or has failed. */
  onProducerEnd?(event: ProducerEndEvent): void;
}

/** An answer of GetRecords, or an event of a subscription, has arrived. */
export interface ReadEvent {
  /** The stream, by name or ARN as given to the consumer. */
  readonly stream: string;
  /** Distinguishes the consumers and producers of this process, and the streams of a consumer. */
  readonly instance: number;
  /** The shard. */
  readonly shardId: string;
  /** The number of Kinesis records in the answer. */
  readonly records: number;
  /** The size of their data in bytes. */
  readonly bytes: number;
  /**
   * The lag behind the latest record of the shard, in milliseconds. Absent if the answer has none.
   */
  readonly millisBehindLatest?: number;
  /**
   * The time from the request to the decoded answer of GetRecords, in milliseconds, with the
   * attempts that the client repeated. Absent for an event of a subscription: Kinesis sends it
   * without a request.
   */
  readonly durationMs?: number;
}

/** The state of a shard in a consumer has changed. */
export interface ShardEvent {
  /** The stream, by name or ARN as given to the consumer. */
  readonly stream: string;
  /** Distinguishes the consumers and producers of this process, and the streams of a consumer. */
  readonly instance: number;
  /** The shard. */
  readonly shardId: string;
  /**
   * - `opened`: reading starts
   * - `caught-up`: the reader has read the latest record for the first time
   * - `ended`: the last record of a closed shard has been read
   * - `finished`: the last record of a closed shard has been acknowledged
   * - `lost`: another worker holds the lease, or this worker could not give it back, so that it
   *   expires
   * - `released`: this worker has given the lease back, because the consumer is closed, the shard
   *   was stalled or given up, or another shard takes its place (`maxShards`)
   *
   * A shard that this worker has opened ends here with `finished`, `lost` or `released`.
   */
  readonly state:
    | "opened"
    | "caught-up"
    | "ended"
    | "finished"
    | "lost"
    | "released";
}

/** Something has failed, and the consumer will retry it. */
export interface ReadErrorEvent {
  /** The stream, by name or ARN as given to the consumer. */
  readonly stream: string;
  /** The shard, if the error is about one shard. */
  readonly shardId?: string;
  /** The error. */
  readonly error: unknown;
  /** The number of failures in a row, from 1. */
  readonly attempt: number;
  /** The delay before the retry, in milliseconds. */
  readonly retryDelayMs: number;
}

/**
 * Records have expired before the consumer read them. Make the retention period of the stream
 * longer, or find out why the consumer was late.
 */
export interface ExpiredEvent {
  /** The stream, by name or ARN as given to the consumer. */
  readonly stream: string;
  /** The shard. */
  readonly shardId: string;
  /**
   * - `shard`: the shard has expired with all its records after `after`
   * - `records`: records between `after` and `before` have expired
   *
   * The service does not say how many records these were, or whether there were any.
   */
  readonly what: "shard" | "records";
  /**
   * The position up to which the shard was read: the last record that was read. If none was read
   * since the start: the stored checkpoint, or the position that `from` names.
   */
  readonly after: ShardPosition;
  /**
   * When the record at `after` arrived, or the time at which reading started. Absent if not known.
   */
  readonly afterTime?: Date;
  /** The sequence number of the oldest record that has not expired. Only with `records`. */
  readonly before?: string;
  /**
   * When the record at `before` arrived. With `shard`: the time of the service when this was
   * noticed; the records that are gone arrived before.
   */
  readonly beforeTime?: Date;
}

/**
 * The stream has been deleted and created again with the same name. The leases of the earlier
 * stream are no longer used.
 */
export interface RecreatedEvent {
  /** The stream, by name or ARN as given to the consumer. */
  readonly stream: string;
  /** The shards of the earlier stream whose leases are no longer used. */
  readonly shardIds: readonly string[];
}

/** A checkpoint has been stored. */
export interface CheckpointEvent {
  /** The stream, by name or ARN as given to the consumer. */
  readonly stream: string;
  /** The shard. */
  readonly shardId: string;
  /** The sequence number, or `SHARD_END`. */
  readonly position: string;
  /**
   * The time that storing took, in milliseconds, with the wait for an earlier write of the same
   * lease.
   */
  readonly durationMs: number;
}

/** A lease was renewed, or the renewal has failed. A checkpoint renews the lease as well. */
export interface RenewEvent {
  /** The stream, by name or ARN as given to the consumer. */
  readonly stream: string;
  /** The shard. */
  readonly shardId: string;
  /**
   * The time that the renewal took, in milliseconds, with the wait for an earlier write of the same
   * lease.
   */
  readonly durationMs: number;
  /** The error, if the renewal failed. A `LeaseLostError` means that the lease is lost. */
  readonly error?: unknown;
}

/**
 * A value has not been acknowledged for a long time. The checkpoint of its shard cannot move past
 * it.
 */
export interface UnacknowledgedEvent {
  /** The stream, by name or ARN as given to the consumer. */
  readonly stream: string;
  /** The shard. */
  readonly shardId: string;
  /** The sequence number of the record with the value. */
  readonly sequenceNumber: string;
  /** The index of the value in its record. Absent for the last value of a record. */
  readonly subSequenceNumber?: number;
  /** How long it has been the oldest unacknowledged value of the shard, in milliseconds. */
  readonly ageMs: number;
  /** The number of values of the shard that were returned and are not covered by the checkpoint. */
  readonly unacknowledged: number;
}

/**
 * Values of an aggregated record were dropped. They are stored in a shard to which their keys do
 * not belong, and their producer sends them again.
 */
export interface StraysEvent {
  /** The stream, by name or ARN as given to the consumer. */
  readonly stream: string;
  /** The shard. */
  readonly shardId: string;
  /** The sequence number of the record. */
  readonly sequenceNumber: string;
  /** The number of values of the record that were dropped. */
  readonly values: number;
}

/**
 * A value has no partition key, because its stream distributes records by itself (AUTO record
 * distribution). `Consumer.process` has nothing to order it by.
 */
export interface UnkeyedEvent {
  /** The stream, by name or ARN as given to the consumer. */
  readonly stream: string;
  /** The shard. */
  readonly shardId: string;
  /** The sequence number of the record with the value. */
  readonly sequenceNumber: string;
}

/** A value could not be decoded, and the option `onPoison` of the consumer has decided. */
export interface DecodeErrorEvent {
  /** The stream, by name or ARN as given to the consumer. */
  readonly stream: string;
  /** The shard. */
  readonly shardId: string;
  /** The sequence number of the record. */
  readonly sequenceNumber: string;
  /** The error, with the record that could not be decoded. */
  readonly error: DecodeError;
  /** `skip`: the value counts as processed. `fail`: the stream fails at this value. */
  readonly decision: "skip" | "fail";
}

/** A consumer reads a stream no more. */
export interface ConsumerEndEvent {
  /** The stream, by name or ARN as given to the consumer. */
  readonly stream: string;
  /** Distinguishes the consumers and producers of this process, and the streams of a consumer. */
  readonly instance: number;
}

/** A subscription to a shard has started, with enhanced fan-out. */
export interface SubscribedEvent {
  /** The stream, by name or ARN as given to the consumer. */
  readonly stream: string;
  /** The shard. */
  readonly shardId: string;
  /** The ARN of the registered consumer. */
  readonly consumerARN: string;
}

/**
 * A shard that this worker reads has made no progress for `stallTimeoutMs`.
 *
 * Waits for the application (`application`, `acknowledgements`, `decode`, `poison`) are only
 * reported. So are pauses after errors, which `maxFailuresInARow` ends. If the reader itself gets
 * no further, its request is given up and reading starts anew behind the last buffered record
 * (`restart`). If that does not help for `stallTimeoutMs`, the lease is given back (`release`).
 */
export interface StalledEvent {
  /** The stream, by name or ARN as given to the consumer. */
  readonly stream: string;
  /** The shard. */
  readonly shardId: string;
  /** What the shard waits for. */
  readonly waitsFor: ShardWait;
  /** For how long it has made no progress, in milliseconds. */
  readonly stalledMs: number;
  /** The lag that the last answer stated, in milliseconds. Absent if there was no answer. */
  readonly millisBehindLatest?: number;
  /** What the consumer does now. */
  readonly action: "none" | "restart" | "release";
}

/** Hash keys are not read by any worker, or belong to two shards; or that is over. */
export interface CoverageEvent {
  /** The stream, by name or ARN as given to the consumer. */
  readonly stream: string;
  /** Distinguishes the consumers and producers of this process, and the streams of a consumer. */
  readonly instance: number;
  /** All problems that exist now. Empty if there are none any more. */
  readonly problems: readonly CoverageProblem[];
}

/** The status of every shard of a stream. */
export interface StatusEvent {
  /** The stream, by name or ARN as given to the consumer. */
  readonly stream: string;
  /** Distinguishes the consumers and producers of this process, and the streams of a consumer. */
  readonly instance: number;
  /** All shards that exist or are not finished, as of the last look. */
  readonly shards: readonly ShardStatus[];
  /** Whether all hash keys are read. */
  readonly coverage: Coverage;
}

/** How far the processing of a shard is behind. */
export interface ProcessingLagEvent {
  /** The stream, by name or ARN as given to the consumer. */
  readonly stream: string;
  /** Distinguishes the consumers and producers of this process, and the streams of a consumer. */
  readonly instance: number;
  /** The shard. */
  readonly shardId: string;
  /**
   * The age of the oldest value that was read and is not acknowledged, in milliseconds; 0 if there
   * is none. Absent if it is not known, see {@linkcode ShardStatus.processingLagMs}.
   */
  readonly processingLagMs?: number;
}

/** A call of the handler of `Consumer.process` or `Consumer.processBatches` has ended. */
export interface HandledEvent {
  /** The stream, by name or ARN as given to the consumer. */
  readonly stream: string;
  /** The shard. */
  readonly shardId: string;
  /** The sequence number of the record with the first value of the call. */
  readonly sequenceNumber: string;
  /** The values of the call. Keep none of them: they may be large, or secret. */
  readonly records: readonly ConsumerRecord<unknown>[];
  /** The number of the call for these values, from 1. */
  readonly attempt: number;
  /** The time from the call to its end, in milliseconds. */
  readonly durationMs: number;
  /** The number of values that the call did not process. 0 if it succeeded. */
  readonly failed: number;
  /** The error of the first of these values: what the handler threw or returned for it. */
  readonly error?: unknown;
}

/** A call of the handler of `Consumer.process` or `Consumer.processBatches` has failed. */
export interface HandlerErrorEvent {
  /** The stream, by name or ARN as given to the consumer. */
  readonly stream: string;
  /** The shard. */
  readonly shardId: string;
  /** The sequence number of the record with the first value that failed. */
  readonly sequenceNumber: string;
  /** The index of this value in its record, from 0. */
  readonly subSequenceNumber: number;
  /** The number of values of the call that failed. */
  readonly values: number;
  /** The error of the first value that failed: what the handler threw or returned for it. */
  readonly error: unknown;
  /** The number of the call for these values, from 1. */
  readonly attempt: number;
  /** How many of `values` are given up, so that `onPoison` or `deadLetter` decides about them. */
  readonly givenUp: number;
  /**
   * The delay before the next call for the others, in milliseconds. Absent if there is none: no
   * other value has failed, or the consumer is being closed and the next run reads them again.
   */
  readonly retryDelayMs?: number;
}

/** A call of the handler of `Consumer.process` or `Consumer.processBatches` does not end. */
export interface HandlerTimeoutEvent {
  /** The stream, by name or ARN as given to the consumer. */
  readonly stream: string;
  /** The shard. */
  readonly shardId: string;
  /** The sequence number of the record with the first value of the call. */
  readonly sequenceNumber: string;
  /** The index of this value in its record, from 0. */
  readonly subSequenceNumber: number;
  /** The number of values of the call. */
  readonly values: number;
  /** The number of the call for these values, from 1. */
  readonly attempt: number;
  /**
   * - `late`: `timeoutMs` is over, and the signal of the call was aborted
   * - `given-up`: `graceMs` is over as well. The result of the call is ignored, and the lease of the
   *   shard is given back.
   */
  readonly state: "late" | "given-up";
}

/** Hooks of a {@linkcode Consumer}. */
export interface ConsumerHooks {
  /** Called after every answer or event of a subscription, also without records. */
  onRead?(event: ReadEvent): void;
  /** Called when the state of a shard changes. */
  onShard?(event: ShardEvent): void;
  /** Called when something has failed and will be retried. */
  onReadError?(event: ReadErrorEvent): void;
  /**
   * Called when records have expired before they were read: while no consumer ran, or while a
   * reader was at least 24 hours behind (less 10 minutes). Not called if the retention period is
   * lowered while the consumer reads records that are older than the new period.
   */
  onExpired?(event: ExpiredEvent): void;
  /**
   * Called when the stream was created again and is read from its oldest record, or from the time
   * in `from`.
   */
  onRecreated?(event: RecreatedEvent): void;
  /** Called after every stored checkpoint. Never called without a `checkpointer`. */
  onCheckpoint?(event: CheckpointEvent): void;
  /** Called after every renewal of a lease. Never called without a `checkpointer`. */
  onRenew?(event: RenewEvent): void;
  /** Called when the oldest value of a shard has not been acknowledged for 1, 2, 4, 8… minutes. */
  onUnacknowledged?(event: UnacknowledgedEvent): void;
  /**
   * Called when values are dropped because they were stored in the wrong shard after a reshard.
   * Their producer sends them again, to the right shard.
   */
  onStrays?(event: StraysEvent): void;
  /** Called when a value could not be decoded, after `onPoison` has decided about it. */
  onDecodeError?(event: DecodeErrorEvent): void;
  /**
   * Called for the first value of a stream that has no partition key, if `process` or
   * `processBatches` orders values by their keys. Values without a key are processed beside one
   * another. With `ordering: "key"` in the options of the call, they are an error instead.
   */
  onUnkeyed?(event: UnkeyedEvent): void;
  /**
   * Called when a subscription has started. Each one lives 5 minutes, so more than 12 an hour and
   * shard mean that they break, or that the application is slower than the stream.
   */
  onSubscribed?(event: SubscribedEvent): void;
  /**
   * Called when a shard has made no progress for `stallTimeoutMs`: when its reader starts anew,
   * when its lease is given back, and otherwise at 1, 2, 4, 8… times that.
   */
  onStalled?(event: StalledEvent): void;
  /**
   * Called when hash keys are not read by any worker, or belong to two shards, for 3 ×
   * `failoverTimeMs`; when that changes; and when it is over.
   */
  onCoverage?(event: CoverageEvent): void;
  /** Called once a minute while the consumer reads. */
  onStatus?(event: StatusEvent): void;
  /** Called every 10 seconds for each shard that this worker reads. */
  onProcessingLag?(event: ProcessingLagEvent): void;
  /**
   * Called when a call of the handler has ended, or is waited for no longer; before
   * `onHandlerError`.
   */
  onHandled?(event: HandledEvent): void;
  /** Called when a call of the handler has failed. */
  onHandlerError?(event: HandlerErrorEvent): void;
  /** Called when a call of the handler has exceeded its time limit, and when its shard is given up. */
  onHandlerTimeout?(event: HandlerTimeoutEvent): void;
  /**
   * Called once for each stream, when the consumer was closed or has ended or failed, and its leases
   * are given back.
   */
  onConsumerEnd?(event: ConsumerEndEvent): void;
}
