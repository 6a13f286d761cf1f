/**
 * Stops waiting for a promise when a signal aborts.
 *
 * @module
 */

/**
 * Settles like `promise`, or rejects with the signal's reason, whichever happens first. For work
 * that may ignore the signal. If the promise fulfills after the abort, `onLate` gets its value, to
 * release it. Without a signal the result is `promise` itself.
 */
export function raceAbort<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  onLate?: (value: T) => void,
): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    promise.then((value) => {
      signal.removeEventListener("abort", onAbort);
      if (signal.aborted) onLate?.(value);
      resolve(value);
    }, (error) => {
      signal.removeEventListener("abort", onAbort);
      reject(error);
    });
  });
}
