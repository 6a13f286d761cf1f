/**
 * Stand-in for `@std/async/delay`: the function that this project uses, with the same signature and documented behaviour,
 * for machines that cannot reach JSR. Never shipped.
 *
 * @module
 */

/** Options of {@linkcode delay}. */
export interface DelayOptions {
  /** Ends the delay: it rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Timers of a longer time fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** Resolves after `ms` milliseconds; after 25 days if that is more. */
export function delay(
  ms: number,
  { signal }: DelayOptions = {},
): Promise<void> {
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, Math.min(ms, LONGEST_MS));
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
