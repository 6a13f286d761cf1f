/**
 * The messages of `application/vnd.amazon.eventstream`, the framing of a SubscribeToShard answer.
 *
 * A message has these parts. Numbers are big-endian.
 *
 *     total length (4 bytes) | headers length (4) | CRC-32 of the first 8 bytes (4)
 *     headers | payload | CRC-32 of all preceding bytes (4)
 *
 * @see {@link https://smithy.io/2.0/aws/amazon-eventstream.html}
 * @module
 */
import { crc32 } from "../_core/crc32.ts";
import { ResponseError } from "../errors.ts";
import {
  decodeHeaders,
  encodeHeaders,
  type EventStreamHeader,
  type EventStreamHeaders,
} from "./event_stream_headers.ts";

export type { EventStreamHeader, EventStreamHeaders };

/** One message of an event stream. */
export interface EventStreamMessage {
  /** The headers by name, for example `:event-type`. */
  readonly headers: EventStreamHeaders;
  /** The payload. A decoded payload is a view of the message's bytes. */
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** Options of {@linkcode MessageAssembler}. */
export interface EventStreamDecoderOptions {
  /**
   * The largest accepted message in bytes, including framing. It bounds the memory that a damaged
   * or malicious answer can make the decoder allocate. The default is the largest message of the
   * format.
   * @default {16_908_304}
   */
  maxMessageBytes?: number;
  /**
   * The HTTP status of the answer that is decoded, for errors.
   * @default {200}
   */
  status?: number;
}

const PRELUDE_BYTES = 12;
const CRC_BYTES = 4;
const FRAMING_BYTES = PRELUDE_BYTES + CRC_BYTES;

/**
 * Most bytes of headers in one message: {@link https://smithy.io/2.0/aws/amazon-eventstream.html}
 */
const MAX_HEADERS_BYTES = 128 * 1024;
/**
 * Most bytes of payload in one message: {@link https://smithy.io/2.0/aws/amazon-eventstream.html}
 */
const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;
const MAX_MESSAGE_BYTES = FRAMING_BYTES + MAX_HEADERS_BYTES + MAX_PAYLOAD_BYTES;

/** The value of a header. `undefined` if the header is absent or not a string. */
export function textHeader(
  message: EventStreamMessage,
  name: string,
): string | undefined {
  const header = message.headers.get(name);
  return header?.type === "string" ? header.value : undefined;
}

/** Makes headers of type string. AWS services send no other type. */
export function textHeaders(
  values: Readonly<Record<string, string>>,
): EventStreamHeaders {
  return new Map(
    Object.entries(values).map(([name, value]) => [
      name,
      { type: "string", value },
    ]),
  );
}

/**
 * Encodes one message.
 *
 * @throws {RangeError} if a header or the payload exceeds the limits of the format
 */
export function encodeMessage(
  message: { headers: EventStreamHeaders; payload: Uint8Array },
): Uint8Array<ArrayBuffer> {
  const headers = encodeHeaders(message.headers);
  const { payload } = message;
  if (headers.length > MAX_HEADERS_BYTES) {
    throw new RangeError(
      `Cannot encode event stream message as headers must be at most ${MAX_HEADERS_BYTES} bytes: current length is ${headers.length}`,
    );
  }
  if (payload.length > MAX_PAYLOAD_BYTES) {
    throw new RangeError(
      `Cannot encode event stream message as the payload must be at most ${MAX_PAYLOAD_BYTES} bytes: current length is ${payload.length}`,
    );
  }
  const bytes = new Uint8Array(FRAMING_BYTES + headers.length + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length);
  view.setUint32(4, headers.length);
  view.setUint32(8, crc32(bytes.subarray(0, 8)));
  bytes.set(headers, PRELUDE_BYTES);
  bytes.set(payload, PRELUDE_BYTES + headers.length);
  const end = bytes.length - CRC_BYTES;
  view.setUint32(end, crc32(bytes.subarray(0, end)));
  return bytes;
}

/** Assembles messages from chunks. Every byte is copied once, even if the chunks are small. */
export class MessageAssembler {
  readonly #options: EventStreamDecoderOptions;
  /** The message in progress. Has the size of a prelude until the prelude has been read. */
  #buffer = new Uint8Array(PRELUDE_BYTES);
  #filled = 0;

