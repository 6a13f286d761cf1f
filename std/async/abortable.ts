/**
 * Stand-in for `@std/async/abortable`: the function that this project uses, with the same signature and documented
 * behaviour, for machines that cannot reach JSR. Never shipped.
 *
 * @module
 */

/** Settles as the promise does, or rejects with the signal's reason as soon as it aborts. */
export function abortable<T>(
  promise: Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  return Promise.race([aborted, promise]).finally(() =>
    signal.removeEventListener("abort", onAbort)
  );
}
