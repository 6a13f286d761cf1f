/**
 * Stand-in for `@std/encoding/hex`: the functions that this project uses, with the same signatures and documented
 * behaviour, for machines that cannot reach JSR. Never shipped.
 *
 * @module
 */
import { toBytes } from "./bytes.ts";

/** Bytes (or the UTF-8 bytes of a text) to lowercase hex. */
export function encodeHex(src: string | Uint8Array | ArrayBuffer): string {
  let hex = "";
  for (const byte of toBytes(src)) hex += byte.toString(16).padStart(2, "0");
  return hex;
}

/**
 * Hex in either case to bytes. Throws a `RangeError` on half a byte at the end and a `TypeError` on other characters.
 */
export function decodeHex(src: string): Uint8Array<ArrayBuffer> {
  if (toBytes(src).length % 2 !== 0) {
    throw new RangeError("Cannot decode hex: its length must be even");
  }
  if (/[^0-9A-Fa-f]/.test(src)) {
    throw new TypeError(
      "Cannot decode hex: it must be pairs of the characters 0 to 9 and a to f",
    );
  }
  const bytes = new Uint8Array(src.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = parseInt(src.slice(2 * i, 2 * i + 2), 16);
  }
  return bytes;
}
