/**
 * Checks the options of `QueueConsumer.process` and `processBatches`, and fills in the defaults.
 *
 * @module
 */
import { OptionCheck } from "../_core/option_check.ts";
import { timeOption } from "../_core/time_option.ts";
import {
  type HandlerCalls,
  resolveCallOptions,
} from "../_processing/call_options.ts";
import type {
  QueueBatchOptions,
  QueueProcessOptions,
} from "./process_options.ts";
import { RETURN_DELAY } from "./return_delay.ts";

/** The policies that are not functions. */
export const POLICIES: readonly unknown[] = ["return", "fail", "skip"];
/** A delay is given to the service in seconds, up to this. */
const MOST_DELAY_MS = 43_200_000;

/** The options with their defaults. */
export type QueueProcessSettings<T, R> =
  & HandlerCalls
  & Required<Pick<QueueProcessOptions<T, R>, "onPoison">>;

/** The settings of batches. */
export interface BatchSettings {
  readonly maxValues: number;
  readonly maxWaitMs: number;
}

/**
 * Checks the options of `process` and fills in the defaults.
 *
 * @throws {TypeError} if the handler or a choice is missing or malformed
 * @throws {RangeError} if a number is out of its range
 */
export function resolveProcessOptions<T, R>(
  handler: unknown,
  options: QueueProcessOptions<T, R> | undefined,
): QueueProcessSettings<T, R> {
  return resolve(new OptionCheck("Cannot process"), handler, options, {
    others: ["onPoison"],
    generators: ["GeneratorFunction", "AsyncGeneratorFunction"],
  });
}

/** Like {@linkcode resolveProcessOptions}, for `processBatches`. */
export function resolveBatchOptions<T, R>(
  handler: unknown,
  options: QueueBatchOptions<T, R> | undefined,
): QueueProcessSettings<T, R> & BatchSettings {
  const check = new OptionCheck("Cannot process batches");
  // The failed records may be given out by a generator.
  const settings = resolve(check, handler, options, {
    others: ["onPoison", "maxValues", "maxWaitMs"],
    generators: ["AsyncGeneratorFunction"],
  });
  return {
    ...settings,
    maxValues: check.number("maxValues", options?.maxValues, {
      default: 100,
      least: 1,
      integer: true,
    }),
    maxWaitMs: timeOption(check, "maxWaitMs", options?.maxWaitMs, {
      default: 1000,
    }),
  };
}

function resolve<T, R>(
  check: OptionCheck,
  handler: unknown,
  options: QueueProcessOptions<T, R> | undefined,
  presets: { others: readonly string[]; generators: readonly string[] },
): QueueProcessSettings<T, R> {
  const retry = { maxAttempts: 1, ...RETURN_DELAY };
  const calls = resolveCallOptions(check, handler, options, {
    ...presets,
    retry,
  });
  for (const name of ["baseDelayMs", "maxDelayMs"] as const) {
    check.number(`retry.${name}`, calls[name], {
      default: retry[name],
      most: MOST_DELAY_MS,
    });
  }
  const { onPoison = "return" } = options ?? {};
  if (typeof onPoison !== "function" && !POLICIES.includes(onPoison)) {
    const rule = '"return", "fail", "skip" or a function';
    throw new TypeError(check.message("onPoison", rule, onPoison));
  }
  return { ...calls, onPoison };
}
