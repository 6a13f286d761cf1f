/**
 * Many values that are waited for together: what a promise for each would cost is saved.
 *
 * @module
 */
import { deferred } from "../_core/deferred.ts";
import { DeliveryError, type KinesisError } from "../errors.ts";
import type { FailedValue } from "../records.ts";
import type { Outcome } from "./pending.ts";

/** What became of the values of a `putAll`. */
export interface PutAllResult {
  /** Values that Kinesis acknowledged: all of them. */
  delivered: number;
}

/** Takes the values of one `putAll`. */
export interface ValueTaker<T> {
  /**
   * Accepts a value, now or when there is room.
   *
   * @throws {KinesisError} if the producer has ended
   */
  accept(value: T): Promise<void> | undefined;
  /** A value that was not accepted, for reports. */
  describe(value: T, error: KinesisError): FailedValue<T>;
}

/** Counts how the values of one `putAll` end. */
export class PutAll<T> implements Outcome<T> {
  readonly #ended = deferred<void>();
  readonly #failures: FailedValue<T>[] = [];
  /** Values that are not settled, and one for the source while it may yield more. */
  #open = 1;
  #delivered = 0;

  /** Expects nothing yet. */
  constructor() {
    // The producer may fail while the source is still being read.
    this.#ended.promise.catch(() => {});
  }

  /** A value has been acknowledged. */
  resolve(): void {
    this.#delivered++;
    this.#close();
  }

  /** A value has been given up, or the producer has failed with all of them. */
  reject(error: unknown, failed?: FailedValue<T>): void {
    if (!failed) return this.#ended.reject(error);
    this.#failures.push(failed);
    this.#close();
  }

  /**
   * Hands over all values, one after the other, and resolves when they are settled. The first thing that goes wrong with the
   * source or the producer ends it, but not before the values that were handed over are settled. What was taken from the
   * source has been delivered or is in the error then.
   *
   * @throws {DeliveryError} if values were given up, or not accepted any more
   * @throws {TypeError} if there is nothing to iterate over
   */
  async run(
    values: Iterable<T> | AsyncIterable<T>,
    taker: ValueTaker<T>,
    stream: string,
  ): Promise<PutAllResult> {
    checkIterable(values);
    let problem: { readonly error: unknown } | undefined;
    const reading = this.#read(values, taker).catch((error) => {
      problem = { error };
    }).then(() => this.#close());
    try {
      // A source may take its time after the producer has failed.
      await Promise.race([reading, this.#ended.promise]);
      await this.#ended.promise;
    } catch (error) {
      throw this.#withOwn(error as DeliveryError<T>);
    }
    if (this.#failures.length > 0) throw this.#failure(stream, problem);
    if (problem) throw problem.error;
    return { delivered: this.#delivered };
  }

  async #read(
    values: Iterable<T> | AsyncIterable<T>,
    taker: ValueTaker<T>,
  ): Promise<void> {
    if (Symbol.asyncIterator in values) {
      for await (const value of values) {
        const waiting = this.#take(value, taker);
        if (waiting) await waiting;
      }
    } else {
      for (const value of values) {
        const waiting = this.#take(value, taker);
        if (waiting) await waiting;
      }
    }
  }

  #take(value: T, taker: ValueTaker<T>): Promise<void> | undefined {
    // Before: a value that cannot become a record is settled at once.
    this.#open++;
    try {
      return taker.accept(value);
    } catch (error) {
      this.#open--;
      // The source will not yield it again.
      this.#failures.push(taker.describe(value, error as KinesisError));
      throw error;
    }
  }

  #close(): void {
    if (--this.#open === 0) this.#ended.resolve();
  }

  /** An error of the whole producer: it lists what was unsettled, and that is not what had been given up before. */
  #withOwn(error: DeliveryError<T>): DeliveryError<T> {
    const { length } = this.#failures;
    if (length === 0) return error;
    return new DeliveryError<T>(
      `${error.message}; ${length} values of this call had been given up before`,
      {
        code: error.code,
        cause: error,
        failures: [...this.#failures, ...error.failures],
      },
    );
  }

  #failure(stream: string, problem?: { error: unknown }): DeliveryError<T> {
    const failures = this.#failures;
    const first = failures[0]!.error as KinesisError;
    return new DeliveryError<T>(
      `Cannot deliver ${failures.length} of ${
        failures.length + this.#delivered
      } values to ${stream}: ${first.message}`,
      { code: first.code, cause: problem ? problem.error : first, failures },
    );
  }
}

function checkIterable(values: unknown): void {
  if (typeof values === "object" && values !== null) {
    const { iterator, asyncIterator } = Symbol;
    const methods = values as Record<symbol, unknown>;
    for (const name of [iterator, asyncIterator]) {
      if (typeof methods[name] === "function") return;
    }
  }
  throw new TypeError(
    `Cannot putAll as 'values' must be an iterable or async iterable object: current value is ${
      values === null ? "null" : `of type ${typeof values}`
    }`,
  );
}
