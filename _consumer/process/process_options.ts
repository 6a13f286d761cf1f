/**
 * The options of `Consumer.process` and `Consumer.processBatches`.
 *
 * @module
 */
import type { ProcessingError } from "../../errors.ts";
import type {
  ConsumerRecord,
  DeadLetter,
  DecodedRecord,
  FencingToken,
} from "../../records.ts";

/** The facts about one call of a handler. */
export interface HandlerContext {
  /**
   * Aborts when the result of this call is not used any more: `timeoutMs` is over, the lease of the
   * shard is lost, or the processing is aborted. Pass it on to `fetch` and to database drivers. From
   * then on the values of the call count as not processed, also if it returns. (For a call that has
   * never asked for `signal` they do count: it cannot have stopped for it.)
   */
  readonly signal: AbortSignal;
  /**
   * The number of the call for these values, from 1. After a restart of the worker it begins at 1
   * again.
   */
  readonly attempt: number;
  /** Which values are processed one after another, as the options say. */
  readonly ordering: ProcessingOrder;
  /** Identifies the holder of the lease, for stores that refuse the writes of an earlier holder. */
  readonly fencingToken: FencingToken;
  /** The values of this call, in order. For `commit`, which may leave none of them out. */
  readonly records: readonly DecodedRecord<unknown>[];
}

/**
 * Processes a value. It has failed if it throws, or if the promise that it returns rejects. Other
 * results are ignored.
 */
export type RecordHandler<T> = (
  record: ConsumerRecord<T>,
  context: HandlerContext,
) => unknown;

/** A value of a batch that was not processed, with or without its error. */
export type FailedRecord<T> =
  | ConsumerRecord<T>
  | { readonly record: ConsumerRecord<T>; readonly error: unknown };

/** What a handler of batches returns: nothing, or the values that were not processed. */
export type BatchResult<T> = void | null | Iterable<FailedRecord<T>>;

/**
 * Processes values of one shard, in order. All of them have failed if it throws, or if the promise
 * that it returns rejects.
 */
export type BatchHandler<T> = (
  records: readonly ConsumerRecord<T>[],
  context: HandlerContext,
) => BatchResult<T> | PromiseLike<BatchResult<T>>;

/**
 * Which values are processed one after another: those of a `"shard"`, those of a partition `"key"`
 * of a shard, or `"none"`. The next value of a shard or key starts when its predecessor is settled,
 * including its retries.
 */
export type ProcessingOrder = "shard" | "key" | "none";

/** How failed calls are repeated. */
export interface HandlerRetryOptions {
  /**
   * Most calls for a value, with the first. 1 is no retry.
   * @default {5}
   */
  maxAttempts?: number;
  /**
   * The longest delay before the second call, in milliseconds. It doubles for each further call. A
   * delay is between one half of its longest and its longest.
   * @default {200}
   */
  baseDelayMs?: number;
  /**
   * The longest delay before a call, in milliseconds.
   * @default {10_000}
   */
  maxDelayMs?: number;
  /**
   * Whether a call that failed with this error is repeated. Return `false` for errors that no retry
   * can change. It must not return a promise: the processing fails with a `TypeError` then.
   * Default: every error.
   */
  when?: (error: unknown, attempt: number) => boolean;
}

/**
 * The policy for a value whose last attempt has failed.
 *
 * - `"fail"`: the processing fails with the {@linkcode ProcessingError}. The value is not
 *   acknowledged, so the next run reads it again.
 * - `"skip"`: the value counts as processed.
 * - `"dead-letter"`: the value counts as processed when it is stored in `deadLetter`.
 * - a function: called with the error. The value counts as processed when the promise that it
 *   returns has fulfilled. If it returns `"fail"` or `"dead-letter"`, that policy applies. If it
 *   returns another text than these and `"skip"`, the processing fails with a `TypeError`. If it
 *   throws, the processing fails with its error.
 */
export type HandlerPoisonPolicy<T> =
  | "fail"
  | "skip"
  | "dead-letter"
  | ((error: ProcessingError<T>) => unknown);

