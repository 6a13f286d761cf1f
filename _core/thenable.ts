/**
 * Tells promises, and objects like them, from other values.
 *
 * @module
 */

/** Whether `await` would call a method of the value. May throw what a getter `then` throws. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (typeof value === "object" && value !== null ||
    typeof value === "function") &&
    typeof (value as { then?: unknown }).then === "function";
}
