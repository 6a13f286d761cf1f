/**
 * Calls a handler for the values of a queue, until the stream ends.
 *
 * @module
 */
import { type Clock, monotonicNow } from "../_core/clock.ts";
import { hears, notify } from "../_core/notify.ts";
import { onAbort } from "../_core/on_abort.ts";
import { textOf } from "../_core/text_of.ts";
import type { LaneQueue } from "../_processing/lane_queue.ts";
import type { AfterFailure } from "../_processing/outcomes.ts";
import { Scheduler } from "../_processing/scheduler.ts";
import type { Failure } from "../_processing/verdict.ts";
import type { Attempt, WorkLane } from "../_processing/work.ts";
import { ProcessingError } from "../errors.ts";
import type { QueueHooks } from "../queue_hooks.ts";
import { type Abandon, RecordLane, SharedLane } from "./lanes.ts";
import type {
  QueueHandlerContext,
  QueueProcessingSummary,
} from "./process_options.ts";
import type { QueueFeed } from "./queue_feed.ts";
import { DeliveredQueueRecord } from "./record.ts";
import {
  POLICIES,
  type QueueProcessSettings,
} from "./resolved_process_options.ts";
import { returnDelaySeconds } from "./return_delay.ts";
import type { QueueProcessingStatus } from "./status.ts";
import type { QueuePartName } from "./queue_part.ts";

type QueueAttempt<T> = Attempt<DeliveredQueueRecord<T>, WorkLane>;

/** The parts in which `process` and `processBatches` differ. */
export interface QueueProcessingMode<T> {
  /** Makes the queue of a lane. It calls `onDue` when values are ready without a further one. */
  readonly queue: (onDue: () => void) => LaneQueue<DeliveredQueueRecord<T>>;
  /** Calls the handler of the user. */
  readonly call: (
    records: readonly DeliveredQueueRecord<T>[],
    context: QueueHandlerContext,
  ) => unknown;
  /** Whether a result of the handler says which values have failed. */
  readonly namesFailures: (result: unknown) => boolean;
  /** The values that a result of the handler leaves unprocessed. */
  readonly failuresIn: (
    result: unknown,
    records: readonly DeliveredQueueRecord<T>[],
  ) => readonly Failure<DeliveredQueueRecord<T>>[];
  /** Whether values of several records share a call. */
  readonly isShared: boolean;
}

/** The options of the consumer that the processing follows. */
export interface ProcessingSettings {
  readonly queueARN: string;
  readonly hooks?: QueueHooks;
  readonly clock: Clock;
  readonly random: () => number;
}

/** What a {@linkcode QueueProcessing} works with. */
export interface QueueProcessingParts<T, R> {
  readonly feed: QueueFeed<T>;
  readonly part: QueuePartName;
  readonly options: ProcessingSettings;
  readonly settings: QueueProcessSettings<T, R> & { lookahead: number };
  readonly mode: QueueProcessingMode<T>;
}

