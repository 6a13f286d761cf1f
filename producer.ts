/**
 * Writing to a stream.
 *
 * @module
 */
import { Arrivals } from "./_producer/arrivals.ts";
import { registerPut } from "./_producer/dead_letters.ts";
import { closedError } from "./_producer/end_errors.ts";
import { Engine } from "./_producer/engine.ts";
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
 * A `WritableStream` into a Kinesis stream: whatever yields values can be piped in. Values are packed, batched and sent in
 * the background; writers wait when the buffer is full, and closing waits until Kinesis has acknowledged everything.
 *
 * Every value ends in exactly one way: acknowledged, handed to the dead-letter stream, or reported in an error (`put`
 * rejects; without a dead-letter stream a written value that is given up errors the stream with a
 * {@linkcode DeliveryError} that lists every value that was not acknowledged). A request whose answer was lost is sent
 * again, so a value may be stored twice; it is never dropped.
 *
 * @example Pipe in whatever yields values
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
export class Producer<T> extends WritableStream<T> {
  readonly #engine: Engine<T>;
  readonly #arrivals: Arrivals;
  readonly #stop: (reason: unknown) => void;
  #closed: Promise<void> | undefined;

  /**
   * Makes a producer. Nothing is sent before the first value.
   *
   * @throws {TypeError} if the stream or the processor is missing, or if an option is malformed
   * @throws {RangeError} if a number is out of its range
   */
  constructor(options: ProducerOptions<T>) {
    const resolved = resolveProducerOptions(options);
    const arrivals = new Arrivals();
    let controller!: WritableStreamDefaultController;
    const engine = new Engine(resolved, (error) => {
      controller.error(error);
      end();
      // A pipe rejects with it, and a writer shows it.
      return this.locked;
    });
    const stop = (reason: unknown) => {
      engine.abort(reason);
      controller.error(reason);
      end();
    };
    const abort = async (reason: unknown) => {
      // What the stream itself has queued is dropped by it: those calls of `write` reject.
      arrivals.end();
      try {
        if (resolved.onAbort === "discard") engine.abort(reason);
        else await engine.deliverAndAbort(reason);
      } finally {
        end();
      }
    };
    const onSignal = () => stop(resolved.signal!.reason);
    const end = () => {
      resolved.signal?.removeEventListener("abort", onSignal);
      arrivals.end();
    };
    super({
      start(given) {
        controller = given;
        // The stream calls `abort` below only after a write that waits for room: that may be never. It tells the outcome.
        const { signal } = given;
        signal?.addEventListener(
          "abort",
          () => abort(signal.reason).catch(() => {}),
        );
      },
      write(value) {
        try {
          return engine.accept(value);
        } finally {
          arrivals.arrive();
        }
      },
      close: async () => {
        engine.refusePuts();
        await engine.close().finally(end);
      },
      abort,
    }, { highWaterMark: 1, size: () => arrivals.announce() });
    this.#engine = engine;
    this.#arrivals = arrivals;
    this.#stop = stop;
    registerPut(
      this,
      (letter, keys) => this.put(letter as unknown as T, keys),
    );
    if (resolved.signal?.aborted) onSignal();
    else resolved.signal?.addEventListener("abort", onSignal, { once: true });
  }

  /**
   * Writes one value and resolves when Kinesis has acknowledged it. May be called while something is piped in. The value is
   * sent as it is now. When the buffer is full, the value waits its turn in memory: nothing bounds how many wait, so await
   * some of the promises.
   *
   * If nobody waits for the promise, a failure is told by the next {@linkcode Producer.flush} or {@linkcode Producer.close}, or
   * goes to the dead letters; without any of them it becomes an unhandled rejection after one to two seconds.
   *
   * @throws {InvalidRecordError} if the value or its keys cannot become a record; nothing else is affected
   * @throws {KinesisError} the last error, if the value is given up
   * @throws {DeliveryError} if the producer fails as a whole
   * @throws {ClosedError} if the producer is closed
   * @throws {TypeError} if `keys` is not an object
   */
  put(value: T, keys: PutKeys = {}): Promise<PutReceipt> {
    return this.#engine.put(value, keys);
  }

