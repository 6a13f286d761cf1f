/**
 * Metrics, spans and logs of clients, producers and consumers, over their hooks. Nothing of
 * `npm:prom-client` or `npm:@opentelemetry/api` is imported: the application passes its own objects.
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
 * @example OpenTelemetry, with the module `npm:@opentelemetry/api`
 * ```ts
 * import { openTelemetryHooks, traced, traceInjector } from "@webstreams/kinesis/metrics";
 * import { json, traceEnvelope } from "@webstreams/kinesis/processors";
 * import * as api from "@opentelemetry/api";
 * import { assertEquals } from "@std/assert";
 *
 * // After the SDK is set up. For `hooks` of clients, producers and consumers:
 * const hooks = openTelemetryHooks(api, { consumerGroup: "billing" });
 * // For `processor` of producers and consumers: each value carries the context of its writer.
 * const processor = traceEnvelope(json<number>(), { inject: traceInjector(api) });
 * // For `consumer.process(handler)`: the span of a call is active in the handler.
 * const handler = traced(api, (_: never) => {}, { consumerGroup: "billing" });
 *
 * assertEquals([typeof hooks.onBatch, processor.name, typeof handler], [
 *   "function",
 *   "trace(json)",
 *   "function",
 * ]);
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
  TelemetryLink,
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
export type { QueueHooks } from "../queue_hooks.ts";
