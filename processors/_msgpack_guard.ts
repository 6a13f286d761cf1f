/**
 * Checks the structure of MessagePack, before msgpackr reads bytes and after it has written some.
 *
 * On reading, msgpackr recurses without a limit, has private extensions for which it compiles code,
 * renames keys, and replaces invalid UTF-8. On writing, it turns integers above 32 bits into
 * floats, and writes extensions that are registered for other processors. One pass over the headers
 * finds all of these.
 *
 * @see https://github.com/msgpack/msgpack/blob/master/spec.md
 * @module
 */
import { decodeUtf8 } from "../_core/utf8.ts";

/** The extension type of timestamps in the specification. */
const EXT_TIMESTAMP = -1;
const LONG_TEXT_BYTES = 2048;
const PROTO = new TextEncoder().encode("__proto__");

/** Options of {@linkcode MessageGuard}. */
export interface GuardOptions {
  /** The deepest nesting of arrays and maps. */
  maxDepth: number;
  /** The allowed extension types besides the timestamp. */
  extensions: ReadonlySet<number>;
}

/** Checks messages. A check calls no code of the user, so the object need not be reentrant. */
export class MessageGuard {
  readonly #walk: Walk;

  /** Makes a guard. */
  constructor(options: GuardOptions) {
    this.#walk = new Walk(options);
  }

  /**
   * Checks a message before it is read.
   *
   * @throws {RangeError | SyntaxError | TypeError} if it is not one complete value within the
   * limits
   */
  check(bytes: Uint8Array): void {
    this.#walk.run(bytes, false);
  }

  /**
   * Checks a message after it was written, and turns floats that stand for integers into integers,
   * in place. Returns the same bytes.
   *
   * @throws {RangeError | SyntaxError | TypeError} if this or other libraries could not read it
   */
  standardize(bytes: Uint8Array): Uint8Array {
    this.#walk.run(bytes, true);
    return bytes;
  }
}

