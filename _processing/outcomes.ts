/**
 * What a call has done to its values: processed, to be tried again, or given up.
 *
 * @module
 */
import type { Clock } from "../_core/clock.ts";
import {
  type Failure,
  type RetrySettings,
  type Verdict,
  verdictOn,
} from "./verdict.ts";
import type { Attempt, Job, WorkLane } from "./work.ts";

/** What {@linkcode Outcomes} tells the user of the processing. */
export interface OutcomeParts<R, L extends WorkLane> {
  /** Which of the values a result leaves out. May throw if the result makes no sense. */
  readonly failuresIn: (
    result: unknown,
    records: readonly R[],
  ) => readonly Failure<R>[];
  /** Whether a result says which values have failed, so that the others are processed. */
  readonly namesFailures: (result: unknown) => boolean;
  /** A value is settled: the handler has processed it, or it was given up. */
  readonly acknowledge: (record: R, isProcessed: boolean) => void;
  /**
   * There is no further call for a value. It counts as processed when the promise fulfills. If it
   * rejects, the processing fails.
   */
  readonly bury: (failure: Failure<R>, attempts: number) => Promise<void>;
  /**
   * A call has ended, or is waited for no longer. `failed` is the number of its values that are not
   * processed, `error` that of the first of them.
   */
  readonly onEnd?: (
    attempt: Attempt<R, L>,
    failed: number,
    error: unknown,
  ) => void;
  /** A call has failed. */
  readonly onFailure: (
    attempt: Attempt<R, L>,
    failures: readonly Failure<R>[],
    next: AfterFailure,
  ) => void;
  /** The processing cannot go on. Values that wait are not processed any more. */
  readonly onError: (error: unknown) => void;
}

/** What follows a failed call. */
export interface AfterFailure {
  /** The number of values that are given up. */
  readonly givenUp: number;
  /** The time to the next call for the others, in milliseconds. Absent if there is none. */
  readonly retryDelayMs?: number;
}

/** What follows an outcome. */
export interface OutcomeEvents<R, L extends WorkLane> {
  /** The next call of a job is due. */
  readonly due: (job: Job<R, L>) => void;
  /** A job is over: its values are processed, or are not to be processed here. */
  readonly over: (job: Job<R, L>) => void;
  /** Whether no further call of a job starts. */
  readonly isStopped: (job: Job<R, L>) => boolean;
}

/** Decides what follows each call. */
export class Outcomes<R, L extends WorkLane> {
  readonly #settings: RetrySettings & { readonly clock: Clock };
  readonly #parts: OutcomeParts<R, L>;
  readonly #events: OutcomeEvents<R, L>;

  /** Decides by the settings. */
  constructor(
    settings: RetrySettings & { readonly clock: Clock },
    parts: OutcomeParts<R, L>,
    events: OutcomeEvents<R, L>,
  ) {
    this.#settings = settings;
    this.#parts = parts;
    this.#events = events;
  }

  /**
   * The handler has returned. If it was told to stop and listens, its values are not processed,
   * unless its result names those that are not.
   */
  returned(attempt: Attempt<R, L>, result: unknown): void {
    const { acknowledge, failuresIn, onEnd, onError } = this.#parts;
    const { job, heardStop } = attempt;
    // `if (signal.aborted) return` must not make a value count as processed.
    if (heardStop && !this.#parts.namesFailures(result)) {
      return this.threw(attempt, heardStop.reason);
    }
    let failures: readonly Failure<R>[];
    try {
      failures = failuresIn(result, job.records);
    } catch (error) {
      onEnd?.(attempt, job.records.length, error);
      if (!job.lane.isDropped) onError(error);
      return this.#events.over(job);
    }
    onEnd?.(attempt, failures.length, failures[0]?.error);
    if (job.lane.isDropped) return this.#events.over(job);
    if (failures.length === 0) {
      for (const record of job.records) acknowledge(record, true);
      return this.#settle(job);
    }
    const failed = new Set(failures.map(({ record }) => record));
    for (const record of job.records) {
      if (!failed.has(record)) acknowledge(record, true);
    }
    this.#fail(attempt, failures, false);
  }

  /** The handler has thrown. */
  threw(attempt: Attempt<R, L>, error: unknown): void {
    const { job } = attempt;
    this.#parts.onEnd?.(attempt, job.records.length, error);
    if (job.lane.isDropped) return this.#events.over(job);
    const failures = job.records.map((record) => ({ record, error }));
    this.#fail(attempt, failures, true);
  }

  #fail(
    attempt: Attempt<R, L>,
    failures: readonly Failure<R>[],
    hasThrown: boolean,
  ): void {
    const { job, number } = attempt;
    const { onError, onFailure } = this.#parts;
    if (job.lane.abortion) {
      // It was told to stop, so this does not show that its values are bad.
      onFailure(attempt, failures, { givenUp: 0 });
      return this.#events.over(job);
    }
    const wasAlone = job.isAlone;
    const call = { attempt: number, failures, hasThrown, wasAlone };
    let verdict: Verdict<R>;
    try {
      verdict = verdictOn(call, this.#settings);
    } catch (error) {
      onError(error);
      return this.#events.over(job);
    }
    const { again, over, isAlone, delayMs } = verdict;
    const isRepeated = again.length > 0 && !this.#events.isStopped(job);
    onFailure(attempt, failures, {
      givenUp: over.length,
      ...isRepeated ? { retryDelayMs: delayMs } : {},
    });
    if (isRepeated) job.repeat(again, isAlone);
    const goOn = () =>
      isRepeated ? this.#wait(job, delayMs) : this.#settle(job);
    job.lane.jobs.add(job);
    job.noteFailed(failures.length);
    if (over.length === 0) return goOn();
    job.isBurying = true;
    this.#bury(job, over, number).then(() => {
      job.isBurying = false;
      goOn();
    }, (error) => {
      job.isBurying = false;
      onError(error);
      this.#events.over(job);
    });
  }

  /** Values that are given up are acknowledged each when that is stored. */
  async #bury(
    { lane }: Job<R, L>,
    failures: readonly Failure<R>[],
    attempts: number,
  ): Promise<void> {
    await Promise.all(failures.map(async (failure) => {
      await this.#parts.bury(failure, attempts);
      if (!lane.isDropped) this.#parts.acknowledge(failure.record, false);
    }));
  }

  /** Waits for the next call. */
  #wait(job: Job<R, L>, delayMs: number): void {
    if (this.#mayGoOn(job)) {
      job.timer = this.#settings.clock.setTimeout(() => {
        job.timer = undefined;
        this.#events.due(job);
      }, delayMs);
    } else this.#events.over(job);
  }

  /** The values of a call are settled. */
  #settle(job: Job<R, L>): void {
    if (this.#mayGoOn(job) && job.nextAlone()) this.#events.due(job);
    else this.#events.over(job);
  }

  #mayGoOn(job: Job<R, L>): boolean {
    return !job.lane.isDropped && !this.#events.isStopped(job);
  }
}
