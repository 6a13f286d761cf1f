/**
 * Checks the options of `Consumer.process` and `Consumer.processBatches`, and fills in the
 * defaults.
 *
 * @module
 */
import { OptionCheck } from "../../_core/option_check.ts";
import { timeOption } from "../../_core/time_option.ts";
import {
  type HandlerCalls,
  resolveCallOptions,
} from "../../_processing/call_options.ts";
import type {
  ProcessBatchesOptions,
  ProcessingOrder,
  ProcessOptions,
} from "./process_options.ts";

/** The options with their defaults. */
export type ProcessSettings<T> =
  & HandlerCalls
  & Required<Pick<ProcessOptions<T>, "ordering" | "lookahead" | "onPoison">>
  & Pick<ProcessOptions<T>, "deadLetter">
  & {
    /** Whether every value must have a partition key: the user has asked for the order of keys. */
    readonly needsKeys: boolean;
  };

/** The settings of batches. */
export interface BatchSettings {
  readonly maxValues: number;
  readonly maxWaitMs: number;
}

/** The names of the options that a queue has not, or has with another meaning. */
const OTHERS = [
  "ordering",
  "onPoison",
  "deadLetter",
  "lookahead",
  "lookaheadBytes",
  "drainTimeoutMs",
];
/** The policies that are not functions. */
export const POLICIES: readonly unknown[] = ["fail", "skip", "dead-letter"];

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
    others: OTHERS,
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
      others: [...OTHERS, "maxValues", "maxWaitMs"],
      // The failed records may be given out by a generator.
      generators: ["AsyncGeneratorFunction"],
      ordering: "shard",
      lookahead: { default: least, least },
    }),
    maxValues,
    maxWaitMs: timeOption(check, "maxWaitMs", options?.maxWaitMs, {
      default: 1000,
    }),
  };
}

/** Where the two methods differ. */
interface Presets {
  /** The names of the options beside those of all calls. */
  readonly others: readonly string[];
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
  return {
    ...resolveCallOptions(check, handler, options, {
      others: presets.others,
      generators: presets.generators,
      retry: { maxAttempts: 5, baseDelayMs: 200, maxDelayMs: 10_000 },
    }),
    ordering: check.choice(
      "ordering",
      options.ordering,
      ["shard", "key", "none"],
      presets.ordering,
    ),
    // A default is used as far as there are keys.
    needsKeys: options.ordering === "key",
    lookahead: check.number("lookahead", options.lookahead, {
      ...presets.lookahead,
      integer: true,
    }),
    ...resolvePoison(check, options),
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
