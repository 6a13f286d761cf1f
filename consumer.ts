/**
 * The consumer: reads a stream.
 *
 * @module
 */
import { acknowledgingSink } from "./_acknowledging/acknowledging_sink.ts";
import {
  type Acknowledgeable,
  type AcknowledgingIterator,
  type AcknowledgingIteratorOptions,
  processedIterator,
} from "./_acknowledging/iterator.ts";
import type {
  ConsumedStream,
  ManyStreamsOptions,
} from "./_consumer/options/many_streams.ts";
import type { ConsumerOptions } from "./_consumer/options/options.ts";
import { RecordFeed } from "./_consumer/record_feed.ts";
import { StreamOptions } from "./_consumer/options/resolved_streams.ts";
import type {
  BatchHandler,
  ProcessBatchesOptions,
  ProcessingSummary,
  ProcessOptions,
  RecordHandler,
} from "./_consumer/process/process_options.ts";
import {
  resolveBatchOptions,
  resolveProcessOptions,
} from "./_consumer/process/resolved_process_options.ts";
import { asOnlyReader } from "./_processing/only_reader.ts";
import type {
  ProcessingRun,
  ProcessingSource,
} from "./_consumer/process/processing.ts";
import { inBatchesOf, oneByOne } from "./_consumer/process/processing_modes.ts";
import type { ConsumerStatus } from "./_consumer/health/status.ts";
import { sharedAcknowledgements } from "./_consumer/values/tee.ts";
import { ClosedError } from "./errors.ts";
import type { ConsumerRecord } from "./records.ts";

export type {
  Acknowledgeable,
  AcknowledgingIterator,
  AcknowledgingIteratorOptions,
} from "./_acknowledging/iterator.ts";
export type {
  ConsumedStream,
  ManyStreamsOptions,
} from "./_consumer/options/many_streams.ts";
export type {
  ConsumerClient,
  ConsumerOptions,
} from "./_consumer/options/options.ts";
export type {
  ExpiredCheckpointPolicy,
  PoisonPolicy,
  RecreatedPolicy,
} from "./_consumer/options/policies.ts";
export type {
  FanOutClient,
  FanOutOptions,
} from "./_consumer/fan_out/fan_out_options.ts";
export type {
  BatchHandler,
  BatchResult,
  FailedRecord,
  HandlerContext,
  HandlerPoisonPolicy,
  HandlerRetryOptions,
  ProcessBatchesOptions,
  ProcessingOrder,
  ProcessingSummary,
  ProcessOptions,
  RecordHandler,
} from "./_consumer/process/process_options.ts";
export type {
  ConsumerStatus,
  ProcessingStatus,
  RunningHandler,
  StreamStatus,
} from "./_consumer/health/status.ts";
export type {
  Coverage,
  CoverageProblem,
  LastError,
  Moment,
  OldestUnacknowledged,
  ShardStatus,
  ShardWait,
} from "./health.ts";

/**
 * A `ReadableStream` of all values in a Kinesis stream, or in several with the option `streams`.
 * The shards are read independently of each other, and the parents of a reshard before their
 * children. Reading resumes at the stored checkpoint.
 *
 * A value counts as processed when it is acknowledged, and a checkpoint never passes a value that
 * is not. A `for await` loop acknowledges a value when it asks for the next one. A loop that is
 * left by `break` or an error does not acknowledge its last value. With any other way to read,
 * call {@linkcode ConsumerRecord.ack}, or pipe into {@linkcode Consumer.acknowledging}.
 *
 * @example
 * ```ts
 * import { Consumer, KinesisClient, Producer } from "@webstreams/kinesis";
 * import { MemoryCheckpointer } from "@webstreams/kinesis/checkpoint";
 * import { json } from "@webstreams/kinesis/processors";
 * import { KinesisServer } from "@webstreams/kinesis/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const { fetch } = new KinesisServer();
 * const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
 * const client = new KinesisClient({ region: "eu-west-1", credentials, fetch });
 * const stream = { client, streamName: "orders", processor: json<number>() };
 * const producer = new Producer({ ...stream, createStream: { shardCount: 3 } });
 * for (let i = 0; i < 10; i++) producer.put(i);
 * await producer.close();
 *
 * const checkpointer = new MemoryCheckpointer();
 * let sum = 0;
 * const consumer = new Consumer({ ...stream, checkpointer, until: "caught-up" });
 * for await (const { value } of consumer) sum += value;
 * assertEquals(sum, 45);
 *
 * // Everything is processed, so there is nothing left for the next run.
 * const again = new Consumer({ ...stream, checkpointer, until: "caught-up" });
 * for await (const record of again) throw new Error(record.sequenceNumber);
 * ```
 */
