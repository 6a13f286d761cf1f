/**
 * The headers of an event stream message. Each header is one byte of name length, the name, one
 * byte of type, and the value. Numbers are big-endian.
 *
 * @see {@link https://smithy.io/2.0/aws/amazon-eventstream.html}
 * @module
 */

/** The value and wire type of a header. */
export type EventStreamHeader =
  /** True and false are two wire types without a value. */
  | { readonly type: "boolean"; readonly value: boolean }
  /** A signed integer of 8 (`byte`), 16 (`short`) or 32 (`integer`) bits. */
  | { readonly type: "byte" | "short" | "integer"; readonly value: number }
  /** A signed integer of 64 bits. */
  | { readonly type: "long"; readonly value: bigint }
  /** Up to 65 535 bytes. */
  | { readonly type: "binary"; readonly value: Uint8Array }
  /** Up to 65 535 bytes of UTF-8. */
  | { readonly type: "string"; readonly value: string }
  /** Whole milliseconds since the epoch. */
  | { readonly type: "timestamp"; readonly value: Date }
  /** 16 bytes, written as 36 characters in lower case. */
  | { readonly type: "uuid"; readonly value: string };

/** Headers by name, in the order of the message. A Map, so that `__proto__` is an ordinary name. */
export type EventStreamHeaders = ReadonlyMap<string, EventStreamHeader>;

const TRUE = 0;
const FALSE = 1;
const BYTE = 2;
const SHORT = 3;
const INTEGER = 4;
const LONG = 5;
const BINARY = 6;
const STRING = 7;
const TIMESTAMP = 8;
const UUID = 9;

const MAX_NAME_BYTES = 255;
const MAX_VALUE_BYTES = 65_535;
const MAX_DATE_MS = 8_640_000_000_000_000n;

const utf8 = new TextEncoder();

