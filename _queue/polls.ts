/**
 * Long polls: requests that wait for records. Their number follows the load.
 *
 * @module
 */
import type { Random } from "../_core/backoff.ts";
import { type Clock, monotonicNow } from "../_core/clock.ts";
import { FailureStreak } from "../_core/failure_streak.ts";
import { settledWithin } from "../_core/settled_within.ts";
import type { QueueApiRecord } from "../client/mod.ts";
import { KinesisError, ServiceError } from "../errors.ts";
import type { QueuePart } from "./queue_part.ts";

/** The most records of an answer. */
const MOST_RECORDS = 10;
/** The pauses after polls that failed. */
const BACKOFF = { baseMs: 200, maxMs: 10_000 };
/**
 * The pause after an empty answer that came sooner than it should, in milliseconds: a server that
 * does not wait for records is not asked in a hot loop.
 */
const EMPTY_MS = 1000;
/** How much later than asked for the service may answer a poll, in milliseconds. */
const MARGIN_MS = 1000;
/** How long a poll for few records waits for room for more, in milliseconds. */
const GATHER_MS = 200;
/** How long {@linkcode Polls.stop} waits for the answers of polls, in milliseconds. */
const STOP_MS = 1000;

/** What {@linkcode Polls} works with. */
export interface PollsParts {
  readonly part: Pick<QueuePart, "receive">;
  readonly queueARN: string;
  /** How long a poll waits, in seconds. */
  readonly waitSeconds: number;
  /** How long received records are invisible, in seconds. */
  readonly visibilitySeconds: number;
  /** The most records that are held at a time. */
  readonly maxRecords: number;
  /** The most polls at a time. */
  readonly maxPolls: number;
  readonly maxFailuresInARow: number;
  readonly clock: Clock;
  readonly random: Random;
  /** How many more records may be received, if polls under way bring the `expected` ones. */
  readonly room: (expected: number) => number;
  /** Whether the application has taken all records that were received. */
  readonly isStarved: () => boolean;
  /** Records have arrived. `sentAt` is the time of the request, by the monotonic clock. */
  readonly onRecords: (
    records: readonly QueueApiRecord[],
    sentAt: number,
  ) => void;
  /** A poll has ended with an answer. */
  readonly onAnswer: (
    event: { records: number; bytes: number; durationMs: number },
  ) => void;
  /** A poll has failed, and the next one starts after a pause. */
  readonly onFailure: (
    event: { error: unknown; attempt: number; retryDelayMs: number },
  ) => void;
  /** Polling has failed for good. */
  readonly onEnd: (error: unknown) => void;
}

/** Receives records while there is room for them. */
export class Polls {
  readonly #parts: PollsParts;
  readonly #stopping = new AbortController();
  readonly #failures: FailureStreak;
  readonly #active = new Set<Promise<void>>();
  /** When the service answers the last poll, by the monotonic clock. */
  #answeredBy = -Infinity;
  /** The records that polls under way may deliver. */
  #expected = 0;
  /** How many polls may be under way. */
  #target = 1;
  #isStopped = false;
  /** The timer of a poll for few records. */
  #gathering: unknown;
  #pausedUntil = -Infinity;
  #pause: unknown;

