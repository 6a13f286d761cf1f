/**
 * How long to wait before trying again.
 *
 * @module
 */

/** A number in [0, 1), as `Math.random` gives. */
export type Random = () => number;

/** The shape of an exponential backoff. */
export interface Backoff {
  /** Upper bound of the first delay, in milliseconds. */
  readonly baseMs: number;
  /** Upper bound of every delay, in milliseconds. */
  readonly maxMs: number;
}

/** Full jitter: uniformly between 0 and `min(maxMs, baseMs × 2^attempt)`; the first retry is attempt 0. */
export function fullJitter(
  { baseMs, maxMs }: Backoff,
  attempt: number,
  random: Random,
): number {
  return random() * Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30));
}

/** Like {@linkcode fullJitter}, but at least half of the bound: for loops that have no other brake. */
export function equalJitter(
  { baseMs, maxMs }: Backoff,
  attempt: number,
  random: Random,
): number {
  const bound = Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30));
  return bound / 2 + random() * bound / 2;
}
