/**
 * Stops waiting for a promise when a signal aborts.
 *
 * @module
 */
import { onAbort } from "./on_abort.ts";

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
    const stopListening = onAbort(signal, () => reject(signal.reason));
    promise.then((value) => {
      stopListening();
      if (signal.aborted) onLate?.(value);
      resolve(value);
    }, (error) => {
      stopListening();
      reject(error);
    });
  });
}

/** Never fulfills, and rejects when the signal aborts: for code that only the signal can end. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return raceAbort(new Promise<never>(() => {}), signal);
}
