/**
 * The failures of requests that a consumer tries again: the pauses, and the option
 * `maxFailuresInARow`.
 *
 * @module
 */
import type { Backoff } from "../_core/backoff.ts";
import { FailureStreak } from "../_core/failure_streak.ts";
import type { ConsumerSettings } from "./options/resolved_options.ts";

/** The pauses between two attempts. */
const FAILURE_BACKOFF: Backoff = { baseMs: 250, maxMs: 10_000 };

/** Counts failures in a row. `maxFailuresInARow` of them end the work. */
export function failuresInARow(
  { maxFailuresInARow, random }: Pick<
    ConsumerSettings,
    "maxFailuresInARow" | "random"
  >,
): FailureStreak {
  return new FailureStreak({
    backoff: FAILURE_BACKOFF,
    maxFailures: maxFailuresInARow,
    random,
  });
}
