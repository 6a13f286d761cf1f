/**
 * Something to be done unless something else happens first.
 *
 * @module
 */
import type { Clock } from "./clock.ts";

const SETTING = Symbol("being set");

/** A timer that is set and put off again and again. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #ring: () => void;
  #timer: unknown;

  /** Calls `ring` when it has been set for `ms` milliseconds; never, if that is `Infinity`. */
  constructor(clock: Clock, ms: number, ring: () => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#ring = ring;
  }

  /** Sets it, unless it is set already. */
  set(): void {
    if (this.#timer !== undefined || this.#ms === Infinity) return;
    // Deno loads its timers at the first use and runs pending callbacks meanwhile, which may come here again.
    this.#timer = SETTING;
    const timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      this.#ring();
    }, this.#ms);
    if (this.#timer === SETTING) this.#timer = timer;
    else this.#clock.clearTimeout(timer);
  }

  /** Puts it off until it is set again. */
  clear(): void {
    const timer = this.#timer;
    if (timer === undefined) return;
    this.#timer = undefined;
    if (timer !== SETTING) this.#clock.clearTimeout(timer);
  }
}
