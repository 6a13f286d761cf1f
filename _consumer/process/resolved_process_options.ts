/**
 * Checks the options of `Consumer.process` and `Consumer.processBatches`, and fills in the
 * defaults.
 *
 * @module
 */
import { OptionCheck } from "../../_core/option_check.ts";
import { isThenable } from "../../_core/thenable.ts";
import type {
  HandlerRetryOptions,
  ProcessBatchesOptions,
  ProcessingOrder,
  ProcessOptions,
} from "./process_options.ts";

/** The options with their defaults. */
export type ProcessSettings<T> =
  & Required<
    Omit<ProcessOptions<T>, "retry" | "deadLetter" | "signal">
  >
  & Pick<ProcessOptions<T>, "deadLetter" | "signal">
  & {
    /** Whether every value must have a partition key: the user has asked for the order of keys. */
    readonly needsKeys: boolean;
  }
  & Required<HandlerRetryOptions>;

/** The settings of batches. */
export interface BatchSettings {
  readonly maxValues: number;
  readonly maxWaitMs: number;
}

/** The policies that are not functions. */
export const POLICIES: readonly unknown[] = ["fail", "skip", "dead-letter"];
const LOOKAHEAD_BYTES = { default: 32 * 1024 * 1024, least: 1 };
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
    name: "concurrency" | "lookahead" | "lookaheadBytes",
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
    // A default is used as far as there are keys.
    needsKeys: options.ordering === "key",
    lookahead: count("lookahead", presets.lookahead),
    lookaheadBytes: count("lookaheadBytes", LOOKAHEAD_BYTES),
    timeoutMs: check.time("timeoutMs", options.timeoutMs, {
      default: 60_000,
      orNever: true,
    }),
    graceMs: check.time("graceMs", options.graceMs, {
      default: 30_000,
      least: 0,
    }),
    drainTimeoutMs: check.time("drainTimeoutMs", options.drainTimeoutMs, {
      default: 10_000,
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
