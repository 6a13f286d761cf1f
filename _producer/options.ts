/**
 * What a producer can be told.
 *
 * @module
 */
import type { Clock } from "../_core/clock.ts";
import type { KinesisClient } from "../client/mod.ts";
import type { ProducerHooks } from "../hooks.ts";
import type { Processor } from "../processors/mod.ts";
import type { FailedValue } from "../records.ts";
import type { ShardRates } from "./shard_limit.ts";

/** Which records keep the order in which they were written. */
export type Ordering = "none" | "key" | "shard";

/** Takes a value to a key. */
export type KeyOf<T> = (value: T) => string;

/** Options of a {@linkcode Producer}. A stream and a processor are required, everything else has a default. */
export interface ProducerOptions<T> {
  /** The client that sends the requests. Default: one with the defaults of {@linkcode KinesisClient}. */
  client?: KinesisClient;
  /** The stream by name. Either this or `streamARN`. */
  streamName?: string;
  /** The stream by ARN. Either this or `streamName`. */
  streamARN?: string;
  /** How values become Kinesis records. */
  processor: Processor<T>;
  /**
   * The partition key: a field of the value, or a function. Default: a random one, which spreads values evenly over the
   * shards and gives up order.
   */
  partitionKey?: (keyof T & string) | KeyOf<T>;
  /** The explicit hash key, a decimal number from 0 to 2^128-1, which chooses the shard in place of the partition key. */
  explicitHashKey?: KeyOf<T>;
  /**
   * Longest wait before a partial batch is sent, in milliseconds. Higher packs better, lower delivers sooner.
   * @default {100}
   */
  lingerMs?: number;
  /** Most Kinesis records in one request, 1 to 500. @default {500} */
  maxBatchRecords?: number;
  /**
   * Most bytes in one request, data and partition keys; up to 10 MiB, though not every region may take more than 5. A single
   * record that is larger goes alone. More helps where the round trip is long, and takes memory: `maxInFlight` requests are
   * held several times over while they are sent.
   * @default {1_048_576}
   */
  maxBatchBytes?: number;
  /**
   * Largest Kinesis record in bytes, data and partition key; up to 10 MiB. Default: values share records of up to 1 MiB, and
   * a value that needs more goes alone if `MaxRecordSizeInKiB` of the stream allows it, which is asked then
   * (DescribeStreamSummary). With this option nothing is asked, and records are packed up to it.
   */
  maxRecordBytes?: number;
  /** Most requests at a time. More hides latency, and uses more memory and connections. @default {8} */
  maxInFlight?: number;
  /** Most values that wait for an acknowledgement before writers have to wait. @default {50_000} */
  bufferedValues?: number;
  /** Most bytes that wait for an acknowledgement before writers have to wait. @default {33_554_432} */
  bufferedBytes?: number;
  /**
   * Which records keep their order through retries: `"none"`; `"key"`, those of one partition key; `"shard"`, all those of
   * one shard. Ordered records wait for the one before to be acknowledged, so with few keys, or few shards, choose a
   * processor that packs many values into one record. After a reshard they wait for those that were under way to the old
   * shards. @default {"none"}
   */
  ordering?: Ordering;
  /** Most requests that carry a record before it is given up. The default lasts about a minute of failures. @default {20} */
  maxAttempts?: number;
  /**
   * How long after it was accepted a value may still be sent, in milliseconds; then it is given up, with the code
   * `RecordExpired` if it was never refused. A packed record is as old as its oldest value. @default {Infinity}
   */
  recordTtlMs?: number;
  /**
   * Rates that each shard is offered, or `false` for no limit. Lower them when several producers share a stream. Throttled
   * shards are offered less for a while. @default {{ recordsPerSecond: 1000, bytesPerSecond: 1_048_576 }}
   */
  shardRates?: Partial<ShardRates> | false;
  /**
   * Takes the values that are given up. Without it the producer fails when one is. It counts against `bufferedValues`
   * until it is written there. The stream is locked until the producer ends, and not closed by it. Another `Producer`, or
   * any `DurableSink`, may be given: a letter is written when it is stored, and the value is told as `valueText` where it
   * cannot be written as it is.
   */
  deadLetter?: WritableStream<FailedValue<T>>;
  /** Makes the stream if it does not exist, with so many shards or on demand. @default {false} */
  createStream?: { shardCount: number } | { onDemand: true } | false;
  /** Told what happens. */
  hooks?: ProducerHooks;
  /**
   * What becomes of accepted values when a pipe or a writer aborts the stream, which a pipe does when its source fails:
   * `"deliver"` sends them first, and rejects with a `DeliveryError` if that fails; `"discard"` ends at once and leaves them in
   * `undelivered()`. @default {"deliver"}
   */
  onAbort?: "deliver" | "discard";
  /**
   * How long an abort may take to deliver, in milliseconds; what is not acknowledged then is in its `DeliveryError`, with the
   * code `AbortTimedOut`. @default {30_000}
   */
  abortTimeoutMs?: number;
  /** Ends the producer at once, whatever `onAbort` says: what is not acknowledged then is in `undelivered()`. */
  signal?: AbortSignal;
  /** Time. @default {systemClock} */
  clock?: Clock;
  /** Chance, for jitter. @default {Math.random} */
  random?: () => number;
}

