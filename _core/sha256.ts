/**
 * SHA-256 and HMAC-SHA-256.
 *
 * Web Crypto computes in another thread, in Node.js and Deno. Passing a short message there and
 * back takes 30 to 70 µs of CPU time, hashing it 2 µs. So messages up to 1 MiB are hashed in this
 * thread where the runtime offers `node:crypto`, and with Web Crypto elsewhere.
 *
 * @module
 */
import { type NodeCrypto, nodeCrypto } from "./node_crypto.ts";

/** A value that may be there already. A promise is made only where a runtime needs one. */
type MaybeLater<T> = T | Promise<T>;

/** A key of HMAC-SHA-256. */
export type HmacKey = Uint8Array<ArrayBuffer> | CryptoKey;

/** The functions, as the runtime offers them. A key belongs to the object that made it. */
export interface Sha256 {
  /** The SHA-256 of a message, in hexadecimal digits. */
  hex(message: Uint8Array<ArrayBuffer> | string): MaybeLater<string>;
  /** Makes a key, which can be used for many messages. */
  key(bytes: Uint8Array<ArrayBuffer>): MaybeLater<HmacKey>;
  /** The HMAC-SHA-256 of a short text. */
  hmac(key: HmacKey, text: string): MaybeLater<Uint8Array<ArrayBuffer>>;
}

/**
 * Longer messages are hashed in another thread, if there is one. This length takes 0.6 ms in this
 * thread, in which nothing else would run.
 */
const MOST_IN_THIS_THREAD = 1024 * 1024;

const encoder = /* @__PURE__ */ new TextEncoder();

/** Looks for the module at the call. `null` stands for a runtime without it. */
export function createSha256(
  node: NodeCrypto | null = nodeCrypto(works),
): Sha256 {
  return node ? inThisThread(node) : webCrypto;
}

function works(node: NodeCrypto): boolean {
  const sha256 = inThisThread(node);
  return sha256.hex("") === HASH_OF_NOTHING &&
    sha256.hmac(encoder.encode("key"), "") instanceof Uint8Array;
}

const HASH_OF_NOTHING =
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

function inThisThread(node: NodeCrypto): Sha256 {
  return {
    hex: (message) =>
      message.length > MOST_IN_THIS_THREAD
        ? webCrypto.hex(message)
        : node.createHash("sha256").update(message).digest("hex"),
    key: (bytes) => bytes,
    hmac: (key, text) =>
      node.createHmac("sha256", key as Uint8Array).update(text).digest(),
  };
}

const webCrypto: Sha256 = {
  async hex(message) {
    const bytes = typeof message === "string"
      ? encoder.encode(message)
      : message;
    return hexOf(await crypto.subtle.digest("SHA-256", bytes));
  },
  key(bytes) {
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    return crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign"]);
  },
  async hmac(key, text) {
    const bytes = encoder.encode(text);
    return new Uint8Array(
      await crypto.subtle.sign("HMAC", key as CryptoKey, bytes),
    );
  },
};

/** Bytes in hexadecimal digits. */
export function hexOf(bytes: ArrayBuffer | Uint8Array<ArrayBuffer>): string {
  let text = "";
  for (const byte of new Uint8Array(bytes)) {
    text += byte.toString(16).padStart(2, "0");
  }
  return text;
}
