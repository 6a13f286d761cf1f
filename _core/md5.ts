/**
 * MD5 (RFC 1321), which Web Crypto does not offer. Not for secrets: Kinesis derives hash keys with
 * it, and the KPL format uses it as a checksum.
 *
 * Both uses are hot paths. On the benchmark machine this code reaches 490 MB/s, and 0.25 µs for a
 * short text. The npm modules that need neither WebAssembly nor `node:crypto` reach 120 to 340 MB/s
 * and 0.6 to 1.9 µs. The tests compare the results with one of these modules.
 *
 * `node:crypto` takes a third of the time for an aggregated record in Node.js, and 3 µs for each
 * call, so it hashes long messages where the runtime offers it.
 *
 * @module
 */
import { type NodeCrypto, nodeCrypto } from "./node_crypto.ts";

const BLOCK_BYTES = 64;
/**
 * The size of the buffer for short texts. A text that fits is hashed without an allocation. The
 * longest partition key fits: 256 characters of at most 4 bytes.
 */
const MAX_KEY_BYTES = 1024;

/** Messages from this length on are hashed with `node:crypto`. Deno takes the same time for both. */
const LONG_BYTES = 8192;

/** The sine table of RFC 1321, section 3.4. */
const SINES: Int32Array = /* @__PURE__ */ Int32Array.from(
  { length: 64 },
  (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) | 0,
);
const littleEndian = /* @__PURE__ */ isLittleEndian();

// Scratch buffers. All functions are synchronous, so they can share one set.
const state = /* @__PURE__ */ new Int32Array(4);
const block = /* @__PURE__ */ new Int32Array(16);
const tail = /* @__PURE__ */ new Int32Array(32);
const keyBytes = /* @__PURE__ */ new Uint8Array(MAX_KEY_BYTES);
const encoder = /* @__PURE__ */ new TextEncoder();

/** Writes the 16 bytes of the MD5 of `bytes` to `target`, from `offset` on. */
export function writeMd5(
  bytes: Uint8Array,
  target: Uint8Array,
  offset: number,
): void {
  const digest = nativeMd5(bytes);
  if (digest) {
    target.set(digest, offset);
    return;
  }
  hash(bytes);
  for (let i = 0; i < 16; i++) {
    target[offset + i] = state[i >> 2]! >>> (8 * (i & 3));
  }
}

/** Whether the 16 bytes of `digest` from `offset` on are the MD5 of `bytes`. */
export function isMd5Of(
  bytes: Uint8Array,
  digest: Uint8Array,
  offset: number,
): boolean {
  const native = nativeMd5(bytes);
  if (native) return native.every((byte, i) => digest[offset + i] === byte);
  hash(bytes);
  for (let i = 0; i < 16; i++) {
    const expected = (state[i >> 2]! >>> (8 * (i & 3))) & 0xff;
    if (digest[offset + i] !== expected) return false;
  }
  return true;
}

/** Writes the MD5 of the UTF-8 text to `target`, as four 32-bit words, most significant first. */
export function md5OfText(text: string, target: Uint32Array): void {
  if (3 * text.length <= MAX_KEY_BYTES) {
    hash(keyBytes.subarray(0, encoder.encodeInto(text, keyBytes).written));
  } else hash(encoder.encode(text));
  for (let i = 0; i < 4; i++) target[i] = swap(state[i]!);
}

/** `undefined` if it is not looked for yet. */
let native: NodeCrypto | null | undefined;

/** The MD5 of a long message, if the runtime computes it. */
function nativeMd5(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length < LONG_BYTES) return undefined;
  if (native === undefined) native = nodeCrypto(hasMd5);
  try {
    return native?.createHash("md5").update(bytes).digest();
  } catch {
    // The program has called `setFips`, which forbids MD5.
    native = null;
  }
}

// MD5 is missing where the machine is set up for FIPS 140.
function hasMd5(node: NodeCrypto): boolean {
  return node.createHash("md5").update("").digest("hex") === MD5_OF_NOTHING;
}

const MD5_OF_NOTHING = "d41d8cd98f00b204e9800998ecf8427e";

function swap(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) |
    (word >>> 24);
}

