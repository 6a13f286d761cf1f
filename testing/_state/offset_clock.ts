/**
 * A clock that runs ahead of another clock by an offset that can grow.
 *
 * @module
 */
import { type Clock, systemClock } from "../../_core/clock.ts";

interface Timer {
  readonly at: number;
  readonly callback: () => void;
  handle: unknown;
}

/** The time of a base clock plus the sum of all calls of {@linkcode OffsetClock.advance}. */
export class OffsetClock implements Clock {
  readonly #base: Clock;
  readonly #timers: Set<Timer> = new Set();
  #offset = 0;

  /**
   * Follows `base`.
   * @default {the clock of the runtime}
   */
  constructor(base: Clock = systemClock) {
    this.#base = base;
  }

  /** Whole milliseconds since the epoch. Fractions of the base clock are cut off. */
  now(): number {
    return Math.floor(this.#base.now() + this.#offset);
  }

  /** Calls back after `ms` milliseconds, counting both passed and skipped time. */
  setTimeout(callback: () => void, ms: number): unknown {
    const timer: Timer = { at: this.now() + ms, callback, handle: undefined };
    timer.handle = this.#base.setTimeout(() => this.#fire(timer), ms);
    this.#timers.add(timer);
    return timer;
  }

  /** Cancels a timer. */
  clearTimeout(handle: unknown): void {
    const timer = handle as Timer;
    if (this.#timers.delete(timer)) this.#base.clearTimeout(timer.handle);
  }

  /** Skips `ms` milliseconds. Timers that become due fire in their order, each at its due time. */
  advance(ms: number): void {
    const target = this.now() + ms;
    for (;;) {
      let next: Timer | undefined;
      for (const timer of this.#timers) {
        if (timer.at <= target && (!next || timer.at < next.at)) next = timer;
      }
      if (!next) break;
      this.#offset += Math.max(0, next.at - this.now());
      this.#fire(next);
    }
    this.#offset += Math.max(0, target - this.now());
  }

  #fire(timer: Timer): void {
    if (!this.#timers.delete(timer)) return;
    this.#base.clearTimeout(timer.handle);
    timer.callback();
  }
}
