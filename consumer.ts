/**
 * Reading a stream.
 *
 * @module
 */
import {
  type Acknowledgeable,
  acknowledgingSink,
} from "./_consumer/acknowledging_sink.ts";
import {
  type ConsumerIteratorOptions,
  processedIterator,
} from "./_consumer/iterator.ts";
import type {
  ConsumerClient,
  ConsumerOptions,
  PoisonPolicy,
  RecreatedPolicy,
} from "./_consumer/options.ts";
import { RecordFeed } from "./_consumer/record_feed.ts";
import { resolveConsumerOptions } from "./_consumer/resolved_options.ts";
import type { OldestUnacknowledged } from "./_consumer/ack_watch.ts";
import type { ConsumerStatus, ShardStatus } from "./_consumer/status.ts";
import { sharedAcknowledgements } from "./_consumer/tee.ts";
import { ClosedError } from "./errors.ts";
import type { ConsumerRecord } from "./records.ts";

export type {
  Acknowledgeable,
  ConsumerClient,
  ConsumerIteratorOptions,
  ConsumerOptions,
  ConsumerStatus,
  OldestUnacknowledged,
  PoisonPolicy,
  RecreatedPolicy,
  ShardStatus,
};

/**
 * A `ReadableStream` of everything in a Kinesis stream: all shards, each read on its own, the parents of a reshard before
 * their children, resumed from the checkpoint.
 *
 * A record counts as processed when it is acknowledged, and a checkpoint never passes one that is not. Iterating with
 * `for await` acknowledges a record when the next one is asked for; a loop that is left by `break` or an error leaves its
 * last record unacknowledged. With any other way to read, call {@linkcode ConsumerRecord.ack}, or pipe into
 * {@linkcode Consumer.acknowledging}.
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
  readonly #end: () => void;
  /** Whether somebody has been told how the consumer ended. */
  #told = false;

  /**
   * Makes a consumer. Nothing is read before the first record is asked for, or {@linkcode Consumer.ready}.
   *
   * @throws {TypeError} if the stream, the processor or a choice is missing or malformed
   * @throws {RangeError} if a number is out of its range
   */
  constructor(options: ConsumerOptions<T>) {
    const resolved = resolveConsumerOptions(options);
    let controller!: ReadableStreamDefaultController<ConsumerRecord<T>>;
    let open = true;
    const feed = new RecordFeed(resolved, (error) => {
      if (!open) return;
      open = false;
      this.#told = true;
      controller.error(error);
    });
    const deliver = (record: ConsumerRecord<T> | undefined) => {
      if (!open) return;
      if (record) controller.enqueue(record);
      else {
        open = false;
        controller.close();
      }
    };
    const fail = (error: unknown) => {
      this.#told = true;
      throw error;
    };
    super({
      start(given) {
        controller = given;
      },
      // One record for each pull: what waits in the queue of a stream would be handed out even when its lease is lost.
      pull() {
        const record = feed.takeNow();
        if (!record) return feed.take().then(deliver, fail);
        controller.enqueue(record);
      },
      cancel: async (reason) => {
        open = false;
        this.#told = true;
        await feed.close(reason);
      },
    }, { highWaterMark: 0 });
    this.#feed = feed;
    this.#end = () => {
      if (!open) return;
      open = false;
      controller.close();
    };
    feed.followSignal();
  }

  /**
   * Starts reading and resolves when every shard that this worker holds at first has an iterator: with `from: "LATEST"`,
   * whatever is written after that will be read.
   */
  get ready(): Promise<void> {
    return this.#feed.ready;
  }

  /** How every shard stands, and what has been handed out. */
  status(): ConsumerStatus {
    return this.#feed.status();
  }

  /**
   * Stores the progress now instead of at the next interval.
   *
   * @throws {CheckpointError} if that fails for some shards
   */
  checkpoint(): Promise<void> {
    return this.#feed.checkpoint();
  }

  /**
   * Ends the stream: stops reading, stores what was acknowledged, gives the leases back. Works while the stream is locked;
   * who reads it sees the end.
   *
   * @throws {CheckpointError} if the progress of some shards could not be stored
   */
  async close(): Promise<void> {
    this.#end();
    this.#told = true;
    await this.#feed.close(new ClosedError("The consumer is closed"));
  }

  /**
   * Wraps a sink so that a record is acknowledged when the sink has written it:
   * `consumer.pipeTo(consumer.acknowledging(sink))`. A {@linkcode DurableSink}, such as a
   * {@linkcode Producer}, accepts a record before it stores it: the record is acknowledged when it is
   * stored. At the end of the stream the pipe resolves when the progress is stored as well, and
   * rejects with a {@linkcode CheckpointError} if it could not be.
   *
   * What maps records in front of the sink must keep `ack`:
   * `{ value: f(record.value), ack: () => record.ack() }`. Else the pipe rejects with the code
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
   * when both copies are. If one branch is cancelled or fails, nothing further is acknowledged. Split
   * the consumer itself and filter the branches: the branches of
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
   * Iterates; asking for the next record acknowledges the last one. Several `for await` loops may share the iterator, each in
   * a worker of its own: a loop acknowledges only the records that it got itself, and a loop that is left ends the others.
   *
   * Code that reads ahead of what it has processed acknowledges nothing by asking, and must call
   * {@linkcode ConsumerRecord.ack}. It is recognized if it is `pipeline()` or `Readable.from()` of
   * `node:stream` or `ReadableStream.from()`, or if it calls `next()` while an earlier call is not
   * answered. All other code that works on several records of one iteration at a time, such as
   * `p-map` or `new Readable({ read() { iterator.next() } })`, looks like a loop and needs
   * `acknowledge: false`.
   */
  override values(
    options?: ConsumerIteratorOptions,
  ): AsyncIterableIterator<ConsumerRecord<T>> {
    return processedIterator(this, {
      ...options,
      onAcknowledging: (will) => this.#feed.expectAcknowledgements(will),
    });
  }

  /** Iterates as {@linkcode Consumer.values} does. */
  override [Symbol.asyncIterator](
    options?: ConsumerIteratorOptions,
  ): AsyncIterableIterator<ConsumerRecord<T>> {
    return this.values(options);
  }

  /**
   * Closes the consumer, or waits until it has ended. A failure that the reader of the stream or the caller of
   * {@linkcode Consumer.close} has been told is not thrown again: with `await using` it would hide the error of the block.
   *
   * @throws {CheckpointError} if the progress of some shards could not be stored
   */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#told) await this.close().catch(() => {});
    else await this.close();
  }
}
