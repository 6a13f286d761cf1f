/**
 * An abort signal that combines the caller's signal with a time limit.
 *
 * @module
 */
import { type Clock, LONGEST_TIMER_MS } from "./clock.ts";
import { onAbort } from "./on_abort.ts";

/** A running time limit. Call {@linkcode Deadline.clear} on every path, or its timer leaks. */
export interface Deadline {
  /** Aborts with the reason of the caller's signal, or with the error from `onTimeout`. */
  readonly signal: AbortSignal;
  /** Stops the timer and stops listening to the caller's signal. */
  clear(): void;
}

/**
 * Starts a time limit of `ms` milliseconds. Its signal also aborts when the caller's signal does.
 */
export function startDeadline(
  ms: number,
  onTimeout: () => Error,
  { clock, signal }: { clock: Clock; signal?: AbortSignal },
): Deadline {
  if (signal?.aborted) return { signal, clear() {} };
  const controller = new AbortController();
  const stopFollowing = onAbort(
    signal,
    () => controller.abort(signal!.reason),
  );
  const timer = clock.setTimeout(
    () => controller.abort(onTimeout()),
    Math.min(ms, LONGEST_TIMER_MS),
  );
  return {
    signal: controller.signal,
    clear() {
      clock.clearTimeout(timer);
      stopFollowing();
    },
  };
}
