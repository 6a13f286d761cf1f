/**
 * The JSON protocol: `application/x-amz-json-1.1`, blobs as base64, times as seconds.
 *
 * @module
 */
import { base64Decoder, decodeBase64, encodeBase64 } from "../_core/base64.ts";
import { isBytes } from "../_core/bytes.ts";
import { normalizeAnswer, type ScalarReaders } from "./answer.ts";
import { type Codec, errorBodyOf } from "./codec.ts";

const encoder = new TextEncoder();
// Not fatal: that would make the text of a large answer twice as wide and three times as slow. What is not UTF-8 becomes
// U+FFFD, which is no JSON outside of texts.
const decoder = new TextDecoder();

/** The JSON protocol. */
export const jsonCodec: Codec = {
  contentType: "application/x-amz-json-1.1",

  encode(action, request) {
    const text = action === "PutRecords"
      ? putRecordsText(request as PutRecordsShape)
      : JSON.stringify(toJson(request));
    return encodeText(text);
  },

  decode(action, body) {
    // Actions without an answer send an empty body.
    if (body.length === 0) return {};
    const text = decoder.decode(body);
    // An answer of PutRecords has no blobs, and to look for them takes a third as long as to parse it.
    const answer = action === "PutRecords"
      ? undefined
      : parseWithBlobsApart(text);
    return answer ??
      normalizeAnswer(JSON.parse(text), { blob: blobOf, time: timeOf });
  },

  decodeError(body) {
    try {
      return errorBodyOf(JSON.parse(decoder.decode(body)));
    } catch {
      return {};
    }
  },
};

function blobOf(value: unknown): Uint8Array<ArrayBuffer> {
  if (typeof value !== "string") throw new TypeError("a blob is not a text");
  return decodeBase64(value);
}

function timeOf(value: unknown): Date {
  const ms = typeof value === "number"
    ? Math.round(value * 1000)
    : Date.parse(String(value));
  const time = new Date(ms);
  if (Number.isNaN(time.getTime())) {
    throw new TypeError("a time is not a number");
  }
  return time;
}

/** How a blob begins in an answer without spaces. Valid JSON has this nowhere but at a field whose name ends so. */
const BLOB = '"Data":"';
const BLOB_NAME = '"Data"';

/**
 * The hot path of reading: 14 MB of base64 in one answer, which `JSON.parse` would look at character by character and
 * copy. They are cut out first, with a number in the place of each, and only the rest is parsed. Whatever does not add
 * up afterwards is `undefined`, and the caller takes the plain way.
 */
function parseWithBlobsApart(text: string): object | undefined {
  let at = text.indexOf(BLOB);
  if (at < 0) return undefined;
  const blobs: Uint8Array<ArrayBuffer>[] = [];
  let rest = "";
  let from = 0;
  let taken = 0;
  const decode = base64Decoder();
  const readers: ScalarReaders = {
    blob(value) {
      if (value !== taken) throw new TypeError("a blob is out of place");
      return blobs[taken++]!;
    },
    time: timeOf,
  };
  try {
    while (at >= 0) {
      const start = at + BLOB.length;
      const end = text.indexOf('"', start);
      if (end < 0) return undefined;
      const before = text.slice(from, start - 1);
      // One that is written otherwise could be taken for a number of ours.
      if (before.indexOf(BLOB_NAME) !== at - from) return undefined;
      rest += before + blobs.length;
      blobs.push(decode(text.slice(start, end)));
      from = end + 1;
      at = text.indexOf(BLOB, from);
    }
    const after = text.slice(from);
    if (after.includes(BLOB_NAME)) return undefined;
    const answer = normalizeAnswer(JSON.parse(rest + after), readers);
    return taken === blobs.length ? answer : undefined;
  } catch {
    return undefined;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Requests are ASCII nearly always, and then `encodeInto` is ten times faster than `encode`. */
function encodeText(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  const { read } = encoder.encodeInto(text, bytes);
  // In UTF-8 no text is shorter than in UTF-16 units: all of it fits only if it is ASCII.
  return read === text.length ? bytes : encoder.encode(text);
}

interface PutRecordsShape {
  Records: {
    Data: Uint8Array;
    PartitionKey?: string;
    ExplicitHashKey?: string;
  }[];
}

// The hot path of writing. Base64 needs no escaping, so the text is joined and JSON.stringify never scans the data.
function putRecordsText(request: PutRecordsShape): string {
  const { Records, ...rest } = request;
  let text = '{"Records":[';
  for (let i = 0; i < Records.length; i++) {
    const { Data, PartitionKey, ExplicitHashKey } = Records[i]!;
    text += i === 0 ? '{"Data":"' : ',{"Data":"';
    text += encodeBase64(Data);
    text += '"';
    if (PartitionKey !== undefined) {
      text += ',"PartitionKey":' + quote(PartitionKey);
    }
    if (ExplicitHashKey !== undefined) {
      text += ',"ExplicitHashKey":' + quote(ExplicitHashKey);
    }
    text += "}";
  }
  const others = JSON.stringify(toJson(rest));
  return text + (others === "{}" ? "]}" : "]," + others.slice(1));
}

/** JSON.stringify, several times faster where nothing needs an escape: keys hardly ever do. */
function quote(text: string): string {
  // Programs without types may pass anything; the service says what it thinks of it.
  if (typeof text !== "string") return JSON.stringify(text);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x20 || unit > 0x7e || unit === QUOTE || unit === BACKSLASH) {
      return JSON.stringify(text);
    }
  }
  return `"${text}"`;
}

function toJson(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (isBytes(value)) return encodeBase64(value);
  if (value instanceof Date) return value.getTime() / 1000;
  if (Array.isArray(value)) return value.map(toJson);
  const fields: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) {
    // Defined, not assigned: a tag may well be called `__proto__`.
    Object.defineProperty(fields, name, {
      value: toJson(field),
      enumerable: true,
    });
  }
  return fields;
}
