/**
 * Values of one partition key as lines.
 *
 * @module
 */
import { decodeUtf8 } from "../_core/utf8.ts";
import type { KinesisRecord, Put } from "../records.ts";
import type { FrameFormat } from "./_frame.ts";
import { createKeyedPacker } from "./_keyed_framing.ts";
import { Unpacking } from "./_unpacking.ts";
import type { Framing } from "./framing.ts";
import type { Packer, PackerOptions, Unpacked } from "./processor.ts";
import type { Serializer, TextCodec } from "./serializer.ts";

const LINE_FEED = 0x0a;
const format: FrameFormat = { open: "", between: "\n", close: "\n" };

/**
 * Values of one partition key as lines, each followed by `\n`, the last one too.
 *
 * Blank lines are skipped when reading, so a value whose bytes are empty or contain `\n` is refused when writing. A line
 * that cannot be decoded is an error of its own; the other lines are read.
 */
export function newline(): Framing {
  return framing;
}

const framing: Framing = {
  name: "newline",
  scope: "key",
  createPacker<T, P extends Put<T>>(
    serializer: Serializer<T>,
    options: PackerOptions<P>,
  ): Packer<P> {
    return createKeyedPacker(serializer, options, format, checkLine);
  },
  unpack<T>(serializer: Serializer<T>, record: KinesisRecord): Unpacked<T>[] {
    const unpacking = new Unpacking<T>(record, serializer.name);
    const text = serializer.text && textOf(record);
    if (text === undefined) unpackBytes(serializer, record, unpacking);
    else unpackText(serializer.text!, text, record, unpacking);
    return unpacking.items;
  },
};

function checkLine(line: string | Uint8Array): string | undefined {
  if (line.length === 0) return "an empty line would be skipped when reading";
  const index = typeof line === "string"
    ? line.indexOf("\n")
    : line.indexOf(LINE_FEED);
  return index === -1 ? undefined : "a line must not contain a line feed";
}

/** The text of a record, or `undefined` if some line of it is not UTF-8. */
function textOf(record: KinesisRecord): string | undefined {
  try {
    return decodeUtf8(record.data);
  } catch {
    return undefined;
  }
}

function unpackText<T>(
  { parse }: TextCodec<T>,
  text: string,
  { partitionKey }: KinesisRecord,
  unpacking: Unpacking<T>,
): void {
  for (
    let start = 0, end;
    start < text.length && !unpacking.stopped;
    start = end + 1
  ) {
    end = text.indexOf("\n", start);
    if (end === -1) end = text.length;
    if (end === start) continue;
    const line = text.slice(start, end);
    let value: T;
    try {
      value = parse(line);
    } catch (cause) {
      // Writers on Windows end lines with \r\n; where white space is a value, it has been parsed.
      if (!/^[ \t\r]*$/.test(line)) unpacking.damaged(cause);
      continue;
    }
    unpacking.add(value, partitionKey);
  }
}

function unpackBytes<T>(
  serializer: Serializer<T>,
  { data, partitionKey }: KinesisRecord,
  unpacking: Unpacking<T>,
): void {
  for (
    let start = 0, end;
    start < data.length && !unpacking.stopped;
    start = end + 1
  ) {
    end = data.indexOf(LINE_FEED, start);
    if (end === -1) end = data.length;
    if (end === start) continue;
    unpacking.decode(serializer, data.subarray(start, end), partitionKey);
  }
}
