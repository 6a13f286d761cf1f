/**
 * Exponential backoff with jitter: how long to wait before a retry.
 *
 * @module
 */

/** Returns a number from 0 to 1 (exclusive), like `Math.random`. */
export type Random = () => number;

/** The bounds of an exponential backoff. */
export interface Backoff {
  /** Upper bound of the first delay, in milliseconds. */
  readonly baseMs: number;
  /** Upper bound of every delay, in milliseconds. */
  readonly maxMs: number;
}

/**
 * Full jitter: a delay in milliseconds, uniformly distributed from 0 to
 * `min(maxMs, baseMs × 2^attempt)`. The first retry is attempt 0.
 */
export function fullJitter(
  { baseMs, maxMs }: Backoff,
  attempt: number,
  random: Random,
): number {
  return random() * Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30));
}

/**
 * Like {@linkcode fullJitter}, but the delay is at least half of the bound. For loops that nothing
 * else slows down.
 */
export function equalJitter(
  { baseMs, maxMs }: Backoff,
  attempt: number,
  random: Random,
): number {
  const bound = Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30));
  return bound / 2 + random() * bound / 2;
}
