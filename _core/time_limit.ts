/**
 * A time limit for an asynchronous call, also for a call that ignores its signal.
 *
 * @module
 */
import type { Clock } from "./clock.ts";
import { startDeadline } from "./deadline.ts";
import { raceAbort } from "./race_abort.ts";

/** The time limit of a call. */
export interface TimeLimit {
  /** The limit in milliseconds. */
  readonly ms: number;
  /** Makes the error to reject with when the limit is reached. */
  readonly onTimeout: () => Error;
  /** The clock that measures the limit. */
  readonly clock: Clock;
  /** Ends the call early. */
  readonly signal?: AbortSignal;
}

/**
 * Settles like the call, or rejects when the time is up or the signal aborts. A later result of
 * the call is ignored.
 */
export async function withTimeLimit<R>(
  call: (signal: AbortSignal) => Promise<R>,
  { ms, onTimeout, clock, signal }: TimeLimit,
): Promise<R> {
  const deadline = startDeadline(ms, onTimeout, { clock, signal });
  try {
    deadline.signal.throwIfAborted();
    return await raceAbort(call(deadline.signal), deadline.signal);
  } finally {
    deadline.clear();
  }
}
