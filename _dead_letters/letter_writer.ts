/**
 * Writes values that are given up to a dead-letter stream.
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
import { TEXT_LENGTHS } from "./letter_data.ts";

/**
 * Makes a form of a letter that other processors can write. With a `textLength`, the value and its
 * key become texts of that length.
 */
export type WritableForm<L> = (letter: L, textLength?: number) => L;

/** A dead-letter stream. */
export class LetterWriter<L> {
  readonly #writer: WritableStreamDefaultWriter<L>;
  /** The stream, if it reports when a letter is stored. */
  readonly #sink: DurableSink<L> | undefined;
  readonly #formOf: WritableForm<L>;
  #writing = 0;

  /**
   * Locks the stream.
   *
   * @throws {TypeError} if the stream is locked already
   */
  constructor(stream: WritableStream<L>, formOf: WritableForm<L>) {
    this.#writer = stream.getWriter();
    this.#formOf = formOf;
    if (isDurableSink(stream)) this.#sink = stream;
  }

  /** Letters that are being written. */
  get writing(): number {
    return this.#writing;
  }

  /**
   * Writes a letter. If the stream is a durable sink, such as a producer, resolves when the letter
   * is stored.
   *
   * @throws {KinesisError} with the code `DeadLetterFailed` if the write fails
   */
  async write(letter: L): Promise<void> {
    this.#writing++;
    try {
      if (this.#sink) await this.#store(this.#sink, letter);
      else await this.#writer.write(letter);
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

  // A value or key that was rejected before may be invalid for the dead-letter stream as well.
  async #store(sink: DurableSink<L>, letter: L): Promise<void> {
    const keys: { partitionKey?: string } = {};
    const lengths = [undefined, ...TEXT_LENGTHS].values();
    let form = this.#formOf(letter, lengths.next().value);
    for (;;) {
      try {
        await sink[writeDurably](form, keys).stored;
        return;
      } catch (error) {
        if (!(error instanceof InvalidRecordError)) throw error;
        if (error.code === "InvalidPartitionKey" && !keys.partitionKey) {
          keys.partitionKey = crypto.randomUUID();
          continue;
        }
        const next = lengths.next();
        if (next.done) throw error;
        form = this.#formOf(letter, next.value);
      }
    }
  }
}
