/**
 * The options of a consumer.
 *
 * @module
 */
import type { Clock } from "../../_core/clock.ts";
import type { Checkpointer } from "../../checkpoint/mod.ts";
import type { KinesisClient } from "../../client/mod.ts";
import type { ConsumerHooks } from "../../hooks.ts";
import type { Processor } from "../../processors/mod.ts";
import type { StartPosition } from "../../records.ts";
import type {
  FanOutClient,
  FanOutOptions,
} from "../fan_out/fan_out_options.ts";
import type {
  ExpiredCheckpointPolicy,
  PoisonPolicy,
  RecreatedPolicy,
} from "./policies.ts";

/**
 * The methods of a client that a {@linkcode Consumer} calls. A {@linkcode KinesisClient} has them,
 * and so may an object that wraps or replaces one. `describeStream` is called only if the server
 * does not know ListShards; without `serviceNow` the clock of the machine is used. The methods from
 * `createStream` on are required with the option `createStream`, and those for consumers with the
 * option `fanOut`.
 */
export type ConsumerClient =
  & Pick<
    KinesisClient,
    "describeStream" | "getRecords" | "getShardIterator" | "listAllShards"
  >
  & Partial<
    Pick<
      KinesisClient,
      | "serviceNow"
      | "createStream"
      | "describeStreamSummary"
      | "waitUntilActive"
      | "waitUntilDeleted"
    >
  >
  & Partial<FanOutClient>;

