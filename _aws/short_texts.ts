/**
 * Decodes short texts out of one byte array.
 *
 * @module
 */

/**
 * ASCII up to this length is decoded with `String.fromCharCode`. A TextDecoder takes at least 0.1 µs
 * per call.
 */
const SHORT_TEXT_BYTES = 64;

/** The texts of a byte array, given by offset and length. */
export class ShortTexts {
  // Not fatal, as for JSON: invalid UTF-8 becomes U+FFFD. A shard that holds a record with such a
  // partition key must stay readable.
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #bytes: Uint8Array;
  /**
   * Reused arrays of character codes, by length. A new array for each text would double the time.
   */
  readonly #codes: number[][] = [];

  /** Decodes from these bytes. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The text of `length` bytes from `start` on. */
  at(start: number, length: number): string {
    const bytes = this.#bytes;
    if (length <= SHORT_TEXT_BYTES) {
      const codes = this.#codes[length] ??= new Array<number>(length).fill(0);
      let i = 0;
      for (; i < length; i++) {
        const byte = bytes[start + i]!;
        if (byte > 0x7f) break;
        codes[i] = byte;
      }
      if (i === length) return String.fromCharCode(...codes);
    }
    return this.decode(bytes.subarray(start, start + length));
  }

  /** The text of other bytes. */
  decode(bytes: Uint8Array): string {
    return this.#decoder.decode(bytes);
  }
}
