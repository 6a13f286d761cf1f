/**
 * Calling user hooks without letting them disturb the work.
 *
 * @module
 */

/**
 * Calls a method of a hooks object, if it is there; what it throws is ignored, since delivery must not depend on metrics.
 * The promise of an async hook is not awaited, and its rejection is ignored as well.
 */
export function notify<H extends object, K extends keyof H>(
  hooks: H | undefined,
  name: K,
  event: H[K] extends ((event: infer E) => void) | undefined ? E : never,
): void {
  const hook = hooks?.[name];
  if (typeof hook !== "function") return;
  try {
    const returned: unknown = hook.call(hooks, event);
    // An async hook throws by rejecting, which would end a process in Deno and Node.
    if (isObject(returned)) Promise.resolve(returned).catch(() => {});
  } catch {
    // By contract of hooks.ts.
  }
}

/** Only an object can be a promise, and most hooks return nothing: the usual call costs no promise. */
function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null ||
    typeof value === "function";
}
