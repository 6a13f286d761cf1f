/**
 * The options of a producer and the types that they use.
 *
 * @module
 */
import type { Clock } from "../_core/clock.ts";
import type { KinesisClient } from "../client/mod.ts";
import type { ProducerHooks } from "../hooks.ts";
import type { Processor } from "../processors/mod.ts";
import type { FailedValue } from "../records.ts";

/** Which records keep the order in which their values were written. */
export type Ordering = "none" | "key" | "shard";

/** Returns the key of a value. */
export type KeyOf<T> = (value: T) => string;

/** Keys for one value. They take precedence over the keys that the producer's options choose. */
export interface PutKeys {
  /** The partition key. */
  partitionKey?: string;
  /** The explicit hash key. */
  explicitHashKey?: string;
}

/** Rates of one shard. */
export interface ShardRates {
  /** Records per second. */
  readonly recordsPerSecond: number;
  /** Bytes of data and partition keys per second. */
  readonly bytesPerSecond: number;
}

/**
 * The methods of {@linkcode KinesisClient} that a producer calls. An object that has them can take
 * the place of a client, for example a wrapper that counts requests or a fake in a test.
 */
export type ProducerClient = Pick<
  KinesisClient,
  | "putRecords"
  | "listAllShards"
  | "describeStreamSummary"
  | "createStream"
  | "waitUntilActive"
  | "waitUntilDeleted"
>;

/**
 * Options of a {@linkcode Producer}. A stream and a processor are required. Every other option has
 * a default.
 */
