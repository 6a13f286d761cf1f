/**
 * Decodes short texts out of one byte array.
 *
 * @module
 */
import { shortAscii } from "../_core/utf8.ts";

/** The texts of a byte array, given by offset and length. */
export class ShortTexts {
  // Not fatal, as for JSON: invalid UTF-8 becomes U+FFFD. A shard that holds a record with such a
  // partition key must stay readable.
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #bytes: Uint8Array;

  /** Decodes from these bytes. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The text of `length` bytes from `start` on. */
  at(start: number, length: number): string {
    return shortAscii(this.#bytes, start, length) ??
      this.decode(this.#bytes.subarray(start, start + length));
  }

  /** The text of other bytes. */
  decode(bytes: Uint8Array): string {
    return this.#decoder.decode(bytes);
  }
}
