/**
 * The two encodings of bodies, with equal content.
 *
 * @module
 */
import { type CborValue, decodeCbor, encodeCbor } from "../../_aws/cbor.ts";
import { encodeBase64 } from "../../_core/base64.ts";
import { serialization } from "./service_error.ts";
import { isObject } from "./shape.ts";

/** An encoding of bodies. */
export type Protocol = "json" | "cbor";

/** The content type of each encoding. */
export const CONTENT_TYPES: Readonly<Record<Protocol, string>> = {
  json: "application/x-amz-json-1.1",
  cbor: "application/x-amz-cbor-1.1",
};

/** An answer of an action that is large enough to write its own JSON; everything else is a plain object. */
export interface LargeOutput {
  /** The JSON text. */
  json(): string;
  /** How many records it holds. */
  readonly records: number;
  /** The same as an object. */
  value(): Readonly<Record<string, unknown>>;
}

/** What an action answers: a plain object with dates and bytes, or something that writes itself. */
export type Output = Readonly<Record<string, unknown>> | LargeOutput;

/** An answer that goes on: a body of messages. */
export interface StreamOutput {
  /** The body. */
  readonly eventStream: ReadableStream<Uint8Array<ArrayBuffer>>;
}

function isLarge(output: Output): output is LargeOutput {
  return typeof output.json === "function";
}

/** Writes an answer. Members without a value are left out. */
export function encodeOutput(
  output: Output,
  protocol: Protocol,
): string | Uint8Array<ArrayBuffer> {
  if (protocol === "json") {
    return isLarge(output) ? output.json() : JSON.stringify(output, jsonMember);
  }
  return encodeCbor((isLarge(output) ? output.value() : output) as CborValue);
}

/** Reads the body of a request; an empty one has no members. */
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

/** Dates are seconds and bytes are base64. `this` is needed: a date arrives here as its own text. */
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
