/**
 * The two encodings of bodies, with equal content.
 *
 * @module
 */
import { Decoder } from "cbor-x/decode";
import { Encoder, Tag } from "cbor-x/encode";
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

const cborOptions = {
  tagUint8Array: false,
  useRecords: false,
  mapsAsObjects: true,
};
let cborEncoder: Encoder | undefined;
let cborDecoder: Decoder | undefined;

function isLarge(output: Output): output is LargeOutput {
  return typeof output.json === "function";
}

/** Writes an answer. Members without a value are left out. */
export function encodeOutput(
  output: Output,
  protocol: Protocol,
): string | Uint8Array<ArrayBuffer> {
  if (protocol === "json") {
    return isLarge(output)
      ? output.json()
      : JSON.stringify(plain(output, jsonLeaf));
  }
  cborEncoder ??= new Encoder(cborOptions);
  const value = isLarge(output) ? output.value() : output;
  // The encoder hands out a view of its own buffer, which the next message may overwrite.
  return Uint8Array.from(cborEncoder.encode(plain(value, cborLeaf)));
}

/** Reads the body of a request; an empty one has no members. */
export function decodeInput(
  body: string | Uint8Array,
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
      cborDecoder ??= new Decoder(cborOptions);
      value = cborDecoder.decode(
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

function plain(
  value: unknown,
  leaf: (value: Date | Uint8Array) => unknown,
): unknown {
  if (value instanceof Date || value instanceof Uint8Array) return leaf(value);
  if (Array.isArray(value)) return value.map((item) => plain(item, leaf));
  if (typeof value !== "object" || value === null) return value;
  const members: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) members[name] = plain(member, leaf);
  }
  return members;
}

function jsonLeaf(value: Date | Uint8Array): unknown {
  return value instanceof Date ? value.getTime() / 1_000 : encodeBase64(value);
}

function cborLeaf(value: Date | Uint8Array): unknown {
  // The service counts milliseconds here, which is what its Java client reads.
  return value instanceof Date ? new Tag(BigInt(value.getTime()), 1) : value;
}
