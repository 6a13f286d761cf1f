/**
 * What a value is made of, so that what was read can be compared with what was written.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** Hexadecimal digits of a hash that a number holds exactly: 48 bits. */
const DIGITS = 12;

/**
 * The content as text: JSON, but with numbers that JSON does not know. Two values have the same text only if they are the
 * same, members in the same order.
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

/** A number that stands for a partition key and a value: another value gives another one, but for one case in 2^48. */
export function fingerprint(key: string, value: unknown): number {
  const hash = createHash("sha256").update(contentText([key, value]));
  return parseInt(hash.digest("hex").slice(0, DIGITS), 16);
}
