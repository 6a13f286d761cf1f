/**
 * Compares the contents of values: those that were read with those that were written.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** Hexadecimal digits of a hash that a number holds exactly: 48 bits. */
const DIGITS = 12;

/**
 * The content as text: JSON, with additional texts for values that JSON lacks, such as -0. Two
 * values have the same text only if they are equal and their members have the same order.
 */
export function contentText(value: unknown): string {
  if (typeof value === "number") {
    return Object.is(value, -0) ? "-0" : String(value);
  }
  if (Array.isArray(value)) return `[${value.map(contentText).join()}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(([name, member]) =>
      `${JSON.stringify(name)}:${contentText(member)}`
    );
    return `{${members.join()}}`;
  }
  return typeof value === "bigint"
    ? `${value}n`
    : JSON.stringify(value) ?? typeof value;
}

/**
 * A hash of a partition key and a value. Two different values have the same one in 1 of 2^48 cases.
 */
export function fingerprint(key: string, value: unknown): number {
  const hash = createHash("sha256").update(contentText([key, value]));
  return parseInt(hash.digest("hex").slice(0, DIGITS), 16);
}
