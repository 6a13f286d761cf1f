/**
 * The parts of letters: errors as data, and values as texts.
 *
 * @module
 */
import { encodeBase64 } from "../_core/base64.ts";
import { isBytes } from "../_core/bytes.ts";
import { KinesisError } from "../errors.ts";

/**
 * The lengths of the text that replaces a value which cannot be written, in UTF-16 units. They are
 * tried one after the other.
 */
export const TEXT_LENGTHS: readonly number[] = [100_000, 10_000, 1000, 0];
/** The greatest length of the text that replaces a key, in UTF-16 units. */
export const LONGEST_KEY = 1000;

/** An error as data. */
export function errorData(error: KinesisError | Error): unknown {
  if (error instanceof KinesisError) return error.toJSON();
  return { name: error.name, message: error.message };
}

/** Any value as text, for a letter whose value cannot be written otherwise. */
export function valueText(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    if (isBytes(value)) return encodeBase64(value);
    const text = JSON.stringify(
      value,
      (_, item) => typeof item === "bigint" ? String(item) : item,
    );
    return text ?? String(value);
  } catch {
    // The value has a cycle, or a `toJSON` that throws.
  }
  try {
    return Object.prototype.toString.call(value);
  } catch {
    // A revoked Proxy throws at each access.
    return "a value that cannot be read";
  }
}

/** The first UTF-16 units of a text. */
export function shorten(text: string, length: number): string {
  // Some formats cannot write half of a surrogate pair.
  return text.slice(0, length).replace(/\p{Surrogate}/gu, "\ufffd");
}
