/**
 * Time that runs faster: a stall of ten seconds and an outage of thirty are over in a moment.
 *
 * @module
 */
import type { Clock } from "../../_core/clock.ts";

/** A clock that is `speed` times as fast as the one of the runtime; it starts at the same time. */
export class ScaledClock implements Clock {
  readonly #speed: number;
  readonly #origin = Date.now();
  readonly #start = performance.now();

  constructor(speed: number) {
    this.#speed = speed;
  }

  now(): number {
    const passed = (performance.now() - this.#start) * this.#speed;
    return this.#origin + Math.floor(passed);
  }

  setTimeout(callback: () => void, ms: number): unknown {
    return setTimeout(callback, ms / this.#speed);
  }

  clearTimeout(handle: unknown): void {
    clearTimeout(handle as number);
  }
}
