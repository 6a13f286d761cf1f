/**
 * Values that were given up, on their way into the dead-letter stream.
 *
 * @module
 */
import { InvalidRecordError, KinesisError } from "../errors.ts";
import type { FailedValue } from "../records.ts";
import type { PutKeys } from "./intake.ts";
import { Letter, TEXT_LENGTHS } from "./letter.ts";

/** Writes a letter and resolves when Kinesis has acknowledged it. */
export type PutLetter = (
  letter: FailedValue<unknown>,
  keys: PutKeys,
) => Promise<unknown>;

/** How letters are put into streams that are producers: a write to those resolves before the value is delivered. */
const putsOfProducers = new WeakMap<object, PutLetter>();

/** Registers a stream that is a producer. */
export function takesLetters(producer: object, put: PutLetter): void {
  putsOfProducers.set(producer, put);
}

/** Writes to the dead-letter stream; its backpressure is that values stay unsettled until they are written. */
export class DeadLetters<T> {
  readonly #writer: WritableStreamDefaultWriter<FailedValue<T>>;
  readonly #put: PutLetter | undefined;
  #writing = 0;

  /**
   * Locks the stream.
   *
   * @throws {TypeError} if it is locked already
   */
  constructor(stream: WritableStream<FailedValue<T>>) {
    this.#writer = stream.getWriter();
    this.#put = putsOfProducers.get(stream);
  }

  /** Values that are being written. */
  get writing(): number {
    return this.#writing;
  }

  /**
   * Writes a value. Another producer has delivered it then.
   *
   * @throws {KinesisError} `DeadLetterFailed` if the stream does not take it
   */
  async write(failed: FailedValue<T>): Promise<void> {
    this.#writing++;
    try {
      if (this.#put) await this.#putLetter(this.#put, failed);
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
  async #putLetter(put: PutLetter, failed: FailedValue<T>): Promise<void> {
    const keys: PutKeys = {};
    const letters = [undefined, ...TEXT_LENGTHS].values();
    let letter = new Letter(failed, letters.next().value);
    for (;;) {
      try {
        await put(letter, keys);
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
