/**
 * The bytes that a decoder has received and not yet decoded.
 *
 * @module
 */

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
