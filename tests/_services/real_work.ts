/**
 * Counts real work that is under way: timers of 0 ms, and calls of Web Crypto.
 *
 * A consumer that has been busy for 50 ms of real time yields to the event loop with such a timer
 * (`_core/turn.ts`), and a request is signed in another thread. On a busy machine both take several
 * turns of the event loop, and the fake clock must not move before they are done.
 *
 * @module
 */

const real = { setTimeout, clearTimeout };
const pending = new Set<unknown>();
let calls = 0;

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

for (const name of ["digest", "importKey", "sign"] as const) {
  const subtle = crypto.subtle as unknown as Record<
    string,
    (...args: unknown[]) => Promise<unknown>
  >;
  const call = subtle[name]!.bind(subtle);
  subtle[name] = async (...args) => {
    calls++;
    try {
      return await call(...args);
    } finally {
      calls--;
    }
  };
}

/** Whether such work is under way. */
export function isWorking(): boolean {
  return pending.size > 0 || calls > 0;
}
