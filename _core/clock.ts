/**
 * The clock as a parameter: all code that waits or measures time takes a {@linkcode Clock}, so that
 * tests can control the time.
 *
 * @module
 */
import { onAbort } from "./on_abort.ts";

/** A clock with timers. */
export interface Clock {
  /** Milliseconds since the epoch. It may jump when the clock of the machine is set. */
  now(): number;
  /**
   * Milliseconds since any fixed instant. Never goes back; measures intervals. If this method is
   * missing, intervals are measured with {@linkcode Clock.now}, or with the clock of the runtime if
   * `now` goes back.
   */
  monotonic?(): number;
  /**
   * Calls `callback` after at least `ms` milliseconds. Returns a handle for
   * {@linkcode Clock.clearTimeout}.
   */
  setTimeout(callback: () => void, ms: number): unknown;
  /** Cancels a timer. */
  clearTimeout(handle: unknown): void;
  /**
   * Whether the time stands still until a test moves it. Then a loop over buffered values does not
   * yield to the event loop, which would happen at another moment in each run.
   * @default {false}
   */
  readonly isVirtual?: boolean;
}

/** The longest delay of a timer, in milliseconds: 24 days. Runtimes treat a longer delay as 0. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The clock of the runtime. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (handle) => clearTimeout(handle as number),
};

/** The last readings of a clock without `monotonic`, and the monotonic time derived from them. */
interface Reading {
  wall: number;
  real: number;
  elapsed: number;
}

const readings = /* @__PURE__ */ new WeakMap<Clock, Reading>();

/**
 * Milliseconds since any fixed instant. Only differences between two readings of the same clock
 * have a meaning. All waits and ages are measured with it: if the wall clock is set back by an
 * hour, a wait of one second still takes one second.
 */
export function monotonicNow(clock: Clock): number {
  if (clock.monotonic) return clock.monotonic();
  const wall = clock.now();
  const real = performance.now();
  const last = readings.get(clock);
  if (!last) {
    readings.set(clock, { wall, real, elapsed: wall });
    return wall;
  }
  // If the clock was set back, the clock of the runtime tells how much time has passed.
  last.elapsed += wall >= last.wall ? wall - last.wall : real - last.real;
  last.wall = wall;
  last.real = real;
  return last.elapsed;
}

/**
 * Resolves after `ms` milliseconds. If the signal aborts before, rejects with its reason and
 * cancels the timer.
 */
export function delay(
  ms: number,
  options: { clock?: Clock; signal?: AbortSignal } = {},
): Promise<void> {
  const { clock = systemClock, signal } = options;
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => {
      stopListening();
      resolve();
    }, ms);
    const stopListening = onAbort(signal, () => {
      clock.clearTimeout(timer);
      reject(signal!.reason);
    });
  });
}
