/**
 * Listings that fail while an answer waits for its explanation.
 *
 * @module
 */
import type { Random } from "../_core/backoff.ts";
import { FailureStreak } from "../_core/failure_streak.ts";

/** The pauses between the listings. */
const BACKOFF = { baseMs: 500, maxMs: 8000 };
/** How long an answer waits for its explanation, in milliseconds. */
const MOST_MS = 30_000;

/** Spreads the listings, and knows when it is pointless to wait for one that succeeds. */
export class ListOutage {
  readonly #failures: FailureStreak;
  #since = Infinity;
  #pauseMs = 0;

  /** Starts without a failure. */
  constructor(random: Random) {
    this.#failures = new FailureStreak({
      backoff: BACKOFF,
      maxFailures: Infinity,
      maxAskedMs: MOST_MS,
      random,
    });
  }

  /** The shortest time from a listing that failed to the next one, in milliseconds. */
  get pauseMs(): number {
    return this.#pauseMs;
  }

  /** Notes a listing that failed. Returns whether all of them have failed for too long. */
  noteFailure(error: unknown, now: number): boolean {
    this.#since = Math.min(this.#since, now);
    this.#pauseMs = this.#failures.pauseAfter(error);
    return now - this.#since >= MOST_MS;
  }

  /** Forgets the failures, after a listing that succeeded. */
  end(): void {
    this.#failures.end();
    this.#since = Infinity;
    this.#pauseMs = 0;
  }
}
