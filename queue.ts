/**
 * The consumer of a queue: receives records that are acknowledged one by one, in no order.
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
  DeadLetterOptions,
  QueueConsumerOptions,
} from "./_queue/options.ts";
import type {
  QueueBatchHandler,
  QueueBatchOptions,
  QueueProcessingSummary,
  QueueProcessOptions,
  QueueRecordHandler,
} from "./_queue/process_options.ts";
import { QueueProcessing } from "./_queue/processing.ts";
import { inBatches, oneByOne } from "./_queue/processing_modes.ts";
import { asOnlyReader } from "./_processing/only_reader.ts";
import { QueueFeed } from "./_queue/queue_feed.ts";
import {
  deadLettersPart,
  type QueuePart,
  recordsPart,
} from "./_queue/queue_part.ts";
import { DeliveredQueueRecord } from "./_queue/record.ts";
import {
  redrive,
  type RedriveOptions,
  type RedriveSummary,
} from "./_queue/redrive.ts";
import {
  type ResolvedQueueOptions,
  resolveQueueOptions,
} from "./_queue/resolved_options.ts";
import {
  resolveBatchOptions,
  resolveProcessOptions,
} from "./_queue/resolved_process_options.ts";
import type { QueueConsumerStatus } from "./_queue/status.ts";
import type { DeadLetterRecord, QueueRecord } from "./records.ts";

export type {
  Acknowledgeable,
  AcknowledgingIterator,
  AcknowledgingIteratorOptions,
} from "./_acknowledging/iterator.ts";
export type {
  DeadLetterOptions,
  QueueConsumerOptions,
  QueuePoisonPolicy,
} from "./_queue/options.ts";
export type {
  QueueBatchHandler,
  QueueBatchOptions,
  QueueBatchResult,
  QueueHandlerContext,
  QueueHandlerPoisonPolicy,
  QueueHandlerRetryOptions,
  QueueProcessingSummary,
  QueueProcessOptions,
  QueueRecordHandler,
} from "./_queue/process_options.ts";
export type { QueueClient, QueuePartName } from "./_queue/queue_part.ts";
export type {
  RedriveOptions,
  RedriveProgress,
  RedriveSummary,
} from "./_queue/redrive.ts";
export type {
  QueueConsumerStatus,
  QueueProcessingStatus,
  RunningQueueHandler,
} from "./_queue/status.ts";

/**
 * A `ReadableStream` of the values of one part of a queue: its records ({@linkcode QueueConsumer})
 * or its dead letters ({@linkcode DeadLetters}).
 *
 * A value counts as processed when it is acknowledged. A `for await` loop acknowledges a value when
 * it asks for the next one. A loop that is left by `break` or an error does not acknowledge its last
 * value. With any other way to read, call {@linkcode QueueRecord.ack} or
 * {@linkcode QueueRecord.retry}, or pipe into {@linkcode QueueStream.acknowledging}. What is not
 * settled stays invisible to other receivers as long as this stream runs, up to `maxHoldMs`.
 *
 * Requests for up to ten records at a time are sent when the application has taken almost all of the
 * earlier ones. Acknowledgements are sent in requests of ten, and each one again that the service
 * could not serve.
 */