/** Options with every default filled in. */
export interface ResolvedProducerOptions<T> {
  /** The client. */
  readonly client: KinesisClient;
  /** The stream, in the API's shape. */
  readonly target: { StreamName: string } | { StreamARN: string };
  /** The stream as the user named it. */
  readonly stream: string;
  /** The processor. */
  readonly processor: Processor<T>;
  /** Takes a value to its partition key; `undefined` for random ones. */
  readonly partitionKey: KeyOf<T> | undefined;
  /** Takes a value to its explicit hash key. */
  readonly explicitHashKey: KeyOf<T> | undefined;
  /** See {@linkcode ProducerOptions}. */
  readonly lingerMs: number;
  /** See {@linkcode ProducerOptions}. */
  readonly maxBatchRecords: number;
  /** See {@linkcode ProducerOptions}. */
  readonly maxBatchBytes: number;
  /** See {@linkcode ProducerOptions}. */
  readonly maxRecordBytes: number | undefined;
  /** See {@linkcode ProducerOptions}. */
  readonly maxInFlight: number;
  /** See {@linkcode ProducerOptions}. */
  readonly bufferedValues: number;
  /** See {@linkcode ProducerOptions}. */
  readonly bufferedBytes: number;
  /** See {@linkcode ProducerOptions}. */
  readonly ordering: Ordering;
  /** See {@linkcode ProducerOptions}. */
  readonly maxAttempts: number;
  /** See {@linkcode ProducerOptions}. */
  readonly recordTtlMs: number;
  /** See {@linkcode ProducerOptions}. */
  readonly shardRates: ShardRates | undefined;
  /** See {@linkcode ProducerOptions}. */
  readonly deadLetter: WritableStream<FailedValue<T>> | undefined;
  /** See {@linkcode ProducerOptions}. */
  readonly createStream: { shardCount: number } | { onDemand: true } | false;
  /** See {@linkcode ProducerOptions}. */
  readonly hooks: ProducerHooks | undefined;
  /** See {@linkcode ProducerOptions}. */
  readonly onAbort: "deliver" | "discard";
  /** See {@linkcode ProducerOptions}. */
  readonly abortTimeoutMs: number;
  /** See {@linkcode ProducerOptions}. */
  readonly signal: AbortSignal | undefined;
  /** See {@linkcode ProducerOptions}. */
  readonly clock: Clock;
  /** See {@linkcode ProducerOptions}. */
  readonly random: () => number;
}
