/**
 * The options of `Consumer.process` and `Consumer.processBatches`.
 *
 * @module
 */
import { OptionCheck } from "../../_core/option_check.ts";
import { isThenable } from "../../_core/thenable.ts";
import type { ProcessingError } from "../../errors.ts";
import type {
  ConsumerRecord,
  DeadLetter,
  FencingToken,
} from "../../records.ts";

/** The facts about one call of a handler. */
export interface HandlerContext {
  /**
   * Aborts when the result of this call is not used any more: `timeoutMs` is over, the lease of the
   * shard is lost, or the processing is aborted. Pass it on to `fetch` and to database drivers.
   */
  readonly signal: AbortSignal;
  /**
   * The number of the call for these values, from 1. After a restart of the worker it begins at 1
   * again.
   */
  readonly attempt: number;
  /** Identifies the holder of the lease, for stores that refuse the writes of an earlier holder. */
  readonly fencingToken: FencingToken;
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
 * of a shard, or `"none"`. The next value of a shard or key starts when the one before is settled,
 * including its retries.
 */
export type ProcessingOrder = "shard" | "key" | "none";

/** How failed calls are repeated. */
export interface HandlerRetryOptions {
  /** Most calls for a value, with the first. 1 is no retry. @default {5} */
  maxAttempts?: number;
  /**
   * The longest delay before the second call, in milliseconds. It doubles for each further call. A
   * delay is between one half of its longest and its longest. @default {200}
   */
  baseDelayMs?: number;
  /** The longest delay before a call, in milliseconds. @default {10_000} */
  maxDelayMs?: number;
  /**
   * Whether a call that failed with this error is repeated. Return `false` for errors that no retry
   * can change. It must not return a promise: the processing fails with a `TypeError` then. Default:
   * every error.
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
   * hang leaves slots to the others. @default {16}
   */
  concurrency?: number;
  /**
   * The values that are processed one after another, see {@linkcode ProcessingOrder}.
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
   * or shard for ever. @default {60_000}
   */
  timeoutMs?: number;
  /**
   * How long a call may go on after its signal has aborted, in milliseconds. After `timeoutMs` and
   * this time, the lease of the shard is given back, so that another worker processes it. This
   * worker takes the shard again after three failover times at the earliest. After `signal` has
   * aborted, `process()` waits this long for the calls. @default {30_000}
   */
  graceMs?: number;
  /**
   * Most values of a shard that are taken from the reader and wait for their turn. The reader of a
   * shard with that many pauses, and the others go on. More helps if a few keys have most values,
   * and uses more memory. @default {256}
   */
  lookahead?: number;
  /** Ends the processing; the promise rejects with the reason of the signal. */
  signal?: AbortSignal;
}

/** Options of {@linkcode Consumer.processBatches}. */
export interface ProcessBatchesOptions<T> extends ProcessOptions<T> {
  /**
   * Which batches are processed one after another: with `"shard"` those of a shard, with `"key"`
   * those that have a partition key in common, with `"none"` none. @default {"shard"}
   */
  ordering?: ProcessingOrder;
  /** Most values of a batch. A batch has values of one shard. @default {500} */
  maxValues?: number;
  /**
   * How long the first value of a batch that is not full waits for others, in milliseconds. Longer
   * makes larger batches, shorter processes sooner. @default {1000}
   */
  maxWaitMs?: number;
  /**
   * Most values of a shard that are taken from the reader and wait for their turn. At least twice
   * `maxValues`. @default {2 × maxValues}
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

/** The options with their defaults. */
export type ProcessSettings<T> =
  & Required<
    Omit<ProcessOptions<T>, "retry" | "deadLetter" | "signal">
  >
  & Pick<ProcessOptions<T>, "deadLetter" | "signal">
  & Required<HandlerRetryOptions>;

/** The settings of batches. */
export interface BatchSettings {
  readonly maxValues: number;
  readonly maxWaitMs: number;
}

/** The policies that are not functions. */
export const POLICIES: readonly unknown[] = ["fail", "skip", "dead-letter"];
const RETRY_FIELDS = ["maxAttempts", "baseDelayMs", "maxDelayMs", "when"];

/**
 * Checks the options of `process` and fills in the defaults.
 *
 * @throws {TypeError} if the handler or a choice is missing or malformed
 * @throws {RangeError} if a number is out of its range
 */
export function resolveProcessOptions<T>(
  handler: unknown,
  options: ProcessOptions<T> | undefined,
): ProcessSettings<T> {
  return resolve(new OptionCheck("Cannot process"), handler, options, {
    generators: ["GeneratorFunction", "AsyncGeneratorFunction"],
    ordering: "key",
    lookahead: { default: 256, least: 1 },
  });
}

/** Like {@linkcode resolveProcessOptions}, for `processBatches`. */
export function resolveBatchOptions<T>(
  handler: unknown,
  options: ProcessBatchesOptions<T> | undefined,
): ProcessSettings<T> & BatchSettings {
  const check = new OptionCheck("Cannot process batches");
  check.object("options", options);
  const maxValues = check.number("maxValues", options?.maxValues, {
    default: 500,
    least: 1,
    integer: true,
  });
  const least = 2 * maxValues;
  return {
    ...resolve(check, handler, options, {
      // The failed records may be given out by a generator.
      generators: ["AsyncGeneratorFunction"],
      ordering: "shard",
      lookahead: { default: least, least },
    }),
    maxValues,
    maxWaitMs: check.time("maxWaitMs", options?.maxWaitMs, { default: 1000 }),
  };
}

/** Where the two methods differ. */
interface Presets {
  /** The kinds of generator functions whose body would never run. */
  readonly generators: readonly string[];
  readonly ordering: ProcessingOrder;
  readonly lookahead: { readonly default: number; readonly least: number };
}

function resolve<T>(
  check: OptionCheck,
  handler: unknown,
  options: ProcessOptions<T> = {},
  presets: Presets,
): ProcessSettings<T> {
  check.type("handler", handler ?? null, "function");
  checkIsCalled(check, handler, presets.generators);
  check.object("options", options);
  const count = (
    name: "concurrency" | "lookahead",
    rule: { default: number; least: number },
  ) => check.number(name, options[name], { ...rule, integer: true });
  return {
    concurrency: count("concurrency", { default: 16, least: 1 }),
    ordering: check.choice(
      "ordering",
      options.ordering,
      ["shard", "key", "none"],
      presets.ordering,
    ),
    lookahead: count("lookahead", presets.lookahead),
    timeoutMs: check.time("timeoutMs", options.timeoutMs, {
      default: 60_000,
      orNever: true,
    }),
    graceMs: check.time("graceMs", options.graceMs, {
      default: 30_000,
      least: 0,
    }),
    signal: check.methods(
      "signal",
      options.signal,
      "addEventListener",
      "removeEventListener",
    ),
    ...resolvePoison(check, options),
    ...resolveRetry(check, options.retry),
  };
}

/** A call of a generator function runs nothing of its body, so each value would count as processed. */
function checkIsCalled(
  check: OptionCheck,
  handler: unknown,
  generators: readonly string[],
): void {
  const kind = Object.prototype.toString.call(handler).slice(8, -1);
  if (!generators.includes(kind)) return;
  const rule = "a function that is no generator";
  throw new TypeError(check.message("handler", rule, handler));
}

function resolveRetry(
  check: OptionCheck,
  retry: HandlerRetryOptions = {},
): Required<HandlerRetryOptions> {
  check.object("retry", retry, RETRY_FIELDS);
  return {
    maxAttempts: check.number("retry.maxAttempts", retry.maxAttempts, {
      default: 5,
      least: 1,
      integer: true,
    }),
    baseDelayMs: check.time("retry.baseDelayMs", retry.baseDelayMs, {
      default: 200,
    }),
    maxDelayMs: check.time("retry.maxDelayMs", retry.maxDelayMs, {
      default: 10_000,
    }),
    when: synchronous(check, check.type("retry.when", retry.when, "function")),
  };
}

/** A promise would count as `true`, whatever it resolves with. */
function synchronous(
  check: OptionCheck,
  when: HandlerRetryOptions["when"] = () => true,
): NonNullable<HandlerRetryOptions["when"]> {
  return (error, attempt) => {
    const answer: unknown = when(error, attempt);
    if (!isThenable(answer)) return answer as boolean;
    answer.then(undefined, () => {});
    const rule = "a function that returns true or false, not a promise";
    throw new TypeError(check.message("retry.when", rule, when));
  };
}

function resolvePoison<T>(
  check: OptionCheck,
  { onPoison, deadLetter }: ProcessOptions<T>,
): Pick<ProcessSettings<T>, "onPoison" | "deadLetter"> {
  check.methods("deadLetter", deadLetter, "getWriter");
  if (deadLetter?.locked) {
    throw new TypeError(
      check.message(
        "deadLetter",
        "a stream that is not locked",
        "a locked one",
      ),
    );
  }
  const policy = onPoison ?? (deadLetter ? "dead-letter" : "fail");
  if (typeof policy !== "function" && !POLICIES.includes(policy)) {
    const rule = '"fail", "skip", "dead-letter" or a function';
    throw new TypeError(check.message("onPoison", rule, policy));
  }
  if (policy === "dead-letter" && !deadLetter) {
    throw new TypeError(
      check.message(
        "deadLetter",
        'a WritableStream for "dead-letter"',
        deadLetter,
      ),
    );
  }
  if (deadLetter && (policy === "fail" || policy === "skip")) {
    throw new TypeError(
      check.message(
        "onPoison",
        "\"dead-letter\" or a function as there is a 'deadLetter'",
        policy,
      ),
    );
  }
  return { onPoison: policy, deadLetter };
}
