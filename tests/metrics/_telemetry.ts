/**
 * The SDK of OpenTelemetry with exporters in memory.
 *
 * @module
 */
import * as api from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  type DataPoint,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import type { OpenTelemetryApi } from "../../metrics/mod.ts";

/** A metric as it is exported. */
export interface ExportedMetric {
  readonly unit: string;
  // deno-lint-ignore no-explicit-any -- A number, or a histogram.
  readonly points: readonly DataPoint<any>[];
}

/** An SDK whose exports a test reads. The context manager is that of the whole process. */
export class Telemetry implements AsyncDisposable {
  /** The module of the API with the providers of this SDK. */
  readonly api: typeof api;
  readonly #spans = new InMemorySpanExporter();
  readonly #metrics = new InMemoryMetricExporter(
    AggregationTemporality.CUMULATIVE,
  );
  readonly #reader: PeriodicExportingMetricReader;
  readonly #meters: MeterProvider;
  readonly #tracers: BasicTracerProvider;

  constructor() {
    api.context.setGlobalContextManager(
      new AsyncLocalStorageContextManager().enable(),
    );
    this.#reader = new PeriodicExportingMetricReader({
      exporter: this.#metrics,
      exportIntervalMillis: 2 ** 31 - 1,
    });
    this.#meters = new MeterProvider({ readers: [this.#reader] });
    this.#tracers = new BasicTracerProvider({
      spanProcessors: [new SimpleSpanProcessor(this.#spans)],
    });
    api.metrics.setGlobalMeterProvider(this.#meters);
    api.trace.setGlobalTracerProvider(this.#tracers);
    this.api = api;
  }

  /** The providers alone. */
  get providers(): OpenTelemetryApi {
    return { trace: this.#tracers, metrics: this.#meters };
  }

  /** The spans that have ended, in this order. */
  get spans(): readonly ReadableSpan[] {
    return this.#spans.getFinishedSpans();
  }

  /** The spans with a name. */
  named(name: string): ReadableSpan[] {
    return this.spans.filter((span) => span.name === name);
  }

  /** All metrics by name. */
  async metrics(): Promise<ReadonlyMap<string, ExportedMetric>> {
    this.#metrics.reset();
    await this.#reader.forceFlush();
    const all = this.#metrics.getMetrics().flatMap((it) => it.scopeMetrics)
      .flatMap((it) => it.metrics);
    return new Map(
      all.map(({ descriptor: { name, unit }, dataPoints }) => [
        name,
        { unit, points: dataPoints },
      ]),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#meters.shutdown();
    // The exporter answers after a timer, for which the shutdown does not wait.
    await this.#tracers.forceFlush();
    await this.#tracers.shutdown();
    api.metrics.disable();
    api.trace.disable();
    api.context.disable();
  }
}
