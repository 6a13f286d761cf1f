/**
 * The subset of Protocol Buffers (proto2) that the KPL format uses: varints and fields of bytes.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 * @module
 */

/**
 * Wire type of a varint. The wire types of groups (3 and 4) are invalid: the KPL format has none.
 */
export const WIRE_VARINT = 0;
/** Wire type of eight bytes. */
const WIRE_FIXED64 = 1;
/** Wire type of a length followed by that many bytes. */
export const WIRE_BYTES = 2;
/** Wire type of four bytes. */
const WIRE_FIXED32 = 5;

/** The size of a varint in bytes. `value` is an integer from 0 to 2^31-1. */
export function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  return value < 0x10000000 ? 4 : 5;
}

/** Writes a varint and returns the offset after it. `value` is an integer from 0 to 2^31-1. */
export function writeVarint(
  target: Uint8Array,
  offset: number,
  value: number,
): number {
  while (value >= 0x80) {
    target[offset++] = (value & 0x7f) | 0x80;
    value >>>= 7;
  }
  target[offset++] = value;
  return offset;
}

/** Writes a field of bytes (tag, length, bytes) and returns the offset after it. */
export function writeBytesField(
  target: Uint8Array,
  offset: number,
  field: number,
  bytes: Uint8Array,
): number {
  target[offset++] = (field << 3) | WIRE_BYTES;
  offset = writeVarint(target, offset, bytes.length);
  target.set(bytes, offset);
  return offset + bytes.length;
}

/** Reads fields in order, within a range of bytes. */
export class FieldReader {
  /** The number of the current field. */
  field = 0;
  /** The wire type of the current field. */
  wire = 0;
  /** The value of a varint field. Above 2^53 it is rounded. */
  value = 0;
  /** The offset of the first byte of a {@linkcode WIRE_BYTES} field. */
  start = 0;
  /** The offset after the last byte of that field. */
  stop = 0;
  readonly #bytes: Uint8Array;
  #offset = 0;
  #end = 0;

  /** Makes a reader. Call {@linkcode FieldReader.range} before reading. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Sets the range to read: from `start` to `end` (exclusive). */
  range(start: number, end: number): void {
    this.#offset = start;
    this.#end = end;
  }

  /**
   * Reads the next field. Returns `false` at the end of the range.
   *
   * @throws {RangeError} if the field is malformed
   */
  next(): boolean {
    if (this.#offset >= this.#end) return false;
    const tag = this.#varint();
    // A field number has at most 29 bits, so a valid tag has at most 32.
    if (tag < 8 || tag > 0xffffffff) {
      throw new RangeError(`invalid field tag ${tag}`);
    }
    this.field = tag >>> 3;
    this.wire = tag & 7;
    switch (this.wire) {
      case WIRE_VARINT:
        this.value = this.#varint();
        break;
      case WIRE_BYTES:
        this.#skip(this.#varint());
        break;
      case WIRE_FIXED64:
        this.#skip(8);
        break;
      case WIRE_FIXED32:
        this.#skip(4);
        break;
      default:
        throw new RangeError(`unknown wire type ${this.wire}`);
    }
    return true;
  }

  #skip(length: number): void {
    if (length > this.#end - this.#offset) {
      throw new RangeError(
        `a field of ${length} bytes where ${this.#end - this.#offset} are left`,
      );
    }
    this.start = this.#offset;
    this.stop = this.#offset += length;
  }

  #varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      if (this.#offset >= this.#end) {
        throw new RangeError("a number is cut off");
      }
      const byte = this.#bytes[this.#offset++]!;
      // The tenth byte holds only the 64th bit.
      if (i === 9 && byte > 1) break;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
    throw new RangeError("a number has more than 64 bits");
  }
}
