/**
 * Measures for how long a checkpointer has failed. The limit is a time and not a number of
 * failures, because a database that restarts needs minutes, and the kinds of its errors are not
 * known.
 *
 * @module
 */
import type { Backoff } from "../../_core/backoff.ts";
import { type Clock, monotonicNow } from "../../_core/clock.ts";
import { FailureStreak } from "../../_core/failure_streak.ts";
import { CheckpointError } from "../../errors.ts";

/** After failing for so long without one success the stream fails, in milliseconds. */
export const STORE_OUTAGE_MS = 600_000;

/**
 * The pauses between two attempts. Shorter than those of requests: when the store answers again,
 * the leases of workers that have died meanwhile wait for the next attempt.
 */
const STORE_BACKOFF: Backoff = { baseMs: 250, maxMs: 2500 };

/** What an {@linkcode Outage} needs. */
export interface OutageOptions {
  /** Measures the time. */
  readonly clock: Clock;
  /** Spreads the pauses. */
  readonly random: () => number;
  /** The stream, for the error. */
  readonly stream: string;
  /** The shard whose row is concerned; absent for the whole table. */
  readonly shardId?: string;
  /** The time limit in milliseconds, or `Infinity`. */
  readonly limitMs: number;
}

/** Failures in a row of the table, or of one row. */
export class Outage {
  readonly #options: OutageOptions;
  readonly #streak: FailureStreak;
  #since: number | undefined;

  /** Starts without a failure. */
  constructor(options: OutageOptions) {
    const { random } = options;
    this.#options = options;
    this.#streak = new FailureStreak({
      backoff: STORE_BACKOFF,
      maxFailures: Infinity,
      random,
    });
  }

  /** Failures since the last success. */
  get length(): number {
    return this.#streak.length;
  }

  /**
   * Counts a failure. Returns the pause before the next attempt, in milliseconds.
   *
   * @throws {CheckpointError} if the first failure was longer ago than the limit
   */
  pauseAfter(error: unknown): number {
    const { clock, limitMs, stream, shardId } = this.#options;
    const now = monotonicNow(clock);
    this.#since ??= now;
    const pauseMs = this.#streak.pauseAfter(error);
    if (now - this.#since < limitMs) return pauseMs;
    const minutes = Math.round((now - this.#since) / 60_000);
    const what = shardId === undefined
      ? `the leases of ${stream}`
      : `the lease of ${shardId}`;
    throw new CheckpointError(
      `Cannot go on with ${stream}: the checkpointer has failed for ${minutes} minutes ` +
        `to read or write ${what}`,
      {
        failures: new Map(shardId === undefined ? [] : [[shardId, error]]),
        cause: error,
      },
    );
  }

  /** Forgets the failures, after a success. */
  end(): void {
    this.#streak.end();
    this.#since = undefined;
  }
}
