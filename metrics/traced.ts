/**
 * Handlers whose calls are spans.
 *
 * @module
 */
import { OptionCheck } from "../_core/option_check.ts";
import { isThenable } from "../_core/thenable.ts";
import type { DecodedRecord } from "../records.ts";
import { markFailed } from "./_ended_span.ts";
import { LIBRARY } from "./_messaging.ts";
import type { OpenTelemetryApi, TelemetrySpan } from "./_open_telemetry_api.ts";
import {
  checkProcessSpanOptions,
  PROCESS_SPAN_OPTIONS,
  type ProcessSpanOptions,
  ProcessSpans,
} from "./_process_span.ts";
import { noteSpan } from "./_traced_calls.ts";

/** Options of {@linkcode traced}. */
export interface TracedOptions extends ProcessSpanOptions {}

/** What a handler takes: a value, or the values of a batch. */
export type HandledRecords =
  | DecodedRecord<unknown>
  | readonly DecodedRecord<unknown>[];

const check = new OptionCheck("Cannot trace");

/**
 * Wraps a handler of `Consumer.process`, `Consumer.processBatches` or `kinesisHandler`: each call is a `process` span,
 * which is active in the handler, so that the spans of the handler are its children. It has links to
 * the spans that have written the values, or is a child of that span with `continueTrace`. The hooks
 * of `openTelemetryHooks` add no second span for the call.
 *
 * @throws {TypeError} if `api` has no `trace`, the handler is none, or an option is wrong
 */
export function traced<
  R extends HandledRecords,
  C extends object,
  O,
>(
  api: OpenTelemetryApi,
  handler: (records: R, context: C) => O,
  options: TracedOptions = {},
): (records: R, context: C) => O {
  check.methods("api", api ?? null);
  check.methods("api.trace", api.trace ?? null, "getTracer");
  check.type("handler", handler ?? null, "function");
  check.object("options", options, PROCESS_SPAN_OPTIONS);
  checkProcessSpanOptions(check, api, options);
  const tracer = api.trace!.getTracer(LIBRARY);
  const spans = new ProcessSpans(api, options);
  return (records, context) => {
    const isBatch = Array.isArray(records);
    const list: readonly DecodedRecord<unknown>[] = isBatch
      ? records
      : [records];
    const { streamName, shardId } = list[0]!;
    const place = { stream: streamName, shardId };
    const { name, options, parent } = spans.plan(list, place, isBatch);
    const { attempt = 1 } = context as { readonly attempt?: number };
    noteSpan(list, attempt);
    const call = (span: TelemetrySpan) =>
      followed(span, () => handler(records, context));
    return parent === undefined
      ? tracer.startActiveSpan(name, options, call)
      : tracer.startActiveSpan(name, options, parent, call);
  };
}

/** Ends a span with the call: with its error, if it fails. */
function followed<O>(span: TelemetrySpan, call: () => O): O {
  const end = (result: unknown) => {
    // The values that a handler of batches has not processed.
    if (Array.isArray(result) && result.length > 0) {
      markFailed(span, result[0].error ?? new Error("a value has failed"));
    }
    span.end();
  };
  const fail = (error: unknown) => {
    markFailed(span, error ?? new Error(String(error)));
    span.end();
  };
  let result: O;
  try {
    result = call();
  } catch (error) {
    fail(error);
    throw error;
  }
  if (isThenable(result)) result.then(end, fail);
  else end(result);
  return result;
}
