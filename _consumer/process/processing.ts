/**
 * Calls a handler for the values of a consumer, until the stream ends.
 *
 * @module
 */
import { monotonicNow } from "../../_core/clock.ts";
import { hears, notify } from "../../_core/notify.ts";
import { onAbort } from "../../_core/on_abort.ts";
import { textOf } from "../../_core/text_of.ts";
import type { LaneQueue } from "../../_processing/lane_queue.ts";
import type { AfterFailure } from "../../_processing/outcomes.ts";
import { Scheduler } from "../../_processing/scheduler.ts";
import type { Failure } from "../../_processing/verdict.ts";
import type { Attempt } from "../../_processing/work.ts";
import { ClosedError, KinesisError, ProcessingError } from "../../errors.ts";
import type { ConsumerRecord, FencingToken } from "../../records.ts";
import { GivenUpValues } from "./given_up.ts";
import type {
  HandlerContext,
  ProcessingOrder,
  ProcessingSummary,
} from "./process_options.ts";
import type { ProcessSettings } from "./resolved_process_options.ts";
import { DeliveredRecord, type RecordShard } from "../values/record.ts";
import type { RecordFeed } from "../record_feed.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";
import type { ProcessingStatus } from "../health/status.ts";

type ShardAttempt<T> = Attempt<ConsumerRecord<T>, RecordShard>;

/** The parts in which `process` and `processBatches` differ. */
export interface ProcessingMode<T> {
  /** Makes the queue of a shard. It calls `onDue` when values are ready without a further one. */
  readonly queue: (onDue: () => void) => LaneQueue<ConsumerRecord<T>>;
  /** Calls the handler of the user. */
  readonly call: (
    records: readonly ConsumerRecord<T>[],
    context: HandlerContext,
  ) => unknown;
  /** Whether a result of the handler says which values have failed. */
  readonly namesFailures: (result: unknown) => boolean;
  /** The values that a result of the handler leaves unprocessed. */
  readonly failuresIn: (
    result: unknown,
    records: readonly ConsumerRecord<T>[],
  ) => readonly Failure<ConsumerRecord<T>>[];
}

/** The consumer whose values are processed. */
export interface ProcessingSource<T> {
  /** The values. */
  readonly feed: RecordFeed<T>;
  /** The options of the consumer. */
  readonly options: ConsumerSettings;
}

/** What a {@linkcode Processing} works with. */
export interface ProcessingParts<T> extends ProcessingSource<T> {
  /** The options of the processing. */
  readonly settings: ProcessSettings<T>;
  readonly mode: ProcessingMode<T>;
}

/** One run of `process` or `processBatches`, without the type of the values. */
export interface ProcessingRun {
  /**
   * Processes values until the stream ends or {@linkcode ProcessingRun.stop} is called. Resolves
   * when the progress is stored.
   */
  run(): Promise<ProcessingSummary>;
  /**
   * Takes no further value. Resolves when the calls that are under way have ended, and those for
   * values that come before a processed value.
   */
  stop(): Promise<void>;
  /** The state of the values that are being processed. */
  status(): ProcessingStatus;
}

