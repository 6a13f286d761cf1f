/**
 * Calling user hooks without letting them disturb the work.
 *
 * @module
 */

/** Calls a method of a hooks object, if it is there; what it throws is ignored, since delivery must not depend on metrics. */
export function notify<H extends object, K extends keyof H>(
  hooks: H | undefined,
  name: K,
  event: H[K] extends ((event: infer E) => void) | undefined ? E : never,
): void {
  const hook = hooks?.[name];
  if (typeof hook !== "function") return;
  try {
    hook.call(hooks, event);
  } catch {
    // By contract of hooks.ts.
  }
}