/** One run of `process` or `processBatches`. */
export class QueueProcessing<T, R> {
  readonly #parts: QueueProcessingParts<T, R>;
  readonly #scheduler: Scheduler<DeliveredQueueRecord<T>, WorkLane>;
  readonly #lanes: QueueLanes;
  readonly #summary: QueueProcessingSummary = {
    processed: 0,
    retries: 0,
    returned: 0,
    skipped: 0,
  };
  #failure: { readonly error: unknown } | undefined;

  /** Nothing is received before {@linkcode QueueProcessing.run}. */
  constructor(parts: QueueProcessingParts<T, R>) {
    const { options: { clock, random }, feed, settings, mode } = parts;
    const { when, ...rest } = settings;
    this.#parts = parts;
    this.#lanes = new QueueLanes(
      mode.isShared,
      (held, reason) => feed.abandon(held, reason),
    );
    this.#scheduler = new Scheduler(
      { ...rest, clock, random, shouldRetry: when },
      {
        // Lanes are records, so none can use up the room of the others for long.
        laneCount: () => 1,
        queue: mode.queue,
        failuresIn: mode.failuresIn,
        namesFailures: mode.namesFailures,
        sizeOf: DeliveredQueueRecord.bytesOf,
        handle: (records, attempt) => this.#handle(records, attempt),
        acknowledge: (record, isProcessed) => {
          if (!isProcessed) return;
          this.#summary.processed++;
          record.ack();
        },
        bury: (failure, attempts) => this.#giveUp(failure, attempts),
        onEnd: (...event) => this.#reportEnd(...event),
        onFailure: (...event) => this.#reportFailure(...event),
        onLate: (attempt) => this.#reportTimeout(attempt, "late"),
        onAbandoned: (attempt, error) => {
          this.#reportTimeout(attempt, "given-up");
          for (const record of attempt.job.records) {
            feed.abandon(DeliveredQueueRecord.heldOf(record), error);
          }
        },
        onError: (error) => this.#fail(error),
      },
    );
  }

  /** Processes values until the stream ends or {@linkcode QueueProcessing.stop} is called. */
  async run(): Promise<QueueProcessingSummary> {
    const { feed, settings: { signal } } = this.#parts;
    const scheduler = this.#scheduler;
    const stopFollowing = onAbort(signal, () => this.#abort(signal!.reason));
    const taking = this.#takeAll().then(
      () => scheduler.finish(),
      (error) => this.#abort(error),
    );
    await scheduler.ended;
    stopFollowing();
    this.#lanes.release();
    // The handlers have ended: what is not settled is given back at once.
    const closing = feed.close(0);
    await closing.catch(() => {});
    await taking;
    if (this.#failure) throw this.#failure.error;
    await closing;
    return this.#summary;
  }

  /** Takes no further value. Resolves when the calls that are under way have ended. */
  async stop(): Promise<void> {
    this.#scheduler.stop();
    await this.#scheduler.ended;
  }

  /** The state of the values that are being processed. */
  status(): QueueProcessingStatus {
    const now = monotonicNow(this.#parts.options.clock);
    const { calls, queued, waiting } = this.#scheduler;
    return {
      ...this.#summary,
      running: [...calls].map((attempt) => ({
        ...placeOf(attempt),
        runningMs: now - attempt.startedAt,
        isLate: attempt.isLate,
      })),
      queued,
      waiting,
    };
  }

  async #takeAll(): Promise<void> {
    const { feed } = this.#parts;
    const scheduler = this.#scheduler;
    while (!scheduler.isStopped) {
      if (!scheduler.hasRoom) {
        await scheduler.room();
        continue;
      }
      if (this.#lanes.held) {
        await this.#lanes.held;
        continue;
      }
      const record = feed.takeNow() ?? await feed.take();
      if (!record) return;
      scheduler.accept(record, this.#lanes.of(record));
    }
  }

  #handle(
    records: readonly DeliveredQueueRecord<T>[],
    attempt: QueueAttempt<T>,
  ): unknown {
    if (attempt.number > 1) this.#summary.retries++;
    const { options, mode } = this.#parts;
    if (options.hooks?.onQueueHandled !== undefined) {
      attempt.calledAt = monotonicNow(options.clock);
    }
    return mode.call(records, new CallContext(attempt));
  }

  /** Resolves when the value is settled, or to be given back. */
  async #giveUp(
    { record, error: cause }: Failure<DeliveredQueueRecord<T>>,
    attempts: number,
  ): Promise<void> {
    const { settings } = this.#parts;
    const { onPoison } = settings;
    const error = processingError<T, R>(record, attempts, cause);
    const decision: unknown = typeof onPoison === "function"
      ? await onPoison(error)
      : onPoison;
    if (decision === "fail") throw error;
    if (typeof decision === "string" && !POLICIES.includes(decision)) {
      throw new TypeError(
        'Cannot process as \'onPoison\' must return "return", "fail", "skip" or no text: ' +
          `it has returned ${JSON.stringify(decision)}`,
        { cause: error },
      );
    }
    if (decision === "return") {
      this.#summary.returned++;
      const delaySeconds = returnDelaySeconds(record.receiveCount, settings);
      return record.retry({ delaySeconds });
    }
    this.#summary.skipped++;
    record.ack();
  }

  /** Waits for the calls under way, so that their values need not be processed again. */
  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#scheduler.stop();
  }

  #abort(reason: unknown): void {
    this.#failure ??= { error: reason };
    this.#scheduler.abort(reason);
  }

  get #facts() {
    const { part, options: { queueARN } } = this.#parts;
    return { queueARN, part };
  }

  #reportEnd(attempt: QueueAttempt<T>, failed: number, error: unknown): void {
    const { job: { records }, number, calledAt } = attempt;
    const { hooks, clock } = this.#parts.options;
    if (calledAt < 0 || !hears(hooks, "onQueueHandled")) return;
    notify(hooks, "onQueueHandled", {
      ...this.#facts,
      records,
      attempt: number,
      durationMs: monotonicNow(clock) - calledAt,
      failed,
      error,
    });
  }

  #reportFailure(
    attempt: QueueAttempt<T>,
    failures: readonly Failure<DeliveredQueueRecord<T>>[],
    next: AfterFailure,
  ): void {
    const { record, error } = failures[0]!;
    const { recordId, subSequenceNumber, receiveCount } = record;
    notify(this.#parts.options.hooks, "onQueueHandlerError", {
      ...this.#facts,
      recordId,
      subSequenceNumber,
      receiveCount,
      values: failures.length,
      error,
      attempt: attempt.number,
      ...next,
    });
  }

  #reportTimeout(attempt: QueueAttempt<T>, state: "late" | "given-up"): void {
    notify(this.#parts.options.hooks, "onQueueHandlerTimeout", {
      ...this.#facts,
      ...placeOf(attempt),
      state,
    });
  }
}

