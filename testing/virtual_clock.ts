/**
 * A clock that stands still until a test moves it.
 *
 * @module
 */
import type { Clock } from "../_core/clock.ts";
import { turn } from "../_core/turn.ts";

/** Options of a {@linkcode VirtualClock}. */
export interface VirtualClockOptions {
  /**
   * The time at which the clock starts, in milliseconds since the epoch.
   * @default {1_700_000_000_000}
   */
  now?: number;
  /**
   * Resolves when all code waits for this clock or for the test. It is called between two timers.
   * Give it if code under test waits for something else, such as a file. Default: waits for one turn
   * of the event loop, in which all promises settle that wait for nothing else.
   */
  settle?: () => Promise<void>;
}

interface Timer {
  readonly at: number;
  /** Timers of the same time run in the order in which they were set. */
  readonly order: number;
  readonly callback: () => void;
  isCleared: boolean;
}

/** Most timers without any time between them. With more, the code is in an endless loop. */
const MOST_AT_ONCE = 100_000;

/**
 * Virtual time: the time of a test, which passes only by {@linkcode VirtualClock.advance}. Give it
 * as the option `clock` to consumers, producers, clients and the in-memory server. Then an hour of
 * their time takes milliseconds, and the same test always runs in the same way.
 *
 * It has two times. {@linkcode VirtualClock.monotonic} never goes back and measures intervals.
 * {@linkcode VirtualClock.now} is the time of day, which {@linkcode VirtualClock.jump} and
 * {@linkcode VirtualClock.setWall} change, as an administrator or NTP does. Timers follow the
 * monotonic time.
 *
 * @example A pause of an hour
 * ```ts
 * import { VirtualClock } from "@webstreams/kinesis/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const clock = new VirtualClock();
 * let rings = 0;
 * clock.setTimeout(() => rings++, 3_600_000);
 * await clock.advance(3_599_999);
 * assertEquals(rings, 0);
 * clock.jump(-86_400_000); // the time of day is set back by a day
 * await clock.advance(1);
 * assertEquals(rings, 1);
 * ```
 */
export class VirtualClock implements Clock {
  /** Tells consumers that code takes no time. */
  readonly isVirtual = true;
  readonly #settle: () => Promise<void>;
  #elapsed = 0;
  /** The time of day minus the time that has elapsed. */
  #offset: number;
  #order = 0;
  #pending = 0;
  /** A binary heap: the earliest timer is the first. */
  readonly #heap: Timer[] = [];

  /** Makes a clock that stands still. */
  constructor(options: VirtualClockOptions = {}) {
    this.#offset = options.now ?? 1_700_000_000_000;
    this.#settle = options.settle ?? turn;
  }

  /** The time of day, in milliseconds since the epoch. */
  now(): number {
    return this.#offset + this.#elapsed;
  }

  /** Milliseconds since the clock was made. Never goes back. */
  monotonic(): number {
    return this.#elapsed;
  }

  /** The number of timers that have neither run nor been cleared. */
  get pendingTimers(): number {
    return this.#pending;
  }

  /** Milliseconds until the next timer. `undefined` without timers. */
  get nextTimerMs(): number | undefined {
    const next = this.#first();
    return next && next.at - this.#elapsed;
  }

  /** Calls back when the clock has moved by `ms` milliseconds. Returns a handle. */
  setTimeout(callback: () => void, ms: number): unknown {
    const timer = {
      // As in a runtime: a delay that is not a positive number counts as 0.
      at: this.#elapsed + (ms > 0 ? ms : 0),
      order: this.#order++,
      callback,
      isCleared: false,
    };
    this.#push(timer);
    this.#pending++;
    return timer;
  }

  /** Removes a timer. A timer that has run, and any other argument, is ignored. */
  clearTimeout(handle: unknown): void {
    const timer = handle as Timer | undefined;
    if (typeof timer !== "object" || timer?.isCleared !== false) return;
    timer.isCleared = true;
    this.#pending--;
  }

  /** Sets the time of day forward by `ms` milliseconds, or back. No timer runs. */
  jump(ms: number): void {
    this.#offset += ms;
  }

  /** Sets the time of day, in milliseconds since the epoch. No timer runs. */
  setWall(now: number): void {
    this.#offset = now - this.#elapsed;
  }

  /**
   * Moves by `ms` milliseconds. Timers run in the order of their times, and those of the same time
   * in the order in which they were set. Between two timers, promises settle.
   *
   * @throws {RangeError} if `ms` is negative
   * @throws {Error} if timers without a delay never end
   */
  async advance(ms: number): Promise<void> {
    if (!(ms >= 0)) {
      throw new RangeError(
        `Cannot advance the clock as 'ms' must be 0 or more: current value is ${ms}`,
      );
    }
    const target = this.#elapsed + ms;
    await this.#settle();
    let atOnce = 0;
    for (
      let next = this.#first();
      next && next.at <= target;
      next = this.#first()
    ) {
      atOnce = next.at > this.#elapsed ? 0 : atOnce + 1;
      if (atOnce > MOST_AT_ONCE) throw endless();
      this.#run(next);
      await this.#settle();
    }
    // A second call of `advance`, at the same time, may have moved further.
    this.#elapsed = Math.max(this.#elapsed, target);
  }

  /**
   * Moves from timer to timer until a promise settles. Resolves or rejects as the promise does.
   *
   * @param maxMs The longest time to move, in milliseconds.
   * @default {3_600_000}
   * @throws {Error} if the promise is pending and no timer is left within `maxMs`
   */
  async runUntil<T>(promise: PromiseLike<T>, maxMs = 3_600_000): Promise<T> {
    if (!(maxMs >= 0)) {
      throw new RangeError(
        `Cannot run until the promise settles as 'maxMs' must be 0 or more: current value is ${maxMs}`,
      );
    }
    const end = this.#elapsed + maxMs;
    let atOnce = 0;
    let isSettled = false;
    const settled = () => void (isSettled = true);
    promise.then(settled, settled);
    await this.#settle();
    while (!isSettled) {
      const next = this.#first();
      if (!next || next.at > end) {
        throw new Error(
          `Cannot run until the promise settles: it is pending, and no timer is left within ${maxMs} ms`,
        );
      }
      atOnce = next.at > this.#elapsed ? 0 : atOnce + 1;
      if (atOnce > MOST_AT_ONCE) throw endless();
      this.#run(next);
      await this.#settle();
    }
    return await promise;
  }

  #run(timer: Timer): void {
    this.#pop();
    this.#elapsed = Math.max(this.#elapsed, timer.at);
    timer.isCleared = true;
    this.#pending--;
    timer.callback();
  }

  /** The next timer. Removes the timers before it that were cleared. */
  #first(): Timer | undefined {
    while (this.#heap[0]?.isCleared) this.#pop();
    return this.#heap[0];
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let index = heap.length;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(timer, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (
        child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)
      ) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

function endless(): Error {
  return new Error(
    `Cannot advance the clock: ${MOST_AT_ONCE} timers ran without any time between them`,
  );
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.at < b.at || a.at === b.at && a.order < b.order;
}
