/**
 * How often and when the services that return credentials are asked again.
 *
 * @module
 */
import type { Clock } from "../_core/clock.ts";
import type { RetryRules } from "../_core/retry.ts";

/** The longest pause that an answer can ask for, in milliseconds. */
const MAX_ASKED_MS = 20_000;

/**
 * At most so many attempts, with pauses that start at `firstPauseMs` milliseconds and double. The
 * pauses have no jitter, because each process makes few of these requests.
 */
export function retryRules(
  clock: Clock,
  attempts: number,
  firstPauseMs: number,
): Omit<RetryRules<never>, "mayRetry" | "isTransient"> {
  return {
    clock,
    maxFailures: attempts,
    backoff: { baseMs: firstPauseMs, maxMs: Infinity },
    random: () => 1,
    maxAskedMs: MAX_ASKED_MS,
  };
}
