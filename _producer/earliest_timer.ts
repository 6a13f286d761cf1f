/**
 * A timer for the earliest of several times.
 *
 * @module
 */
import type { Clock } from "../_core/clock.ts";

/** A timer that can be moved forward. */
export class EarliestTimer {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #timer: { handle: unknown; readonly at: number } | undefined;

  /** Calls `ring` at the earliest time that was set. */
  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Sets the timer for `at`, unless it rings earlier. Both times are those of one clock. */
  set(at: number, now: number): void {
    if (this.#timer) {
      if (this.#timer.at <= at) return;
      this.#clock.clearTimeout(this.#timer.handle);
    }
    const timer = { handle: undefined as unknown, at };
    this.#timer = timer;
    timer.handle = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      this.#ring();
    }, at - now);
  }

  /** Stops the timer. */
  clear(): void {
    this.#clock.clearTimeout(this.#timer?.handle);
    this.#timer = undefined;
  }
}
