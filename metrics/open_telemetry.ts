/**
 * Metrics and spans for OpenTelemetry.
 *
 * @module
 */
import { OptionCheck } from "../_core/option_check.ts";
import { countingHooks } from "./_counting.ts";
import { LIBRARY } from "./_messaging.ts";
import { messagingMetrics } from "./_messaging_metrics.ts";
import { messagingSpans } from "./_messaging_spans.ts";
import type { OpenTelemetryApi } from "./_open_telemetry_api.ts";
import {
  checkProcessSpanOptions,
  PROCESS_SPAN_OPTIONS,
  type ProcessSpanOptions,
  ProcessSpans,
} from "./_process_span.ts";
import { telemetryFamilies } from "./_telemetry_families.ts";
import { type AllHooks, combineHooks } from "./combine.ts";

/** Options of {@linkcode openTelemetryHooks}. */
export interface OpenTelemetryHooksOptions extends ProcessSpanOptions {
  /**
   * Whether metrics have the shard as an attribute. A stream of thousands of shards makes as many
   * series. Spans always have the shard.
   * @default {true}
   */
  perShard?: boolean;
  /**
   * Whether the metrics of `docs/metrics.md` are recorded as `kinesis.…`, beside those of the
   * semantic conventions, which know no lag, leases or buffers.
   * @default {true}
   */
  kinesisMetrics?: boolean;
}

const check = new OptionCheck("Cannot create OpenTelemetry hooks");

/**
 * Makes hooks that record metrics and spans, named by the semantic conventions for messaging 1.45.
 * Give the same hooks to clients, producers and consumers. `api` is the module
 * `npm:@opentelemetry/api` of the application, which is not imported here. Set up the SDK before:
 * the API forgets instruments that were made earlier.
 *
 * Metrics: `messaging.client.sent.messages`, `messaging.client.consumed.messages`,
 * `messaging.client.operation.duration` and `messaging.process.duration`. Spans: `send` for each
 * PutRecords, `receive` for each GetRecords with records, `process` for each call of a handler, and
 * `settle` for each checkpoint. The spans are made when something has ended, so each begins a trace;
 * `process` has links to the spans that have written the values. To have the `process` span active
 * in the handler, wrap it with {@linkcode traced}. `docs/metrics.md` lists names and attributes.
 *
 * @throws {TypeError} if `api` has neither `trace` nor `metrics`, or an option is wrong
 */
export function openTelemetryHooks(
  api: OpenTelemetryApi,
  options: OpenTelemetryHooksOptions = {},
): AllHooks {
  check.methods("api", api ?? null);
  check.object("options", options, [
    ...PROCESS_SPAN_OPTIONS,
    "perShard",
    "kinesisMetrics",
  ]);
  const { perShard = true, kinesisMetrics = true } = options;
  check.type("perShard", perShard, "boolean");
  check.type("kinesisMetrics", kinesisMetrics, "boolean");
  checkProcessSpanOptions(check, api, options);
  const { trace, metrics } = api;
  if (!trace && !metrics) {
    throw new TypeError(
      check.refusal("'api' must have 'trace', 'metrics', or both"),
    );
  }
  check.methods("api.trace", trace, "getTracer");
  check.methods("api.metrics", metrics, "getMeter");
  const group = options.consumerGroup;
  const parts: AllHooks[] = [];
  if (metrics) {
    const meter = metrics.getMeter(LIBRARY);
    parts.push(messagingMetrics(meter, { group, perShard }));
    if (kinesisMetrics) {
      parts.push(countingHooks(telemetryFamilies(meter), perShard));
    }
  }
  if (trace) {
    const spans = new ProcessSpans(api, options);
    parts.push(messagingSpans(trace.getTracer(LIBRARY), spans, group));
  }
  return combineHooks(...parts);
}
