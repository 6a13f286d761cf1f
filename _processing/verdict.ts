/**
 * What follows a failed call: another call for the same values, a call for each of them alone, or
 * none.
 *
 * @module
 */
import { equalJitter, type Random } from "../_core/backoff.ts";

/** A value that a call has not processed. */
export interface Failure<R> {
  readonly record: R;
  readonly error: unknown;
}

/** How failed calls are repeated. */
export interface RetrySettings {
  /** Most calls for a value. */
  readonly maxAttempts: number;
  /** The bounds of the delay between two calls, in milliseconds. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** Whether to call again after this error. */
  readonly shouldRetry: (error: unknown, attempt: number) => boolean;
  readonly random: Random;
}

/** The failed call. */
export interface FailedCall<R> {
  /** The number of the call, from 1. */
  readonly attempt: number;
  /** The values that failed, in order. Not empty. */
  readonly failures: readonly Failure<R>[];
  /** Whether the handler threw, so that it is not known which of several values is bad. */
  readonly hasThrown: boolean;
  /** Whether the call was the last one of its value, after those for many values had failed. */
  readonly wasAlone: boolean;
}

/** What to do. */
export interface Verdict<R> {
  /** Values for which the handler is called again. */
  readonly again: readonly R[];
  /** Whether it is called for each of them alone. */
  readonly isAlone: boolean;
  /** The delay before that, in milliseconds. */
  readonly delayMs: number;
  /** Values that are given up. */
  readonly over: readonly Failure<R>[];
}

/**
 * Decides. If a call for several values throws to the end, its last attempt is made for each value
 * alone: so one bad value does not take the others with it.
 *
 * @throws what `shouldRetry` throws
 */
export function verdictOn<R>(
  { attempt, failures, hasThrown, wasAlone }: FailedCall<R>,
  settings: RetrySettings,
): Verdict<R> {
  const { maxAttempts, baseDelayMs, maxDelayMs, shouldRetry, random } =
    settings;
  const mayRepeat = attempt < maxAttempts && !wasAlone;
  const delayMs = mayRepeat
    ? equalJitter(
      { baseMs: baseDelayMs, maxMs: maxDelayMs },
      attempt - 1,
      random,
    )
    : 0;
  if (!mayRepeat) return { again: [], isAlone: false, delayMs, over: failures };
  const repeated = failures.filter(({ error }) => shouldRetry(error, attempt));
  if (hasThrown && failures.length > 1) {
    const isAlone = attempt + 1 === maxAttempts || repeated.length === 0;
    const again = failures.map(({ record }) => record);
    return { again, isAlone, delayMs, over: [] };
  }
  const set = new Set(repeated);
  return {
    again: repeated.map(({ record }) => record),
    isAlone: false,
    delayMs,
    over: failures.filter((failure) => !set.has(failure)),
  };
}
