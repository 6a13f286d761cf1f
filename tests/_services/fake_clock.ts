/**
 * A clock whose hands only a test moves.
 *
 * @module
 */
import type { Clock } from "../../_core/clock.ts";

interface Timer {
  readonly id: number;
  readonly at: number;
  readonly callback: () => void;
}

/** Timers at one instant after which a test is taken to be in an endless loop. */
const MAX_TIMERS_AT_ONCE = 10_000;

/**
 * Time that stands still until {@linkcode FakeClock.advance} is called.
 *
 * Work that waits for anything other than this clock and promises (a socket, Web Crypto) is given one turn of the event
 * loop between timers, not until it is done: await it in the test before moving on.
 */
export class FakeClock implements Clock {
  #now: number;
  #nextId = 1;
  #timers = new Map<number, Timer>();

  /** Starts at a time in milliseconds since the epoch. @default {1_700_000_000_000} */
  constructor(now: number = 1_700_000_000_000) {
    this.#now = now;
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#now;
  }

  /** Calls back during the first {@linkcode FakeClock.advance} that reaches `ms` milliseconds from now. */
  setTimeout(callback: () => void, ms: number): unknown {
    const id = this.#nextId++;
    // As the runtime has it: what is no positive number is no wait.
    this.#timers.set(id, { id, at: this.#now + (ms > 0 ? ms : 0), callback });
    return id;
  }

  /** Forgets a timer; anything else is ignored. */
  clearTimeout(handle: unknown): void {
    this.#timers.delete(handle as number);
  }

  /** How many timers are set and have neither run nor been cleared. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Milliseconds until the next timer, or undefined when none is set. */
  get nextTimerMs(): number | undefined {
    const next = this.#next();
    return next && next.at - this.#now;
  }

  /**
   * Moves the hands by `ms` milliseconds. Timers run when the hands are on their time, in order of time and then of being
   * set, those that are set on the way included; between them everything that waits for promises goes on.
   * `advance(0)` lets promises settle and runs what is due now.
   *
   * Throws a `RangeError` when `ms` is negative, what a timer's callback throws, and an `Error` when timers without a delay
   * never end.
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
   * Advances from timer to timer until the promise settles, and returns or throws its outcome. Throws an `Error` when it is
   * still pending with no timer left within `maxMs` milliseconds. @default {3_600_000}
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

/** One turn of the event loop: every promise chain that can go on has gone on. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
