/**
 * A timer that can be postponed.
 *
 * @module
 */
import type { Clock } from "./clock.ts";

const SETTING = Symbol("being set");

/** A timer that can be set and cleared many times. */
export class ResettableTimer {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #onTime: () => void;
  #timer: unknown;

  /** Calls `onTime` when the timer has been set for `ms` milliseconds. With `Infinity`, never. */
  constructor(clock: Clock, ms: number, onTime: () => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#onTime = onTime;
  }

  /** Starts the timer. Does nothing if it is already running. */
  set(): void {
    if (this.#timer !== undefined || this.#ms === Infinity) return;
    // The first timer in Deno loads a module and runs pending callbacks meanwhile. Such a callback
    // may call `set` or `clear`, so `#timer` is set before the real timer exists.
    this.#timer = SETTING;
    const timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      this.#onTime();
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
