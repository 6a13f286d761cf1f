/**
 * The values that are written: most are small, a few keys are hot, many are cold.
 *
 * @module
 */
import type { SeededChoices } from "./seeded_choices.ts";

const encoder = new TextEncoder();

/** A value. */
export interface Item {
  /** A unique id. */
  readonly id: string;
  readonly key: string;
  /** Rises in the order of writing, among the values of one source. */
  readonly n: number;
  readonly text: string;
}

/** Most bytes of UTF-8 in the text of a value that is not oversized. */
const MOST_TEXT_BYTES = 28_000;

/**
 * Returns a function that creates values. Sources with different names share no partition key, so
 * each source has its own order. `oversized` is the fraction of values that are too large for a
 * record.
 */
export function itemMaker(
  source: string,
  choices: SeededChoices,
  oversized = 0,
): () => Item {
  let n = 0;
  return () => {
    const key = choices.chance(0.7)
      ? `${source}-hot-${choices.integer(1, 3)}`
      : `${source}-cold-${choices.integer(1, 60)}-é`;
    const bytes = choices.chance(0.02)
      ? choices.integer(5_000, MOST_TEXT_BYTES)
      : choices.integer(0, 400);
    const letter = choices.pick(["x", "ü", "日", "😀"]);
    const length = choices.chance(oversized)
      ? 50_000
      : bytes / encoder.encode(letter).length;
    return { id: `${source}-${n}`, key, n: n++, text: letter.repeat(length) };
  };
}
