/**
 * The delay before a record that was given back is delivered again.
 *
 * @module
 */

/** The bounds of the delay, in milliseconds. */
export interface ReturnDelay {
  /** After the first delivery. It doubles with each further one. */
  readonly baseDelayMs: number;
  /** The longest delay. */
  readonly maxDelayMs: number;
}

/** The defaults. */
export const RETURN_DELAY = { baseDelayMs: 1000, maxDelayMs: 60_000 };

/** The delay after the delivery with this number, in whole seconds. */
export function returnDelaySeconds(
  receiveCount: number,
  { baseDelayMs, maxDelayMs }: ReturnDelay = RETURN_DELAY,
): number {
  const delayMs = Math.min(maxDelayMs, baseDelayMs * 2 ** (receiveCount - 1));
  return Math.ceil(delayMs / 1000);
}
