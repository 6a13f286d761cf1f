/**
 * The lines of a capture: JSON, with a header and an end.
 *
 * @module
 */
import { decodeBase64, encodeBase64 } from "../_core/base64.ts";
import { KinesisError } from "../errors.ts";
import type { CapturedRecord, CapturedShard } from "./capture_types.ts";

/** The name of the format, in the first line. */
const FORMAT = "webstreams-kinesis-capture";
/** The version of the format. A reader refuses newer ones. */
const VERSION = 1;

/** A line after the header. */
export type CaptureLine =
  | { readonly type: "shard"; readonly shard: CapturedShard }
  | { readonly type: "record"; readonly record: CapturedRecord }
  /** The last line. Without it, the capture is truncated. */
  | { readonly type: "end"; readonly records: number };

/** The first line. */
export function headerLine(stream: string): string {
  return `${JSON.stringify({ format: FORMAT, version: VERSION, stream })}\n`;
}

/** Any other line. */
export function lineOf(line: CaptureLine): string {
  if (line.type === "shard") {
    return `${JSON.stringify({ type: "shard", ...line.shard })}\n`;
  }
  if (line.type === "end") return `${JSON.stringify(line)}\n`;
  const { data, ...fields } = line.record;
  return `${
    JSON.stringify({ type: "record", ...fields, data: encodeBase64(data) })
  }\n`;
}

/**
 * Reads the first line. Returns the stream.
 *
 * @throws {KinesisError} if it is the line of another format or of a newer version
 */
export function parseHeader(text: string): string {
  const header = objectOf(text);
  if (header?.format !== FORMAT || typeof header.stream !== "string") {
    throw new KinesisError(
      `Cannot read the capture as line 1 is no header: the file is not one that capture() has written`,
      { code: "NotACapture" },
    );
  }
  if (header.version !== VERSION) {
    throw new KinesisError(
      `Cannot read the capture as its version is ${header.version}: this release reads version ${VERSION}`,
      { code: "CaptureTooNew" },
    );
  }
  return header.stream;
}

/**
 * Reads line `number`.
 *
 * @throws {KinesisError} if it is damaged
 */
export function parseLine(text: string, number: number): CaptureLine {
  const fields = objectOf(text);
  const line = fields && knownLine(fields);
  if (line) return line;
  throw damaged(`line ${number} is no shard, record or end`);
}

/** The error for a capture that lacks a part or has a wrong one. */
export function damaged(reason: string): KinesisError {
  return new KinesisError(`Cannot read the capture as ${reason}`, {
    code: "CaptureDamaged",
  });
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function knownLine(fields: Record<string, unknown>): CaptureLine | undefined {
  const { type, ...rest } = fields;
  const areTexts = (...names: string[]) =>
    names.every((name) => typeof rest[name] === "string");
  const mayBeTexts = (...names: string[]) =>
    names.every((name) => rest[name] === undefined || areTexts(name));
  switch (type) {
    case "shard": {
      const isShard = areTexts("shardId", "startingHashKey", "endingHashKey") &&
        mayBeTexts("parentShardId", "adjacentParentShardId");
      if (!isShard) return undefined;
      return { type, shard: rest as object as CapturedShard };
    }
    case "record": {
      const { arrivedAt = 0 } = rest;
      const isRecord = areTexts("shardId", "sequenceNumber", "data") &&
        mayBeTexts("partitionKey") && Number.isFinite(arrivedAt);
      if (!isRecord) return undefined;
      try {
        const data = decodeBase64(rest.data as string);
        const record = { ...rest, data } as object as CapturedRecord;
        return { type, record };
      } catch {
        return undefined;
      }
    }
    case "end":
      return Number.isInteger(rest.records)
        ? { type, records: rest.records as number }
        : undefined;
  }
}