  /** Buffers at most one message. */
  constructor(options: EventStreamDecoderOptions = {}) {
    this.#options = options;
  }

  /**
   * Takes a chunk and passes each message that it completes to `emit`.
   *
   * @throws {ResponseError} if a message is damaged
   */
  push(chunk: Uint8Array, emit: (message: EventStreamMessage) => void): void {
    let offset = 0;
    while (offset < chunk.length) {
      const length = Math.min(
        this.#buffer.length - this.#filled,
        chunk.length - offset,
      );
      this.#buffer.set(chunk.subarray(offset, offset + length), this.#filled);
      this.#filled += length;
      offset += length;
      if (this.#filled < this.#buffer.length) return;
      if (this.#filled === PRELUDE_BYTES) {
        // The length is trusted only after the checksum of the prelude has been verified.
        const { total } = checkPrelude(this.#buffer, this.#options);
        const message = new Uint8Array(total);
        message.set(this.#buffer);
        this.#buffer = message;
      } else {
        const message = this.#buffer;
        this.#buffer = new Uint8Array(PRELUDE_BYTES);
        this.#filled = 0;
        emit(decodeBody(message, this.#options));
      }
    }
  }

  /**
   * Checks that no message is incomplete.
   *
   * @throws {ResponseError} if one is
   */
  end(): void {
    if (this.#filled === 0) return;
    const expected = this.#filled < PRELUDE_BYTES
      ? `at least ${FRAMING_BYTES}`
      : this.#buffer.length;
    throw damaged(
      `the stream ended after ${this.#filled} of ${expected} bytes`,
      this.#options,
    );
  }
}

function checkPrelude(
  bytes: Uint8Array,
  options: EventStreamDecoderOptions,
): { total: number; headersLength: number } {
  const { maxMessageBytes = MAX_MESSAGE_BYTES } = options;
  const view = new DataView(bytes.buffer, bytes.byteOffset, PRELUDE_BYTES);
  const total = view.getUint32(0);
  const headersLength = view.getUint32(4);
  if (view.getUint32(8) !== crc32(bytes.subarray(0, 8))) {
    throw damaged("the checksum of its prelude does not match", options);
  }
  if (total < FRAMING_BYTES || headersLength > total - FRAMING_BYTES) {
    throw damaged(
      `its lengths are inconsistent: ${total} bytes in total, ${headersLength} bytes of headers`,
      options,
    );
  }
  if (total > maxMessageBytes) {
    throw damaged(
      `it has ${total} bytes and at most ${maxMessageBytes} are accepted`,
      options,
    );
  }
  return { total, headersLength };
}

/** Decodes the headers and the payload. The prelude must have been checked. */
function decodeBody(
  bytes: Uint8Array<ArrayBuffer>,
  options: EventStreamDecoderOptions,
): EventStreamMessage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = bytes.length - CRC_BYTES;
  if (view.getUint32(end) !== crc32(bytes.subarray(0, end))) {
    throw damaged("its checksum does not match", options);
  }
  const payloadStart = PRELUDE_BYTES + view.getUint32(4);
  try {
    return {
      headers: decodeHeaders(bytes.subarray(PRELUDE_BYTES, payloadStart)),
      payload: bytes.subarray(payloadStart, end),
    };
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw damaged(cause.message, options, cause);
  }
}

function damaged(
  what: string,
  options: EventStreamDecoderOptions,
  cause?: unknown,
): ResponseError {
  return new ResponseError(`Cannot decode event stream message: ${what}`, {
    status: options.status ?? 200,
    ...(cause === undefined ? {} : { cause }),
  });
}
