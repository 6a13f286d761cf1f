/**
 * Reads captures.
 *
 * @module
 */
import { damaged, parseHeader, parseLine } from "./_capture_lines.ts";
import type {
  Capture,
  CapturedRecord,
  CapturedShard,
} from "./capture_types.ts";

/** The longest line, in characters: a record of 10 MiB in base64, with its fields. */
const LONGEST_LINE = 16 * 1024 * 1024;

/**
 * Reads what `capture` has written, to the end, into memory.
 *
 * @throws {KinesisError} `NotACapture` if the bytes are something else, `CaptureTooNew` if a newer
 * release has written them, `CaptureDamaged` if a line is damaged or the end is missing
 */
export async function readCapture(
  source: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<Capture> {
  let stream: string | undefined;
  const shards: CapturedShard[] = [];
  const records: CapturedRecord[] = [];
  let number = 0;
  let isComplete = false;
  for await (const text of linesOf(source)) {
    number++;
    if (stream === undefined) {
      stream = parseHeader(text);
      continue;
    }
    if (isComplete) throw damaged(`line ${number} follows the end`);
    const line = parseLine(text, number);
    if (line.type === "shard") shards.push(line.shard);
    else if (line.type === "record") records.push(line.record);
    else {
      isComplete = true;
      if (line.records === records.length) continue;
      throw damaged(
        `it has ${records.length} records, and its end says ${line.records}`,
      );
    }
  }
  if (stream === undefined) parseHeader("");
  if (isComplete) return { stream: stream!, shards, records };
  throw damaged(
    `its end is missing after ${number} lines: the capture was stopped, or the file is truncated`,
  );
}

/** The lines of a text in UTF-8. A last line without a line feed is not complete. */
async function* linesOf(
  source: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string, void> {
  const reader = source.getReader();
  const decoder = new TextDecoder();
  let rest: string[] = [];
  let restLength = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const parts = decoder.decode(value, { stream: true }).split("\n");
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
  } finally {
    await reader.cancel().catch(() => {});
    reader.releaseLock();
  }
}
