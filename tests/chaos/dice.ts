/**
 * Chance that repeats itself, in the forms that a schedule needs.
 *
 * @module
 */
import { seededRandom } from "../../testing/_random.ts";

/** A seeded source of choices. */
export class Dice {
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
    this.random = seededRandom(seed);
  }

  /** Other dice that do not depend on how often these are thrown: `lane` tells them apart. */
  fork(lane: number): Dice {
    return new Dice(Math.imul(this.#seed, 1_000_003) + lane);
  }

  /** Whether something with this probability happens. */
  chance(probability: number): boolean {
    return this.random() < probability;
  }

  /** An integer from `least` to `most`, inclusive. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.random() * (most - least + 1));
  }

  /** One of them. */
  pick<C>(choices: readonly C[]): C {
    return choices[this.integer(0, choices.length - 1)]!;
  }
}
