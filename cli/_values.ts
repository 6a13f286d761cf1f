/**
 * Values as lines of text.
 *
 * @module
 */
import { encodeBase64 } from "../_core/base64.ts";

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Bytes as text if they are UTF-8, and as base64 otherwise. */
export function textOfBytes(bytes: Uint8Array<ArrayBuffer>): string {
  try {
    return decoder.decode(bytes).replace(/\n$/, "");
  } catch {
    return `base64:${encodeBase64(bytes)}`;
  }
}