export class Consumer<T> extends ReadableStream<ConsumerRecord<T>> {
  readonly #feed: RecordFeed<T>;
  readonly #options: StreamOptions<T>;
  readonly #source: ProcessingSource<T>;
  readonly #isOpen: () => boolean;
  readonly #endStream: () => void;
  #processing: ProcessingRun | undefined;
  #closing: Promise<void> | undefined;
  /** Whether the application has seen the end or the failure of the consumer. */
  #wasEndSeen = false;

  /**
   * Makes a consumer. Reading starts when the application asks for the first value, or reads the
   * property {@linkcode Consumer.ready}.
   *
   * @throws {TypeError} if the stream, the processor or a choice is missing or malformed
   * @throws {RangeError} if a number is out of its range
   */
  constructor(options: ConsumerOptions<T> | ManyStreamsOptions<T>) {
    const streams = new StreamOptions(options);
    let controller!: ReadableStreamDefaultController<ConsumerRecord<T>>;
    let isOpen = true;
    const feed = new RecordFeed(streams.resolved, (error) => {
      if (!isOpen) return;
      isOpen = false;
      this.#wasEndSeen = true;
      controller.error(error);
    });
    const deliver = (record: ConsumerRecord<T> | undefined) => {
      if (!isOpen) return;
      if (record) controller.enqueue(record);
      else {
        isOpen = false;
        controller.close();
      }
    };
    const fail = (error: unknown) => {
      isOpen = false;
      this.#wasEndSeen = true;
      throw error;
    };
    super({
      start(given) {
        controller = given;
      },
      // One value for each pull: values in the queue of the stream would be handed out even after
      // the lease of their shard is lost.
      pull() {
        const record = feed.takeNow();
        if (!record) return feed.take().then(deliver, fail);
        controller.enqueue(record);
      },
      cancel: async (reason) => {
        isOpen = false;
        this.#wasEndSeen = true;
        await feed.close(reason);
      },
    }, { highWaterMark: 0 });
    this.#feed = feed;
    this.#options = streams;
    this.#source = { feed, options: streams.resolved[0]! };
    this.#isOpen = () => isOpen;
    this.#endStream = () => {
      if (!isOpen) return;
      isOpen = false;
      controller.close();
    };
    feed.followSignal();
  }

  /**
   * Starts reading. The promise fulfills when every shard that this worker takes at first has an
   * iterator: with `from: "LATEST"`, all records that are written after that are read. It rejects
   * if the consumer fails or closes before. Every read of this property gives the same promise,
   * until {@linkcode Consumer.addStream} adds a stream.
   */
  get ready(): Promise<void> {
    return this.#feed.ready;
  }

  /**
   * Adds a stream, and starts reading. Options that are missing are taken from the options of the
   * consumer. The promise fulfills when every shard that this worker takes of it at first has an
   * iterator.
   *
   * @example
   * ```ts
   * import { Consumer, KinesisClient } from "@webstreams/kinesis";
   * import { string } from "@webstreams/kinesis/processors";
   * import { KinesisServer } from "@webstreams/kinesis/testing";
   * import { assertEquals } from "@std/assert";
   *
   * const server = new KinesisServer();
   * for (const name of ["orders", "logs"]) server.createStream(name);
   * const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
   * const { fetch } = server;
   * const client = new KinesisClient({ region: "eu-west-1", credentials, fetch });
   * const consumer = new Consumer({
   *   client,
   *   processor: string(),
   *   from: "LATEST",
   *   streams: [{ streamName: "orders" }],
   * });
   * await consumer.addStream({ streamName: "logs" });
   * const Data = new TextEncoder().encode("hello");
   * await client.putRecord({ StreamName: "logs", PartitionKey: "k", Data });
   * for await (const { streamName, value } of consumer) {
   *   assertEquals([streamName, value], ["logs", "hello"]);
   *   break;
   * }
   * ```
   *
   * @throws {TypeError} if the stream is read already, or an option is missing or malformed
   * @throws {RangeError} if a number is out of its range
   * @throws {ClosedError} if the consumer has ended
   */
  async addStream(stream: ConsumedStream<T>): Promise<void> {
    await this.#feed.add(this.#options.resolve(stream));
  }

  /** The status of every shard, and the numbers of values. */
  status(): ConsumerStatus {
    const processing = this.#processing?.status();
    return { ...this.#feed.status(), ...processing && { processing } };
  }

  /**
   * Stores the progress now and not at the next interval.
   *
   * @throws {CheckpointError} if the progress of some shards could not be stored
   */
  checkpoint(): Promise<void> {
    return this.#feed.checkpoint();
  }

  /**
   * Ends the stream: stops reading, stores the progress and gives the leases back. The stream may
   * be locked; its reader sees the end. A `for await` loop ends when the progress is stored. With
   * {@linkcode Consumer.process}, first waits for the handlers that are running. A rejection of the
   * promise need not be caught.
   *
   * @throws {CheckpointError} if the progress of some shards could not be stored
   */
  close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = this.#close();
      // A handler of a signal that closes the consumer does not wait for it. What was not stored is
      // read again, so the program need not end.
      this.#closing.catch(() => {});
    }
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#endStream();
    this.#wasEndSeen = true;
    await this.#processing?.stop();
    await this.#feed.close(new ClosedError("The consumer is closed"), true);
  }

  /**
   * Calls a handler for each value, several at a time, and acknowledges a value when its handler
   * has ended. A handler that fails is called again, with growing delays; after the last attempt
   * `onPoison` or `deadLetter` decides. The values of a partition key are processed in order
   * (`ordering`), also through retries and reshards. The checkpoint of a shard never passes a value
   * that is not processed.
   *
   * Resolves when the stream has ended (`until`, `limit`, `idleTimeoutMs` of the consumer) or
   * {@linkcode Consumer.close} was called, all handlers have ended, and the progress is stored. The
   * stream is locked meanwhile, and closed afterwards. Without a `checkpointer` nothing is stored,
   * and the rest is the same. `docs/processing.md` tells more.
   *
   * Rejects with a {@linkcode ProcessingError} if a value is given up and `onPoison` is `"fail"`;
   * with the reason of `signal` if it has aborted; with a {@linkcode CheckpointError} if the
   * progress of some shards could not be stored; with a `TypeError` or `RangeError` if an option is
   * not allowed, the stream is locked, or a value that was read before is not acknowledged; with a
   * {@linkcode ClosedError} if the consumer has ended; with a {@linkcode KinesisError} with the code
   * `NoPartitionKey` if `ordering` is given as `"key"` and a value has no partition key; and with
   * the error of the stream if that fails.
   *
   * @example
   * ```ts
   * import { Consumer, KinesisClient, Producer } from "@webstreams/kinesis";
   * import { MemoryCheckpointer } from "@webstreams/kinesis/checkpoint";
   * import { json } from "@webstreams/kinesis/processors";
   * import { KinesisServer } from "@webstreams/kinesis/testing";
   * import { assertEquals } from "@std/assert";
   *
   * const { fetch } = new KinesisServer();
   * const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
   * const client = new KinesisClient({ region: "eu-west-1", credentials, fetch });
   * const stream = { client, streamName: "orders", processor: json<number>() };
   * const producer = new Producer({ ...stream, createStream: { shardCount: 3 } });
   * for (let i = 0; i < 10; i++) producer.put(i, { partitionKey: `user-${i % 4}` });
   * await producer.close();
   *
   * const checkpointer = new MemoryCheckpointer();
   * const consumer = new Consumer({ ...stream, checkpointer, until: "caught-up" });
   * let sum = 0;
   * const { processed } = await consumer.process(async ({ value }, { signal }) => {
   *   await Promise.resolve(signal); // await fetch(url, { body, signal });
   *   sum += value;
   * }, { concurrency: 8, ordering: "key" });
   * assertEquals([processed, sum], [10, 45]);
   * ```
   */
  async process(
    handler: RecordHandler<T>,
    options?: ProcessOptions<T>,
  ): Promise<ProcessingSummary> {
    const settings = resolveProcessOptions(handler, options);
    return await this.#run(
      settings.signal,
      () => oneByOne(this.#source, handler, settings),
    );
  }

  /**
   * Calls a handler for batches of values, for sinks that store many rows at a time. A batch has
   * values of one shard, in order. The handler returns the values that were not processed, or
   * throws if none was: only these are tried again, and the next batch of the shard waits for them.
   * All else is as with {@linkcode Consumer.process}.
   *
   * Rejects as `process` does, and with a `TypeError` if the handler returns something else than
   * the failed values.
   *
   * @example
   * ```ts
   * import { Consumer, KinesisClient, Producer } from "@webstreams/kinesis";
   * import { MemoryCheckpointer } from "@webstreams/kinesis/checkpoint";
   * import { json } from "@webstreams/kinesis/processors";
   * import { KinesisServer } from "@webstreams/kinesis/testing";
   * import { assertEquals } from "@std/assert";
   *
   * const { fetch } = new KinesisServer();
   * const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
   * const client = new KinesisClient({ region: "eu-west-1", credentials, fetch });
   * const stream = { client, streamName: "orders", processor: json<number>() };
   * const producer = new Producer({ ...stream, createStream: { shardCount: 1 } });
   * for (let i = 0; i < 10; i++) producer.put(i);
   * await producer.close();
   *
   * const checkpointer = new MemoryCheckpointer();
   * const consumer = new Consumer({ ...stream, checkpointer, until: "caught-up" });
   * const rows: number[] = [];
   * await consumer.processBatches((records, { attempt }) => {
   *   const refused = attempt === 1 ? records.slice(-1) : [];
   *   for (const record of records) {
   *     if (!refused.includes(record)) rows.push(record.value);
   *   }
   *   return refused;
   * }, { maxValues: 4 });
   * assertEquals(rows, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
   * ```
   */
  async processBatches(
    handler: BatchHandler<T>,
    options?: ProcessBatchesOptions<T>,
  ): Promise<ProcessingSummary> {
    const settings = resolveBatchOptions(handler, options);
    return await this.#run(
      settings.signal,
      () => inBatchesOf(this.#source, handler, settings),
    );
  }

  async #run(
    signal: AbortSignal | undefined,
    prepare: () => ProcessingRun,
  ): Promise<ProcessingSummary> {
    return await asOnlyReader(
      {
        stream: this,
        what: "consumer",
        isOpen: this.#isOpen,
        check: () => this.#checkAcknowledged(),
        onEnd: () => {
          this.#wasEndSeen = true;
          this.#endStream();
        },
      },
      signal,
      () => (this.#processing = prepare()).run(),
    );
  }

  #checkAcknowledged(): void {
    const { unacknowledged } = this.#feed;
    if (unacknowledged === 0 || !this.#isOpen()) return;
    throw new TypeError(
      `Cannot process as ${unacknowledged} of the values that were read before are not ` +
        "acknowledged: no checkpoint passes them, and the children of their shards are never " +
        "read. Call their ack(), or process with a new consumer",
    );
  }

  /**
   * Wraps a sink. A value is acknowledged when the sink has written it:
   * `consumer.pipeTo(consumer.acknowledging(sink))`. A {@linkcode DurableSink}, such as a
   * {@linkcode Producer}, accepts a value before it stores it: the value is acknowledged when it is
   * stored. At the end of the stream, the pipe resolves after the progress is stored, and rejects
   * with a {@linkcode CheckpointError} if it could not be stored.
   *
   * A map of records in front of the sink must keep `ack`:
   * `{ value: f(record.value), ack: () => record.ack() }`. Otherwise the pipe rejects with the code
   * `AckMissing` at the first record.
   *
   * @throws {TypeError} if `sink` is not a `WritableStream`, or is locked
   */
  acknowledging<R = ConsumerRecord<T>>(
    sink: WritableStream<R>,
  ): WritableStream<R & Acknowledgeable> {
    const acknowledging = acknowledgingSink(sink, () => this.#feed.settled());
    this.#feed.expectAcknowledgements(true);
    return acknowledging;
  }

  /**
   * Splits the stream in two. Each branch has a copy of every record, and a record is acknowledged
   * when both copies are. If one branch is cancelled or fails, nothing further is acknowledged.
   * Split the consumer itself and filter the branches: the branches of
   * `consumer.pipeThrough(…).tee()` share their records, so the faster one acknowledges for both.
   */
  override tee(): [
    ReadableStream<ConsumerRecord<T>>,
    ReadableStream<ConsumerRecord<T>>,
  ] {
    const [first, second] = sharedAcknowledgements(super.tee());
    return [first!, second!];
  }

  /**
   * Returns an iterator. Asking for the next value acknowledges the last one. Several `for await`
   * loops may share the iterator and process several values at a time: each loop acknowledges only
   * its own values, and when one loop is left, the others end.
   *
   * Code that takes values before it has processed the earlier ones acknowledges nothing, and must
   * call {@linkcode ConsumerRecord.ack}: `pipeline()` and `Readable.from()` of `node:stream`,
   * `ReadableStream.from()`, and code that calls `next()` while an earlier call is not answered.
   * The iterator cannot distinguish other such code from a loop, for example `p-map`, or a
   * `Readable` whose `read()` calls `next()`: set `acknowledge: false` for it.
   */
  // No `override` here and below: in some libraries of types, a ReadableStream does not iterate.
  values(
    options?: AcknowledgingIteratorOptions,
  ): AcknowledgingIterator<ConsumerRecord<T>> {
    return processedIterator(this, {
      ...options,
      onAcknowledging: (will) => this.#feed.expectAcknowledgements(will),
      // After a loop that has ended, the program may end, or close its store.
      stored: async () => {
        await this.#closing?.catch(() => {});
      },
    }, () => this.#feed.takeNow());
  }

  /** Iterates like {@linkcode Consumer.values}. */
  [Symbol.asyncIterator](
    options?: AcknowledgingIteratorOptions,
  ): AcknowledgingIterator<ConsumerRecord<T>> {
    return this.values(options);
  }

  /**
   * Closes the consumer, or waits until it has ended. A failure that the application has seen,
   * because the stream failed or {@linkcode Consumer.close} was called, is not thrown again: with
   * `await using` it would hide the error of the block.
   *
   * @throws {CheckpointError} if the progress of some shards could not be stored
   */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#wasEndSeen) await this.close().catch(() => {});
    else await this.close();
  }
}
