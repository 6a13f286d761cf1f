/**
 * Streams that encode and decode lines of bytes.
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

const LINE_FEED = 0x0a;

/**
 * Encodes lines: appends `\n` to each chunk. A chunk that is empty or contains `\n` errors the
 * stream with a `TypeError`.
 *
 * @example
 * ```ts
 * import { NewlineDecoderStream, NewlineEncoderStream } from "@webstreams/kinesis/framing";
 * import { assertEquals } from "@std/assert";
 *
 * const encoder = new NewlineEncoderStream();
 * const lines = encoder.readable.pipeThrough(new NewlineDecoderStream());
 * const writer = encoder.writable.getWriter();
 * writer.write(Uint8Array.of(1, 2));
 * writer.close();
 * for await (const line of lines) assertEquals(line, Uint8Array.of(1, 2));
 * ```
 */
export class NewlineEncoderStream
  extends TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  /** Makes a stream. */
  constructor() {
    const end = Uint8Array.of(LINE_FEED);
    super({
      transform(line, controller) {
        if (line.length === 0 || line.includes(LINE_FEED)) {
          throw new TypeError(
            "Cannot encode line as it must not be empty and must not contain a line feed",
          );
        }
        controller.enqueue(concat([line, end], line.length + 1));
      },
    });
  }
}

/**
 * Decodes lines. The chunks of the input may be split anywhere. Empty lines are skipped, and the
 * last line needs no `\n`. A line that is too long errors the stream with a `RangeError`.
 */
export class NewlineDecoderStream
  extends TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  /**
   * Makes a stream.
   *
   * @throws {RangeError} if an option is out of range
   */
  constructor(options: FrameStreamOptions = {}) {
    const limit = frameLimit("NewlineDecoderStream", options);
    const queue = new ByteQueue();
    /** How many bytes at the front of the queue contain no line feed. */
    let scanned = 0;
    function takeLine(length: number): Uint8Array<ArrayBuffer> {
      if (length > limit) throw frameTooLong("line", limit);
      const line = queue.bytes.slice(0, length);
      queue.drop(length);
      scanned = 0;
      return line;
    }
    super({
      transform(chunk, controller) {
        queue.append(chunk);
        while (true) {
          const end = queue.bytes.indexOf(LINE_FEED, scanned);
          if (end === -1) break;
          if (end > 0) controller.enqueue(takeLine(end));
          queue.drop(1);
          scanned = 0;
        }
        scanned = queue.bytes.length;
        if (scanned > limit) throw frameTooLong("line", limit);
      },
      flush(controller) {
        if (queue.bytes.length > 0) {
          controller.enqueue(takeLine(queue.bytes.length));
        }
      },
    });
  }
}
