/**
 * Streams that join elements to a JSON array and split a JSON array into its elements.
 *
 * @module
 */
import { ByteQueue } from "./_byte_queue.ts";
import {
  frameLimit,
  type FrameStreamOptions,
  frameTooLong,
} from "./options.ts";
import { concat } from "../_core/bytes.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Joins elements to one JSON array. Each chunk of the input is one element: the UTF-8 bytes of one
 * JSON value. An empty chunk errors the stream with a `TypeError`.
 *
 * @example
 * ```ts
 * import { ListEncoderStream } from "@webstreams/kinesis/framing";
 * import { assertEquals } from "@std/assert";
 *
 * const { writable, readable } = new ListEncoderStream();
 * const writer = writable.getWriter();
 * const encoder = new TextEncoder();
 * writer.write(encoder.encode('{"n":1}'));
 * writer.write(encoder.encode("2"));
 * writer.close();
 * assertEquals(await new Response(readable).json(), [{ n: 1 }, 2]);
 * ```
 */
export class ListEncoderStream
  extends TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  /** Makes a stream. */
  constructor() {
    let front = OPEN_BRACKET;
    super({
      transform(element, controller) {
        if (element.length === 0) {
          throw new TypeError("Cannot encode element as it must not be empty");
        }
        const start = Uint8Array.of(front);
        controller.enqueue(concat([start, element], 1 + element.length));
        front = COMMA;
      },
      flush(controller) {
        controller.enqueue(
          front === OPEN_BRACKET
            ? Uint8Array.of(OPEN_BRACKET, CLOSE_BRACKET)
            : Uint8Array.of(CLOSE_BRACKET),
        );
      },
    });
  }
}

/**
 * Splits one JSON array into its elements, each the bytes of one JSON value. The chunks of the
 * input may be split anywhere. Input that is not an array, or ends within it, errors the stream
 * with a `SyntaxError`; an element that is too long errors it with a `RangeError`. The elements
 * themselves are not checked to be JSON.
 */
export class ListDecoderStream
  extends TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  /**
   * Makes a stream.
   *
   * @throws {RangeError} if an option is out of range
   */
  constructor(options: FrameStreamOptions = {}) {
    const limit = frameLimit("ListDecoderStream", options);
    const scan = new ElementScan();
    super({
      transform(chunk, controller) {
        scan.queue.append(chunk);
        for (
          let element = scan.next();
          element;
          element = scan.next()
        ) {
          if (element.length > limit) throw frameTooLong("element", limit);
          controller.enqueue(element);
        }
        if (scan.unfinishedBytes > limit) throw frameTooLong("element", limit);
      },
      flush() {
        scan.end();
      },
    });
  }
}

/** Finds elements. The scan can stop after any byte and continue with the next chunk. */
class ElementScan {
  readonly queue = new ByteQueue();
  #state: "before" | "first" | "next" | "after" = "before";
  /** The number of bytes in the queue that have been scanned. All belong to the current element. */
  #offset = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;

  /** The size of the unfinished element so far, in bytes. */
  get unfinishedBytes(): number {
    return this.#offset;
  }

  /**
   * The next complete element, without the white space around it. `undefined` if the queue ends
   * within the element.
   */
  next(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#state === "before") this.#open();
    if (this.#state === "after") this.#checkRest();
    if (this.#state === "before" || this.#state === "after") return undefined;
    const { bytes } = this.queue;
    while (this.#offset < bytes.length && !this.#isEnd(bytes[this.#offset]!)) {
      this.#offset++;
    }
    if (this.#offset === bytes.length) return undefined;
    const closes = bytes[this.#offset] === CLOSE_BRACKET;
    const element = trim(bytes.subarray(0, this.#offset)).slice();
    const isEmptyList = closes && this.#state === "first" &&
      element.length === 0;
    this.queue.drop(this.#offset + 1);
    this.#offset = 0;
    this.#state = closes ? "after" : "next";
    if (isEmptyList) return this.next();
    if (element.length > 0) return element;
    throw new SyntaxError("Cannot decode list as an element is empty");
  }

  /** Checks that the array is complete. */
  end(): void {
    if (this.#state === "after") return;
    throw new SyntaxError("Cannot decode list as the JSON array is cut off");
  }

  #open(): void {
    const { bytes } = this.queue;
    const start = bytes.findIndex((byte) => !isSpace(byte));
    if (start === -1) return this.queue.drop(bytes.length);
    if (bytes[start] !== OPEN_BRACKET) {
      throw new SyntaxError("Cannot decode list as it is not a JSON array");
    }
    this.queue.drop(start + 1);
    this.#state = "first";
  }

  #checkRest(): void {
    const { bytes } = this.queue;
    if (!bytes.every(isSpace)) {
      throw new SyntaxError(
        "Cannot decode list as more bytes follow the JSON array",
      );
    }
    this.queue.drop(bytes.length);
  }

  /** Whether a byte ends the current element. Keeps track of strings and nesting. */
  #isEnd(byte: number): boolean {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) this.#inString = false;
      return false;
    }
    switch (byte) {
      case QUOTE:
        this.#inString = true;
        return false;
      case OPEN_BRACKET:
      case OPEN_BRACE:
        this.#depth++;
        return false;
      case COMMA:
        return this.#depth === 0;
      case CLOSE_BRACKET:
      case CLOSE_BRACE:
        return this.#closes(byte);
      default:
        return false;
    }
  }

  #closes(byte: number): boolean {
    if (this.#depth > 0) {
      this.#depth--;
      return false;
    }
    if (byte === CLOSE_BRACKET) return true;
    throw new SyntaxError("Cannot decode list as a brace closes nothing");
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function trim(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  let start = 0;
  let end = bytes.length;
  while (start < end && isSpace(bytes[start]!)) start++;
  while (end > start && isSpace(bytes[end - 1]!)) end--;
  return bytes.subarray(start, end);
}
