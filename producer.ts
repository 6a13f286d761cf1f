/**
 * Writing to a stream.
 *
 * @module
 */
import { closedError } from "./_producer/end_errors.ts";
import type {
  KeyOf,
  Ordering,
  ProducerClient,
  ProducerOptions,
  PutKeys,
  ShardRates,
} from "./_producer/options.ts";
import { resolveProducerOptions } from "./_producer/resolve_options.ts";
import type {
  FlushResult,
  ProducerStats,
  PutAllResult,
} from "./_producer/results.ts";
import { Sink } from "./_producer/sink.ts";
import {
  type DurableSink,
  type DurableWrite,
  writeDurably,
} from "./durable_sink.ts";
import type { FailedValue, PutReceipt } from "./records.ts";

export type {
  FlushResult,
  KeyOf,
  Ordering,
  ProducerClient,
  ProducerOptions,
  ProducerStats,
  PutAllResult,
  PutKeys,
  ShardRates,
};

/**
 * A `WritableStream` into a Kinesis stream. Values are packed, batched and sent in the background.
 * Writers wait while the buffer is full. Closing waits until Kinesis has acknowledged every value.
 *
 * Every value ends in exactly one way: it is acknowledged, written to the dead-letter stream, or
 * reported in an error. The `put` of a value that is given up rejects. If a written value is given
 * up and there is no dead-letter stream, the stream errors with a {@linkcode DeliveryError} that
 * lists every value that was not acknowledged. A request whose answer was lost is sent again. So a
 * value may be stored twice, and is never dropped.
 *
 * @example Pipe values in
 * ```ts
 * import { Consumer, KinesisClient, Producer } from "@webstreams/kinesis";
 * import { jsonLines } from "@webstreams/kinesis/processors";
 * import { KinesisServer } from "@webstreams/kinesis/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const { fetch } = new KinesisServer();
 * const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
 * const client = new KinesisClient({ region: "eu-west-1", credentials, fetch });
 * const processor = jsonLines<{ user: string; total: number }>();
 * const producer = new Producer({
 *   client,
 *   streamName: "orders",
 *   processor,
 *   partitionKey: "user",
 *   createStream: { shardCount: 2 },
 * });
 * const orders = new Blob(['{"user":"a","total":1}']).stream()
 *   .pipeThrough(new TextDecoderStream())
 *   .pipeThrough(new TransformStream({
 *     transform: (line, out) => out.enqueue(JSON.parse(line)),
 *   }));
 * await orders.pipeTo(producer);
 * assertEquals(producer.stats().delivered, 1);
 *
 * const consumer = new Consumer({
 *   client,
 *   streamName: "orders",
 *   processor,
 *   until: "caught-up",
 * });
 * for await (const { value } of consumer) assertEquals(value.total, 1);
 * ```
 */
export class Producer<T> extends WritableStream<T> implements DurableSink<T> {
  readonly #sink: Sink<T>;
  #closed: Promise<void> | undefined;

  /**
   * Sends nothing before the first value.
   *
   * @throws {TypeError} if the stream or the processor is missing, or an option is of the wrong
   * type
   * @throws {RangeError} if a number is out of its range
   */
  constructor(options: ProducerOptions<T>) {
    const resolved = resolveProducerOptions(options);
    const sink = new Sink(resolved);
    super(sink, { highWaterMark: 1, size: () => sink.arrivals.announce() });
    this.#sink = sink;
    sink.attach(this, resolved.signal);
  }

  /**
   * Writes one value and resolves when Kinesis has acknowledged it. It may be called while a pipe
   * writes. Later changes of the value are not sent. While the buffer is full, values wait in
   * memory without a limit, so await some of the promises.
   *
   * If no caller awaits the promise, a failure is reported by the next {@linkcode Producer.flush}
   * or {@linkcode Producer.close}, or the value goes to the dead-letter stream. Otherwise the
   * failure becomes an unhandled rejection after one to two seconds.
   *
   * @throws {InvalidRecordError} if the value or its keys cannot become a record. No other value is
   * affected
   * @throws {KinesisError} the last error, if the value is given up
   * @throws {DeliveryError} if the producer fails as a whole
   * @throws {ClosedError} if the producer is closed
   * @throws {TypeError} if `keys` is not an object
   */
  put(value: T, keys: PutKeys = {}): Promise<PutReceipt> {
    return this.#sink.engine.put(value, keys);
  }

  /**
   * Writes one value as a {@linkcode DurableSink} does: `taken` resolves when there is room for the
   * next one, `stored` when Kinesis has acknowledged the value or the dead-letter stream has
   * written it. `stored` rejects with the last error if the value is given up and there is no
   * dead-letter stream. Other values are not affected.
   */
  [writeDurably](value: T, keys: PutKeys = {}): DurableWrite {
    return this.#sink.engine.write(value, keys);
  }

