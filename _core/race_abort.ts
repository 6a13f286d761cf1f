/**
 * Stops waiting for a promise when a signal aborts.
 *
 * @module
 */

/**
 * Settles like `promise`, or rejects with the signal's reason, whichever happens first. For work
 * that may ignore the signal. If the promise fulfills after the abort, `onLate` gets its value, to
 * release it.
 */
export function raceAbort<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  onLate?: (value: T) => void,
): Promise<T> {
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
