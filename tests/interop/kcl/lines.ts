/**
 * The input and the output of `Deaggregate.java`: records and the values read from them, as lines.
 *
 * @module
 */
import {
  deaggregate,
  type ShardRange,
  type StoredRecord,
} from "./deaggregate.ts";

/** A record, the shard that holds it, and a name. */
export interface Case extends StoredRecord, ShardRange {
  readonly name: string;
}

/** The lines that `Deaggregate.java` reads. */
export function writeCases(cases: Iterable<Case>): string {
  return Array.from(
    cases,
    ({ name, start, end, partitionKey, data }) =>
      [name, start, end, hexOf(partitionKey), hex(data)].join("\t") + "\n",
  ).join("");
}

/** The cases in such lines. */
export function readCases(text: string): Case[] {
  return text.trimEnd().split("\n").map((line) => {
    const [name, start, end, partitionKey, data] = line.split("\t");
    return {
      name: name!,
      start: BigInt(start!),
      end: BigInt(end!),
      partitionKey: new TextDecoder().decode(unhex(partitionKey!)),
      data: unhex(data!),
    };
  });
}

/** The output of `Deaggregate.java` according to our model. */
export function expectedOf(cases: Iterable<Case>): string {
  let text = "";
  for (const { name, ...record } of cases) {
    for (const read of deaggregate([record], record)) {
      const { aggregated, subSequenceNumber, partitionKey } = read;
      text += [
        name,
        aggregated,
        subSequenceNumber,
        hexOf(partitionKey),
        read.explicitHashKey ?? "-",
        hex(read.data),
      ].join("\t") + "\n";
    }
  }
  return text;
}

/** Hexadecimal digits. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

/** The bytes of hexadecimal digits. */
export function unhex(digits: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    digits.match(/../g) ?? [],
    (pair) => parseInt(pair, 16),
  );
}

function hexOf(text: string): string {
  return hex(new TextEncoder().encode(text));
}