/** Options of a {@linkcode Consumer}. A stream and a processor are required. */
export interface ConsumerOptions<T> {
  /** The client that sends the requests. Default: `new KinesisClient()`. */
  client?: ConsumerClient;
  /** The name of the stream. Give either this or `streamARN`. */
  streamName?: string;
  /**
   * The ARN of the stream. Give either this or `streamName`. Leases are stored under the one that
   * is given: two streams of the same name, in two regions or accounts, must be given by ARN if
   * they share a checkpointer. A consumer that is given the ARN fails with the code
   * `ProgressUnderName` if there is progress under the name only.
   */
  streamARN?: string;
  /** Turns Kinesis records into values. */
  processor: Processor<T>;
  /**
   * Stores the progress and shares it with other workers. Without a checkpointer nothing is
   * stored, and a value counts as processed when it is handed out, except with {@linkcode
   * Consumer.process}.
   *
   * A call that fails is reported by {@linkcode ConsumerHooks.onReadError} and tried again after
   * pauses of up to 2.5 seconds. If the lease of one shard cannot be written, the other shards go
   * on. After 10 minutes without one success, for the table or for one lease, the stream fails with
   * the code `CheckpointFailed`. Deleting old leases is tried without end.
   */
  checkpointer?: Checkpointer;
  /**
   * Where a shard without a checkpoint starts: `"TRIM_HORIZON"` (at its oldest record), `"LATEST"`
   * (at the records that are written from now on), a `Date` (at the records that arrived at that
   * time or later), or positions by shard id. With positions, the ancestors of a named shard are
   * left out, and all other shards start at their oldest record. The children of a reshard always
   * start at their oldest record.
   *
   * With `"LATEST"` the consumer reads everything that is written after {@linkcode
   * Consumer.ready}. Until the first value of a shard is acknowledged, its lease holds the time
   * of the start minus 10 seconds, by the clock of the service. After a crash, a takeover or an
   * expired iterator before that, about 10 seconds of older records are read as well.
   *
   * A `Date` means the time of the service. If it lies in the future, the shards stay in the state
   * `opening` until then. Shards that were closed before that time are not read.
   *
   * A shard id that does not exist fails the stream with the code `UnknownShard`.
   * @default {"TRIM_HORIZON"}
   */
  from?: StartPosition;
  /**
   * Where the stream ends by itself: at the latest records, or at a time.
   *
   * `"caught-up"` ends the stream when every shard that this worker holds was read to its latest
   * record, including shards that open meanwhile, and all values were handed out. A shard that is
   * written to all the time counts when a record is reached that arrived after its reading began.
   * An application that is slower than the writers never takes all values: give
   * `until: new Date()`, which leaves out what arrives later. Shards that another running worker
   * reads are not waited for; the shards of a dead worker are taken over first.
   *
   * A `Date` ends each shard in front of its first record that arrived at that time or later, by
   * the clock of the service. No such record is handed out, and no checkpoint passes it: the next
   * run begins with it. A consumer with `from` at the same time begins with it as well, so that two
   * neighbouring spans have every record once. The stream ends when every shard that this worker
   * holds has reached that record, or was read to its latest record 5 seconds after that time: a
   * record can be read only some time after it has arrived. If the time lies in the future, the
   * stream goes on until then. A record without an arrival time fails the stream with the code
   * `ArrivalTimeMissing`.
   *
   * Default: the stream does not end.
   */
  until?: "caught-up" | Date;
  /**
   * Ends the stream after this number of values.
   * @default {Infinity}
   */
  limit?: number;
  /**
   * Ends the stream if the application waits for the next value for this long, in milliseconds:
   * also while requests fail, or the next value is being decoded. Set it above such times, or the
   * stream ends as if there were no values.
   * @default {Infinity}
   */
  idleTimeoutMs?: number;
  /**
   * What happens to a value that cannot be decoded, see {@linkcode PoisonPolicy}.
   * @default {"fail"}
   */
  onPoison?: PoisonPolicy;
  /** Functions that are called when something happens, for logs and metrics. */
  hooks?: ConsumerHooks;
  /** Closes the consumer; the stream fails with the reason of the signal. */
  signal?: AbortSignal;
  /**
   * The name of this worker in the leases. It must be unique among the workers that run at the
   * same time. A worker that keeps its name over a restart resumes its shards at once; under a
   * new name it waits `failoverTimeMs` until its earlier leases expire. A worker takes all leases
   * with its name when it starts, so a running worker of the same name loses its shards, and the
   * values that it had not acknowledged are processed again. Default: a random UUID for each
   * consumer.
   */
  workerId?: string;
  /**
   * A lease that was not written for this long, in milliseconds, has expired: another worker may
   * take it. Its holder renews it after a third of it without a checkpoint, and gives it up after
   * 7/8 of it without an accepted write. A shorter time hands the shards of a dead worker over
   * sooner, and costs more writes; a longer one outlasts pauses of the program and slow stores.
   * Give all workers the same.
   * @default {10_000}
   */
  failoverTimeMs?: number;
  /**
   * How long a worker that asks another one for a lease waits, in milliseconds. The holder hands out
   * nothing more of the shard, waits for the acknowledgements of the values that it has handed out,
   * stores its progress and passes the lease on: then no value is processed twice. After this time
   * the lease is taken without the holder, and the values that it had not acknowledged are processed
   * again. A KCL of version 2 does not answer, so its leases are taken after this time. With 0, leases
   * are taken at once. Give all workers the same.
   * @default {30_000}
   */
  handoffTimeoutMs?: number;
  /**
   * How often progress is stored, in milliseconds. A long interval costs fewer writes, a short one
   * repeats fewer values after a crash. With `Infinity`, progress is stored only at the end of a
   * shard, on close and by {@linkcode Consumer.checkpoint}.
   * @default {1000}
   */
  checkpointIntervalMs?: number;
  /**
   * The most shards that this worker reads at the same time. When a shard is read to its end, the
   * next shard takes its place; with `until`, also when a shard is read as far as `until` says. If
   * all workers together read fewer shards than there are, the other shards are not read. They are
   * `waiting` in {@linkcode Consumer.status}. With several streams, it holds for each of them.
   * @default {Infinity}
   */
  maxShards?: number;
  /**
   * Most values that are handed out and not acknowledged; the stream pauses there. It is divided
   * among the shards as `prefetch` is, and a shard that has used its part pauses alone. A higher
   * limit keeps more values of a slow application under way, and more are read again after a crash.
   * A shard that is opened later may use its part at once, so half as many values may be handed out
   * in addition. With less than twice the number of shards, shards have no part of their own, and
   * those that are stuck may use everything. Without a checkpointer it has an effect only on
   * {@linkcode Consumer.process}.
   *
   * If not one value is acknowledged within 5 seconds of a pause, the stream fails with the code
   * `NothingAcknowledged`, because the application does not seem to acknowledge at all.
   * @default {100_000}
   */
  maxUnacknowledged?: number;
  /**
   * How long one value may stay unacknowledged while reading waits for it, in milliseconds: the
   * stream or its shard is paused at `maxUnacknowledged`, or all other values of its shard are
   * handed out and the shard was split or merged. After that the stream fails with the code
   * `AcknowledgementMissing` and names the record: the value was probably dropped by a filter. Set
   * it above the time that one value may take. With {@linkcode Consumer.process} it has no effect:
   * a handler has a time limit of its own. {@linkcode ConsumerHooks.onUnacknowledged} is called
   * after one minute already. `Infinity` never fails.
   * @default {900_000}
   */
  acknowledgeTimeoutMs?: number;
  /**
   * How far the consumer reads ahead of the application, over all shards: `records` in Kinesis
   * records, `bytes` in bytes of their data. More hides latency and uses more memory.
   *
   * One half is divided evenly among the shards. Of the other half, one shard may use twice the
   * part that it leaves free. With 60 records and 3 shards, each shard may always buffer 10; a
   * shard whose values are not taken stops at 30.
   *
   * At most `records` are buffered (or one record for each shard, if that is more) and at most
   * `bytes` plus one record. Of an answer that is larger, the rest is read again later. Answers on
   * their way come on top, and over CBOR the part of an answer that was taken already: its memory is
   * freed as a whole, after its last record. While records wait that were read before further shards were opened,
   * half as much may be buffered in addition.
   * @default {{ records: 50_000, bytes: 33_554_432 }}
   */
  prefetch?: { records?: number; bytes?: number };
  /**
   * How often a shard is read at its latest record, in milliseconds; see also `maxPollIntervalMs`.
   * @default {1000}
   */
  pollIntervalMs?: number;
  /**
   * The longest interval between two reads of an idle shard, in milliseconds: the first record
   * after a silence may wait for so long. Not less than `pollIntervalMs`.
   *
   * Up to 50 idle shards are each read every `pollIntervalMs`. With more, the interval of each
   * doubles with every empty answer, until all of them together are read 50 times a second or this
   * interval is reached: with the defaults, 200 idle shards are read every 4 seconds, and 500 or
   * more every 10 seconds. The first record sets the interval of its shard back to
   * `pollIntervalMs`. A lower value delivers that record sooner and costs more processor time.
   * @default {10_000}
   */
  maxPollIntervalMs?: number;
  /**
   * Most GetRecords requests a second for each shard that is behind its latest record. The
   * service allows 5 for all readers of a shard together: lower it if other readers exist.
   * `Infinity`, for a server without that limit, does not pause.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
   * @default {5}
   */
  readsPerSecond?: number;
  /**
   * Reads with enhanced fan-out, through a registered consumer. The service pushes the records of
   * each shard as they arrive, up to 2 MB/s for each shard and application; AWS bills it. Requires
   * a `fetch` with HTTP/2, see {@linkcode KinesisClient.subscribeToShard}. Default: the shards are
   * polled with GetRecords.
   *
   * The consumer is registered if it does not exist, and waited for until it is `ACTIVE`: 5 minutes
   * at most, and 1 minute while the stream has as many consumers as it may have. Then the stream
   * fails with the code `ConsumerNotReady` or `NoFreeConsumer`. If it is deregistered while it is
   * in use, it is registered again; one that is given by its ARN is not, and the stream fails with
   * the code `ConsumerNotFound`. If another application uses the same consumer, the stream fails
   * with the code `ConsumerInUse` after `maxFailuresInARow` lost subscriptions.
   *
   * `pollIntervalMs`, `maxPollIntervalMs` and `readsPerSecond` have no effect while shards have
   * subscriptions. A shard whose buffer is full for a second
   * has no subscription until half of its room is free again. Records of an event that do not fit
   * stay in memory, up to `prefetch.bytes` in addition.
   */
  fanOut?: FanOutOptions;
  /**
   * Failures in a row after which the stream fails: of reading one shard, or of listing the shards.
   * Those of the checkpointer do not count, see `checkpointer`. Each failure comes after the
   * retries of the client, and is followed by a pause of up to 10 seconds, or as long as the answer
   * asks.
   * @default {10}
   */
  maxFailuresInARow?: number;
  /**
   * After this time without progress a shard is stalled, in milliseconds:
   * {@linkcode ConsumerHooks.onStalled} is called. A reader that hangs starts anew. After the same
   * time again, its lease is given back, so that another worker can take it; this worker leaves the
   * shard alone for 3 × `failoverTimeMs`, and twice as long each further time, up to 10 minutes. A
   * shard that waits for the application is only reported. This is also the longest time of one
   * list of shards.
   *
   * Set it above the time that one call of the client may take with all its retries, by default 91
   * seconds. A shorter time finds a hung request earlier, a longer one leaves slow services alone.
   * With `fanOut` at least 10 000, because an idle shard has an event every 5 seconds.
   * `Infinity` never acts.
   * @default {120_000}
   */
  stallTimeoutMs?: number;
  /**
   * What happens if the records behind a checkpoint, or behind a slow reader, have expired, so that
   * values are lost. `"oldest"` calls {@linkcode ConsumerHooks.onExpired} and goes on at the oldest
   * record, or with the children of the shard. `"fail"` fails with the code `CheckpointExpired`
   * before a value behind the gap is handed out, and leaves the checkpoint as it is; the next run
   * fails again until the policy is `"oldest"` or the lease is deleted.
   * @default {"oldest"}
   */
  expiredCheckpoint?: ExpiredCheckpointPolicy;
  /**
   * What happens if the stream was deleted and created again, so that the stored progress belongs
   * to an earlier stream. `"restart"` replaces the leases, reads the new stream from its oldest
   * record (if `from` is a `Date`: from that time), and calls the hook `onRecreated`. `"fail"`
   * fails with the code `StreamRecreated` and leaves the leases as they are.
   * @default {"restart"}
   */
  onRecreated?: RecreatedPolicy;
  /**
   * Creates the stream before reading if it is missing, with this many shards or on demand, and
   * waits for up to 5 minutes until it is active. Give `streamName`, not `streamARN`. A stream that
   * is deleted later is not created again.
   * @default {false}
   */
  createStream?: { shardCount: number } | { onDemand: true } | false;
  /** Tells the time and sets timers. Default: the clock of the runtime. */
  clock?: Clock;
  /**
   * Spreads pauses and the order of claims: a number from 0 to below 1.
   * @default {Math.random}
   */
  random?: () => number;
}
