/**
 * The pause of all requests after a request that failed as a whole.
 *
 * @module
 */
import { type Clock, delay, monotonicNow } from "../_core/clock.ts";
import { FailureStreak } from "../_core/failure_streak.ts";
import { askedToWaitMs } from "../_core/http_retry.ts";
import { type KinesisError, ServiceError } from "../errors.ts";
import { BACKOFF } from "./backoff.ts";
import type { ResolvedProducerOptions } from "./options.ts";
import type { Supervisor } from "./supervisor.ts";

/**
 * After this many rounds in a row, an error that heals soon or never is fatal: 10 to 20 seconds. An
 * example is an expired token whose renewal is late.
 */
const DOUBTFUL_ROUNDS = 10;

/**
 * If a whole request fails, the endpoint has a problem and not one record. So all requests pause
 * together. Otherwise each batch would try by itself. The requests between two pauses are one
 * round.
 */
export class RequestPause {
  readonly #clock: Clock;
  readonly #failures: FailureStreak;
  readonly #supervisor: Pick<Supervisor, "wake">;
  readonly #signal: AbortSignal;
  #isPaused = false;
  #round = 0;
  /** When the pause ends, by the monotonic clock. */
  #until = -Infinity;
  #doubtfulRounds = 0;

  /** Starts without a pause. Wakes the supervisor after each pause. `signal` ends the pause. */
  constructor(
    { clock, random }: Pick<
      ResolvedProducerOptions<never>,
      "clock" | "random"
    >,
    supervisor: Pick<Supervisor, "wake">,
    signal: AbortSignal,
  ) {
    this.#clock = clock;
    this.#failures = new FailureStreak({
      backoff: BACKOFF,
      // Each record has its own limit.
      maxFailures: Infinity,
      random,
    });
    this.#supervisor = supervisor;
    this.#signal = signal;
  }

  /** Whether requests must wait. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** The number of pauses that have ended. */
  get round(): number {
    return this.#round;
  }

  /** Notes that a request was answered. */
  noteAnswer(): void {
    this.#failures.end();
    this.#doubtfulRounds = 0;
  }

  /**
   * Notes that a request of a round failed. Returns whether the failure is fatal. If not, pauses.
   */
  noteFailure(error: KinesisError, round: number): boolean {
    const isOfThisRound = round === this.#round;
    // Requests of one round that fail are one failure.
    const isFirst = isOfThisRound && !this.#isPaused;
    if (isFirst && error instanceof ServiceError && error.retryBriefly) {
      this.#doubtfulRounds++;
    }
    if (!error.retryable || this.#doubtfulRounds >= DOUBTFUL_ROUNDS) {
      return true;
    }
    this.#pauseAfter(error, isOfThisRound);
    return false;
  }

  #pauseAfter(error: KinesisError, isOfThisRound: boolean): void {
    const askedMs = askedToWaitMs(error);
    // The pause for an earlier round is over, unless the service asks for another one.
    if (!isOfThisRound && askedMs === 0) return;
    // Another answer of the same round may ask for a longer pause.
    const pauseMs = this.#isPaused ? askedMs : this.#failures.pauseAfter(error);
    this.#until = Math.max(this.#until, monotonicNow(this.#clock) + pauseMs);
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#resume().catch(() => {});
  }

  async #resume(): Promise<void> {
    const clock = this.#clock;
    for (;;) {
      const wait = this.#until - monotonicNow(clock);
      if (wait <= 0) break;
      await delay(wait, { clock, signal: this.#signal });
    }
    this.#isPaused = false;
    this.#round++;
    this.#supervisor.wake();
  }
}
