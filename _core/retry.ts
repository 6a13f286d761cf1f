/**
 * Repeats a call until it succeeds.
 *
 * @module
 */
import { type Clock, delay } from "./clock.ts";
import { FailureStreak, type FailureStreakOptions } from "./failure_streak.ts";

/** The rules of the repetitions. */
export interface RetryRules<R> extends FailureStreakOptions {
  /** Times the pauses. */
  readonly clock: Clock;
  /** Ends a pause. The loop then rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Whether another attempt may succeed after this error. */
  readonly mayRetry: (error: unknown) => boolean;
  /** Whether a result counts as a failure after which another attempt may succeed. */
  readonly isTransient?: (result: R) => boolean;
}

/** Repeats an attempt until it succeeds or the rules end it. Settles like the last attempt. */
export async function retry<R>(
  attempt: () => Promise<R>,
  rules: RetryRules<R>,
): Promise<R> {
  const { clock, signal, mayRetry, isTransient, maxFailures } = rules;
  const failures = new FailureStreak(rules);
  for (;;) {
    let failure: unknown;
    try {
      const result = await attempt();
      const isLast = failures.length + 1 >= maxFailures;
      if (isLast || !isTransient?.(result)) return result;
      failure = result;
    } catch (error) {
      if (!mayRetry(error)) throw error;
      failure = error;
    }
    await delay(failures.pauseAfter(failure), { clock, signal });
  }
}
