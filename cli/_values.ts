/**
 * Values and numbers as text.
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

/** A number with the name of what is counted: `1 line`, `2 lines`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
