/**
 * Leaving a promise behind when a signal aborts.
 *
 * @module
 */

/**
 * Settles as the promise does, or rejects with the signal's reason, whichever comes first: for work that may not follow
 * signals. `onLate` is given the value that comes after that, to clean up.
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
