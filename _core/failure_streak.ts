/**
 * Failures in a row: whether to try again, and after which pause.
 *
 * @module
 */
import { type Backoff, equalJitter, type Random } from "./backoff.ts";
import { askedToWaitMs } from "./http_retry.ts";

/** What a {@linkcode FailureStreak} allows. */
export interface FailureStreakOptions {
  /** The bounds of the pauses. */
  readonly backoff: Backoff;
  /** The failure in a row that ends the work: with 10, it is tried again 9 times. */
  readonly maxFailures: number;
  /** Spreads the pauses. */
  readonly random: Random;
  /**
   * The longest pause that an error may ask for, in milliseconds.
   * @default {60_000}
   */
  readonly maxAskedMs?: number;
}

/**
 * Counts failures in a row. For a loop that tries again after each failure, ends at the last one,
 * and starts over with {@linkcode FailureStreak.end} after each success.
 */
export class FailureStreak {
  readonly #options: FailureStreakOptions;
  #length = 0;

  /** Starts without a failure. */
  constructor(options: FailureStreakOptions) {
    this.#options = options;
  }

  /** Failures since the last success. */
  get length(): number {
    return this.#length;
  }

  /**
   * Counts a failure. Returns the pause before the next attempt, in milliseconds: the larger of the
   * backoff and the time that the error asks to wait, such as that of `Retry-After`.
   *
   * @throws the error itself if it is the last failure that is allowed
   */
  pauseAfter(error: unknown): number {
    const { backoff, maxFailures, random, maxAskedMs } = this.#options;
    if (++this.#length >= maxFailures) throw error;
    const pauseMs = equalJitter(backoff, this.#length - 1, random);
    return Math.max(pauseMs, askedToWaitMs(error, maxAskedMs));
  }

  /** Forgets the failures, after a success. */
  end(): void {
    this.#length = 0;
  }
}
