/**
 * The options of `QueueConsumer.process` and `QueueConsumer.processBatches`.
 *
 * @module
 */
import type { ProcessingError } from "../errors.ts";
import type { QueueRecord } from "../records.ts";

/** The facts about one call of a handler. */
export interface QueueHandlerContext {
  /**
   * Aborts when the result of this call is not used any more: `timeoutMs` is over, the visibility of
   * the record is lost, or the processing is aborted. Pass it on to `fetch` and to database drivers.
   * From then on the values of the call count as not processed, also if it returns. (For a call that
   * has never asked for `signal` they do count, unless the record is lost: it cannot have stopped for
   * it.) With `processBatches`, a record that is lost does not abort it: see {@linkcode
   * QueueRecord.signal}.
   */
  readonly signal: AbortSignal;
  /**
   * The number of the call for these values in this delivery, from 1. {@linkcode
   * QueueRecord.receiveCount} counts the deliveries.
   */
  readonly attempt: number;
}

/**
 * Processes a value. It has failed if it throws, or if the promise that it returns rejects. Other
 * results are ignored.
 */
export type QueueRecordHandler<T, R = QueueRecord<T>> = (
  record: R,
  context: QueueHandlerContext,
) => unknown;

/** What a handler of batches returns: nothing, or the values that were not processed. */
export type QueueBatchResult<R> =
  | void
  | null
  | Iterable<R | { readonly record: R; readonly error: unknown }>;

/** Processes several values. All of them have failed if it throws or rejects. */
export type QueueBatchHandler<T, R = QueueRecord<T>> = (
  records: readonly R[],
  context: QueueHandlerContext,
) => QueueBatchResult<R> | PromiseLike<QueueBatchResult<R>>;

/** How failed calls are repeated, here and by the queue. */
export interface QueueHandlerRetryOptions {
  /**
   * Most calls for a value in one delivery, with the first. With 1, a value that fails is given back
   * at once: the queue delivers it again and counts.
   * @default {1}
   */
  maxAttempts?: number;
  /**
   * The longest delay before the second call, in milliseconds, and the delay with which a value is
   * given back after its first delivery, rounded up to seconds. It doubles for each further call or
   * delivery.
   * @default {1000}
   */
  baseDelayMs?: number;
  /**
   * The longest of these delays, in milliseconds.
   * @default {60_000}
   */
  maxDelayMs?: number;
  /**
   * Whether a call that failed with this error is repeated here. It must not return a promise.
   * Default: every error.
   */
  when?: (error: unknown, attempt: number) => boolean;
}

/**
 * The policy for a value whose last attempt in this delivery has failed.
 *
 * - `"return"`: it is given back with a delay. The queue delivers it again, to any consumer, or makes
 *   it a dead letter after as many deliveries as it allows.
 * - `"fail"`: the processing fails with the {@linkcode ProcessingError}, and the value is given back.
 * - `"skip"`: the value counts as processed.
 * - a function: called with the error. The value counts as processed when the promise that it
 *   returns has fulfilled. If it returns `"return"` or `"fail"`, that policy applies. If it returns
 *   another text than these and `"skip"`, the processing fails with a `TypeError`. If it throws, the
 *   processing fails with its error.
 */
export type QueueHandlerPoisonPolicy<T, R = QueueRecord<T>> =
  | "return"
  | "fail"
  | "skip"
  | ((error: ProcessingError<T, R>) => unknown);

/** Options of {@linkcode QueueConsumer.process}. */
export interface QueueProcessOptions<T, R = QueueRecord<T>> {
  /**
   * Most calls of the handler at a time.
   * @default {16}
   */
  concurrency?: number;
  /** How failed calls are repeated. */
  retry?: QueueHandlerRetryOptions;
  /**
   * What happens to a value after the last attempt.
   * @default {"return"}
   */
  onPoison?: QueueHandlerPoisonPolicy<T, R>;
  /**
   * The time limit of a call, in milliseconds. After it the signal of the call aborts, and the hook
   * `onQueueHandlerTimeout` is called. The records of the call stay invisible until it has ended, at most
   * `graceMs` more. `Infinity` is no limit.
   * @default {60_000}
   */
  timeoutMs?: number;
  /**
   * How long a call may go on after its signal has aborted, in milliseconds. After that its records
   * are not extended any more, so they are delivered again when their visibility timeout is over.
   * @default {30_000}
   */
  graceMs?: number;
  /** Ends the processing; the promise rejects with the reason of the signal. */
  signal?: AbortSignal;
}

/** Options of {@linkcode QueueConsumer.processBatches}. */
export interface QueueBatchOptions<T, R = QueueRecord<T>>
  extends QueueProcessOptions<T, R> {
  /**
   * Most values of a batch.
   * @default {100}
   */
  maxValues?: number;
  /**
   * How long the first value of a batch that is not full waits for others, in milliseconds. Longer
   * makes larger batches, shorter processes sooner.
   * @default {1000}
   */
  maxWaitMs?: number;
}

/** The numbers of a run. */
export interface QueueProcessingSummary {
  /** Values that the handler has processed. */
  processed: number;
  /** Calls of the handler that were repetitions. */
  retries: number;
  /** Values that were given back to the queue. */
  returned: number;
  /** Values that were given up by `"skip"` or by a function. */
  skipped: number;
}
