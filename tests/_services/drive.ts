/**
 * Moves a fake clock from timer to timer, with all work in between that waits for no timer.
 *
 * @module
 */
import type { FakeClock } from "./fake_clock.ts";

/** Resolves when all code waits for the clock or for the test. */
export type Quiet = () => Promise<void>;

/** Moves the clock until the promise settles. Returns its result. */
export async function runUntilSettled<R>(
  clock: FakeClock,
  quiet: Quiet,
  promise: Promise<R>,
  maxMs = 3_600_000,
): Promise<R> {
  const end = clock.now() + maxMs;
  let done = false;
  const mark = () => void (done = true);
  promise.then(mark, mark);
  for (;;) {
    await quiet();
    if (done) return await promise;
    const next = clock.nextTimerMs;
    if (next === undefined || clock.now() + next > end) {
      throw new Error(`The promise is still pending after ${maxMs} ms`);
    }
    await clock.advance(next);
  }
}

/** Moves the clock by `ms` milliseconds. */
export async function passTime(
  clock: FakeClock,
  quiet: Quiet,
  ms: number,
): Promise<void> {
  const end = clock.now() + ms;
  for (;;) {
    await quiet();
    const next = clock.nextTimerMs;
    const left = end - clock.now();
    if (next === undefined || next > left) {
      await clock.advance(left);
      return await quiet();
    }
    await clock.advance(next);
  }
}
