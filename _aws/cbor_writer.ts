/**
 * Writes CBOR in its shortest form, into a buffer that never has to grow.
 *
 * @module
 */
import { isBytes } from "../_core/bytes.ts";
import type { CborValue } from "./cbor_value.ts";

type Fields = { readonly [key: string]: CborValue };

const utf8 = new TextEncoder();

/** Longest header of any value: the initial byte and a 64-bit length. */
const HEADER_BYTES = 9;

/** An upper bound, so that the buffer never has to grow. */
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

/** Writes into a buffer that is large enough. Throws TypeError only. */
export class CborWriter {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  #length = 0;

  /** `capacity` is in bytes and at least the size bound of all that will be written. */
  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** The bytes so far. */
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

  /** Begins a list of so many items, which are written next. */
  array(length: number): void {
    this.#header(4, length);
  }

  /** Begins a map of so many pairs; of each, the key is written first. */
  map(size: number): void {
    this.#header(5, size);
  }

  /** Appends a map; `more` is how many pairs will be written after those of `fields`. */
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
    // ASCII of up to 23 characters, which is every key and most values, has a known header and needs no encoder.
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
    // The header's size depends on the encoded length: guess it from the characters, and move the text where that was short.
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
