/**
 * Waiting for a promise for a while.
 *
 * @module
 */
import { type Clock, delay } from "./clock.ts";

/**
 * Waits for a promise, at most `ms` milliseconds. Returns whether it has fulfilled. The promise goes
 * on otherwise. Rejects if it rejects in that time.
 */
export async function settledWithin(
  ms: number,
  promise: Promise<unknown>,
  clock: Clock,
): Promise<boolean> {
  const patience = new AbortController();
  const isOver = delay(ms, { clock, signal: patience.signal })
    .then(() => false, () => false);
  try {
    return await Promise.race([promise.then(() => true), isOver]);
  } finally {
    patience.abort();
  }
}
