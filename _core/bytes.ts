/**
 * Recognizes byte arrays.
 *
 * @module
 */

/**
 * Whether a value is a `Uint8Array`. True also for a Node.js `Buffer` and for an array of another
 * realm, such as the contexts in which some test runners run each file.
 */
export function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array ||
    ArrayBuffer.isView(value) &&
      Object.prototype.toString.call(value) === "[object Uint8Array]";
}