export abstract class QueueStream<T, R extends QueueRecord<T>>
  extends ReadableStream<R> {
  readonly #feed: QueueFeed<T>;
  readonly #options: ResolvedQueueOptions<T>;
  readonly #part: QueuePart;
  readonly #isOpen: () => boolean;
  readonly #endStream: () => void;
  #processing: QueueProcessing<T, R> | undefined;
  #closing: Promise<void> | undefined;
  /** Whether the application has seen the end or the failure of the stream. */
  #wasEndSeen = false;

  /** Made by the classes for records and dead letters. Nothing is sent yet. */
  protected constructor(options: ResolvedQueueOptions<T>, part: QueuePart) {
    let controller!: ReadableStreamDefaultController<R>;
    let isOpen = true;
    const feed = new QueueFeed(options, part, (error) => {
      if (!isOpen) return;
      isOpen = false;
      this.#wasEndSeen = true;
      controller.error(error);
    });
    const deliver = (record: DeliveredQueueRecord<T> | undefined) => {
      if (!isOpen) return record && feed.refuse(record);
      if (record) controller.enqueue(handedOut<R>(record)!);
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
      pull() {
        const record = feed.takeNow();
        if (!record) return feed.take().then(deliver, fail);
        controller.enqueue(handedOut<R>(record)!);
      },
      cancel: async () => {
        isOpen = false;
        this.#wasEndSeen = true;
        await feed.close(0);
      },
    }, { highWaterMark: 0 });
    this.#feed = feed;
    this.#options = options;
    this.#part = part;
    this.#isOpen = () => isOpen;
    this.#endStream = () => {
      if (!isOpen) return;
      isOpen = false;
      controller.close();
    };
    feed.followSignal();
  }

  /** The state of the stream, and its numbers since the start. */
  status(): QueueConsumerStatus {
    const processing = this.#processing?.status();
    return { ...this.#feed.status(), ...processing && { processing } };
  }

  /**
   * Sends the acknowledgements that wait for others, and resolves when the service has answered for
   * every value that is settled until now.
   */
  flush(): Promise<void> {
    return this.#feed.settled();
  }

  /**
   * Ends the stream: receives nothing more, and gives back what the application has not taken. Waits
   * up to `closeTimeoutMs` for the values that it has, gives them back then, and resolves when the
   * service has answered. The stream may be locked; its reader sees the end. With
   * {@linkcode QueueStream.process}, first waits for the handlers that are running.
   *
   * In a loop or handler, do not wait for the promise: it waits for the value that they have. Its
   * rejection need not be caught.
   *
   * @throws {KinesisError} if the service has refused to settle records since the end, or has not
   * done so within 10 seconds (`NotAcknowledged`): those may be delivered again
   */
  close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = this.#close();
      // A loop or handler that closes its stream does not wait for it.
      this.#closing.catch(() => {});
    }
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#endStream();
    this.#wasEndSeen = true;
    await this.#processing?.stop();
    await this.#feed.close();
  }

  /**
   * Calls a handler for each value, several at a time, and acknowledges a value when its handler has
   * ended. While a handler works, its record stays invisible to other receivers. A value whose
   * handler fails is given back, with a delay that grows with each delivery: the queue delivers it
   * again, or makes it a dead letter (`onPoison`, `retry`). If the visibility of a record is lost,
   * the signal of its handler aborts, and the result is ignored.
   *
   * Resolves when the stream has ended ({@linkcode QueueStream.close}, `idleTimeoutMs`), all
   * handlers have ended, and the service has answered. The stream is locked meanwhile, and closed
   * afterwards.
   *
   * Rejects with a {@linkcode ProcessingError} if a value is given up and `onPoison` is `"fail"`;
   * with the reason of `signal` if it has aborted; with a `TypeError` or `RangeError` if an option is
   * not allowed or the stream is locked; with a {@linkcode ClosedError} if the stream has ended; and
   * with the error of the stream if that fails.
   */
  async process(
    handler: QueueRecordHandler<T, R>,
    options?: QueueProcessOptions<T, R>,
  ): Promise<QueueProcessingSummary> {
    const settings = resolveProcessOptions(handler, options);
    return await this.#run(
      settings.signal,
      () =>
        new QueueProcessing<T, R>({
          feed: this.#feed,
          part: this.#part.name,
          options: this.#options,
          settings: { ...settings, lookahead: Infinity },
          mode: oneByOne(handler),
        }),
    );
  }

  /**
   * Calls a handler for batches of values, for sinks that store many rows at a time. The handler
   * returns the values that were not processed, or throws if none was: only these are tried again
   * or given back. All else is as with {@linkcode QueueStream.process}.
   *
   * Rejects as `process` does, and with a `TypeError` if the handler returns something else than
   * the failed values.
   */
  async processBatches(
    handler: QueueBatchHandler<T, R>,
    options?: QueueBatchOptions<T, R>,
  ): Promise<QueueProcessingSummary> {
    const settings = resolveBatchOptions(handler, options);
    const { maxValues } = settings;
    return await this.#run(
      settings.signal,
      () =>
        new QueueProcessing<T, R>({
          feed: this.#feed,
          part: this.#part.name,
          options: this.#options,
          settings: { ...settings, lookahead: 2 * maxValues },
          mode: inBatches(handler, settings, this.#options.clock),
        }),
    );
  }

  async #run(
    signal: AbortSignal | undefined,
    prepare: () => QueueProcessing<T, R>,
  ): Promise<QueueProcessingSummary> {
    return await asOnlyReader(
      {
        stream: this,
        what: "stream",
        isOpen: this.#isOpen,
        onEnd: () => {
          this.#wasEndSeen = true;
          this.#endStream();
        },
      },
      signal,
      () => (this.#processing = prepare()).run(),
    );
  }

  /**
   * Wraps a sink. A value is acknowledged when the sink has written it:
   * `queue.pipeTo(queue.acknowledging(sink))`. A {@linkcode DurableSink}, such as a
   * {@linkcode Producer}, accepts a value before it stores it: the value is acknowledged when it is
   * stored. At the end of the stream, the pipe resolves when the service has answered. If the sink
   * fails, the pipe rejects, and what was not written is given back.
   *
   * A map of records in front of the sink must keep `ack`:
   * `{ value: f(record.value), ack: () => record.ack() }`. Otherwise the pipe rejects with the code
   * `AckMissing` at the first record.
   *
   * @throws {TypeError} if `sink` is not a `WritableStream`, or is locked
   */
  acknowledging<W = R>(
    sink: WritableStream<W>,
  ): WritableStream<W & Acknowledgeable> {
    return acknowledgingSink(sink, () => this.#feed.settled());
  }

  /**
   * Splits the stream in two. Each branch has a copy of every record, and a value is acknowledged
   * when both copies are; one that is given back in a branch is given back.
   */
  override tee(): [ReadableStream<R>, ReadableStream<R>] {
    const branches = super.tee().map((branch) =>
      branch.pipeThrough(
        new TransformStream<R, R>(
          {
            transform(record, controller) {
              const copy = DeliveredQueueRecord.copyOf(record, 2);
              controller.enqueue(handedOut<R>(copy)!);
            },
          },
          { highWaterMark: 1 },
          { highWaterMark: 0 },
        ),
      )
    );
    return [branches[0]!, branches[1]!];
  }

  /**
   * Returns an iterator. Asking for the next value acknowledges the last one, unless
   * {@linkcode QueueRecord.retry} was called. Several `for await` loops may share the iterator and
   * process several values at a time: each loop acknowledges only its own values, and when one loop
   * is left, the others end.
   *
   * Code that takes values before it has processed the earlier ones acknowledges nothing, and must
   * call {@linkcode QueueRecord.ack}, as with {@linkcode Consumer.values}: set `acknowledge: false`
   * for it.
   */
  // No `override` here and below: in some libraries of types, a ReadableStream does not iterate.
  values(
    options?: AcknowledgingIteratorOptions,
  ): AcknowledgingIterator<R> {
    return processedIterator<R>(this, {
      ...options,
      // After a loop that has ended, the program may end. Values that the loop has not settled are
      // for the application to settle.
      stored: async () => {
        const closing = this.#closing ?? this.#feed.close();
        if (options?.acknowledge !== false) await closing.catch(() => {});
      },
    }, () => this.#isOpen() ? handedOut<R>(this.#feed.takeNow()) : undefined);
  }

  /** Iterates like {@linkcode QueueStream.values}. */
  [Symbol.asyncIterator](
    options?: AcknowledgingIteratorOptions,
  ): AcknowledgingIterator<R> {
    return this.values(options);
  }

  /**
   * Closes the stream, or waits until it has ended. A failure that the application has seen is not
   * thrown again.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#wasEndSeen) await this.close().catch(() => {});
    else await this.close();
  }
}

/**
 * A `ReadableStream` of the values of a Kinesis queue: acknowledged one by one, at least once, in no
 * order. There are no shards, leases or checkpoints, so any number of consumers share a queue. See
 * {@linkcode QueueStream} for how values are acknowledged.
 *
 * @example
 * ```ts
 * import { KinesisClient, Producer, QueueConsumer } from "@webstreams/kinesis";
 * import { json } from "@webstreams/kinesis/processors";
 * import { KinesisServer } from "@webstreams/kinesis/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const server = new KinesisServer();
 * server.createStream("orders", { mode: "ON_DEMAND" });
 * const { queueARN } = server.createQueue("orders");
 * const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
 * const { fetch } = server;
 * const client = new KinesisClient({ region: "us-east-1", credentials, fetch });
 * const processor = json<number>();
 * const producer = new Producer({ client, streamName: "orders", processor });
 * for (let i = 1; i <= 10; i++) producer.put(i);
 * await producer.close();
 *
 * let sum = 0;
 * const queue = new QueueConsumer({ client, queueARN, processor });
 * for await (const { value } of queue) {
 *   sum += value;
 *   if (sum === 55) queue.close();
 * }
 * const { visible, inFlight } = server.queue(queueARN);
 * assertEquals(visible.length + inFlight.length, 0);
 * ```
 */
export class QueueConsumer<T> extends QueueStream<T, QueueRecord<T>> {
  readonly #options: ResolvedQueueOptions<T>;

  /**
   * Makes a consumer. Receiving starts when the application asks for the first value.
   *
   * @throws {TypeError} if the queue, the processor or a choice is missing or malformed
   * @throws {RangeError} if a number is out of its range
   */
  constructor(options: QueueConsumerOptions<T>) {
    const resolved = resolveQueueOptions(options);
    super(resolved, recordsPart(resolved.client));
    this.#options = resolved;
  }

  /**
   * The dead letters of the queue: the records that were delivered too often without an
   * acknowledgement. `ack()` deletes one, `restore()` puts it back into the queue, and `retry()`
   * makes it visible to other readers of dead letters.
   *
   * The options are those of this consumer, but for those that are given here. Another processor,
   * such as `bytes()`, reads letters that this one cannot decode. Hooks and signal are shared.
   *
   * @throws {TypeError} if an option is malformed, or the client has no methods for dead letters
   * @throws {RangeError} if a number is out of its range
   */
  deadLetters(): DeadLetters<T>;
  /** The dead letters, with other options. */
  deadLetters<L = T>(options: DeadLetterOptions<L>): DeadLetters<L>;
  deadLetters<L>(options: DeadLetterOptions<L> = {}): DeadLetters<L> {
    const base = this.#options as object as QueueConsumerOptions<L>;
    return new DeadLetters<L>({ ...base, ...options });
  }

  /**
   * Puts dead letters back into the queue: all of them, or those for which `where` returns true. The
   * others stay dead letters. Ends when no dead letter is visible any more.
   *
   * Resolves with the numbers. Rejects with the reason of `signal` if it has aborted, with the error
   * of `where`, and with that of a request that no retry can help. Letters that were restored until
   * then are restored; the others stay.
   *
   * @example
   * ```ts
   * import { KinesisClient, QueueConsumer } from "@webstreams/kinesis";
   * import { json } from "@webstreams/kinesis/processors";
   * import { KinesisServer } from "@webstreams/kinesis/testing";
   * import { assertEquals } from "@std/assert";
   *
   * const server = new KinesisServer();
   * server.createStream("orders", { mode: "ON_DEMAND" });
   * const { queueARN } = server.createQueue("orders", { maxReceiveCount: 1 });
   * const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
   * const { fetch } = server;
   * const client = new KinesisClient({ region: "us-east-1", credentials, fetch });
   * for (const id of [1, 2, 3]) {
   *   await client.putRecord({
   *     StreamName: "orders",
   *     PartitionKey: "k",
   *     Data: new TextEncoder().encode(JSON.stringify({ id })),
   *   });
   * }
   * const processor = json<{ id: number }>();
   * const queue = new QueueConsumer({ client, queueARN, processor });
   * let failures = 0;
   * await queue.process(() => {
   *   if (++failures === 3) queue.close();
   *   throw new Error("not today");
   * });
   *
   * const summary = await queue.redrive({ where: ({ value }) => value.id > 1 });
   * assertEquals(summary, { restored: 2, kept: 1, failed: 0 });
   * ```
   *
   * @throws {TypeError} if an option is malformed, or the client has no methods for dead letters
   * @throws {RangeError} if a number is out of its range
   */
  redrive(options: RedriveOptions<T> = {}): Promise<RedriveSummary> {
    return redrive(this.#options, options);
  }
}

/** A `ReadableStream` of the dead letters of a queue. Made by {@linkcode QueueConsumer.deadLetters}. */
export class DeadLetters<T> extends QueueStream<T, DeadLetterRecord<T>> {
  /**
   * Receiving starts when the application asks for the first value.
   *
   * @throws {TypeError} if the queue, the processor or a choice is missing or malformed, or the
   * client has no methods for dead letters
   * @throws {RangeError} if a number is out of its range
   */
  constructor(options: QueueConsumerOptions<T>) {
    const resolved = resolveQueueOptions(options);
    super(resolved, deadLettersPart(resolved.client));
  }
}

/** Every record has the methods of a dead letter. The type says which of them may be called. */
function handedOut<R>(record: object | undefined): R | undefined {
  return record as R | undefined;
}
