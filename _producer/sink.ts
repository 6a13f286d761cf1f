/**
 * The sink behind the stream of a producer.
 *
 * @module
 */
import { onAbort } from "../_core/on_abort.ts";
import type { DeliveryError } from "../errors.ts";
import { Arrivals } from "./arrivals.ts";
import type { Owner } from "./ending.ts";
import { Engine } from "./engine.ts";
import type { ResolvedProducerOptions } from "./options.ts";

/** Passes what the stream is told on to an {@linkcode Engine}, and its end back to the stream. */
export class Sink<T> implements UnderlyingSink<T>, Owner<T> {
  /** Accepts the values. */
  readonly engine: Engine<T>;
  /** Counts the values between `write` and this sink. */
  readonly arrivals: Arrivals = new Arrivals();
  readonly #onAbort: "deliver" | "discard";
  #controller!: WritableStreamDefaultController;
  #stream: Pick<WritableStream, "locked"> | undefined;
  #stopListening = () => {};

  /** Sends nothing before the first value. */
  constructor(options: ResolvedProducerOptions<T>) {
    this.#onAbort = options.onAbort;
    this.engine = new Engine(options, this);
  }

  /** Is called by the constructor of the stream. */
  start(controller: WritableStreamDefaultController): void {
    this.#controller = controller;
    // The stream calls `abort` only after a write that waits for room, which may be never. So the
    // abort starts here, and `abort` tells its outcome.
    onAbort(controller.signal, () => {
      this.abort(controller.signal.reason).catch(() => {});
    });
  }

  /** Is called once the stream is made. From now on `signal` ends it. */
  attach(
    stream: Pick<WritableStream, "locked">,
    signal: AbortSignal | undefined,
  ): void {
    this.#stream = stream;
    this.#stopListening = onAbort(signal, () => this.stop(signal!.reason));
  }

  write(value: T): Promise<void> | undefined {
    try {
      return this.engine.accept(value);
    } finally {
      this.arrivals.arrive();
    }
  }

  async close(): Promise<void> {
    this.engine.refusePuts();
    try {
      await this.engine.ending.close();
    } finally {
      this.#end();
    }
  }

  async abort(reason: unknown): Promise<void> {
    const { ending } = this.engine;
    // The stream drops the values in its own queue: their calls of `write` reject.
    this.arrivals.end();
    try {
      if (this.#onAbort === "discard") ending.abort(reason);
      else await ending.deliverAndAbort(reason);
    } finally {
      this.#end();
    }
  }

  /** Ends the producer and the stream at once. */
  stop(reason: unknown): void {
    this.engine.ending.abort(reason);
    this.#controller.error(reason);
    this.#end();
  }

  failed(error: DeliveryError<T>): boolean {
    this.#controller.error(error);
    this.#end();
    // A pipe or writer that has locked the stream rejects with the error.
    return this.#stream!.locked;
  }

  #end(): void {
    this.#stopListening();
    this.arrivals.end();
  }
}
