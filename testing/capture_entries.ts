/**
 * The parts of a capture one by one, for captures that are too large for memory.
 *
 * @module
 */
import {
  type CaptureLine,
  damaged,
  headerLine,
  lineOf,
  parseHeader,
  parseLine,
} from "./_capture_lines.ts";
import type { CapturedRecord, CapturedShard } from "./capture_types.ts";

/** A part of a capture. */
export type CaptureEntry =
  /** The beginning: the stream, by name or ARN as it was given. */
  | { readonly type: "stream"; readonly stream: string }
  /** A shard. It comes before the records of it. */
  | { readonly type: "shard"; readonly shard: CapturedShard }
  /** A record. Those of a shard come in their order, after those of its parents. */
  | { readonly type: "record"; readonly record: CapturedRecord }
  /** The end, with the number of records. A capture without it is truncated. */
  | { readonly type: "end"; readonly records: number };

/** The longest line, in characters: a record of 10 MiB in base64, with its fields. */
const LONGEST_LINE = 16 * 1024 * 1024;

/**
 * Reads a capture part by part. Memory holds one part. `readCapture` reads a whole capture.
 *
 * @example Count the bytes of a capture
 * ```ts
 * import { captureEntries, captureLine } from "@webstreams/kinesis/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const record = { shardId: "shardId-000000000000", sequenceNumber: "1", data: Uint8Array.of(1, 2) };
 * const file = new Blob([
 *   captureLine({ type: "stream", stream: "orders" }),
 *   captureLine({ type: "record", record }),
 *   captureLine({ type: "end", records: 1 }),
 * ]);
 * let bytes = 0;
 * for await (const entry of captureEntries(file.stream())) {
 *   if (entry.type === "record") bytes += entry.record.data.length;
 * }
 * assertEquals(bytes, 2);
 * ```
 *
 * @throws {KinesisError} `NotACapture` if the bytes are something else, `CaptureTooNew` if a newer
 * release has written them, `CaptureDamaged` if a line is damaged or the end is missing. The parts
 * before it have been handed out then
 */
export async function* captureEntries(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<CaptureEntry, void> {
  let number = 0;
  let records = 0;
  let isComplete = false;
  for await (const text of linesOf(source)) {
    if (++number === 1) {
      yield { type: "stream", stream: parseHeader(text) };
      continue;
    }
    if (isComplete) throw damaged(`line ${number} follows the end`);
    const line = parseLine(text, number);
    if (line.type === "record") records++;
    else if (line.type === "end") {
      isComplete = true;
      if (line.records !== records) {
        throw damaged(
          `it has ${records} records, and its end says ${line.records}`,
        );
      }
    }
    yield line;
  }
  if (number === 0) parseHeader("");
  if (isComplete) return;
  throw damaged(
    `its end is missing after ${number} ${
      number === 1 ? "line" : "lines"
    }: the capture was stopped, or the file is truncated`,
  );
}

/**
 * The line of a part in the file of a capture, with its line feed. A capture has a `stream` first,
 * then shards and records, and an `end` with the number of records.
 */
export function captureLine(entry: CaptureEntry): string {
  return entry.type === "stream"
    ? headerLine(entry.stream)
    : lineOf(entry satisfies CaptureLine);
}

/** The lines of a text in UTF-8. A last line without a line feed is not complete. */
async function* linesOf(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest: string[] = [];
  let restLength = 0;
  for await (const chunk of source) {
    const parts = decoder.decode(chunk, { stream: true }).split("\n");
    for (const [at, part] of parts.entries()) {
      rest.push(part);
      restLength += part.length;
      // Another file may have no lines at all.
      if (restLength > LONGEST_LINE) {
        throw damaged(`a line has more than ${LONGEST_LINE} characters`);
      }
      if (at === parts.length - 1) break;
      yield rest.join("");
      rest = [];
      restLength = 0;
    }
  }
}
