/**
 * Time as a parameter: everything that waits or measures takes a {@linkcode Clock}, so that a test can turn the hands.
 *
 * @module
 */

/** What this library asks of time. */
export interface Clock {
  /** Milliseconds since the epoch. It may jump when the clock of the machine is set. */
  now(): number;
  /**
   * Milliseconds since any fixed instant, never going back: intervals are measured with it. Where it is missing,
   * intervals are measured with {@linkcode Clock.now}, and across a step back of that with the runtime's own clock.
   */
  monotonic?(): number;
  /** Calls back once after at least `ms` milliseconds; returns a handle for {@linkcode Clock.clearTimeout}. */
  setTimeout(callback: () => void, ms: number): unknown;
  /** Forgets a timer. */
  clearTimeout(handle: unknown): void;
}

/** The longest delay of the runtimes' timers, 24 days; they take a longer one for none. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The clock of the runtime. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (handle) => clearTimeout(handle as number),
};

/** What was last read of a clock without a monotonic reading. */
interface Reading {
  wall: number;
  real: number;
  elapsed: number;
}

const readings = new WeakMap<Clock, Reading>();

/**
 * Milliseconds since any fixed instant, for the difference of two readings of one clock. Waits and ages are measured with
 * this and not with {@linkcode Clock.now}: when the wall clock is set back by an hour, a wait of a second stays a second.
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
  // The clock was set back: what passed meanwhile is only known from the runtime.
  last.elapsed += wall >= last.wall ? wall - last.wall : real - last.real;
  last.wall = wall;
  last.real = real;
  return last.elapsed;
}

/** Resolves after `ms` milliseconds; rejects with the signal's reason as soon as it aborts. The timer never outlives the promise. */
export function delay(
  ms: number,
  options: { clock?: Clock; signal?: AbortSignal } = {},
): Promise<void> {
  const { clock = systemClock, signal } = options;
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clock.clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = clock.setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