/** Encodes headers. Throws a RangeError that names the header if its name or value is invalid. */
export function encodeHeaders(
  headers: EventStreamHeaders,
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (const [name, header] of headers) {
    const nameBytes = utf8.encode(name);
    if (nameBytes.length < 1 || nameBytes.length > MAX_NAME_BYTES) {
      throw new RangeError(
        `Cannot encode event stream header as its name must be 1 to ${MAX_NAME_BYTES} bytes: current name is "${name}"`,
      );
    }
    const value = encodeValue(name, header);
    parts.push(Uint8Array.of(nameBytes.length), nameBytes, value);
    length += 1 + nameBytes.length + value.length;
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

function encodeValue(name: string, header: EventStreamHeader): Uint8Array {
  switch (header.type) {
    case "boolean":
      return Uint8Array.of(header.value ? TRUE : FALSE);
    case "byte":
      return integer(name, header, BYTE, 1);
    case "short":
      return integer(name, header, SHORT, 2);
    case "integer":
      return integer(name, header, INTEGER, 4);
    case "long":
      return integer(name, header, LONG, 8);
    case "timestamp": {
      const { type, value } = header;
      return integer(name, { type, value: value.getTime() }, TIMESTAMP, 8);
    }
    case "binary":
      return prefixed(name, BINARY, header.value);
    case "string":
      return prefixed(name, STRING, utf8.encode(header.value));
    case "uuid": {
      const hex = header.value.replaceAll("-", "");
      if (!/^[0-9a-f]{32}$/i.test(hex)) {
        throw invalid(name, "a UUID", header.value);
      }
      const bytes = new Uint8Array(17);
      bytes[0] = UUID;
      for (let i = 0; i < 16; i++) {
        bytes[i + 1] = parseInt(hex.slice(2 * i, 2 * i + 2), 16);
      }
      return bytes;
    }
  }
}

function integer(
  name: string,
  { type, value }: { type: string; value: number | bigint },
  wireType: number,
  size: 1 | 2 | 4 | 8,
): Uint8Array {
  const isWhole = typeof value === "bigint" || Number.isSafeInteger(value);
  if (!isWhole || BigInt.asIntN(size * 8, BigInt(value)) !== BigInt(value)) {
    throw invalid(name, `a ${type} of ${size * 8} bits`, value);
  }
  const bytes = new Uint8Array(1 + size);
  const view = new DataView(bytes.buffer);
  bytes[0] = wireType;
  if (size === 1) view.setInt8(1, Number(value));
  else if (size === 2) view.setInt16(1, Number(value));
  else if (size === 4) view.setInt32(1, Number(value));
  else view.setBigInt64(1, BigInt(value));
  return bytes;
}

function prefixed(name: string, wireType: number, value: Uint8Array) {
  if (value.length > MAX_VALUE_BYTES) {
    throw invalid(name, `at most ${MAX_VALUE_BYTES} bytes`, value.length);
  }
  const bytes = new Uint8Array(3 + value.length);
  bytes[0] = wireType;
  new DataView(bytes.buffer).setUint16(1, value.length);
  bytes.set(value, 3);
  return bytes;
}

function invalid(name: string, rule: string, value: unknown): RangeError {
  return new RangeError(
    `Cannot encode event stream header "${name}" as it must be ${rule}: current value is ${value}`,
  );
}

/** Decodes headers. Throws a SyntaxError that names the damage. */
export function decodeHeaders(bytes: Uint8Array): EventStreamHeaders {
  const headers = new Map<string, EventStreamHeader>();
  const reader = new HeaderReader(bytes);
  while (!reader.done) {
    const length = reader.view(1).getUint8(0);
    if (length === 0) throw new SyntaxError("a header has no name");
    const name = reader.text(length);
    if (headers.has(name)) {
      throw new SyntaxError(`duplicate header "${name}"`);
    }
    headers.set(name, readValue(name, reader));
  }
  return headers;
}

function readValue(name: string, reader: HeaderReader): EventStreamHeader {
  const wireType = reader.view(1).getUint8(0);
  switch (wireType) {
    case TRUE:
      return { type: "boolean", value: true };
    case FALSE:
      return { type: "boolean", value: false };
    case BYTE:
      return { type: "byte", value: reader.view(1).getInt8(0) };
    case SHORT:
      return { type: "short", value: reader.view(2).getInt16(0) };
    case INTEGER:
      return { type: "integer", value: reader.view(4).getInt32(0) };
    case LONG:
      return { type: "long", value: reader.view(8).getBigInt64(0) };
    case BINARY:
      return {
        type: "binary",
        value: reader.bytes(reader.view(2).getUint16(0)).slice(),
      };
    case STRING:
      return {
        type: "string",
        value: reader.text(reader.view(2).getUint16(0)),
      };
    case TIMESTAMP: {
      const ms = reader.view(8).getBigInt64(0);
      if (ms > MAX_DATE_MS || ms < -MAX_DATE_MS) {
        throw new SyntaxError(
          `header "${name}" holds a time out of range: ${ms}`,
        );
      }
      return { type: "timestamp", value: new Date(Number(ms)) };
    }
    case UUID:
      return { type: "uuid", value: uuidOf(reader.bytes(16)) };
    default:
      throw new SyntaxError(`header "${name}" has an unknown type ${wireType}`);
  }
}

function uuidOf(bytes: Uint8Array): string {
  const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, "0"));
  return [[0, 4], [4, 6], [6, 8], [8, 10], [10, 16]]
    .map(([from, to]) => hex.slice(from, to).join("")).join("-");
}

/** Reads the bytes of headers in order. Throws a SyntaxError at the end of the bytes. */
class HeaderReader {
  // Fatal and keeping a byte order mark: text either survives a round trip unchanged or fails.
  readonly #decoder = new TextDecoder("utf-8", {
    fatal: true,
    ignoreBOM: true,
  });
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#offset === this.#bytes.length;
  }

  bytes(length: number): Uint8Array {
    const end = this.#offset + length;
    if (end > this.#bytes.length) {
      throw new SyntaxError("the headers end too early");
    }
    const bytes = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return bytes;
  }

  view(length: number): DataView {
    const { buffer, byteOffset } = this.bytes(length);
    return new DataView(buffer, byteOffset, length);
  }

  text(length: number): string {
    try {
      return this.#decoder.decode(this.bytes(length));
    } catch (cause) {
      if (cause instanceof SyntaxError) throw cause;
      throw new SyntaxError("a header is not valid UTF-8", { cause });
    }
  }
}
