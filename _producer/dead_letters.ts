/**
 * Values that were given up, on their way into the dead-letter stream.
 *
 * @module
 */
import {
  type DurableSink,
  isDurableSink,
  writeDurably,
} from "../durable_sink.ts";
import { InvalidRecordError, KinesisError } from "../errors.ts";
import type { FailedValue } from "../records.ts";
import type { PutKeys } from "./intake.ts";
import { Letter, TEXT_LENGTHS } from "./letter.ts";

/** Writes to the dead-letter stream; its backpressure is that values stay unsettled until they are written. */
export class DeadLetters<T> {
  readonly #writer: WritableStreamDefaultWriter<FailedValue<T>>;
  /** The stream, if it tells when a letter is stored. */
  readonly #sink: DurableSink<FailedValue<T>> | undefined;
  #writing = 0;

  /**
   * Locks the stream.
   *
   * @throws {TypeError} if it is locked already
   */
  constructor(stream: WritableStream<FailedValue<T>>) {
    this.#writer = stream.getWriter();
    if (isDurableSink(stream)) this.#sink = stream;
  }

  /** Values that are being written. */
  get writing(): number {
    return this.#writing;
  }

  /**
   * Writes a value. A durable sink, such as another producer, has stored it then.
   *
   * @throws {KinesisError} `DeadLetterFailed` if the stream does not take it
   */
  async write(failed: FailedValue<T>): Promise<void> {
    this.#writing++;
    try {
      if (this.#sink) await this.#storeLetter(this.#sink, failed);
      else await this.#writer.write(failed);
    } catch (cause) {
      throw new KinesisError(
        `Cannot write to the dead-letter stream: ${String(cause)}`,
        { code: "DeadLetterFailed", cause },
      );
    } finally {
      this.#writing--;
    }
  }

  /** Unlocks the stream; what is being written goes on. */
  release(): void {
    this.#writer.releaseLock();
  }

  // What was wrong with the value or its key for the first producer may be wrong for the second one as well.
  async #storeLetter(
    sink: DurableSink<FailedValue<T>>,
    failed: FailedValue<T>,
  ): Promise<void> {
    const keys: PutKeys = {};
    const letters = [undefined, ...TEXT_LENGTHS].values();
    let letter = new Letter(failed, letters.next().value);
    for (;;) {
      try {
        await sink[writeDurably](letter, keys).stored;
        return;
      } catch (error) {
        if (!(error instanceof InvalidRecordError)) throw error;
        if (error.code === "InvalidPartitionKey" && !keys.partitionKey) {
          keys.partitionKey = crypto.randomUUID();
          continue;
        }
        const next = letters.next();
        if (next.done) throw error;
        letter = new Letter(failed, next.value);
      }
    }
  }
}
