/**
 * Runs a function when a signal aborts.
 *
 * @module
 */

/**
 * Calls `run` once when the signal aborts, or now if it has aborted already. Returns a function that
 * stops listening.
 */
export function onAbort(
  signal: AbortSignal | undefined,
  run: () => void,
): () => void {
  if (signal?.aborted) run();
  else signal?.addEventListener("abort", run, { once: true });
  return () => signal?.removeEventListener("abort", run);
}
