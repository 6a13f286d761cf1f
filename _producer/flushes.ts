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
  /** The ordinal of the last value of the flush; `Infinity` while earlier values wait for room. */
  upTo: number;
  /** Resolves when the values are settled. Rejects if the producer fails. */
  readonly done: Promise<FlushResult<T>>;
}

interface Open<T> extends Flush<T> {
  /** Whether a caller receives the result. */
  readonly isReported: boolean;
  readonly result: FlushResult<T>;
  readonly resolve: (result: FlushResult<T>) => void;
  readonly reject: (error: unknown) => void;
}

/** All flushes that have begun and not ended. */
export class Flushes<T> {
  readonly #open = new Set<Open<T>>();

  /** The number of flushes. */
  get size(): number {
    return this.#open.size;
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
    const flush = {
      upTo: Infinity,
      done,
      isReported,
      result,
      resolve,
      reject,
    };
    this.#open.add(flush);
    return flush;
  }

  /** Counts a value that is acknowledged. */
  delivered(ordinal: number): void {
    if (this.#open.size === 0) return;
    for (const { upTo, result } of this.#open) {
      if (ordinal <= upTo) result.delivered++;
    }
  }

  /** Reports a value that is given up. Returns whether a caller receives the report. */
  failed(ordinal: number, failed: FailedValue<T>): boolean {
    let isTold = false;
    for (const { upTo, isReported, result } of this.#open) {
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
    for (const flush of this.#open) {
      if (oldest <= flush.upTo) continue;
      this.#open.delete(flush);
      flush.resolve(flush.result);
    }
  }

  /** Rejects all flushes because the producer has failed. */
  fail(error: unknown): void {
    for (const { reject } of this.#open) reject(error);
    this.#open.clear();
  }
}