/** Options of {@linkcode Consumer.process}. */
export interface ProcessOptions<T> {
  /**
   * Most calls of the handler at a time, over all shards. If this worker reads several shards, a
   * shard with more than its fair part leaves an eighth free, rounded up: so a shard whose handlers
   * hang leaves slots to the others.
   * @default {16}
   */
  concurrency?: number;
  /**
   * The values that are processed one after another, see {@linkcode ProcessingOrder}. Values without
   * a partition key, of streams with AUTO record distribution, have no order by default: they are
   * processed beside one another, and the hook `onUnkeyed` is called. With `"key"` given here, such
   * a value ends the processing with the code `NoPartitionKey`.
   * @default {"key"}
   */
  ordering?: ProcessingOrder;
  /** How failed calls are repeated. */
  retry?: HandlerRetryOptions;
  /**
   * What happens to a value after the last attempt. Default: `"dead-letter"` with a `deadLetter`,
   * else `"fail"`.
   */
  onPoison?: HandlerPoisonPolicy<T>;
  /**
   * A stream of the values that could not be processed. If it is a {@linkcode DurableSink} such as
   * a `Producer`, a value is acknowledged when its letter is stored, otherwise when it is written.
   * The stream is locked while values are processed, and it is not closed.
   */
  deadLetter?: WritableStream<DeadLetter<T>>;
  /**
   * The time limit of a call, in milliseconds. After it the signal of the call aborts, and the hook
   * `onHandlerTimeout` is called. The next attempt starts when the call has ended: it never runs
   * beside the earlier one. `Infinity` is no limit: a handler that never ends then blocks its key
   * or shard for ever.
   * @default {60_000}
   */
  timeoutMs?: number;
  /**
   * How long a call may go on after its signal has aborted, in milliseconds. After `timeoutMs` and
   * this time, the lease of the shard is given back, so that another worker processes it. This
   * worker takes the shard again after three failover times at the earliest. After `signal` has
   * aborted, `process()` waits this long for the calls.
   * @default {30_000}
   */
  graceMs?: number;
  /**
   * How long {@linkcode Consumer.close} goes on with values that a later value has overtaken, in
   * milliseconds. Example: with `ordering: "key"`, the values 1 and 3 are processed and value 2 waits
   * for its key. The checkpoint stays behind 1, so the next run repeats 3, unless 2 is processed as
   * well. After this time no further call starts. With 0, none starts after `close()` was called.
   * Orchestrators kill a process about 30 seconds after SIGTERM.
   * @default {10_000}
   */
  drainTimeoutMs?: number;
  /**
   * Most values of a shard that are taken from the reader and wait: for their turn, for their next
   * attempt, or for their dead letter. The reader of a shard with that many pauses, and the others
   * go on. More helps if a few keys have most values, or many values fail, and uses more memory.
   * @default {256}
   */
  lookahead?: number;
  /**
   * Most bytes of the values that are taken from the readers and not settled, over all shards:
   * those that wait, also for their next attempt or dead letter, those of batches, and those that
   * are being processed. Counted as the undecoded data of their Kinesis records, divided evenly
   * among the values of a record: decoded values may need several times as much memory.
   *
   * Divided among the shards as `prefetch` of the consumer is: a shard whose room is used up
   * pauses, and the others go on. A batch that cannot become full within the room is given out at
   * once. Each shard may exceed its room by one value, so values of any size are processed. A shard
   * that this worker begins to read while others have used up their room gets its part in addition.
   *
   * More allows larger batches of large values, and more calls for them at a time. Less uses less
   * memory. `Infinity` is no bound.
   * @default {33_554_432}
   */
  lookaheadBytes?: number;
  /** Ends the processing; the promise rejects with the reason of the signal. */
  signal?: AbortSignal;
}

/** Options of {@linkcode Consumer.processBatches}. */
export interface ProcessBatchesOptions<T> extends ProcessOptions<T> {
  /**
   * Which batches are processed one after another: with `"shard"` those of a shard, with `"key"`
   * those that have a partition key in common, with `"none"` none. With `"key"`, a value without a
   * partition key ends the processing with the code `NoPartitionKey`.
   * @default {"shard"}
   */
  ordering?: ProcessingOrder;
  /**
   * Most values of a batch. A batch has values of one shard.
   * @default {500}
   */
  maxValues?: number;
  /**
   * How long the first value of a batch that is not full waits for others, in milliseconds. Longer
   * makes larger batches, shorter processes sooner.
   * @default {1000}
   */
  maxWaitMs?: number;
  /**
   * Most values of a shard that are taken from the reader and wait, as for `process`. At least
   * twice `maxValues`.
   * @default {2 × maxValues}
   */
  lookahead?: number;
}

/** The numbers of a run. */
export interface ProcessingSummary {
  /** Values that the handler has processed. */
  processed: number;
  /** Calls of the handler that were repetitions. */
  retries: number;
  /** Values that were given up by `"skip"` or by a function. */
  skipped: number;
  /** Values that were given up and stored as dead letters. */
  deadLettered: number;
}
