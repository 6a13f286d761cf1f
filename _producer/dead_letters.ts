/**
 * Writes values that are given up to the dead-letter stream.
 *
 * @module
 */
import { textOf } from "../_core/text_of.ts";
import {
  type DurableSink,
  isDurableSink,
  writeDurably,
} from "../durable_sink.ts";
import { InvalidRecordError, KinesisError } from "../errors.ts";
import type { FailedValue } from "../records.ts";
import { Letter, TEXT_LENGTHS } from "./letter.ts";
import type { PutKeys } from "./options.ts";

/** The dead-letter stream. Values stay unsettled until they are written to it. */
export class DeadLetters<T> {
  readonly #writer: WritableStreamDefaultWriter<FailedValue<T>>;
  /** The stream, if it tells when a letter is stored. */
  readonly #sink: DurableSink<FailedValue<T>> | undefined;
  #writing = 0;

  /**
   * Locks the stream.
   *
   * @throws {TypeError} if the stream is locked already
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
   * Writes a value. If the stream is a durable sink, such as another producer, resolves when the
   * value is stored.
   *
   * @throws {KinesisError} with the code `DeadLetterFailed` if the write fails
   */
  async write(failed: FailedValue<T>): Promise<void> {
    this.#writing++;
    try {
      if (this.#sink) await this.#storeLetter(this.#sink, failed);
      else await this.#writer.write(failed);
    } catch (cause) {
      throw new KinesisError(
        `Cannot write to the dead-letter stream: ${textOf(cause)}`,
        { code: "DeadLetterFailed", cause },
      );
    } finally {
      this.#writing--;
    }
  }

  /** Unlocks the stream. Writes that are under way go on. */
  release(): void {
    this.#writer.releaseLock();
  }

  // A value or key that the first producer rejected may be invalid for the second one as well.
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
