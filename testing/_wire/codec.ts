/**
 * Encodes answers and decodes requests, in JSON and in CBOR.
 *
 * @module
 */
import { type CborValue, decodeCbor, encodeCbor } from "../../_aws/cbor.ts";
import { encodeBase64 } from "../../_core/base64.ts";
import { serialization } from "./service_error.ts";
import { isObject } from "./shape.ts";

/** The encoding of a body. */
export type Protocol = "json" | "cbor";

/** The content type of each encoding. */
export const CONTENT_TYPES: Readonly<Record<Protocol, string>> = {
  json: "application/x-amz-json-1.1",
  cbor: "application/x-amz-cbor-1.1",
};

/** An answer with many records. It writes its own JSON, which is faster than `JSON.stringify`. */
export interface LargeOutput {
  /** The answer as JSON text. */
  json(): string;
  /** The number of records in the answer. */
  readonly records: number;
  /** More headers of the response. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The answer as an object, for CBOR. */
  value(): Readonly<Record<string, unknown>>;
}

/**
 * The answer of an action: a plain object that may hold `Date` and `Uint8Array`, or a large answer.
 */
export type Output = Readonly<Record<string, unknown>> | LargeOutput;

/** An answer whose body is an event stream. */
export interface StreamOutput {
  /** The body. */
  readonly eventStream: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** Whether an answer writes its own JSON. */
export function isLarge(output: Output): output is LargeOutput {
  return typeof output.json === "function";
}

/** Encodes an answer. Members that are `undefined` are left out. */
export function encodeOutput(
  output: Output,
  protocol: Protocol,
): string | Uint8Array<ArrayBuffer> {
  if (protocol === "json") {
    return isLarge(output) ? output.json() : JSON.stringify(output, jsonMember);
  }
  return encodeCbor((isLarge(output) ? output.value() : output) as CborValue);
}

/** Decodes the body of a request. An empty body has no members. Throws if it cannot be decoded. */
export function decodeInput(
  body: string | Uint8Array<ArrayBuffer>,
  protocol: Protocol,
): Readonly<Record<string, unknown>> {
  if (body.length === 0) return {};
  let value: unknown;
  try {
    if (protocol === "json") {
      value = JSON.parse(
        typeof body === "string" ? body : new TextDecoder().decode(body),
      );
    } else {
      value = decodeCbor(
        typeof body === "string" ? new TextEncoder().encode(body) : body,
      );
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw serialization(`The body is not valid ${protocol}: ${reason}`);
  }
  if (!isObject(value)) throw serialization("The body is not a structure");
  return value;
}

/**
 * A `JSON.stringify` replacer: `Date` becomes seconds, `Uint8Array` becomes base64. It reads the
 * member from `this`, because `value` of a `Date` has already become text.
 */
function jsonMember(
  this: Readonly<Record<string, unknown>>,
  name: string,
  value: unknown,
): unknown {
  const original = this[name];
  if (original instanceof Date) return original.getTime() / 1_000;
  if (original instanceof Uint8Array) return encodeBase64(original);
  return value;
}