/** Connects the values of a consumer with the handler. */
export class Processing<T> implements ProcessingRun {
  readonly #parts: ProcessingParts<T>;
  readonly #scheduler: Scheduler<ConsumerRecord<T>, RecordShard>;
  readonly #givenUp: GivenUpValues<T>;
  readonly #summary: ProcessingSummary = {
    processed: 0,
    retries: 0,
    skipped: 0,
    deadLettered: 0,
  };
  #failure: { readonly error: unknown } | undefined;
  /** The streams that have values without a partition key. */
  readonly #unkeyed = new Set<string>();

  /** Nothing is read before {@linkcode ProcessingRun.run}. */
  constructor(parts: ProcessingParts<T>) {
    const { options, settings, mode } = parts;
    const { when, ...rest } = settings;
    const { clock, random } = options;
    this.#parts = parts;
    this.#givenUp = new GivenUpValues(settings);
    this.#scheduler = new Scheduler(
      { ...rest, clock, random, shouldRetry: when },
      {
        laneCount: () => parts.feed.shardCount,
        queue: mode.queue,
        failuresIn: mode.failuresIn,
        namesFailures: mode.namesFailures,
        isOvertaken: (_shard, calls) =>
          DeliveredRecord.overtakenBy(calls.flatMap(({ taken }) => taken)),
        sizeOf: DeliveredRecord.bytesOf,
        handle: (records, attempt) => this.#handle(records, attempt),
        acknowledge: (record, isProcessed) => {
          if (isProcessed) this.#summary.processed++;
          record.ack();
        },
        bury: (failure, attempts) => this.#bury(failure, attempts),
        onEnd: (...event) => this.#reportEnd(...event),
        onFailure: (...event) => this.#reportFailure(...event),
        onLate: (attempt) => this.#reportTimeout(attempt, "late"),
        onAbandoned: (...event) => this.#onAbandoned(...event),
        onError: (error) => this.#fail(error),
      },
    );
  }

  async run(): Promise<ProcessingSummary> {
    const { feed, settings: { signal } } = this.#parts;
    const scheduler = this.#scheduler;
    feed.manageAcknowledgements();
    const stopFollowing = onAbort(signal, () => this.#abort(signal!.reason));
    const taking = this.#takeAll().then(
      () => scheduler.finish(),
      (error) => this.#abort(error),
    );
    await scheduler.ended;
    stopFollowing();
    this.#givenUp.release();
    const { stuck } = feed;
    if (stuck) {
      this.#failure ??= stuck;
      feed.fail(stuck.error);
    }
    const closing = feed.close(new ClosedError("The processing has ended"));
    await closing.catch(() => {});
    await taking;
    if (this.#failure) throw this.#failure.error;
    await closing;
    return this.#summary;
  }

  async stop(): Promise<void> {
    this.#scheduler.drain();
    await this.#scheduler.ended;
  }

  status(): ProcessingStatus {
    const now = monotonicNow(this.#parts.options.clock);
    const { calls, queued, waiting, unsettledBytes } = this.#scheduler;
    return {
      ...this.#summary,
      running: [...calls].map((attempt) => ({
        ...placeOf(attempt),
        runningMs: now - attempt.startedAt,
        isLate: attempt.isLate,
      })),
      queued,
      waiting,
      unsettledBytes,
    };
  }

  async #takeAll(): Promise<void> {
    const { feed } = this.#parts;
    const scheduler = this.#scheduler;
    while (!scheduler.isStopped) {
      // Synchronous while values are buffered, because a promise for each value would take most of
      // the time.
      while (scheduler.hasRoom) {
        const record = feed.takeNow();
        if (!record) break;
        if (!this.#accept(record)) return;
      }
      if (!scheduler.hasRoom) {
        await scheduler.room();
        continue;
      }
      const record = await feed.take();
      if (!record || !this.#accept(record)) return;
    }
  }

  /** Returns false if the processing ends because of the value. */
  #accept(record: ConsumerRecord<T>): boolean {
    const shard = DeliveredRecord.shardOf(record);
    if (
      record.partitionKey === undefined &&
      this.#parts.settings.ordering === "key" &&
      !this.#mayBeUnordered(record, shard)
    ) return false;
    this.#scheduler.accept(record, shard);
    return true;
  }

  /** Tells of a value without a key. Returns false if it ends the processing, unacknowledged. */
  #mayBeUnordered(
    { streamName, shardId, sequenceNumber }: ConsumerRecord<T>,
    shard: RecordShard,
  ): boolean {
    const { hooks, stream } = shard.options;
    if (this.#parts.settings.needsKeys) {
      this.#fail(unkeyedError(streamName, shardId, sequenceNumber));
      return false;
    }
    if (this.#unkeyed.has(stream)) return true;
    this.#unkeyed.add(stream);
    notify(hooks, "onUnkeyed", { stream, shardId, sequenceNumber });
    return true;
  }

  #handle(
    records: readonly ConsumerRecord<T>[],
    attempt: ShardAttempt<T>,
  ): unknown {
    if (attempt.number > 1) this.#summary.retries++;
    const { hooks } = attempt.job.lane.source.options;
    if (hooks?.onHandled !== undefined) {
      attempt.calledAt = monotonicNow(this.#parts.options.clock);
    }
    return this.#parts.mode.call(
      records,
      new ShardContext(attempt, this.#parts.settings.ordering),
    );
  }

  async #bury(
    { record, error: cause }: Failure<ConsumerRecord<T>>,
    attempts: number,
  ): Promise<void> {
    const error = processingError(record, attempts, cause);
    const kind = await this.#givenUp.settle(error);
    this.#summary[kind]++;
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

  #reportEnd(
    attempt: ShardAttempt<T>,
    failed: number,
    error: unknown,
  ): void {
    const { job: { records, lane }, number, calledAt } = attempt;
    const { hooks, stream } = lane.source.options;
    if (calledAt < 0 || !hears(hooks, "onHandled")) return;
    const { shardId, sequenceNumber } = records[0]!;
    notify(hooks, "onHandled", {
      stream,
      shardId,
      sequenceNumber,
      records,
      attempt: number,
      durationMs: monotonicNow(this.#parts.options.clock) - calledAt,
      failed,
      error,
    });
  }

  #reportFailure(
    attempt: ShardAttempt<T>,
    failures: readonly Failure<ConsumerRecord<T>>[],
    next: AfterFailure,
  ): void {
    const { hooks, stream } = attempt.job.lane.source.options;
    const { record, error } = failures[0]!;
    const { shardId, sequenceNumber, subSequenceNumber } = record;
    notify(hooks, "onHandlerError", {
      stream,
      shardId,
      sequenceNumber,
      subSequenceNumber,
      values: failures.length,
      error,
      attempt: attempt.number,
      ...next,
    });
  }

  /** Another worker, or this one after a pause, processes the values again: but not at the end. */
  #onAbandoned(
    attempt: ShardAttempt<T>,
    error: Error,
    isFinal: boolean,
  ): void {
    this.#reportTimeout(attempt, "given-up");
    const [record] = attempt.job.records;
    if (isFinal) this.#fail(processingError(record!, attempt.number, error));
  }

  #reportTimeout(attempt: ShardAttempt<T>, state: "late" | "given-up"): void {
    const { hooks } = attempt.job.lane.source.options;
    notify(hooks, "onHandlerTimeout", { ...placeOf(attempt), state });
  }
}

