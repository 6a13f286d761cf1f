/**
 * Stand-in for `@std/encoding/base64`: the functions that this project uses, with the same signatures and documented
 * behaviour, for machines that cannot reach JSR. Never shipped.
 *
 * @module
 */
import { toBytes } from "./bytes.ts";

/** Most arguments that every engine takes in one call. */
const CHUNK = 0x8000;

/** Bytes (or the UTF-8 bytes of a text) to padded standard base64. */
export function encodeBase64(data: ArrayBuffer | Uint8Array | string): string {
  const bytes = toBytes(data);
  let binary = "";
  for (let i = 0; i < bytes.length; i += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  }
  return btoa(binary);
}

/**
 * Standard base64, padded or not, to bytes. Throws a `TypeError` on a character outside the alphabet, white space included,
 * and a `RangeError` on a length that no bytes have.
 */
export function decodeBase64(b64: string): Uint8Array<ArrayBuffer> {
  const text = b64.replace(/={1,2}$/, "");
  const isPaddedInside = /=[^=]$/.test(b64);
  if (!isPaddedInside && toBytes(text).length % 4 === 1) {
    throw new RangeError(
      "Cannot decode base64: its length must not be one more than a multiple of 4",
    );
  }
  if (isPaddedInside || /[^A-Za-z0-9+/]/.test(text)) {
    throw new TypeError(
      "Cannot decode base64: there is a character outside the alphabet",
    );
  }
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
