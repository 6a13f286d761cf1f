/**
 * Decodes short texts out of one byte array.
 *
 * @module
 */
import { shortAscii } from "../_core/utf8.ts";

/** The part of `Buffer` that is used. */
interface NodeBuffer {
  toString(encoding: "utf8", start: number, end: number): string;
}
interface NodeBuffers {
  from(buffer: ArrayBuffer, offset: number, length: number): NodeBuffer;
}

/**
 * The lengths in bytes for which `Buffer` takes the least time: a SequenceNumber has 56 and takes
 * 0.08 µs, with `shortAscii` 0.2 µs and with a TextDecoder 0.15 µs.
 */
const BUFFER_LENGTHS = { least: 20, most: 128 };

/** The texts of a byte array, given by offset and length. */
export class ShortTexts {
  // Not fatal, as for JSON: invalid UTF-8 becomes U+FFFD. A shard that holds a record with such a
  // partition key must stay readable. `Buffer` does the same.
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #bytes: Uint8Array;
  /** A view of the same bytes. `undefined` where there is no `Buffer`, as in browsers. */
  readonly #buffer: NodeBuffer | undefined;

  /** Decodes from these bytes. */
  constructor(bytes: Uint8Array<ArrayBuffer>) {
    const { Buffer } = globalThis as { Buffer?: NodeBuffers };
    this.#bytes = bytes;
    this.#buffer = Buffer?.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** The text of `length` bytes from `start` on. */
  at(start: number, length: number): string {
    const { least, most } = BUFFER_LENGTHS;
    if (this.#buffer && length >= least && length <= most) {
      return this.#buffer.toString("utf8", start, start + length);
    }
    return shortAscii(this.#bytes, start, length) ??
      this.decode(this.#bytes.subarray(start, start + length));
  }

  /** The text of other bytes. */
  decode(bytes: Uint8Array): string {
    return this.#decoder.decode(bytes);
  }
}
