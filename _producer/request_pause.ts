/**
 * The pause of all requests after a request that failed as a whole.
 *
 * @module
 */
import { equalJitter } from "../_core/backoff.ts";
import { delay, monotonicNow } from "../_core/clock.ts";
import { askedToWaitMs } from "../_core/http_retry.ts";
import { type KinesisError, ServiceError } from "../errors.ts";
import type { ResolvedProducerOptions } from "./options.ts";
import type { Supervisor } from "./supervisor.ts";

const BACKOFF = { baseMs: 100, maxMs: 5000 };
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
  readonly #options: Pick<ResolvedProducerOptions<never>, "clock" | "random">;
  readonly #supervisor: Pick<Supervisor, "wake">;
  readonly #signal: AbortSignal;
  #isPaused = false;
  #round = 0;
  /** When the pause ends, by the monotonic clock. */
  #until = -Infinity;
  #failuresInARow = 0;
  #doubtfulRounds = 0;

  /** Starts without a pause. Wakes the supervisor after each pause. `signal` ends the pause. */
  constructor(
    options: Pick<ResolvedProducerOptions<never>, "clock" | "random">,
    supervisor: Pick<Supervisor, "wake">,
    signal: AbortSignal,
  ) {
    this.#options = options;
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
    this.#failuresInARow = 0;
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
    this.#pause(askedToWaitMs(error), isOfThisRound);
    return false;
  }

  #pause(askedMs: number, isOfThisRound: boolean): void {
    const { clock, random } = this.#options;
    const now = monotonicNow(clock);
    // The pause for an earlier round is over, unless the service asks for another one.
    if (!isOfThisRound && askedMs === 0) return;
    // Another answer of the same round may ask for a longer pause.
    this.#until = Math.max(this.#until, now + askedMs);
    if (this.#isPaused) return;
    const wait = equalJitter(BACKOFF, this.#failuresInARow++, random);
    this.#until = Math.max(this.#until, now + wait);
    this.#isPaused = true;
    this.#resume().catch(() => {});
  }

  async #resume(): Promise<void> {
    const { clock } = this.#options;
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
