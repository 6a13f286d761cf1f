/**
 * The 2^128 hash keys and their division into ranges.
 *
 * @module
 */

/** The number of hash keys. */
const HASH_KEY_COUNT = 1n << 128n;

/** A range of hash keys. Both ends belong to it. */
export interface HashRange {
  /** The lowest hash key. */
  readonly start: bigint;
  /** The highest hash key. */
  readonly end: bigint;
}

/**
 * Divides all hash keys into `count` equal ranges. The remainder of the division goes to the last
 * range.
 */
export function uniformRanges(count: number): HashRange[] {
  const width = HASH_KEY_COUNT / BigInt(count);
  return Array.from({ length: count }, (_, index) => ({
    start: width * BigInt(index),
    end: (index === count - 1 ? HASH_KEY_COUNT : width * BigInt(index + 1)) -
      1n,
  }));
}

/**
 * Parses a hash key in decimal without leading zeros. `undefined` if the text is not a hash key.
 */
export function parseHashKey(text: string): bigint | undefined {
  if (!/^(0|[1-9]\d{0,38})$/.test(text)) return undefined;
  const value = BigInt(text);
  return value < HASH_KEY_COUNT ? value : undefined;
}

/** The index of the range that contains `hash`. The ranges are sorted and cover all hash keys. */
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
