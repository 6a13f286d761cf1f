/**
 * A byte queue for decoders: chunks are added at the end, and frames are removed from the front.
 *
 * @module
 */
import { boundedOption } from "./_limit.ts";

/** Options of {@linkcode NewlineDecoderStream}, {@linkcode NetstringDecoderStream} and others. */
export interface FrameStreamOptions {
  /** The most bytes of one frame. A longer frame errors the stream. @default {10_485_760} */
  maxFrameBytes?: number;
}

const DEFAULT_MAX_FRAME_BYTES = 10_485_760;
const LARGEST_MAX_FRAME_BYTES = 2 ** 31 - 1;

/**
 * The option `maxFrameBytes` with its default, checked.
 *
 * @throws {RangeError} if it is not 1 to 2^31-1
 */
export function frameLimit(owner: string, options: FrameStreamOptions): number {
  const { maxFrameBytes = DEFAULT_MAX_FRAME_BYTES } = options;
  return boundedOption(
    owner,
    "maxFrameBytes",
    maxFrameBytes,
    LARGEST_MAX_FRAME_BYTES,
  );
}

/** The error for a frame that is too long. */
export function frameTooLong(what: string, limit: number): RangeError {
  return new RangeError(`Cannot decode ${what} of more than ${limit} bytes`);
}

/**
 * A queue of bytes. Each byte is copied a constant number of times on average, even if chunks are
 * small.
 */
export class ByteQueue {
  #buffer = new Uint8Array(1024);
  #start = 0;
  #end = 0;

  /** The bytes in the queue, as a view that is valid until the next call. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Adds bytes at the end. */
  append(chunk: Uint8Array): void {
    const length = this.#end - this.#start;
    if (this.#end + chunk.length > this.#buffer.length) {
      const needed = length + chunk.length;
      // Copies at most as many bytes as were added or dropped since the last copy.
      const target = needed > this.#buffer.length / 2
        ? new Uint8Array(2 * needed)
        : this.#buffer;
      target.set(this.bytes);
      this.#buffer = target;
      this.#start = 0;
      this.#end = length;
    }
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** Removes bytes from the front. */
  drop(length: number): void {
    this.#start += length;
  }
}