  /**
   * Writes many values, waiting for room, and resolves when Kinesis has acknowledged all of them.
   * It costs less than a pipe, and much less than a `put` for each value: see `bench/README.md`.
   * All values get the same `keys`.
   *
   * A value that is given up does not affect the other values. The values that are given up are
   * reported together when all values are settled. An error of the source ends the call when the
   * values before the error are settled.
   *
   * @example
   * ```ts
   * import { KinesisClient, Producer } from "@webstreams/kinesis";
   * import { jsonLines } from "@webstreams/kinesis/processors";
   * import { KinesisServer } from "@webstreams/kinesis/testing";
   * import { assertEquals } from "@std/assert";
   *
   * const { fetch } = new KinesisServer();
   * const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
   * const producer = new Producer<{ user: string }>({
   *   client: new KinesisClient({ region: "eu-west-1", credentials, fetch }),
   *   streamName: "orders",
   *   processor: jsonLines(),
   *   partitionKey: "user",
   *   createStream: { shardCount: 2 },
   * });
   * const { delivered } = await producer.putAll([{ user: "a" }, { user: "b" }]);
   * assertEquals(delivered, 2);
   * await producer.close();
   * ```
   *
   * Each value that was taken from the source is delivered or in the error. If the producer ends,
   * the call ends at once: it does not wait for the next value of the source, which is in
   * {@linkcode Producer.undelivered} if it comes later.
   *
   * @throws {DeliveryError} with the values that were given up, or if the producer fails or is
   * aborted as a whole. With the code `Closed` and the value that was taken last, if the producer
   * is closed before that value is accepted
   * @throws {ClosedError} if the producer is closed already, or is closed before the source ends
   * @throws {TypeError} if `values` is not iterable, or `keys` is not an object
   */
  async putAll(
    values: Iterable<T> | AsyncIterable<T>,
    keys: PutKeys = {},
  ): Promise<PutAllResult> {
    return await this.#sink.engine.putAll(values, keys);
  }

  /**
   * Sends every value that was written before this call without waiting for `lingerMs`, and
   * resolves when these values are settled.
   *
   * @throws {DeliveryError} if the producer fails as a whole
   */
  flush(): Promise<FlushResult<T>> {
    return this.#sink.engine.flush(this.#sink.arrivals.all());
  }

  /**
   * Closes the stream and resolves when every written value is acknowledged. A second call waits
   * for the first one.
   *
   * @throws {DeliveryError} if a value was not delivered and there is no dead-letter stream. This
   * includes the value of a `put` that no caller awaits
   * @throws {ClosedError} if the producer was aborted
   * @throws {TypeError} if the stream is locked by a writer or a pipe. Close that instead
   */
  override close(): Promise<void> {
    if (this.locked) return super.close();
    return this.#closed ??= this.#close();
  }

  /**
   * Ends at once. Values that are not acknowledged are in {@linkcode Producer.undelivered}, and
   * their puts reject. If a pipe or a writer aborts the stream, the accepted values are delivered
   * first; see {@linkcode ProducerOptions.onAbort}.
   *
   * @throws {TypeError} if the stream is locked by a writer or a pipe. Abort the option `signal`
   * instead
   */
  override abort(reason?: unknown): Promise<void> {
    if (!this.locked) this.#sink.engine.ending.abort(reason);
    return super.abort(reason);
  }

  async #close(): Promise<void> {
    const { ending } = this.#sink.engine;
    if (ending.aborting) await ending.aborting;
    if (ending.isClosed) return;
    // The error of the stream would say only that the stream has errored.
    ending.throwFailure();
    this.#sink.engine.refusePuts();
    try {
      await super.close();
    } catch (error) {
      throw ending.error ?? error;
    }
  }

  /** The counts of the producer. */
  stats(): ProducerStats {
    return this.#sink.engine.stats();
  }

  /**
   * The values that are not acknowledged, in the order of writing. After an abort or an error,
   * these are the values to save or to send again. A request that was under way may have stored
   * some of them. Values in the queue of a writer, before the buffer, are not included: their calls
   * of `write` reject.
   */
  undelivered(): FailedValue<T>[] {
    return this.#sink.engine.ending.undelivered();
  }

  /**
   * Closes the producer if it is open, also while a writer holds it. Does nothing after an abort. A
   * failure that a pipe, a writer, a `put`, a `putAll` or a `flush` has reported is not thrown
   * again, because with `await using` it would hide the error of the block.
   *
   * @throws {DeliveryError} if a value was not delivered, there is no dead-letter stream, and the
   * failure was not reported
   */
  async [Symbol.asyncDispose](): Promise<void> {
    const { ending } = this.#sink.engine;
    await ending.aborting;
    if (ending.isClosed) return;
    if (ending.error) return ending.throwUntold();
    if (!this.locked) return await this.close();
    this.#sink.engine.refusePuts();
    await ending.close(this.#sink.arrivals.all())
      .finally(() => this.#sink.stop(closedError()));
  }
}
