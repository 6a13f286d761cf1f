/**
 * The options of a handler for the values of an event.
 *
 * @module
 */
import { OptionCheck } from "../_core/option_check.ts";
import type { DecodeError } from "../errors.ts";
import type { DecodedRecord } from "../records.ts";
import {
  checkDecoding,
  type DecodeEventOptions,
  type EventFailure,
} from "./decode_event.ts";
import { checkPolicy } from "./_failures.ts";

/** What a handler gets beside the value. */
export interface LambdaHandlerContext {
  /**
   * Aborts shortly before Lambda ends the call. Pass it on: `fetch(url, { signal })`. From then on a
   * value counts as failed, also if its handler returns, unless that has never asked for `signal`.
   */
  readonly signal: AbortSignal;
}

/** Options of {@linkcode kinesisHandler}. */
export interface KinesisHandlerOptions<T> extends DecodeEventOptions<T> {
  /**
   * Processes a value. It has failed if it throws, or if the promise that it returns rejects. Other
   * results are ignored.
   */
  handler: (record: DecodedRecord<T>, context: LambdaHandlerContext) => unknown;
  /**
   * Most calls of the handler at a time.
   * @default {16}
   */
  concurrency?: number;
  /**
   * The values that are processed one after another: those of a `"shard"`, those of a partition
   * `"key"`, or `"none"`. With `"shard"` and `"key"` no call starts after a failure, because Lambda
   * sends everything from that record on again. With `"none"` all values are tried, and all failed
   * records are in the answer. Values without a partition key, of streams with AUTO record
   * distribution, have no order among each other with `"key"`.
   * @default {"key"}
   */
  ordering?: "shard" | "key" | "none";
  /**
   * What happens to a value that cannot be decoded: `"fail"` counts it as failed, `"skip"` drops it,
   * and a function is called with the error; the value counts as processed when the promise that it
   * returns has fulfilled, unless the result is `"fail"`.
   * @default {"fail"}
   */
  onPoison?: "fail" | "skip" | ((error: DecodeError) => unknown);
  /**
   * Called for each value that has failed. The answer to Lambda has no reasons, so without it they
   * are lost: `onFailure: ({ error }) => console.error(error)`. If the time is over, the error is a
   * `DOMException` with the name `TimeoutError`, for each value whose handler is still running, or
   * for the first one that was not started. A promise that it returns is awaited as far as there is
   * time. What it throws is ignored.
   */
  onFailure?: (failure: EventFailure<T>) => unknown;
  /**
   * How failed records reach Lambda. `"report"` answers with them, and needs
   * `FunctionResponseTypes: ["ReportBatchItemFailures"]` in the mapping: without it, Lambda ignores
   * the answer and failed records are lost. `"throw"` throws an error, and Lambda sends the whole
   * batch again.
   * @default {"report"}
   */
  failures?: "report" | "throw";
  /**
   * The time that is left for the answer, in milliseconds. When the call has no more time than this,
   * no value is started, the signal of the handlers aborts, and the records that are not processed
   * count as failed.
   * @default {1000}
   */
  reserveMs?: number;
}

const check = /* @__PURE__ */ new OptionCheck("Cannot create a Lambda handler");

/** The options with their defaults. */
export type HandlerSettings<T> =
  & Required<Omit<KinesisHandlerOptions<T>, "onFailure" | "strays">>
  & Pick<KinesisHandlerOptions<T>, "onFailure" | "strays">;

/**
 * Checks the options and sets the defaults.
 *
 * @throws {TypeError} if an option is missing or has a wrong type
 * @throws {RangeError} if a number is out of its range
 */
export function resolveOptions<T>(
  options: KinesisHandlerOptions<T>,
): HandlerSettings<T> {
  const settings = {
    ...checkDecoding(check, options),
    handler: check.type("handler", options.handler ?? null, "function"),
    onPoison: checkPolicy(check, options.onPoison),
    onFailure: check.type("onFailure", options.onFailure, "function"),
    concurrency: check.number("concurrency", options.concurrency, {
      ...{ default: 16, least: 1, integer: true },
    }),
    ordering: check.choice(
      "ordering",
      options.ordering,
      ["shard", "key", "none"],
      "key",
    ),
    failures: check.choice(
      "failures",
      options.failures,
      ["report", "throw"],
      "report",
    ),
    reserveMs: check.number("reserveMs", options.reserveMs, { default: 1000 }),
  };
  // All other options are probably misspelled.
  check.object("options", options, Object.keys(settings));
  return settings;
}
