/**
 * Metrics and logs of clients, producers and consumers, over their hooks.
 *
 * @example Prometheus, with the registry of `npm:prom-client`
 * ```ts
 * import { Consumer, KinesisClient, Producer } from "@webstreams/kinesis";
 * import { prometheusHooks } from "@webstreams/kinesis/metrics";
 * import { json } from "@webstreams/kinesis/processors";
 * import { KinesisServer } from "@webstreams/kinesis/testing";
 * import { assertMatch } from "@std/assert";
 * import { Registry } from "prom-client";
 *
 * const registry = new Registry();
 * const hooks = prometheusHooks(registry);
 * const client = new KinesisClient({
 *   region: "eu-west-1",
 *   credentials: { accessKeyId: "id", secretAccessKey: "secret" },
 *   fetch: new KinesisServer().fetch,
 *   hooks,
 * });
 * const orders = { client, streamName: "orders", processor: json<number>(), hooks };
 * const producer = new Producer({ ...orders, createStream: { shardCount: 1 } });
 * await producer.put(1, { partitionKey: "k" });
 * await producer.close();
 * for await (const _ of new Consumer({ ...orders, until: "caught-up" }));
 *
 * const text = await registry.metrics(); // what GET /metrics answers
 * assertMatch(text, /kinesis_producer_records_total\{stream="orders"\} 1/);
 * assertMatch(text, /kinesis_consumer_records_total\{stream="orders"\} 1/);
 * ```
 *
 * @module
 */
export { prometheusHooks } from "./prometheus.ts";
export type {
  PrometheusHooksOptions,
  PrometheusRegistry,
} from "./prometheus.ts";
export type { PrometheusMetric, PrometheusValue } from "./_series.ts";
export { openTelemetryHooks } from "./open_telemetry.ts";
export type { OpenTelemetryHooksOptions } from "./open_telemetry.ts";
export { traced } from "./traced.ts";
export type { HandledRecords, TracedOptions } from "./traced.ts";
export { traceInjector } from "./trace_injector.ts";
export type { ProcessSpanOptions } from "./_process_span.ts";
export type {
  OpenTelemetryApi,
  TelemetryAttributes,
  TelemetryCounter,
  TelemetryHistogram,
  TelemetryInstrumentOptions,
  TelemetryMeter,
  TelemetryObservable,
  TelemetrySpan,
  TelemetrySpanContext,
  TelemetrySpanOptions,
  TelemetryTracer,
} from "./_open_telemetry_api.ts";
export { logHooks } from "./log.ts";
export type { Logger } from "./log.ts";
export { combineHooks } from "./combine.ts";
export type { AllHooks } from "./combine.ts";
export type { ClientHooks, ConsumerHooks, ProducerHooks } from "../hooks.ts";
