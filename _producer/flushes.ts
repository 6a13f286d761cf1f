/**
 * What became of the values that a flush waits for.
 *
 * @module
 */
import { deferred } from "../_core/deferred.ts";
import type { FailedValue } from "../records.ts";

/** What a flush saw. */
export interface FlushResult<T> {
  /** Values that Kinesis acknowledged during the flush. */
  delivered: number;
  /** Values that were given up during the flush, and before it those of a `put` whose promise nobody waits for. */
  failed: FailedValue<T>[];
}

/** A flush that has begun. */
export interface Flush<T> {
  /** The last value that it waits for; unbounded while values written before it wait for room. */
  upTo: number;
  /** Settles with the flush. */
  readonly done: Promise<FlushResult<T>>;
}

interface Open<T> extends Flush<T> {
  /** Whether its caller sees the result. */
  readonly tells: boolean;
  readonly result: FlushResult<T>;
  readonly resolve: (result: FlushResult<T>) => void;
  readonly reject: (error: unknown) => void;
}

/** All flushes that have begun and not ended. */
export class Flushes<T> {
  readonly #open = new Set<Open<T>>();

  /** How many have begun and not ended. */
  get size(): number {
    return this.#open.size;
  }

  /** Begins a flush that counts from now on; `earlier` failures are in its result. Whether that `tells` a caller is counted. */
  begin(earlier: FailedValue<T>[] = [], tells = true): Flush<T> {
    const { promise: done, resolve, reject } = deferred<FlushResult<T>>();
    // The producer may fail before the flush comes to wait for this.
    done.catch(() => {});
    const result: FlushResult<T> = { delivered: 0, failed: earlier };
    const flush = { upTo: Infinity, done, tells, result, resolve, reject };
    this.#open.add(flush);
    return flush;
  }

  /** A value has been acknowledged. */
  delivered(ordinal: number): void {
    if (this.#open.size === 0) return;
    for (const { upTo, result } of this.#open) {
      if (ordinal <= upTo) result.delivered++;
    }
  }

  /** A value has been given up. Returns whether the caller of a flush is told. */
  failed(ordinal: number, record: FailedValue<T>): boolean {
    let told = false;
    for (const { upTo, tells, result } of this.#open) {
      if (!tells || ordinal > upTo) continue;
      result.failed.push(record);
      told = true;
    }
    return told;
  }

  /** Ends every flush that waits for nothing as old as `oldest`, the first unsettled value. */
  settle(oldest: number): void {
    for (const flush of this.#open) {
      if (oldest <= flush.upTo) continue;
      this.#open.delete(flush);
      flush.resolve(flush.result);
    }
  }

  /** The producer has failed: so do all flushes. */
  fail(error: unknown): void {
    for (const { reject } of this.#open) reject(error);
    this.#open.clear();
  }
}
