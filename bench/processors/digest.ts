/**
 * What shows that all values have arrived, each as it was sent. `async_kinesis.py` does the same.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Person } from "./data.ts";

/** A value as the string processors carry it, or as the others do. */
export type Sent = string | Person;

/** What has arrived. */
export interface Arrived {
  readonly values: number;
  /** The SHA-256 of the JSON texts by their numbers, each with a line feed. */
  readonly digest: string;
  /** Values that came after a value with a higher number. */
  readonly outOfOrder: number;
}

/** Looks at the values in the order in which they arrived. */
export function arrivedOf(values: readonly Sent[]): Arrived {
  let highest = -1;
  let outOfOrder = 0;
  const texts: { number: number; text: string }[] = [];
  for (const value of values) {
    const isText = typeof value === "string";
    const { number } = isText ? JSON.parse(value) as Person : value;
    if (number < highest) outOfOrder++;
    highest = Math.max(highest, number);
    texts.push({ number, text: isText ? value : JSON.stringify(value) });
  }
  texts.sort((a, b) => a.number - b.number);
  const hash = createHash("sha256");
  for (const { text } of texts) hash.update(`${text}\n`);
  return { values: values.length, digest: hash.digest("hex"), outOfOrder };
}
