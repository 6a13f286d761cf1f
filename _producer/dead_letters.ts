/**
 * Values that were given up, on their way into the dead-letter stream.
 *
 * @module
 */
import { KinesisError } from "../errors.ts";
import type { FailedRecord } from "../records.ts";

/** Writes to the dead-letter stream; its backpressure is that values stay unsettled until they are written. */
export class DeadLetters<T> {
  readonly #writer: WritableStreamDefaultWriter<FailedRecord<T>>;
  #writing = 0;

  /**
   * Locks the stream.
   *
   * @throws {TypeError} if it is locked already
   */
  constructor(stream: WritableStream<FailedRecord<T>>) {
    this.#writer = stream.getWriter();
  }

  /** Values that are being written. */
  get writing(): number {
    return this.#writing;
  }

  /**
   * Writes a value.
   *
   * @throws {KinesisError} `DeadLetterFailed` if the stream does not take it
   */
  async write(failed: FailedRecord<T>): Promise<void> {
    this.#writing++;
    try {
      await this.#writer.write(failed);
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
}
