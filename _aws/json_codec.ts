/**
 * The JSON protocol: `application/x-amz-json-1.1`, blobs as base64, times as seconds.
 *
 * @module
 */
import { decodeBase64, encodeBase64 } from "../_core/base64.ts";
import { normalizeAnswer, type ScalarReaders } from "./answer.ts";
import type { Codec, ErrorBody } from "./codec.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** The JSON protocol. */
export const jsonCodec: Codec = {
  contentType: "application/x-amz-json-1.1",

  encode(action, request) {
    const text = action === "PutRecords"
      ? putRecordsText(request as PutRecordsShape)
      : JSON.stringify(toJson(request));
    return encoder.encode(text);
  },

  decode(_action, body) {
    // Actions without an answer send an empty body.
    if (body.length === 0) return {};
    return normalizeAnswer(JSON.parse(decoder.decode(body)), readers);
  },

  decodeError(body): ErrorBody {
    try {
      const fields = JSON.parse(decoder.decode(body));
      return {
        type: textOrNothing(fields.__type),
        message: textOrNothing(fields.message ?? fields.Message),
      };
    } catch {
      return {};
    }
  },
};

const readers: ScalarReaders = {
  blob(value) {
    if (typeof value !== "string") throw new TypeError("a blob is not a text");
    return decodeBase64(value);
  },
  time(value) {
    const ms = typeof value === "number"
      ? Math.round(value * 1000)
      : Date.parse(String(value));
    const time = new Date(ms);
    if (Number.isNaN(time.getTime())) {
      throw new TypeError("a time is not a number");
    }
    return time;
  },
};

interface PutRecordsShape {
  Records: {
    Data: Uint8Array;
    PartitionKey?: string;
    ExplicitHashKey?: string;
  }[];
}

// The hot path. Base64 needs no escaping, so the text is joined and JSON.stringify never scans the data.
function putRecordsText(request: PutRecordsShape): string {
  const { Records, ...rest } = request;
  let text = '{"Records":[';
  for (let i = 0; i < Records.length; i++) {
    const { Data, PartitionKey, ExplicitHashKey } = Records[i]!;
    text += i === 0 ? '{"Data":"' : ',{"Data":"';
    text += encodeBase64(Data);
    text += '"';
    if (PartitionKey !== undefined) {
      text += ',"PartitionKey":' + JSON.stringify(PartitionKey);
    }
    if (ExplicitHashKey !== undefined) {
      text += ',"ExplicitHashKey":' + JSON.stringify(ExplicitHashKey);
    }
    text += "}";
  }
  const others = JSON.stringify(toJson(rest));
  return text + (others === "{}" ? "]}" : "]," + others.slice(1));
}

function toJson(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return encodeBase64(value);
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

function textOrNothing(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
