/**
 * A call that is given up when it takes too long, whether or not it listens to its signal.
 *
 * @module
 */
import type { Clock } from "./clock.ts";
import { startDeadline } from "./deadline.ts";
import { raceAbort } from "./race_abort.ts";

/** How long a call may take. */
export interface TimeLimit {
  /** Milliseconds. */
  readonly ms: number;
  /** Makes the error that the caller gets then. */
  readonly onTimeout: () => Error;
  /** Time. */
  readonly clock: Clock;
  /** Ends the call as well. */
  readonly signal?: AbortSignal;
}

/** Settles as the call does; rejects when the time is up or the signal aborts. What the call does after that is not seen. */
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
