/**
 * A clock that runs faster than real time.
 *
 * @module
 */
import type { Clock } from "../../_core/clock.ts";

/**
 * A clock that is `speed` times as fast as that of the runtime, and starts at the same time. With a
 * speed of 20, a stall of 10 s takes 0.5 s.
 */
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
