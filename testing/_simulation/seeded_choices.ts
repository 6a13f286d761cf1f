/**
 * Random choices that are the same for the same seed.
 *
 * @module
 */
import { seededRandom } from "../_random.ts";

/** A seeded generator of random choices. */
export class SeededChoices {
  /** A number from 0 to below 1. */
  readonly random: () => number;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
    this.random = seededRandom(seed);
  }

  /** Independent choices: they depend on the seed and `lane`, not on the choices made so far. */
  fork(lane: number): SeededChoices {
    return new SeededChoices(Math.imul(this.#seed, 1_000_003) + lane);
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.random() < probability;
  }

  /** An integer from `least` to `most`, inclusive. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.random() * (most - least + 1));
  }

  /** One of the choices. */
  pick<C>(choices: readonly C[]): C {
    return choices[this.integer(0, choices.length - 1)]!;
  }
}
