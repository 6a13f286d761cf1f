/**
 * The layout of a netstring: the length in decimal digits, `:`, that many bytes, `,`.
 *
 * @see https://cr.yp.to/proto/netstrings.txt
 * @module
 */

const ZERO = 0x30;
const COLON = 0x3a;
const COMMA = 0x2c;
/** The most digits of a length. Ten digits are enough for the largest array. */
const MAX_DIGITS = 10;

/** The size of a netstring with `length` bytes of content. */
export function netstringSize(length: number): number {
  return digitsOf(length) + 1 + length + 1;
}

/** Writes the netstring of `data` at `offset` and returns the offset after it. */
export function writeNetstring(
  target: Uint8Array,
  offset: number,
  data: Uint8Array,
): number {
  const digits = digitsOf(data.length);
  for (let i = digits, rest = data.length; i-- > 0;) {
    target[offset + i] = ZERO + rest % 10;
    rest = Math.floor(rest / 10);
  }
  offset += digits;
  target[offset++] = COLON;
  target.set(data, offset);
  offset += data.length;
  target[offset] = COMMA;
  return offset + 1;
}

function digitsOf(length: number): number {
  let digits = 1;
  for (let limit = 10; length >= limit; limit *= 10) digits++;
  return digits;
}

/** The position of the content of a netstring. */
export interface NetstringSpan {
  /** Offset of the first byte. */
  start: number;
  /** Offset of the comma after the last byte. */
  end: number;
}

/**
 * Finds the netstring that starts at `offset`. Returns `undefined` if the bytes end within it.
 *
 * @throws {SyntaxError} if it is not a netstring, or its content has more than `maxBytes`
 */
export function findNetstring(
  bytes: Uint8Array,
  offset: number,
  maxBytes: number,
): NetstringSpan | undefined {
  let length = 0;
  for (let digits = 0; offset < bytes.length; digits++) {
    const byte = bytes[offset++]!;
    if (byte === COLON && digits > 0) {
      if (length > maxBytes) {
        throw new SyntaxError(
          `a netstring has ${length} bytes, ${
            length - maxBytes
          } more than the ${maxBytes} allowed`,
        );
      }
      const end = offset + length;
      if (end >= bytes.length) return undefined;
      if (bytes[end] !== COMMA) {
        throw new SyntaxError("a netstring has no comma at its end");
      }
      return { start: offset, end };
    }
    const digit = byte - ZERO;
    const leadingZero = digits === 1 && length === 0;
    if (digit < 0 || digit > 9 || leadingZero || digits === MAX_DIGITS) {
      throw new SyntaxError("a netstring has no valid length");
    }
    length = length * 10 + digit;
  }
  return undefined;
}
