/**
 * Seeded random numbers: the same seed gives the same numbers on every runtime.
 *
 * @module
 */

/**
 * Makes a generator of numbers from 0 to 1 (exclusive). Its state is a 32-bit counter, and a mixing
 * function turns each count into a number.
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 0x1_0000_0000;
  };
}
