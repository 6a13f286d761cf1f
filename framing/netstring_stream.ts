/**
 * Streams that encode and decode netstrings.
 *
 * @see https://cr.yp.to/proto/netstrings.txt
 * @module
 */
import { ByteQueue } from "./_byte_queue.ts";
import { frameLimit, type FrameStreamOptions } from "./options.ts";
import {
  findNetstring,
  netstringSize,
  writeNetstring,
} from "../_core/netstring.ts";

/**
 * Encodes each chunk as a netstring: `<length>:<bytes>,`.
 *
 * @example
 * ```ts
 * import { NetstringEncoderStream } from "@webstreams/kinesis/framing";
 * import { assertEquals } from "@std/assert";
 *
 * const { writable, readable } = new NetstringEncoderStream();
 * const writer = writable.getWriter();
 * writer.write(new TextEncoder().encode("test"));
 * writer.close();
 * for await (const bytes of readable) {
 *   assertEquals(new TextDecoder().decode(bytes), "4:test,");
 * }
 * ```
 */
export class NetstringEncoderStream
  extends TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  /** Makes a stream. */
  constructor() {
    super({
      transform(chunk, controller) {
        const bytes = new Uint8Array(netstringSize(chunk.length));
        writeNetstring(bytes, 0, chunk);
        controller.enqueue(bytes);
      },
    });
  }
}

/**
 * Decodes netstrings to byte arrays. The chunks of the input may be split anywhere. A malformed,
 * truncated or too long netstring errors the stream with a `SyntaxError`. Memory is not allocated
 * by the announced length, so a false length costs nothing.
 */
export class NetstringDecoderStream
  extends TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  /**
   * Makes a stream.
   *
   * @throws {RangeError} if an option is out of range
   */
  constructor(options: FrameStreamOptions = {}) {
    const limit = frameLimit("NetstringDecoderStream", options);
    const queue = new ByteQueue();
    super({
      transform(chunk, controller) {
        queue.append(chunk);
        while (true) {
          const span = findNetstring(queue.bytes, 0, limit);
          if (!span) return;
          controller.enqueue(queue.bytes.slice(span.start, span.end));
          queue.drop(span.end + 1);
        }
      },
      flush() {
        if (queue.bytes.length > 0) {
          throw new SyntaxError("Cannot decode netstring as it is cut off");
        }
      },
    });
  }
}
