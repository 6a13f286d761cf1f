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
  if (!hears(hooks, name)) return;
  const hook = hooks[name] as (event: unknown) => void;
  try {
    const returned: unknown = hook.call(hooks, event);
    // An unhandled rejection of an async hook would end the process in Deno and Node.js.
    if (isObject(returned)) Promise.resolve(returned).catch(() => {});
  } catch {
    // Ignored, as hooks.ts documents.
  }
}

/**
 * Whether a hook exists. Ask before the clock is read, or facts are collected, only for a hook: then
 * a hook that is absent costs nothing.
 */
export function hears<H extends object>(
  hooks: H | undefined,
  name: keyof H,
): hooks is H {
  return typeof hooks?.[name] === "function";
}

/** Whether a value may be a promise. Most hooks return nothing, and then need no promise. */
function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null ||
    typeof value === "function";
}
