/**
 * Memory for many small byte arrays: an `ArrayBuffer` of its own for each costs more than filling it.
 *
 * @module
 */

/** Gives out byte arrays that share buffers; one that is larger than a quarter of those has a buffer of its own. */
export class Slabs {
  readonly #slabBytes: number;
  #slab = new Uint8Array(0);
  #used = 0;

  /** By default large enough that few are made, and small enough that one array that is kept alive keeps little else alive. */
  constructor(slabBytes = 64 * 1024) {
    this.#slabBytes = slabBytes;
  }

  /** Room for so many bytes, whatever they are; {@linkcode Slabs.shorten} gives back what is not needed at its end. */
  take(length: number): Uint8Array<ArrayBuffer> {
    if (length > this.#slabBytes / 4) return new Uint8Array(length);
    if (length > this.#slab.length - this.#used) {
      this.#slab = new Uint8Array(this.#slabBytes);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += length;
    return this.#slab.subarray(start, this.#used);
  }

  /** Shortens the array that was taken last. */
  shorten(
    last: Uint8Array<ArrayBuffer>,
    length: number,
  ): Uint8Array<ArrayBuffer> {
    if (last.buffer === this.#slab.buffer) this.#used -= last.length - length;
    return last.subarray(0, length);
  }

  /** A copy. */
  copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const room = this.take(bytes.length);
    room.set(bytes);
    return room;
  }
}
