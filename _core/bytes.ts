/**
 * What counts as bytes.
 *
 * @module
 */

/** Whether a value is a `Uint8Array`, be it a Node `Buffer` or one of another realm, as in tests that run in a context of their own. */
export function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array ||
    ArrayBuffer.isView(value) &&
      Object.prototype.toString.call(value) === "[object Uint8Array]";
}