class Walk {
  readonly #options: GuardOptions;
  #bytes: Uint8Array = new Uint8Array();
  #view: DataView = new DataView(new ArrayBuffer());
  #writing = false;
  #offset = 0;
  #depth = 0;
  /** The number of remaining values per level. */
  readonly #left: number[] = [];
  /** Whether a level is a map, whose values are keys and values in turn. */
  readonly #isMap: boolean[] = [];

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /** Checks all values of a message. */
  run(bytes: Uint8Array, writing: boolean): void {
    this.#bytes = bytes;
    this.#view = new DataView(
      bytes.buffer,
      bytes.byteOffset,
      bytes.byteLength,
    );
    this.#writing = writing;
    this.#offset = this.#depth = 0;
    this.#left[0] = 1;
    this.#isMap[0] = false;
    this.#visitAll();
  }

  #visitAll(): void {
    while (this.#next()) {
      const token = this.#uint8();
      if (token < 0x80 || token >= 0xe0) continue;
      if (token < 0x90) this.#enter(token & 0x0f, true);
      else if (token < 0xa0) this.#enter(token & 0x0f, false);
      else if (token < 0xc0) this.#text(token & 0x1f);
      else this.#long(token);
    }
    if (this.#offset < this.#bytes.length) {
      throw new SyntaxError("there is something behind the MessagePack value");
    }
  }

  /** Moves to the next value, and out of levels that are complete. */
  #next(): boolean {
    while (this.#left[this.#depth] === 0) {
      if (this.#depth-- === 0) return false;
    }
    this.#left[this.#depth]!--;
    return true;
  }

  #long(token: number): void {
    switch (token) {
      case 0xc0:
      case 0xc2:
      case 0xc3:
        return;
      case 0xc4:
        return this.#skip(this.#uint8());
      case 0xc5:
        return this.#skip(this.#uint16());
      case 0xc6:
        return this.#skip(this.#uint32());
      case 0xc7:
        return this.#extension(this.#uint8());
      case 0xc8:
        return this.#extension(this.#uint16());
      case 0xc9:
        return this.#extension(this.#uint32());
      case 0xcb:
        return this.#float64();
      case 0xcc:
      case 0xd0:
        return this.#skip(1);
      case 0xcd:
      case 0xd1:
        return this.#skip(2);
      case 0xca:
      case 0xce:
      case 0xd2:
        return this.#skip(4);
      case 0xcf:
      case 0xd3:
        return this.#skip(8);
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#extension(1 << (token - 0xd4));
      case 0xd9:
        return this.#text(this.#uint8());
      case 0xda:
        return this.#text(this.#uint16());
      case 0xdb:
        return this.#text(this.#uint32());
      case 0xdc:
        return this.#enter(this.#uint16(), false);
      case 0xdd:
        return this.#enter(this.#uint32(), false);
      case 0xde:
        return this.#enter(this.#uint16(), true);
      case 0xdf:
        return this.#enter(this.#uint32(), true);
      default:
        throw new SyntaxError(`0x${token.toString(16)} is no MessagePack`);
    }
  }

  #enter(count: number, isMap: boolean): void {
    const values = isMap ? 2 * count : count;
    // Each value has at least one byte, so this finds false lengths before anything is allocated.
    if (values > this.#bytes.length - this.#offset) throw cutOff();
    if (++this.#depth > this.#options.maxDepth) {
      throw new RangeError(
        `it is nested deeper than ${this.#options.maxDepth} levels`,
      );
    }
    this.#left[this.#depth] = values;
    this.#isMap[this.#depth] = isMap;
  }

  #text(length: number): void {
    const start = this.#offset;
    this.#skip(length);
    // On writing, texts and keys have already been checked by PlainValues.
    if (this.#writing) return;
    if (!this.#isAscii(start, this.#offset)) {
      decodeUtf8(this.#bytes.subarray(start, this.#offset));
    }
    const isKey = this.#isMap[this.#depth] &&
      this.#left[this.#depth]! % 2 === 1;
    if (isKey && length === PROTO.length && this.#isProto(start)) {
      throw new TypeError("the key __proto__ is not supported");
    }
  }

  /**
   * Whether all bytes are ASCII. May return `false` for a long text, which the platform decodes
   * faster.
   */
  #isAscii(start: number, end: number): boolean {
    if (end - start > LONG_TEXT_BYTES) return false;
    let i = start;
    for (; i + 4 <= end; i += 4) {
      if (this.#view.getUint32(i) & 0x80808080) return false;
    }
    for (; i < end; i++) if (this.#bytes[i]! >= 0x80) return false;
    return true;
  }

  #isProto(start: number): boolean {
    return PROTO.every((byte, i) => this.#bytes[start + i] === byte);
  }

  #float64(): void {
    const at = this.#offset;
    this.#skip(8);
    if (!this.#writing) return;
    const value = this.#view.getFloat64(at);
    if (!Number.isSafeInteger(value)) return;
    this.#bytes[at - 1] = value < 0 ? 0xd3 : 0xcf;
    this.#view.setBigInt64(at, BigInt(value));
  }

  #extension(length: number): void {
    this.#skip(1);
    const type = this.#view.getInt8(this.#offset - 1);
    this.#skip(length);
    if (type === EXT_TIMESTAMP) return this.#timestamp(length);
    if (this.#options.extensions.has(type)) return;
    throw new TypeError(`extension type ${type} is not known`);
  }

  #timestamp(length: number): void {
    if (length === 4 || length === 8 || length === 12) return;
    throw new TypeError("a date is not valid");
  }

  #uint8(): number {
    this.#skip(1);
    return this.#bytes[this.#offset - 1]!;
  }

  #uint16(): number {
    this.#skip(2);
    return this.#view.getUint16(this.#offset - 2);
  }

  #uint32(): number {
    this.#skip(4);
    return this.#view.getUint32(this.#offset - 4);
  }

  #skip(length: number): void {
    if (length > this.#bytes.length - this.#offset) throw cutOff();
    this.#offset += length;
  }
}

function cutOff(): SyntaxError {
  return new SyntaxError("the MessagePack is cut off");
}
