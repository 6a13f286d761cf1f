/**
 * One abort signal from two causes: the caller's signal and a time limit.
 *
 * @module
 */
import type { Clock } from "./clock.ts";

/** A running time limit; {@linkcode Deadline.clear} must be called on every path. */
export interface Deadline {
  /** Aborts with the caller's reason, or with what `onTimeout` made. */
  readonly signal: AbortSignal;
  /** Stops the timer and forgets the caller's signal. */
  clear(): void;
}

/** The longest delay of the runtimes' timers, 24 days; anything longer would be taken for none. */
const LONGEST_MS = 2 ** 31 - 1;

/** Starts a time limit of `ms` milliseconds that also follows the caller's signal. */
export function startDeadline(
  ms: number,
  onTimeout: () => Error,
  { clock, signal }: { clock: Clock; signal?: AbortSignal },
): Deadline {
  const controller = new AbortController();
  const follow = () => controller.abort(signal!.reason);
  if (signal?.aborted) {
    follow();
    return { signal: controller.signal, clear() {} };
  }
  signal?.addEventListener("abort", follow, { once: true });
  const timer = clock.setTimeout(
    () => controller.abort(onTimeout()),
    Math.min(ms, LONGEST_MS),
  );
  return {
    signal: controller.signal,
    clear() {
      clock.clearTimeout(timer);
      signal?.removeEventListener("abort", follow);
    },
  };
}

/**
 * The outcome of a promise, or the signal's reason as soon as it aborts: for work that may not follow signals. `onLate` is
 * given the value that comes after that, to clean up.
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
