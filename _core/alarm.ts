/**
 * Something to be done unless something else happens first.
 *
 * @module
 */
import type { Clock } from "./clock.ts";

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
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      this.#ring();
    }, this.#ms);
  }

  /** Puts it off until it is set again. */
  clear(): void {
    if (this.#timer === undefined) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
