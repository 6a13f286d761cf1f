/**
 * Memory for many small byte arrays: an `ArrayBuffer` of its own for each costs more than filling it.
 *
 * @module
 */

/** Large enough that few are made, small enough that one array that is kept alive keeps little else alive. */
const SLAB_BYTES = 64 * 1024;

/** Gives out byte arrays that share buffers of 64 KiB; one that is larger than a quarter of that has a buffer of its own. */
export class Slabs {
  #slab = new Uint8Array(0);
  #used = 0;

  /** Room for so many bytes, all zero; {@linkcode Slabs.shorten} gives back what is not needed at its end. */
  take(length: number): Uint8Array<ArrayBuffer> {
    if (length > SLAB_BYTES / 4) return new Uint8Array(length);
    if (length > this.#slab.length - this.#used) {
      this.#slab = new Uint8Array(SLAB_BYTES);
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
