/**
 * Bytes that arrive in pieces and leave in frames.
 *
 * @module
 */
import { boundedOption } from "./_limit.ts";

/** Options of the decoders of framings. */
export interface FrameStreamOptions {
  /** Most bytes that one frame may have; a longer one errors the stream. @default {10_485_760} */
  maxFrameBytes?: number;
}

const DEFAULT_MAX_FRAME_BYTES = 10_485_760;
const LARGEST_MAX_FRAME_BYTES = 2 ** 31 - 1;

/**
 * The limit that a decoder works with.
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

/** The error of a frame that is too long. */
export function frameTooLong(what: string, limit: number): RangeError {
  return new RangeError(`Cannot decode ${what} of more than ${limit} bytes`);
}

/** A queue of bytes; adding and taking cost what they move, however the pieces are cut. */
export class ByteQueue {
  #buffer = new Uint8Array(1024);
  #start = 0;
  #end = 0;

  /** What is inside; valid until the next call. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Adds bytes at the end. */
  append(chunk: Uint8Array): void {
    const length = this.#end - this.#start;
    if (this.#end + chunk.length > this.#buffer.length) {
      const needed = length + chunk.length;
      // Moves at most as much as was taken or added since the last move.
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
