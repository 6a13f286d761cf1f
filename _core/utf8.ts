/**
 * UTF-8 encoding and decoding with exact lengths. Decoding throws on invalid bytes, where a
 * TextDecoder inserts replacement characters, and keeps a byte order mark.
 *
 * @module
 */
import type { Slabs } from "./slabs.ts";

const encoder = new TextEncoder();
/** Not fatal, which is several times faster in some runtimes. */
const lossy = new TextDecoder("utf-8", { ignoreBOM: true });
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const REPLACEMENT = "\ufffd";

/**
 * The UTF-8 bytes of a text. A lone surrogate becomes U+FFFD; check the text with
 * {@linkcode isWellFormed} if that must not happen.
 */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** Like {@linkcode encodeUtf8}, but into a shared slab: several times faster for short texts. */
export function encodeUtf8Into(
  slabs: Slabs,
  text: string,
): Uint8Array<ArrayBuffer> {
  // Most text is ASCII and has as many bytes as UTF-16 units. Other text does not fit.
  const bytes = slabs.allocate(text.length);
  if (encoder.encodeInto(text, bytes).read === text.length) return bytes;
  slabs.shorten(bytes, 0);
  return encoder.encode(text);
}

/**
 * Decodes UTF-8. A byte order mark is kept as a character.
 *
 * @throws {TypeError} if the bytes are not UTF-8
 */
export function decodeUtf8(bytes: Uint8Array): string {
  const text = lossy.decode(bytes);
  // U+FFFD is either part of the text or a replacement of invalid bytes. The strict decoder throws
  // for the latter.
  return text.includes(REPLACEMENT) ? strict.decode(bytes) : text;
}

/** The most bytes that {@linkcode asciiTexts} decodes per call; each text keeps them in memory. */
const RUN_BYTES = 16_384;

/**
 * The texts of byte arrays that hold nothing but ASCII; `undefined` for the others. Arrays that lie
 * one behind the other in one buffer are decoded in one call, which takes a tenth of the time.
 */
export function asciiTexts(
  arrays: readonly Uint8Array<ArrayBuffer>[],
): (string | undefined)[] {
  const texts: (string | undefined)[] = [];
  for (let start = 0, end; start < arrays.length; start = end) {
    const { buffer, byteOffset } = arrays[start]!;
    let stop = byteOffset;
    end = start;
    while (
      end < arrays.length && arrays[end]!.buffer === buffer &&
      arrays[end]!.byteOffset === stop &&
      (end === start || stop + arrays[end]!.length - byteOffset <= RUN_BYTES)
    ) stop += arrays[end++]!.length;
    const text = asciiText(
      new Uint8Array(buffer, byteOffset, stop - byteOffset),
    );
    for (let i = start, at = 0; i < end; i++) {
      const { length } = arrays[i]!;
      texts.push(text?.slice(at, at += length));
    }
  }
  return texts;
}

const run = new Uint8Array(RUN_BYTES);

/**
 * The texts of parts of a byte array that hold nothing but ASCII; `undefined` for the others.
 * `ranges` has the start and the end of each part. The parts are copied together and decoded in few
 * calls.
 */
export function asciiParts(
  bytes: Uint8Array,
  ranges: readonly number[],
): (string | undefined)[] {
  const texts: (string | undefined)[] = [];
  for (let first = 0, last; first < ranges.length; first = last) {
    let used = 0;
    for (last = first; last < ranges.length; last += 2) {
      const part = bytes.subarray(ranges[last]!, ranges[last + 1]!);
      if (used + part.length > RUN_BYTES) break;
      run.set(part, used);
      used += part.length;
    }
    if (last === first) {
      texts.push(undefined); // longer than a run
      last += 2;
      continue;
    }
    const text = asciiText(run.subarray(0, used));
    for (let i = first, at = 0; i < last; i += 2) {
      texts.push(text?.slice(at, at += ranges[i + 1]! - ranges[i]!));
    }
  }
  return texts;
}

/** A TextDecoder takes at least 0.1 µs per call, so shorter ASCII is decoded without one. */
const SHORT_BYTES = 64;
/** Reused arrays of character codes, by length. A new array for each text would double the time. */
const codesOfLength: number[][] = [];

/** The text of at most 64 bytes from `start` on, if all of them are ASCII. */
export function shortAscii(
  bytes: Uint8Array,
  start: number,
  length: number,
): string | undefined {
  if (length > SHORT_BYTES) return undefined;
  const codes = codesOfLength[length] ??= new Array<number>(length).fill(0);
  for (let i = 0; i < length; i++) {
    const byte = bytes[start + i]!;
    if (byte > 0x7f) return undefined;
    codes[i] = byte;
  }
  return String.fromCharCode(...codes);
}

/** As many UTF-16 units as bytes, and none of them a replacement, means ASCII. */
function asciiText(bytes: Uint8Array): string | undefined {
  const text = lossy.decode(bytes);
  return text.length === bytes.length && !text.includes(REPLACEMENT)
    ? text
    : undefined;
}

/** The number of bytes that {@linkcode encodeUtf8} would return, computed without encoding. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) length += 1;
    else if (unit >= 0xd800 && unit < 0xdc00 && isLowSurrogate(text, i + 1)) {
      length += 2; // 4 bytes for two units
      i++;
    } else length += 2;
  }
  return length;
}

/** Whether a text has no lone surrogate, so that decoding its UTF-8 bytes gives the same text. */
export function isWellFormed(text: string): boolean {
  // A native method since ES2024.
  const native = (text as { isWellFormed?(): boolean }).isWellFormed;
  if (native) return native.call(text);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0xd800 || unit > 0xdfff) continue;
    if (unit > 0xdbff || !isLowSurrogate(text, i + 1)) return false;
    i++;
  }
  return true;
}

function isLowSurrogate(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit >= 0xdc00 && unit < 0xe000;
}
