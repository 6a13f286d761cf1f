/**
 * Recognizes, makes and joins byte arrays.
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

/** The part of `Buffer` that is used. */
interface NodeBuffers {
  allocUnsafeSlow(length: number): Uint8Array<ArrayBuffer>;
}

/** Shorter arrays are filled with zeros in less time than the call of `Buffer` takes. */
const LONG_BYTES = 16_384;

/**
 * An array with undefined content, which its user must overwrite. A long array takes half the time
 * where there is `Buffer`: its memory is neither filled with zeros nor, most times, new to the
 * process.
 */
export function unfilled(length: number): Uint8Array<ArrayBuffer> {
  const { Buffer } = globalThis as { Buffer?: NodeBuffers };
  if (!Buffer || length < LONG_BYTES) return new Uint8Array(length);
  // Not the `Buffer` itself: its `subarray` and `slice` are slower and differ.
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
}

/**
 * Frees the memory of bytes now, where the runtime can (not in Node.js 20). The garbage collector
 * knows memory outside its heap by its size only, and runs more often because of it. Nothing may
 * use the buffer afterwards.
 */
export function free({ buffer }: Uint8Array<ArrayBuffer>): void {
  (buffer as { transfer?(length: number): void }).transfer?.(0);
}

/** Joins chunks into one array. `length` is their total size in bytes. */
export function concat(
  chunks: readonly Uint8Array[],
  length: number,
): Uint8Array<ArrayBuffer> {
  const all = unfilled(length);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
}
