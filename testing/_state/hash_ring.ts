/**
 * The ring of 2^128 hash keys and its division into shards.
 *
 * @module
 */

/** The number of hash keys. */
export const RING: bigint = 1n << 128n;

/** A range of hash keys, both ends inclusive. */
export interface HashRange {
  /** The lowest hash key. */
  readonly start: bigint;
  /** The highest hash key. */
  readonly end: bigint;
}

/** Divides the ring into `count` equal ranges; the last one takes what is left over. */
export function uniformRanges(count: number): HashRange[] {
  const width = RING / BigInt(count);
  return Array.from({ length: count }, (_, index) => ({
    start: width * BigInt(index),
    end: (index === count - 1 ? RING : width * BigInt(index + 1)) - 1n,
  }));
}

/** A hash key in decimal without superfluous zeros, or nothing if the text is not one. */
export function parseHashKey(text: string): bigint | undefined {
  if (!/^(0|[1-9]\d{0,38})$/.test(text)) return undefined;
  const value = BigInt(text);
  return value < RING ? value : undefined;
}

/** The index of the range that holds `hash` in ranges that are sorted and cover the ring. */
export function findRange(
  ranges: readonly HashRange[],
  hash: bigint,
): number {
  let low = 0;
  let high = ranges.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (ranges[middle]!.start <= hash) low = middle;
    else high = middle - 1;
  }
  return low;
}
