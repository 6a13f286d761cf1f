/**
 * Memory for many small byte arrays. Allocating an `ArrayBuffer` for each takes longer than filling
 * it.
 *
 * @module
 */

/**
 * Allocates byte arrays that share buffers (slabs). An array larger than a quarter of a slab gets
 * its own buffer: with slabs of 64 KiB, every array above 16 KiB.
 */
export class Slabs {
  readonly #slabBytes: number;
  #slab = new Uint8Array(0);
  #used = 0;

  /**
   * `slabBytes` is the size of a slab. Larger slabs need fewer allocations; smaller slabs free
   * memory sooner, since one array in use keeps its whole slab alive.
   * @default {65_536}
   */
  constructor(slabBytes = 64 * 1024) {
    this.#slabBytes = slabBytes;
  }

  /**
   * Allocates an array of `length` bytes with undefined content. {@linkcode Slabs.shorten} gives
   * back unused bytes at its end.
   */
  allocate(length: number): Uint8Array<ArrayBuffer> {
    if (length > this.#slabBytes / 4) return new Uint8Array(length);
    if (length > this.#slab.length - this.#used) {
      this.#slab = new Uint8Array(this.#slabBytes);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += length;
    return this.#slab.subarray(start, this.#used);
  }

  /** Shortens the array that {@linkcode Slabs.allocate} returned last to `length` bytes. */
  shorten(
    last: Uint8Array<ArrayBuffer>,
    length: number,
  ): Uint8Array<ArrayBuffer> {
    if (last.buffer === this.#slab.buffer) this.#used -= last.length - length;
    return last.subarray(0, length);
  }

  /** Copies bytes into a slab. */
  copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const room = this.allocate(bytes.length);
    room.set(bytes);
    return room;
  }
}
