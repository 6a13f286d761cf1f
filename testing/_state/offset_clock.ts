/**
 * A clock that follows another one and can be pushed ahead of it.
 *
 * @module
 */
import { type Clock, systemClock } from "../../_core/clock.ts";

interface Timer {
  readonly at: number;
  readonly callback: () => void;
  handle: unknown;
}

/** Time that flows like the clock below it, plus every {@linkcode OffsetClock.advance}. */
export class OffsetClock implements Clock {
  readonly #base: Clock;
  readonly #timers: Set<Timer> = new Set();
  #offset = 0;

  /** Follows `base`, by default the clock of the runtime. */
  constructor(base: Clock = systemClock) {
    this.#base = base;
  }

  /** Whole milliseconds since the epoch, as this clock sees it; the clock below may tell fractions. */
  now(): number {
    return Math.floor(this.#base.now() + this.#offset);
  }

  /** Calls back once `ms` milliseconds have flowed or were skipped. */
  setTimeout(callback: () => void, ms: number): unknown {
    const timer: Timer = { at: this.now() + ms, callback, handle: undefined };
    timer.handle = this.#base.setTimeout(() => this.#fire(timer), ms);
    this.#timers.add(timer);
    return timer;
  }

  /** Forgets a timer. */
  clearTimeout(handle: unknown): void {
    const timer = handle as Timer;
    if (this.#timers.delete(timer)) this.#base.clearTimeout(timer.handle);
  }

  /** Skips `ms` milliseconds. Timers on the way fire in their order, each at its own time. */
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
