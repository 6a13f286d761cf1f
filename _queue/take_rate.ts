/**
 * How fast the application takes values.
 *
 * @module
 */

/** The time over which values are counted, in milliseconds. */
const WINDOW_MS = 1000;

/** Counts the values of the last one to two seconds. */
export class TakeRate {
  #startedAt = -Infinity;
  #count = 0;
  #before = 0;

  /** Notes that a value was taken. */
  note(now: number): void {
    this.#turn(now);
    this.#count++;
  }

  /** Values in a second: those of the last full second, or of this one if they are more. */
  perSecond(now: number): number {
    this.#turn(now);
    return Math.max(this.#before, this.#count);
  }

  #turn(now: number): void {
    const elapsed = now - this.#startedAt;
    if (elapsed < WINDOW_MS) return;
    this.#before = elapsed < 2 * WINDOW_MS ? this.#count : 0;
    this.#count = 0;
    this.#startedAt = now;
  }
}
