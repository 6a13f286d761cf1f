/**
 * Calls hooks of the user.
 *
 * @module
 */

/**
 * Calls a hook, if it exists. Its errors are ignored: delivery must not depend on metrics. A
 * promise that it returns is not awaited, and its rejection is ignored.
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
    // An unhandled rejection of an async hook would end the process in Deno and Node.js.
    if (isObject(returned)) Promise.resolve(returned).catch(() => {});
  } catch {
    // Ignored, as hooks.ts documents.
  }
}

/** Whether a value may be a promise. Most hooks return nothing, and then need no promise. */
function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null ||
    typeof value === "function";
}
