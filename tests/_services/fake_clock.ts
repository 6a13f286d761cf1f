/**
 * A clock that only a test moves forward.
 *
 * @module
 */
import type { Clock } from "../../_core/clock.ts";

interface Timer {
  readonly id: number;
  readonly at: number;
  readonly callback: () => void;
}

/** Most timers at one time. With more, the test is considered to be in an endless loop. */
const MAX_TIMERS_AT_ONCE = 10_000;

/**
 * Time that stands still until {@linkcode FakeClock.advance} is called.
 *
 * Work that waits for something else, such as a socket or Web Crypto, gets one turn of the event
 * loop between timers, which may not be enough. Await such work in the test before advancing.
 */
export class FakeClock implements Clock {
  #now: number;
  #nextId = 1;
  #timers = new Map<number, Timer>();

  /**
   * Starts at a time in milliseconds since the epoch.
   * @default {1_700_000_000_000}
   */
  constructor(now: number = 1_700_000_000_000) {
    this.#now = now;
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#now;
  }

  /**
   * Calls back in the first {@linkcode FakeClock.advance} that reaches `ms` milliseconds from now.
   */
  setTimeout(callback: () => void, ms: number): unknown {
    const id = this.#nextId++;
    // As in a runtime: a delay that is not a positive number counts as 0.
    this.#timers.set(id, { id, at: this.#now + (ms > 0 ? ms : 0), callback });
    return id;
  }

  /** Removes a timer. Other arguments are ignored. */
  clearTimeout(handle: unknown): void {
    this.#timers.delete(handle as number);
  }

  /** The number of timers that have neither run nor been cleared. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Milliseconds until the next timer, or undefined without timers. */
  get nextTimerMs(): number | undefined {
    const next = this.#next();
    return next && next.at - this.#now;
  }

  /**
   * Advances by `ms` milliseconds. Timers run in order of time, and those of the same time in the
   * order in which they were set, including timers that are set meanwhile. Between two timers,
   * promises settle. `advance(0)` lets promises settle and runs the timers that are due.
   *
   * @throws {RangeError} if `ms` is negative
   * @throws {Error} if timers without a delay never end. An error of a callback is passed on.
   */
  async advance(ms: number): Promise<void> {
    if (!(ms >= 0)) {
      throw new RangeError(
        `Cannot advance the clock as 'ms' must be 0 or more: current value is ${ms}`,
      );
    }
    const target = this.#now + ms;
    let atOnce = 0;
    await settle();
    for (
      let timer = this.#next();
      timer && timer.at <= target;
      timer = this.#next()
    ) {
      atOnce = timer.at > this.#now ? 0 : atOnce + 1;
      if (atOnce > MAX_TIMERS_AT_ONCE) {
        throw new Error(
          `Cannot advance the clock: ${MAX_TIMERS_AT_ONCE} timers ran without any delay between them`,
        );
      }
      this.#now = Math.max(this.#now, timer.at);
      this.#timers.delete(timer.id);
      timer.callback();
      await settle();
    }
    this.#now = target;
  }

  /**
   * Advances from timer to timer until the promise settles. Resolves or rejects as the promise
   * does.
   *
   * @param maxMs Longest time to advance, in milliseconds.
   * @default {3_600_000}
   * @throws {Error} if the promise is pending and no timer is left within `maxMs`
   */
  async runUntil<T>(promise: Promise<T>, maxMs = 3_600_000): Promise<T> {
    const end = this.#now + maxMs;
    let done = false;
    const mark = () => {
      done = true;
    };
    promise.then(mark, mark);
    await settle();
    while (!done) {
      const next = this.#next();
      if (!next || next.at > end) {
        throw new Error(
          `Cannot run until the promise settles: ${this.#timers.size} timers are pending, none of them within ${maxMs} ms`,
        );
      }
      await this.advance(Math.max(0, next.at - this.#now));
    }
    return await promise;
  }

  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers.values()) {
      if (!next || timer.at < next.at) next = timer;
    }
    return next;
  }
}

/** Waits one turn of the event loop, so that all promises settle that can settle. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