export interface ProducerOptions<T> {
  /**
   * The client that sends the requests.
   * @default {new KinesisClient()}
   */
  client?: ProducerClient;
  /** The name of the stream. Give either `streamName` or `streamARN`. */
  streamName?: string;
  /** The ARN of the stream. Give either `streamName` or `streamARN`. */
  streamARN?: string;
  /** Converts values to Kinesis records. */
  processor: Processor<T>;
  /**
   * The partition key: the name of a field of the value, or a function. Default: a random key,
   * which spreads values evenly over the shards and keeps no order, or no key if the stream has AUTO
   * record distribution.
   */
  partitionKey?: (keyof T & string) | KeyOf<T>;
  /**
   * The explicit hash key: the name of a field of the value, or a function. It is a decimal number
   * from 0 to 2^128-1, which chooses the shard in place of the partition key.
   */
  explicitHashKey?: (keyof T & string) | KeyOf<T>;
  /**
   * The longest time that a partial batch waits before it is sent, in milliseconds. A longer time
   * packs more values into a record. A shorter time delivers sooner.
   * @default {100}
   */
  lingerMs?: number;
  /**
   * The largest number of Kinesis records in one request, 1 to 500.
   * @default {500}
   */
  maxBatchRecords?: number;
  /**
   * The largest number of bytes in one request, data and partition keys: 1024 to 10 MiB. Some
   * regions accept only 5 MiB. A single record that is larger is sent alone. A higher number helps
   * if the round trip is long, and uses more memory: each of `maxInFlight` requests is held several
   * times while it is sent.
   * @default {1_048_576}
   */
  maxBatchBytes?: number;
  /**
   * The largest Kinesis record in bytes, data and partition key: 1024 to 10 MiB. With this option,
   * records are packed up to it and the service is not asked. Without it, values share records of
   * up to 250 KiB, because Kinesis throttles records that are nearly as large as what a shard accepts
   * in a second. A larger value is sent alone: up to 1 MiB, and beyond it if `MaxRecordSizeInKiB` of
   * the stream allows it. The producer calls DescribeStreamSummary for the first value over 1 MiB.
   */
  maxRecordBytes?: number;
  /**
   * The largest number of requests under way at the same time, 1 to 1000. A higher number hides
   * latency and uses more memory and connections.
   * @default {8}
   */
  maxInFlight?: number;
  /**
   * How many values may be unacknowledged before writers wait. Writers also wait, for a second at
   * most, while all `maxInFlight` requests are under way and full batches for half as many requests
   * are ready.
   * @default {50_000}
   */
  bufferedValues?: number;
  /**
   * How many bytes may be unacknowledged before writers wait.
   * @default {33_554_432}
   */
  bufferedBytes?: number;
  /**
   * Which records keep their order through retries: `"none"`; `"key"`, the records of one partition
   * key; `"shard"`, all records of one shard. An ordered record is sent after the record before it
   * is acknowledged. If there are few keys or few shards, choose a processor that packs many values
   * into one record. After a reshard, ordered records wait for the records that are under way to
   * the old shards. A stream with AUTO record distribution keeps no order: the producer fails with
   * the code `OrderingNotSupported` before its first request, or calls the hook `onDistribution` if
   * it learns of the strategy later.
   * @default {"none"}
   */
  ordering?: Ordering;
  /**
   * How many requests may carry a record before its values are given up. The default lasts for
   * about a minute of failures.
   * @default {20}
   */
  maxAttempts?: number;
  /**
   * How long after its acceptance a value may be sent, in milliseconds. Then the value is given up,
   * with the code `RecordExpired` if it was never sent. The age of a record is the age of its
   * oldest value.
   * @default {Infinity}
   */
  recordTtlMs?: number;
  /**
   * The rates at which records are sent to each shard, or `false` for no limit. Lower the rates if
   * several producers share the stream. A shard that throttles is sent less for a while. On a
   * stream with AUTO record distribution, all shards together have the sum of their rates.
   * @default {{ recordsPerSecond: 1000, bytesPerSecond: 1_048_576 }}
   */
  shardRates?: Partial<ShardRates> | false;
  /**
   * Receives the values that are given up. Without it, the producer fails when a written value is
   * given up. A value counts against `bufferedValues` until it is written to this stream. The
   * stream is locked until the producer ends. The producer does not close it. Another `Producer`,
   * or any `DurableSink`, can be given: a value is then settled when its letter is stored. A value
   * that cannot be written as it is becomes the text `valueText` of the letter.
   */
  deadLetter?: WritableStream<FailedValue<T>>;
  /**
   * Creates the stream if it is missing, with this many shards or on demand. Give one of the two,
   * and the stream by `streamName`.
   * @default {false}
   */
  createStream?: { shardCount: number } | { onDemand: true } | false;
  /** Functions that are called with facts, for metrics and logs. */
  hooks?: ProducerHooks;
  /**
   * What happens to accepted values if a pipe or a writer aborts the stream. A pipe aborts when its
   * source fails. `"deliver"` sends the values first, and rejects with a `DeliveryError` if that
   * fails. `"discard"` ends the producer at once and leaves the values in `undelivered()`.
   * @default {"deliver"}
   */
  onAbort?: "deliver" | "discard";
  /**
   * How long an abort may take to deliver, in milliseconds. Values that are not acknowledged by
   * then are in its `DeliveryError`, with the code `AbortTimedOut`. A pipe aborts only after its
   * write in progress, which may wait for room: `signal` ends that, too.
   * @default {30_000}
   */
  abortTimeoutMs?: number;
  /**
   * Ends the producer at once when it aborts, also with `onAbort: "deliver"`. The values that are
   * not acknowledged are then in `undelivered()`.
   */
  signal?: AbortSignal;
  /**
   * The clock.
   * @default {systemClock}
   */
  clock?: Clock;
  /**
   * Random numbers from 0 to 1, for the jitter of delays.
   * @default {Math.random}
   */
  random?: () => number;
}

/** Options that may be absent although their defaults are filled in. */
type OptionalOptions = "deadLetter" | "hooks" | "maxRecordBytes" | "signal";

/** Options of {@linkcode ProducerOptions} whose form changes when they are resolved. */
type ChangedOptions =
  | "streamName"
  | "streamARN"
  | "partitionKey"
  | "explicitHashKey"
  | "shardRates";

/** {@linkcode ProducerOptions} with every default filled in. */
export type ResolvedProducerOptions<T> =
  & Readonly<
    Required<Omit<ProducerOptions<T>, OptionalOptions | ChangedOptions>>
  >
  & { readonly [K in OptionalOptions]: ProducerOptions<T>[K] | undefined }
  & {
    /** The stream, in the API's shape. */
    readonly target: { StreamName: string } | { StreamARN: string };
    /** The stream as the user named it. */
    readonly stream: string;
    /** Distinguishes the producers in the events of hooks. */
    readonly instance: number;
    /** Returns the partition key of a value. `undefined` for random keys. */
    readonly partitionKey: KeyOf<T> | undefined;
    /** Returns the explicit hash key of a value. */
    readonly explicitHashKey: KeyOf<T> | undefined;
    /** The rates of each shard. `undefined` for no limit. */
    readonly shardRates: ShardRates | undefined;
  };