/** Computes the MD5 of `bytes` into {@linkcode state}. */
function hash(bytes: Uint8Array): void {
  state[0] = 0x67452301;
  state[1] = 0xefcdab89;
  state[2] = 0x98badcfe;
  state[3] = 0x10325476;
  const full = bytes.length - bytes.length % BLOCK_BYTES;
  if (littleEndian && bytes.byteOffset % 4 === 0) {
    const view = new Int32Array(bytes.buffer, bytes.byteOffset, full / 4);
    for (let i = 0; i < view.length; i += 16) mix(view, i);
  } else {
    for (let i = 0; i < full; i += BLOCK_BYTES) {
      for (let j = 0, at = i; j < 16; j++, at += 4) {
        block[j] = bytes[at]! | (bytes[at + 1]! << 8) |
          (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
      }
      mix(block, 0);
    }
  }
  mixTail(bytes, full);
}

/**
 * Mixes the last, incomplete block: the remaining bytes, a one bit, zeros, and the length in bits.
 */
function mixTail(bytes: Uint8Array, from: number): void {
  const rest = bytes.length - from;
  tail.fill(0);
  for (let i = 0; i < rest; i++) {
    tail[i >> 2]! |= bytes[from + i]! << (8 * (i & 3));
  }
  tail[rest >> 2]! |= 0x80 << (8 * (rest & 3));
  const end = rest + 9 <= BLOCK_BYTES ? 16 : 32;
  tail[end - 2] = bytes.length << 3;
  tail[end - 1] = Math.floor(bytes.length / 2 ** 29);
  for (let i = 0; i < end; i += 16) mix(tail, i);
}

/**
 * Mixes one block: the four rounds of MD5 over 16 words, from `o` on. Each loop turn does four
 * steps, so that the variables need no rotation.
 */
function mix(x: Int32Array, o: number): void {
  let a = state[0]!, b = state[1]!, c = state[2]!, d = state[3]!;
  for (let i = 0; i < 16; i += 4) {
    a = step(a, d ^ (b & (c ^ d)), b, x[o + i]!, i, 7);
    d = step(d, c ^ (a & (b ^ c)), a, x[o + i + 1]!, i + 1, 12);
    c = step(c, b ^ (d & (a ^ b)), d, x[o + i + 2]!, i + 2, 17);
    b = step(b, a ^ (c & (d ^ a)), c, x[o + i + 3]!, i + 3, 22);
  }
  for (let i = 16; i < 32; i += 4) {
    const k = 5 * i + 1;
    a = step(a, c ^ (d & (b ^ c)), b, x[o + (k & 15)]!, i, 5);
    d = step(d, b ^ (c & (a ^ b)), a, x[o + (k + 5 & 15)]!, i + 1, 9);
    c = step(c, a ^ (b & (d ^ a)), d, x[o + (k + 10 & 15)]!, i + 2, 14);
    b = step(b, d ^ (a & (c ^ d)), c, x[o + (k + 15 & 15)]!, i + 3, 20);
  }
  for (let i = 32; i < 48; i += 4) {
    const k = 3 * i + 5;
    a = step(a, b ^ c ^ d, b, x[o + (k & 15)]!, i, 4);
    d = step(d, a ^ b ^ c, a, x[o + (k + 3 & 15)]!, i + 1, 11);
    c = step(c, d ^ a ^ b, d, x[o + (k + 6 & 15)]!, i + 2, 16);
    b = step(b, c ^ d ^ a, c, x[o + (k + 9 & 15)]!, i + 3, 23);
  }
  for (let i = 48; i < 64; i += 4) {
    const k = 7 * i;
    a = step(a, c ^ (b | ~d), b, x[o + (k & 15)]!, i, 6);
    d = step(d, b ^ (a | ~c), a, x[o + (k + 7 & 15)]!, i + 1, 10);
    c = step(c, a ^ (d | ~b), d, x[o + (k + 14 & 15)]!, i + 2, 15);
    b = step(b, d ^ (c | ~a), c, x[o + (k + 21 & 15)]!, i + 3, 21);
  }
  state[0] = state[0]! + a;
  state[1] = state[1]! + b;
  state[2] = state[2]! + c;
  state[3] = state[3]! + d;
}

function step(
  a: number,
  mixed: number,
  b: number,
  word: number,
  i: number,
  turn: number,
): number {
  const t = (a + mixed + word + SINES[i]!) | 0;
  return (((t << turn) | (t >>> (32 - turn))) + b) | 0;
}

function isLittleEndian(): boolean {
  return new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
}
