/**
 * Stand-in for `@std/async/deadline`: the function that this project uses, with the same signature and documented
 * behaviour, for machines that cannot reach JSR. Never shipped.
 *
 * @module
 */
import { abortable } from "./abortable.ts";

/** Options of {@linkcode deadline}. */
export interface DeadlineOptions {
  /** Ends the wait before the time is over. */
  signal?: AbortSignal;
}

/**
 * Settles as the promise does, or rejects with a `DOMException` named `TimeoutError` after `ms` milliseconds: never
 * for `Infinity`.
 */
export async function deadline<T>(
  promise: Promise<T>,
  ms: number,
  { signal }: DeadlineOptions = {},
): Promise<T> {
  const signals = signal ? [signal] : [];
  if (ms < Number.MAX_SAFE_INTEGER) signals.push(AbortSignal.timeout(ms));
  return await abortable(promise, AbortSignal.any(signals));
}