function unkeyedError(
  streamName: string,
  shardId: string,
  sequenceNumber: string,
): KinesisError {
  return new KinesisError(
    `Cannot process in the order of each key as the record ${sequenceNumber} of ${shardId} in ${streamName} ` +
      "has no partition key, so there is nothing to order it by: the stream has had the record " +
      "distribution strategy AUTO. Leave 'ordering' out to order only values with a key, or use " +
      '"shard" or "none"',
    { code: "NoPartitionKey" },
  );
}

function processingError<T>(
  record: ConsumerRecord<T>,
  attempts: number,
  cause: unknown,
): ProcessingError<T> {
  const { shardId, sequenceNumber, subSequenceNumber } = record;
  const times = attempts === 1 ? "1 attempt" : `${attempts} attempts`;
  return new ProcessingError<T>(
    `Cannot process the value ${subSequenceNumber} of the record ${sequenceNumber} of ` +
      `${shardId} after ${times}: ${textOf(cause)}`,
    { record, attempts, cause },
  );
}

/** The values of a call, for hooks and errors. */
function placeOf({ job, number }: ShardAttempt<unknown>) {
  const { shardId, sequenceNumber, subSequenceNumber } = job.records[0]!;
  return {
    stream: job.lane.source.options.stream,
    shardId,
    sequenceNumber,
    subSequenceNumber,
    values: job.records.length,
    attempt: number,
  };
}

/** The context that the user's handler gets. */
class ShardContext<T> implements HandlerContext {
  readonly attempt: number;
  readonly fencingToken: FencingToken;
  readonly records: readonly ConsumerRecord<T>[];
  readonly #attempt: ShardAttempt<T>;

  constructor(
    attempt: ShardAttempt<T>,
    readonly ordering: ProcessingOrder,
  ) {
    this.#attempt = attempt;
    this.attempt = attempt.number;
    this.fencingToken = attempt.job.lane.source.fencingToken;
    this.records = attempt.job.records;
  }

  get signal(): AbortSignal {
    return this.#attempt.signal;
  }
}
