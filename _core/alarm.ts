/**
 * A timer that can be postponed.
 *
 * @module
 */
import type { Clock } from "./clock.ts";

const SETTING = Symbol("being set");

/** A timer that can be set and cancelled many times. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #ring: () => void;
  #timer: unknown;

  /** Calls `ring` when the alarm has been set for `ms` milliseconds. With `Infinity`, never. */
  constructor(clock: Clock, ms: number, ring: () => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#ring = ring;
  }

  /** Starts the timer. Does nothing if it is already running. */
  set(): void {
    if (this.#timer !== undefined || this.#ms === Infinity) return;
    // The first timer in Deno loads a module and runs pending callbacks meanwhile. Such a callback
    // may call `set` or `clear`, so the alarm counts as set before the timer exists.
    this.#timer = SETTING;
    const timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      this.#ring();
    }, this.#ms);
    if (this.#timer === SETTING) this.#timer = timer;
    else this.#clock.clearTimeout(timer);
  }

  /** Stops the timer. */
  clear(): void {
    const timer = this.#timer;
    if (timer === undefined) return;
    this.#timer = undefined;
    if (timer !== SETTING) this.#clock.clearTimeout(timer);
  }
}