  /**
   * Writes many values, waiting for room where that is needed, and resolves when Kinesis has acknowledged all of them. It
   * costs less than a pipe, and much less than a `put` for each: see `bench/README.md`. The keys are for all values.
   *
   * Values that are given up do not affect others; they are reported together when the rest is settled. An error of the
   * source ends the call too, after the values before it are settled.
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
   * What was taken from the source is delivered or in the error, what was not is in neither. When the producer ends, the
   * call ends as well: a value that the source is still looking for is not waited for, and is in
   * {@linkcode Producer.undelivered} if it comes later.
   *
   * @throws {DeliveryError} with the values that were given up, or if the producer fails or is aborted as a whole; with the
   * code `Closed` and the value that was taken last if the producer is closed before that value is accepted
   * @throws {ClosedError} if the producer is closed already, or is closed before the source ends
   * @throws {TypeError} if `values` is not iterable, or `keys` is not an object
   */
  async putAll(
    values: Iterable<T> | AsyncIterable<T>,
    keys: PutKeys = {},
  ): Promise<PutAllResult> {
    return await this.#engine.putAll(values, keys);
  }

  /**
   * Sends everything that was written before this call, without waiting for `lingerMs`, and resolves when all of it is
   * settled.
   *
   * @throws {DeliveryError} if the producer fails as a whole
   */
  flush(): Promise<FlushResult<T>> {
    return this.#engine.flush(this.#arrivals.all());
  }

  /**
   * Closes the stream and resolves when everything that was written has been acknowledged. A second call waits for
   * the same.
   *
   * @throws {DeliveryError} if something could not be delivered and there is no dead-letter stream, a `put` that nobody
   * waits for included
   * @throws {ClosedError} if the producer was aborted
   * @throws {TypeError} if the stream is locked by a writer or a pipe, which closes it then
   */
  override close(): Promise<void> {
    if (this.locked) return super.close();
    return this.#closed ??= this.#close();
  }

  /**
   * Ends at once: what is not acknowledged is in {@linkcode Producer.undelivered}, and its puts reject. A pipe or a writer that
   * aborts the stream delivers what was accepted first, see {@linkcode ProducerOptions.onAbort}.
   *
   * @throws {TypeError} if the stream is locked by a writer or a pipe: abort `signal` then
   */
  override abort(reason?: unknown): Promise<void> {
    if (!this.locked) this.#engine.abort(reason);
    return super.abort(reason);
  }

  async #close(): Promise<void> {
    const engine = this.#engine;
    if (engine.aborting) await engine.aborting;
    if (engine.isClosed) return;
    // The stream itself would only say that it has errored.
    engine.throwFailure();
    engine.refusePuts();
    try {
      await super.close();
    } catch (error) {
      throw engine.error ?? error;
    }
  }

  /** Numbers since the start, and right now. */
  stats(): ProducerStats {
    return this.#engine.stats();
  }

  /**
   * The values that are not acknowledged, in the order of writing. After an abort or an error these are the ones to spill
   * or send again; a request that was under way then may have stored some of them. What a writer had queued beyond the
   * buffer is not among them: those calls of `write` reject.
   */
  undelivered(): FailedValue<T>[] {
    return this.#engine.undelivered();
  }

  /**
   * Closes the producer if it is still open, also while a writer holds it; one that was aborted is left as it is. A failure
   * that a pipe, a writer, a `put`, a `putAll` or a `flush` has told is not thrown again: with `await using` it would hide the error of
   * the block.
   *
   * @throws {DeliveryError} if something could not be delivered, there is no dead-letter stream, and nobody has been told
   */
  async [Symbol.asyncDispose](): Promise<void> {
    const engine = this.#engine;
    await engine.aborting;
    if (engine.isClosed) return;
    if (engine.error) return engine.throwUntold();
    if (!this.locked) return await this.close();
    engine.refusePuts();
    await engine.close(this.#arrivals.all())
      .finally(() => this.#stop(closedError()));
  }
}
