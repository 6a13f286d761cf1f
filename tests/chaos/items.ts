/**
 * The values that are written: a few hot keys, many cold ones, mostly small.
 *
 * @module
 */
import type { Dice } from "./dice.ts";

const encoder = new TextEncoder();

/** A value. */
export interface Item {
  /** Tells it from all others. */
  readonly id: string;
  readonly key: string;
  /** Grows in the order of writing, among the values from the same source. */
  readonly n: number;
  readonly text: string;
}

/** Bytes of UTF-8 that a value has at most beside its keys, unless it is meant to be refused. */
const MOST_TEXT_BYTES = 28_000;

/**
 * Makes values; those from sources with different names share no partition key, so that each has an order of its own.
 * Of those that are too large for a record there is a share of `oversized`.
 */
export function itemMaker(
  source: string,
  dice: Dice,
  oversized = 0,
): () => Item {
  let n = 0;
  return () => {
    const key = dice.chance(0.7)
      ? `${source}-hot-${dice.integer(1, 3)}`
      : `${source}-cold-${dice.integer(1, 60)}-é`;
    const bytes = dice.chance(0.02)
      ? dice.integer(5_000, MOST_TEXT_BYTES)
      : dice.integer(0, 400);
    const letter = dice.pick(["x", "ü", "日", "😀"]);
    const length = dice.chance(oversized)
      ? 50_000
      : bytes / encoder.encode(letter).length;
    return { id: `${source}-${n}`, key, n: n++, text: letter.repeat(length) };
  };
}
