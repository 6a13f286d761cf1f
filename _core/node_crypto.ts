/**
 * The module `node:crypto` where a runtime offers it, found without an import: bundlers for browsers
 * would refuse the import.
 *
 * @module
 */

/** The part of `node:crypto` that is used. */
export interface NodeCrypto {
  /** Starts a hash. */
  createHash(algorithm: "md5" | "sha256"): NodeHash;
  /** Starts an HMAC. */
  createHmac(algorithm: "sha256", key: Uint8Array): NodeHash;
}

/** A hash that is being computed. */
export interface NodeHash {
  /** Adds a message. */
  update(message: Uint8Array | string): this;
  /** The hash as bytes. */
  digest(): Uint8Array<ArrayBuffer>;
  /** The hash as text. */
  digest(encoding: "hex"): string;
}

/**
 * The module, if `works` returns true for it; else `null`. Not in Node.js before 20.16, in browsers,
 * and in Workers without compatibility with Node.js. Some runtimes have only a part of the module,
 * so `works` may throw.
 */
export function nodeCrypto(
  works: (node: NodeCrypto) => boolean,
): NodeCrypto | null {
  const { process } = globalThis as {
    process?: { getBuiltinModule?(name: string): NodeCrypto | undefined };
  };
  try {
    const node = process?.getBuiltinModule?.("node:crypto");
    return node && works(node) ? node : null;
  } catch {
    return null;
  }
}
