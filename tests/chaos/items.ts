/**
 * The values that are written: a few hot keys, many cold ones, mostly small.
 *
 * @module
 */
import type { Dice } from "./dice.ts";

/** A value. */
export interface Item {
  /** Tells it from all others. */
  readonly id: string;
  readonly key: string;
  /** Grows in the order of writing, among the values from the same source. */
  readonly n: number;
  readonly text: string;
}

/** Makes values; those from sources with different names share no partition key, so that each has an order of its own. */
export function itemMaker(source: string, dice: Dice): () => Item {
  let n = 0;
  return () => {
    const key = dice.chance(0.7)
      ? `${source}-hot-${dice.integer(1, 3)}`
      : `${source}-cold-${dice.integer(1, 60)}-é`;
    const length = dice.chance(0.02)
      ? dice.integer(5_000, 20_000)
      : dice.integer(0, 200);
    const text = dice.pick(["x", "ü", "\n", "😀"]).repeat(length / 2);
    return { id: `${source}-${n}`, key, n: n++, text };
  };
}
