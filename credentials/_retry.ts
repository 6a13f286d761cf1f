/**
 * The retries of the services that return credentials.
 *
 * @module
 */
import { type Clock, delay } from "../_core/clock.ts";
import { askedToWaitMs } from "../_core/http_retry.ts";

/** The longest delay that an answer can ask for, in milliseconds. */
const MAX_ASKED_MS = 20_000;

/** The outcome of an attempt. */
export type Outcome<Result> =
  | { readonly error: unknown }
  | { readonly result: Result };

/** Options of {@linkcode withRetries}. */
export interface RetryRules<Result> {
  /** The clock of the delays. */
  readonly clock: Clock;
  /** The most attempts, including the first. */
  readonly attempts: number;
  /** The delay before the first retry, in milliseconds. It doubles with each further retry. */
  readonly firstDelayMs: number;
  /** Whether the attempt has failed and another may succeed. Not called after the last attempt. */
  mayRetry(outcome: Outcome<Result>): boolean;
}

/**
 * Repeats `attempt` while `mayRetry` returns true for its outcome. Settles like the last attempt.
 * Before a retry it waits as long as the answer or error asks, and at least the delay of the rules.
 */
export async function withRetries<Result>(
  attempt: () => Promise<Result>,
  { clock, attempts, firstDelayMs, mayRetry }: RetryRules<Result>,
): Promise<Result> {
  for (let retry = 0;; retry++) {
    let outcome: Outcome<Result>;
    try {
      outcome = { result: await attempt() };
    } catch (error) {
      outcome = { error };
    }
    if (retry + 1 >= attempts || !mayRetry(outcome)) {
      if ("error" in outcome) throw outcome.error;
      return outcome.result;
    }
    const failure = "error" in outcome ? outcome.error : outcome.result;
    const asked = askedToWaitMs(failure, MAX_ASKED_MS);
    await delay(Math.max(firstDelayMs * 2 ** retry, asked), { clock });
  }
}