/** The lane of each value. */
class QueueLanes {
  readonly #abandon: Abandon;
  /** The lane that values of all records share. */
  readonly #shared: SharedLane | undefined;
  /** The lane of the last record. */
  #last: { readonly held: object; readonly lane: RecordLane } | undefined;

  constructor(isShared: boolean, abandon: Abandon) {
    this.#abandon = abandon;
    if (isShared) this.#shared = new SharedLane();
  }

  /** Resolves when further values are taken; `undefined` if they are now. */
  get held(): Promise<void> | undefined {
    return this.#shared?.held;
  }

  /** Ends the wait for {@linkcode QueueLanes.held}. */
  release(): void {
    this.#shared?.hold(false);
  }

  of(record: object): WorkLane {
    if (this.#shared) return this.#shared;
    // The values of a record come one after another.
    const held = DeliveredQueueRecord.heldOf(record);
    if (this.#last?.held !== held) {
      this.#last = { held, lane: new RecordLane(held, this.#abandon) };
    }
    return this.#last.lane;
  }
}

function processingError<T, R>(
  record: DeliveredQueueRecord<T>,
  attempts: number,
  cause: unknown,
): ProcessingError<T, R> {
  const { recordId, subSequenceNumber, receiveCount } = record;
  const times = attempts === 1 ? "1 attempt" : `${attempts} attempts`;
  return new ProcessingError<T, R>(
    `Cannot process the value ${subSequenceNumber} of the record ${recordId}, delivery ${receiveCount}, ` +
      `after ${times}: ${textOf(cause)}`,
    { record: record as R, attempts, cause },
  );
}

/** The values of a call, for hooks. */
function placeOf({ job, number }: QueueAttempt<unknown>) {
  const { recordId, subSequenceNumber } = job.records[0]!;
  return {
    recordId,
    subSequenceNumber,
    values: job.records.length,
    attempt: number,
  };
}

/** The context that the user's handler gets. */
class CallContext<T> implements QueueHandlerContext {
  readonly attempt: number;
  readonly #attempt: QueueAttempt<T>;

  constructor(attempt: QueueAttempt<T>) {
    this.#attempt = attempt;
    this.attempt = attempt.number;
  }

  get signal(): AbortSignal {
    return this.#attempt.signal;
  }
}
