/**
 * Writes CBOR in its shortest form, into a buffer of a size computed in advance.
 *
 * @module
 */
import { isBytes, unfilled } from "../_core/bytes.ts";
import type { CborValue } from "./cbor_value.ts";

type Fields = { readonly [key: string]: CborValue };

const utf8 = new TextEncoder();

/** The longest header of a value, in bytes: the initial byte and a 64-bit length. */
const HEADER_BYTES = 9;

/** An upper bound for the encoded size of a value, in bytes. */
export function sizeBound(value: CborValue): number {
  switch (typeof value) {
    case "string":
      return HEADER_BYTES + value.length * 3;
    case "object": {
      if (value === null) return 1;
      if (isBytes(value)) return HEADER_BYTES + value.length;
      if (value instanceof Date) return 1 + HEADER_BYTES;
      let size = HEADER_BYTES;
      if (Array.isArray(value)) {
        for (const item of value) size += sizeBound(item);
      } else {
        const fields = value as Fields;
        for (const key of Object.keys(fields)) {
          size += HEADER_BYTES + key.length * 3 + sizeBound(fields[key]);
        }
      }
      return size;
    }
    default:
      return HEADER_BYTES;
  }
}

/**
 * Writes values into a buffer of fixed size. Throws a TypeError for a value that CBOR cannot hold.
 */
export class CborWriter {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  #length = 0;

  /**
   * `capacity` is in bytes. It must be at least the {@linkcode sizeBound} of everything written.
   */
  constructor(capacity: number) {
    this.#bytes = unfilled(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** The bytes written so far, as a view of the buffer. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Appends one value. */
  write(value: CborValue): void {
    switch (typeof value) {
      case "string":
        return this.text(value);
      case "number":
        return this.#number(value);
      case "bigint":
        return this.#bigint(value);
      case "boolean":
        this.#bytes[this.#length++] = value ? 0xf5 : 0xf4;
        return;
      case "undefined":
        return this.#null();
      case "object":
        return this.#object(value);
      default:
        throw new TypeError(
          `Cannot encode CBOR request as it holds a ${typeof value}`,
        );
    }
  }

  #object(value: Exclude<CborValue, undefined>): void {
    if (value === null) return this.#null();
    if (isBytes(value)) {
      this.#header(2, value.length);
      this.#bytes.set(value, this.#length);
      this.#length += value.length;
    } else if (Array.isArray(value)) {
      this.array(value.length);
      for (const item of value) this.write(item);
    } else if (value instanceof Date) {
      if (Number.isNaN(value.getTime())) {
        throw new TypeError("Cannot encode CBOR request: invalid Date");
      }
      this.#header(6, 1);
      this.#number(value.getTime());
    } else {
      this.fields(value as Fields);
    }
  }

  #null(): void {
    this.#bytes[this.#length++] = 0xf6;
  }

  #number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      if (value >= 0) this.#header(0, value);
      else this.#header(1, -1 - value);
      return;
    }
    this.#bytes[this.#length] = 0xfb;
    this.#view.setFloat64(this.#length + 1, value);
    this.#length += 9;
  }

  #bigint(value: bigint): void {
    const argument = value < 0n ? -1n - value : value;
    if (argument >= 2n ** 64n) {
      throw new TypeError(
        `Cannot encode CBOR request as ${value} has more than 64 bits`,
      );
    }
    this.#bytes[this.#length] = value < 0n ? 0x3b : 0x1b;
    this.#view.setBigUint64(this.#length + 1, argument);
    this.#length += 9;
  }

  /** Writes the header of a list. Write `length` items next. */
  array(length: number): void {
    this.#header(4, length);
  }

  /** Writes the header of a map. Write `size` pairs next, in each pair the key first. */
  map(size: number): void {
    this.#header(5, size);
  }

  /** Appends a map. Write `more` further pairs next. */
  fields(fields: Fields, more = 0): void {
    const keys = Object.keys(fields);
    let count = more;
    for (const key of keys) if (fields[key] !== undefined) count++;
    this.map(count);
    for (const key of keys) {
      const item = fields[key];
      if (item === undefined) continue;
      this.text(key);
      this.write(item);
    }
  }

  /** Appends a text. */
  text(value: string): void {
    // A short cut for ASCII of up to 23 characters: every key and most values. The header is one
    // byte, and no encoder is needed.
    const start = this.#length + 1;
    if (value.length < 24) {
      let i = 0;
      for (; i < value.length; i++) {
        const code = value.charCodeAt(i);
        if (code > 0x7f) break;
        this.#bytes[start + i] = code;
      }
      if (i === value.length) {
        this.#bytes[this.#length] = 0x60 | i;
        this.#length = start + i;
        return;
      }
    }
    // The size of the header depends on the encoded length, which is not known yet. It is guessed
    // from the number of UTF-16 units; if the guess was too small, the text is moved.
    const guess = this.#length + headerSize(value.length);
    const { written } = utf8.encodeInto(value, this.#bytes.subarray(guess));
    const actual = this.#length + headerSize(written);
    if (actual !== guess) {
      this.#bytes.copyWithin(actual, guess, guess + written);
    }
    this.#header(3, written);
    this.#length += written;
  }

  #header(major: number, argument: number): void {
    const initial = major << 5;
    const bytes = this.#bytes;
    if (argument < 24) {
      bytes[this.#length++] = initial | argument;
    } else if (argument < 0x100) {
      bytes[this.#length++] = initial | 24;
      bytes[this.#length++] = argument;
    } else if (argument < 0x10000) {
      bytes[this.#length++] = initial | 25;
      bytes[this.#length++] = argument >> 8;
      bytes[this.#length++] = argument & 0xff;
    } else if (argument < 0x100000000) {
      bytes[this.#length] = initial | 26;
      this.#view.setUint32(this.#length + 1, argument);
      this.#length += 5;
    } else {
      bytes[this.#length] = initial | 27;
      this.#view.setBigUint64(this.#length + 1, BigInt(argument));
      this.#length += 9;
    }
  }
}

function headerSize(argument: number): number {
  return argument < 24
    ? 1
    : argument < 0x100
    ? 2
    : argument < 0x10000
    ? 3
    : argument < 0x100000000
    ? 5
    : 9;
}
