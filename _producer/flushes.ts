/**
 * Flushes that have begun and not ended.
 *
 * @module
 */
import { deferred } from "../_core/deferred.ts";
import type { FailedValue } from "../records.ts";
import type { FlushResult } from "./results.ts";

/** A flush that has begun. */
export interface Flush<T> {
  /** Resolves when the values are settled. Rejects if the producer fails. */
  readonly done: Promise<FlushResult<T>>;
}

interface RunningFlush<T> extends Flush<T> {
  /** The ordinal of the last value of the flush; `Infinity` while earlier values wait for room. */
  upTo: number;
  /** Whether a caller receives the result. */
  readonly isReported: boolean;
  readonly result: FlushResult<T>;
  readonly resolve: (result: FlushResult<T>) => void;
  readonly reject: (error: unknown) => void;
}

/** All flushes that have begun and not ended. */
export class Flushes<T> {
  readonly #running = new Set<RunningFlush<T>>();

  /** The number of flushes. */
  get size(): number {
    return this.#running.size;
  }

  /**
   * Begins a flush. Its result contains `earlier` failures. `isReported` says whether a caller
   * receives the result.
   */
  begin(earlier: FailedValue<T>[] = [], isReported = true): Flush<T> {
    const { promise: done, resolve, reject } = deferred<FlushResult<T>>();
    // The producer may fail before the caller awaits the promise.
    done.catch(() => {});
    const result: FlushResult<T> = { delivered: 0, failed: earlier };
    const flush: RunningFlush<T> = {
      upTo: Infinity,
      done,
      isReported,
      result,
      resolve,
      reject,
    };
    this.#running.add(flush);
    return flush;
  }

  /** Lets a flush wait only for the values up to this ordinal. */
  limit(flush: Flush<T>, upTo: number): void {
    (flush as RunningFlush<T>).upTo = upTo;
  }

  /** Counts a value that is acknowledged. */
  delivered(ordinal: number): void {
    if (this.#running.size === 0) return;
    for (const { upTo, result } of this.#running) {
      if (ordinal <= upTo) result.delivered++;
    }
  }

  /** Reports a value that is given up. Returns whether a caller receives the report. */
  failed(ordinal: number, failed: FailedValue<T>): boolean {
    let isTold = false;
    for (const { upTo, isReported, result } of this.#running) {
      if (!isReported || ordinal > upTo) continue;
      result.failed.push(failed);
      isTold = true;
    }
    return isTold;
  }

  /**
   * Ends every flush without unsettled values. `oldest` is the ordinal of the oldest unsettled
   * value.
   */
  settle(oldest: number): void {
    for (const flush of this.#running) {
      if (oldest <= flush.upTo) continue;
      this.#running.delete(flush);
      flush.resolve(flush.result);
    }
  }

  /** Rejects all flushes because the producer has failed. */
  fail(error: unknown): void {
    for (const { reject } of this.#running) reject(error);
    this.#running.clear();
  }
}
