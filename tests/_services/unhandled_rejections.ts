/**
 * Rejections that no code handles.
 *
 * @module
 */

/** Returns the reasons of all unhandled rejections while `run` runs. They fail no test then. */
export async function unhandledRejections(
  run: () => Promise<void>,
): Promise<unknown[]> {
  const reasons: unknown[] = [];
  // The runtime tells of rejections in their order: this one comes last.
  const last = new Error("the last rejection");
  const { promise: allTold, resolve } = Promise.withResolvers<void>();
  const listen = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    if (event.reason === last) resolve();
    else reasons.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", listen);
  try {
    await run();
    Promise.reject(last);
    await allTold;
  } finally {
    globalThis.removeEventListener("unhandledrejection", listen);
  }
  return reasons;
}