  /** Sends nothing yet. */
  constructor(parts: PollsParts) {
    this.#parts = parts;
    const { random, maxFailuresInARow: maxFailures } = parts;
    this.#failures = new FailureStreak({
      backoff: BACKOFF,
      maxFailures,
      random,
    });
  }

  /** The polls under way. */
  get count(): number {
    return this.#active.size;
  }

  /** Starts polls if there is room for records. */
  pump(): void {
    const { maxRecords } = this.#parts;
    this.#pump(Math.min(MOST_RECORDS, Math.ceil(maxRecords / 4)));
  }

  /** Starts polls for at least so many records, and for fewer after a moment. */
  #pump(least: number): void {
    const { room, clock } = this.#parts;
    while (!this.#isStopped && this.#active.size < this.#target) {
      const limit = Math.min(MOST_RECORDS, room(this.#expected));
      if (limit < 1 || this.#isPaused) return;
      if (limit < least) {
        // A request for each record that is settled would cost as much as its processing.
        this.#gathering ??= clock.setTimeout(() => {
          this.#gathering = undefined;
          this.#pump(1);
        }, GATHER_MS);
        return;
      }
      this.#start(limit);
    }
  }

  /**
   * Starts no further poll. Resolves when those under way have ended, at most a second later: with
   * the time for which the service may still answer polls that were abandoned, in milliseconds.
   */
  async stop(): Promise<number> {
    const { clock } = this.#parts;
    this.#isStopped = true;
    clock.clearTimeout(this.#pause);
    clock.clearTimeout(this.#gathering);
    if (this.#active.size === 0) return 0;
    const ended = Promise.all(this.#active);
    if (await settledWithin(STOP_MS, ended, clock)) return 0;
    // The service may not notice the abort. Records that it sends in answer to such a poll are
    // delivered again when their visibility timeout is over.
    this.#stopping.abort(
      new KinesisError("The consumer is closed", {
        code: "Closed",
      }),
    );
    await ended;
    return Math.max(0, this.#answeredBy - monotonicNow(clock));
  }

  get #isPaused(): boolean {
    return monotonicNow(this.#parts.clock) < this.#pausedUntil;
  }

  #start(limit: number): void {
    const { clock, waitSeconds } = this.#parts;
    this.#expected += limit;
    this.#answeredBy = monotonicNow(clock) + waitSeconds * 1000 + MARGIN_MS;
    const polling: Promise<void> = this.#poll(limit).finally(() => {
      this.#active.delete(polling);
      this.pump();
    });
    this.#active.add(polling);
  }

  async #poll(limit: number): Promise<void> {
    const { part, queueARN, waitSeconds, visibilitySeconds, clock } =
      this.#parts;
    const sentAt = monotonicNow(clock);
    let records: readonly QueueApiRecord[];
    let bytes: number;
    try {
      const answer = await part.receive({
        QueueARN: queueARN,
        Limit: limit,
        WaitTimeSeconds: waitSeconds,
        VisibilityTimeoutSeconds: visibilitySeconds,
      }, { signal: this.#stopping.signal });
      records = answer.QueueRecords ?? [];
      bytes = records.reduce((sum, { Data }) => sum + Data.length, 0);
    } catch (error) {
      this.#expected -= limit;
      if (!this.#stopping.signal.aborted) this.#fail(error);
      return;
    }
    this.#expected -= limit;
    this.#failures.end();
    this.#adapt(records.length, limit);
    const { onAnswer, onRecords } = this.#parts;
    const durationMs = monotonicNow(clock) - sentAt;
    onAnswer({ records: records.length, bytes, durationMs });
    if (records.length === 0 && durationMs < EMPTY_MS / 2) this.#wait(EMPTY_MS);
    if (records.length > 0) onRecords(records, sentAt);
  }

  /**
   * Full answers for an application that waits ask for more polls. Answers that are not full ask
   * for fewer, which are fuller then.
   */
  #adapt(received: number, limit: number): void {
    const { maxPolls, isStarved } = this.#parts;
    if (received === 0) this.#target = 1;
    else if (received < limit) this.#target = Math.max(1, this.#target - 1);
    else if (limit === MOST_RECORDS && isStarved()) {
      this.#target = Math.min(maxPolls, this.#target + 1);
    }
  }

  #fail(error: unknown): void {
    const { onFailure, onEnd } = this.#parts;
    if (this.#isStopped) return;
    if (error instanceof ServiceError && error.throttled) {
      this.#target = Math.max(1, Math.floor(this.#target / 2));
    }
    let retryDelayMs: number;
    try {
      if (error instanceof KinesisError && !error.retryable) throw error;
      retryDelayMs = this.#failures.pauseAfter(error);
    } catch (last) {
      this.#isStopped = true;
      this.#parts.clock.clearTimeout(this.#gathering);
      return onEnd(last);
    }
    onFailure({ error, attempt: this.#failures.length, retryDelayMs });
    this.#wait(retryDelayMs);
  }

  /** Starts no poll for this time, in milliseconds. */
  #wait(ms: number): void {
    const { clock } = this.#parts;
    const until = monotonicNow(clock) + ms;
    if (this.#isStopped || until <= this.#pausedUntil) return;
    this.#pausedUntil = until;
    clock.clearTimeout(this.#pause);
    this.#pause = clock.setTimeout(() => this.pump(), ms);
  }
}
