/**
 * Recognizes and joins byte arrays.
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

/** Joins chunks into one array. `length` is their total size in bytes. */
export function concat(
  chunks: readonly Uint8Array[],
  length: number,
): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
}
