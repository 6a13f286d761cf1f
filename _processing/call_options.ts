/**
 * Checks the options that say how a handler is called, and fills in the defaults.
 *
 * @module
 */
import type { OptionCheck } from "../_core/option_check.ts";
import { timeOption } from "../_core/time_option.ts";
import { signalOption } from "../_core/signal_option.ts";
import { isThenable } from "../_core/thenable.ts";

/** How failed calls are repeated. */
interface RetryOptions {
  readonly maxAttempts?: number;
  readonly baseDelayMs?: number;
  readonly maxDelayMs?: number;
  readonly when?: (error: unknown, attempt: number) => boolean;
}

/** How a handler is called. */
interface CallOptions {
  readonly concurrency?: number;
  readonly retry?: RetryOptions;
  readonly timeoutMs?: number;
  readonly graceMs?: number;
  readonly drainTimeoutMs?: number;
  readonly lookaheadBytes?: number;
  readonly signal?: AbortSignal;
}

/** The options with their defaults. */
export type HandlerCalls =
  & Required<Omit<CallOptions, "retry" | "signal">>
  & Pick<CallOptions, "signal">
  & Required<RetryOptions>;

/** Where two ways to call a handler differ. */
interface CallPresets {
  /** The names of the options that only this method has. */
  readonly others: readonly string[];
  /** The kinds of generator functions whose body would never run. */
  readonly generators: readonly string[];
  /** The defaults of `retry`. */
  readonly retry: Required<Omit<RetryOptions, "when">>;
}

const LOOKAHEAD_BYTES = 32 * 1024 * 1024;
/** The names of the options of all methods. */
const OPTIONS: readonly (keyof CallOptions)[] = [
  "concurrency",
  "retry",
  "timeoutMs",
  "graceMs",
  "signal",
];
const RETRY_FIELDS = ["maxAttempts", "baseDelayMs", "maxDelayMs", "when"];

/**
 * Checks a handler and its options, and fills in the defaults.
 *
 * @throws {TypeError} if the handler is missing, or an option is malformed
 * @throws {RangeError} if a number is out of its range
 */
export function resolveCallOptions(
  check: OptionCheck,
  handler: unknown,
  options: CallOptions = {},
  presets: CallPresets,
): HandlerCalls {
  check.type("handler", handler ?? null, "function");
  checkIsCalled(check, handler, presets.generators);
  check.object("options", options, [...OPTIONS, ...presets.others]);
  const count = (
    name: "concurrency" | "lookaheadBytes",
    rule: { default: number; least: number },
  ) => check.number(name, options[name], { ...rule, integer: true });
  return {
    concurrency: count("concurrency", { default: 16, least: 1 }),
    lookaheadBytes: count("lookaheadBytes", {
      default: LOOKAHEAD_BYTES,
      least: 1,
    }),
    timeoutMs: timeOption(check, "timeoutMs", options.timeoutMs, {
      default: 60_000,
      orNever: true,
    }),
    graceMs: timeOption(check, "graceMs", options.graceMs, {
      default: 30_000,
      least: 0,
    }),
    drainTimeoutMs: timeOption(
      check,
      "drainTimeoutMs",
      options.drainTimeoutMs,
      {
        default: 10_000,
        least: 0,
      },
    ),
    signal: signalOption(check, options),
    ...resolveRetry(check, options.retry, presets.retry),
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
  retry: RetryOptions = {},
  presets: CallPresets["retry"],
): Required<RetryOptions> {
  check.object("retry", retry, RETRY_FIELDS);
  return {
    maxAttempts: check.number("retry.maxAttempts", retry.maxAttempts, {
      default: presets.maxAttempts,
      least: 1,
      integer: true,
    }),
    baseDelayMs: timeOption(check, "retry.baseDelayMs", retry.baseDelayMs, {
      default: presets.baseDelayMs,
    }),
    maxDelayMs: timeOption(check, "retry.maxDelayMs", retry.maxDelayMs, {
      default: presets.maxDelayMs,
    }),
    when: synchronous(check, check.type("retry.when", retry.when, "function")),
  };
}

/** A promise would count as `true`, whatever it resolves with. */
function synchronous(
  check: OptionCheck,
  when: RetryOptions["when"] = () => true,
): NonNullable<RetryOptions["when"]> {
  return (error, attempt) => {
    const answer: unknown = when(error, attempt);
    if (!isThenable(answer)) return answer as boolean;
    answer.then(undefined, () => {});
    const rule = "a function that returns true or false, not a promise";
    throw new TypeError(check.message("retry.when", rule, when));
  };
}
