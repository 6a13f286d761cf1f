/**
 * Values of one partition key as lines.
 *
 * @module
 */
import { decodeUtf8, utf8Length } from "../_core/utf8.ts";
import type { KinesisRecord, Put } from "../records.ts";
import { damagedItem, notSerializable } from "./_errors.ts";
import { BytesFrame, type FrameFormat, TextFrame } from "./_frame.ts";
import { KeyedPacker } from "./_keyed_packer.ts";
import type { Framing } from "./framing.ts";
import type { Packer, PackerOptions, Unpacked } from "./processor.ts";
import type { Serializer } from "./serializer.ts";
import { serializeValue } from "./single.ts";

const NEWLINE = 0x0a;
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
    const { name, text } = serializer;
    if (text) {
      return new KeyedPacker<P, string>({
        itemOf(put) {
          let line: string;
          try {
            line = text.stringify(put.value);
          } catch (cause) {
            throw notSerializable(put, name, cause);
          }
          if (line.length === 0 || line.includes("\n")) {
            throw notALine(put, name, line.length);
          }
          return line;
        },
        createFrame: () => new TextFrame(format),
        sizeOf: (line) => utf8Length(line) + 1,
      }, options);
    }
    return new KeyedPacker<P, Uint8Array<ArrayBuffer>>({
      itemOf(put) {
        const line = serializeValue(serializer, put);
        if (line.length === 0 || line.includes(NEWLINE)) {
          throw notALine(put, name, line.length);
        }
        return line;
      },
      createFrame: () => new BytesFrame(format),
      sizeOf: (line) => line.length + 1,
    }, options);
  },
  unpack<T>(serializer: Serializer<T>, record: KinesisRecord): Unpacked<T>[] {
    if (!serializer.text) return unpackBytes(serializer, record);
    let text: string;
    try {
      text = decodeUtf8(record.data);
    } catch {
      // Some line is not UTF-8; find out which one.
      return unpackBytes(serializer, record);
    }
    return unpackText(serializer.name, serializer.text.parse, text, record);
  },
};

function notALine(put: Put<unknown>, name: string, length: number): Error {
  const problem = length === 0
    ? "an empty line would be skipped when reading"
    : "a line must not contain a line feed";
  return notSerializable(put, `${name} line`, new TypeError(problem));
}

function unpackText<T>(
  name: string,
  parse: (line: string) => T,
  text: string,
  record: KinesisRecord,
): Unpacked<T>[] {
  const items: Unpacked<T>[] = [];
  const { partitionKey } = record;
  for (let start = 0, end; start < text.length; start = end + 1) {
    end = text.indexOf("\n", start);
    if (end === -1) end = text.length;
    if (end === start) continue;
    const line = text.slice(start, end);
    const subSequenceNumber = items.length;
    try {
      const value = parse(line);
      items.push({ type: "value", value, partitionKey, subSequenceNumber });
    } catch (cause) {
      if (isBlank(line)) continue;
      items.push(damagedItem(record, subSequenceNumber, name, cause));
    }
  }
  return items;
}

function unpackBytes<T>(
  serializer: Serializer<T>,
  record: KinesisRecord,
): Unpacked<T>[] {
  const items: Unpacked<T>[] = [];
  const { data, partitionKey } = record;
  for (let start = 0, end; start < data.length; start = end + 1) {
    end = data.indexOf(NEWLINE, start);
    if (end === -1) end = data.length;
    if (end === start) continue;
    const line = data.subarray(start, end);
    const subSequenceNumber = items.length;
    try {
      const value = serializer.deserialize(line);
      items.push({ type: "value", value, partitionKey, subSequenceNumber });
    } catch (cause) {
      if (
        line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d)
      ) {
        continue;
      }
      items.push(
        damagedItem(record, subSequenceNumber, serializer.name, cause),
      );
    }
  }
  return items;
}

/** For a serializer that cannot read it, a line of white space is blank too: writers on Windows end lines with `\r\n`. */
function isBlank(line: string): boolean {
  return /^[ \t\r]*$/.test(line);
}
