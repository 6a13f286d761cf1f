/**
 * Runs functions when a signal aborts.
 *
 * @module
 */

/**
 * The functions that wait for each signal. A signal gets one listener for all of them: hundreds of
 * shards follow the signal of their consumer, and Node.js prints a warning about a memory leak for
 * an eleventh listener.
 */
const waiting = new WeakMap<AbortSignal, Waiting>();

interface Waiting {
  /** Each call of {@linkcode onAbort} has an entry of its own, also for the same function. */
  readonly entries: Set<{ run(): void }>;
  readonly listener: () => void;
}

/**
 * Calls `run` once when the signal aborts, or now if it has aborted already. Returns a function
 * that stops listening. `run` must not throw.
 */
export function onAbort(
  signal: AbortSignal | undefined,
  run: () => void,
): () => void {
  if (!signal) return () => {};
  if (signal.aborted) {
    run();
    return () => {};
  }
  const { entries, listener } = waiting.get(signal) ?? listen(signal);
  const entry = { run };
  entries.add(entry);
  return () => {
    if (!entries.delete(entry) || entries.size > 0) return;
    waiting.delete(signal);
    signal.removeEventListener("abort", listener);
  };
}

function listen(signal: AbortSignal): Waiting {
  const entries: Waiting["entries"] = new Set();
  const listener = () => {
    waiting.delete(signal);
    for (const entry of entries) {
      entries.delete(entry);
      entry.run();
    }
  };
  signal.addEventListener("abort", listener, { once: true });
  const made = { entries, listener };
  waiting.set(signal, made);
  return made;
}
