/**
 * Counts the real timers of 0 ms that are pending.
 *
 * A consumer that has been busy for 50 ms of real time yields to the event loop with such a timer
 * (`_core/turn.ts`). On a slow machine this happens at any point of a test, and the fake clock must
 * not move before the consumer goes on.
 *
 * @module
 */

const real = { setTimeout, clearTimeout };
const pending = new Set<unknown>();

globalThis.setTimeout = ((
  callback: (...args: unknown[]) => void,
  ms?: number,
  ...args: unknown[]
) => {
  if (ms !== 0) return real.setTimeout(callback, ms, ...args);
  const timer = real.setTimeout(() => {
    pending.delete(timer);
    callback(...args);
  }, 0);
  pending.add(timer);
  return timer;
}) as typeof setTimeout;

globalThis.clearTimeout = (timer) => {
  pending.delete(timer);
  real.clearTimeout(timer);
};

/** Whether a yield is under way. */
export function isYielding(): boolean {
  return pending.size > 0;
}
