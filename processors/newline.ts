/**
 * The newline framing.
 *
 * @module
 */
import { decodeUtf8 } from "../_core/utf8.ts";
import type { KinesisRecord, Put } from "../records.ts";
import type { FrameFormat } from "./_frame.ts";
import { createKeyedPacker, createTextPacker } from "./_keyed_framing.ts";
import { Unpacking } from "./_unpacking.ts";
import type { Framing } from "./framing.ts";
import type { Packer, PackerOptions, Unpacked } from "./processor.ts";
import type { Serializer, TextCodec } from "./serializer.ts";

const LINE_FEED = 0x0a;
/**
 * How many bytes are decoded per call. Larger makes fewer calls; smaller stays in the processor's
 * caches.
 */
const DECODE_BYTES = 65_536;
const format: FrameFormat = { open: "", between: "\n", close: "\n" };

/**
 * A framing that packs the values of one partition key as lines. Every line ends with `\n`, also
 * the last one.
 *
 * Reading skips blank lines. Therefore writing rejects a value whose bytes are empty or contain
 * `\n`, with an `InvalidRecordError`. A line that cannot be decoded is one error; the other lines
 * are read.
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
  unpack: unpackLines,
};

/** {@linkcode newline} for serializers with a text form only, with less code. */
export function textNewline(): Framing {
  return textFraming;
}

const textFraming: Framing = {
  name: "newline",
  scope: "key",
  createPacker<T, P extends Put<T>>(
    { name, text }: Serializer<T>,
    options: PackerOptions<P>,
  ): Packer<P> {
    return createTextPacker(name, text!, options, format, checkLine);
  },
  unpack: unpackLines,
};

function unpackLines<T>(
  serializer: Serializer<T>,
  record: KinesisRecord,
): Unpacked<T>[] {
  const unpacking = new Unpacking<T>(record, serializer.name);
  const { data } = record;
  if (!serializer.text) {
    unpackBytes(serializer, data, record, unpacking);
    return unpacking.items;
  }
  for (let start = 0, end; start < data.length; start = end) {
    end = endOfLines(data, start);
    const lines = data.subarray(start, end);
    const text = textOf(lines);
    if (text === undefined) unpackBytes(serializer, lines, record, unpacking);
    else unpackText(serializer.text, text, record, unpacking);
  }
  return unpacking.items;
}

/** The end of the complete lines in the next {@linkcode DECODE_BYTES}, or of one longer line. */
function endOfLines(data: Uint8Array, start: number): number {
  const end = start + DECODE_BYTES;
  if (end >= data.length) return data.length;
  const last = data.lastIndexOf(LINE_FEED, end - 1);
  if (last >= start) return last + 1;
  const next = data.indexOf(LINE_FEED, end);
  return next === -1 ? data.length : next + 1;
}

function checkLine(line: string | Uint8Array): string | undefined {
  if (line.length === 0) return "an empty line would be skipped when reading";
  const index = typeof line === "string"
    ? line.indexOf("\n")
    : line.indexOf(LINE_FEED);
  return index === -1 ? undefined : "a line must not contain a line feed";
}

/** Decodes lines. Returns `undefined` if any of them is not UTF-8. */
function textOf(lines: Uint8Array): string | undefined {
  try {
    return decodeUtf8(lines);
  } catch {
    return undefined;
  }
}

function unpackText<T>(
  codec: TextCodec<T>,
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
      value = codec.parse(line);
    } catch (cause) {
      // A line of white space is skipped, since writers on Windows end lines with \r\n. If the
      // serializer accepts white space as a value, parsing has succeeded above.
      if (!/^[ \t\r]*$/.test(line)) unpacking.damaged(cause);
      continue;
    }
    unpacking.add(value, partitionKey);
  }
}

function unpackBytes<T>(
  serializer: Serializer<T>,
  data: Uint8Array<ArrayBuffer>,
  { partitionKey }: KinesisRecord,
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
