/**
 * Many values that are awaited together, which saves the cost of a promise for each.
 *
 * @module
 */
import { deferred } from "../_core/deferred.ts";
import { DeliveryError, type KinesisError } from "../errors.ts";
import type { FailedValue } from "../records.ts";
import type { PutKeys } from "./options.ts";
import type { Outcome } from "./pending.ts";
import type { PutAllResult } from "./results.ts";

/** What accepts the values of a `putAll`. */
export interface ValueAcceptor<T> {
  /**
   * Accepts a value, now or when there is room.
   *
   * @throws {KinesisError} if the producer is closed or has ended
   */
  acceptPut(
    value: T,
    keys: PutKeys,
    outcome: Outcome<T>,
  ): Promise<void> | undefined;
  /** Describes a value that was not accepted, for reports. */
  describe(value: T, keys: PutKeys, error: KinesisError): FailedValue<T>;
  /** Adds a value that came after the end of the producer to the undelivered values. */
  addLate(value: T, keys: PutKeys): void;
}

/** Counts how the values of one `putAll` end. */
export class PutAll<T> implements Outcome<T> {
  readonly #ended = deferred<void>();
  readonly #failures: FailedValue<T>[] = [];
  readonly #keys: PutKeys;
  /** Values that are not settled, and 1 while the source may yield more. */
  #unsettled = 1;
  #delivered = 0;
  /** Whether the producer has ended before the call. */
  #isCut = false;

  /** Starts without values. All values get the same `keys`. */
  constructor(keys: PutKeys) {
    this.#keys = keys;
    // The producer may fail while the source is still being read.
    this.#ended.promise.catch(() => {});
  }

  /** Counts a value that is acknowledged. */
  resolve(): void {
    this.#delivered++;
    this.#close();
  }

  /** Keeps a value that is given up, or ends the call because the producer has ended. */
  reject(error: unknown, failed?: FailedValue<T>): void {
    if (!failed) {
      this.#isCut = true;
      this.#ended.reject(error);
      return;
    }
    this.#failures.push(failed);
    this.#close();
  }

  /**
   * Hands over all values, one after the other, and resolves when they are settled. An error of the
   * source ends the call when the values that were handed over are settled. The end of the
   * producer, told by {@linkcode PutAll.reject}, ends the call at once. Each value that was taken
   * from the source is then delivered or in the error.
   *
   * @throws {DeliveryError} if values were given up, or not accepted any more
   * @throws {ClosedError} if the producer is closed or aborted, and no value is lost
   * @throws {TypeError} if there is nothing to iterate over
   */
  async run(
    values: Iterable<T> | AsyncIterable<T>,
    acceptor: ValueAcceptor<T>,
    stream: string,
  ): Promise<PutAllResult> {
    checkIterable(values);
    let problem: { readonly error: unknown } | undefined;
    const reading = this.#read(values, acceptor).catch((error) => {
      problem = { error };
    }).then(() => this.#close());
    try {
      // If the producer ends, the call does not wait for the next value of the source.
      await Promise.race([reading, this.#ended.promise]);
      await this.#ended.promise;
    } catch (error) {
      throw this.#withOwn(error as KinesisError);
    }
    if (this.#failures.length > 0) throw this.#failure(stream, problem);
    if (problem) throw problem.error;
    return { delivered: this.#delivered };
  }

  async #read(
    values: Iterable<T> | AsyncIterable<T>,
    acceptor: ValueAcceptor<T>,
  ): Promise<void> {
    if (Symbol.asyncIterator in values) {
      for await (const value of values) {
        const waiting = this.#accept(value, acceptor);
        if (waiting) await waiting;
      }
    } else {
      for (const value of values) {
        const waiting = this.#accept(value, acceptor);
        if (waiting) await waiting;
      }
    }
  }

  #accept(value: T, acceptor: ValueAcceptor<T>): Promise<void> | undefined {
    // Counted first: a value that cannot become a record is settled within the call.
    this.#unsettled++;
    try {
      return acceptor.acceptPut(value, this.#keys, this);
    } catch (error) {
      this.#unsettled--;
      // The source will not yield it again.
      if (this.#isCut) acceptor.addLate(value, this.#keys);
      const reason = error as KinesisError;
      this.#failures.push(acceptor.describe(value, this.#keys, reason));
      throw error;
    }
  }

  #close(): void {
    if (--this.#unsettled === 0) this.#ended.resolve();
  }

  /**
   * The error of the whole producer lists unsettled values. Adds the values of this call that were
   * given up.
   */
  #withOwn(error: KinesisError): KinesisError {
    const { length } = this.#failures;
    if (length === 0) return error;
    const unsettled = error instanceof DeliveryError ? error.failures : [];
    return new DeliveryError<T>(
      `${error.message}; ${length} values of this call had been given up before`,
      {
        code: error.code,
        cause: error,
        failures: [...this.#failures, ...unsettled],
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
