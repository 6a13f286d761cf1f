/**
 * The parts of `npm:@opentelemetry/api` that are used, as types. The package itself is never
 * imported: the application passes its own copy.
 *
 * @module
 */

/** Attributes of a span or of a point of a metric. */
export type TelemetryAttributes = Record<string, unknown>;

/** Options of an instrument. */
export interface TelemetryInstrumentOptions {
  /** What it measures. */
  description?: string;
  /** The unit, as UCUM: `s`, `By`, `{message}`. */
  unit?: string;
  /** Advice for the SDK. */
  advice?: {
    /** The upper bounds of the buckets of a histogram. */
    explicitBucketBoundaries?: number[];
  };
}

/** A counter. */
export interface TelemetryCounter {
  /** Adds to it. */
  add(value: number, attributes?: TelemetryAttributes): void;
}

/** A histogram. */
export interface TelemetryHistogram {
  /** Records a measurement. */
  record(value: number, attributes?: TelemetryAttributes): void;
}

/** An instrument whose values are asked for. */
export interface TelemetryObservable {
  /** Adds a function that tells the values. */
  addCallback(
    callback: (
      result: {
        /** Tells a value. */
        observe(value: number, attributes?: TelemetryAttributes): void;
      },
    ) => void,
  ): void;
}

/** A `Meter`. */
export interface TelemetryMeter {
  /** Makes a counter. */
  createCounter(
    name: string,
    options?: TelemetryInstrumentOptions,
  ): TelemetryCounter;
  /** Makes a histogram. */
  createHistogram(
    name: string,
    options?: TelemetryInstrumentOptions,
  ): TelemetryHistogram;
  /** Makes a counter whose value is asked for. */
  createObservableCounter(
    name: string,
    options?: TelemetryInstrumentOptions,
  ): TelemetryObservable;
  /** Makes a gauge whose value is asked for. */
  createObservableGauge(
    name: string,
    options?: TelemetryInstrumentOptions,
  ): TelemetryObservable;
}

/** The identity of a span. */
export interface TelemetrySpanContext {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** 16 hexadecimal digits. */
  spanId: string;
  /** 1 if the span is sampled. */
  traceFlags: number;
  /** Whether it comes from another process. */
  isRemote?: boolean;
  /** What single tracing systems add. */
  traceState?: unknown;
}

/** A `Span`. */
export interface TelemetrySpan {
  /** Its identity. */
  spanContext(): TelemetrySpanContext;
  /** Sets an attribute. */
  // deno-lint-ignore no-explicit-any -- The type of the values of the API.
  setAttribute(name: string, value: any): unknown;
  /** Sets the status; code 2 is an error. */
  setStatus(status: { code: number; message?: string }): unknown;
  /** Ends it, at a time in milliseconds since the epoch. */
  end(endTime?: number): void;
}

/** That another span has to do with a span. */
export interface TelemetryLink {
  /** The other span. */
  context: TelemetrySpanContext;
  /** Attributes of the link. */
  attributes?: TelemetryAttributes;
}

/** Options of a span. */
export interface TelemetrySpanOptions {
  /** 2 is a client, 4 a consumer. */
  kind?: number;
  /** Its attributes. */
  attributes?: TelemetryAttributes;
  /** Spans that have caused it. */
  links?: TelemetryLink[];
  /** When it started, in milliseconds since the epoch. */
  startTime?: unknown;
  /** Whether it has no parent. */
  root?: boolean;
}

/** A `Tracer`. */
export interface TelemetryTracer {
  /** Starts a span. */
  startSpan(
    name: string,
    options?: TelemetrySpanOptions,
    // deno-lint-ignore no-explicit-any -- The `Context` of the API.
    context?: any,
  ): TelemetrySpan;
  /** Calls a function in which a new span is active. */
  startActiveSpan<R>(
    name: string,
    options: TelemetrySpanOptions,
    call: (span: TelemetrySpan) => R,
  ): R;
  /** The same, with a parent. */
  startActiveSpan<R>(
    name: string,
    options: TelemetrySpanOptions,
    // deno-lint-ignore no-explicit-any -- The `Context` of the API.
    context: any,
    call: (span: TelemetrySpan) => R,
  ): R;
}

/**
 * What is used of OpenTelemetry: `import * as api from "@opentelemetry/api"`. Or, with providers
 * that are not registered globally, `{ ...api, trace: tracerProvider, metrics: meterProvider }`.
 */
export interface OpenTelemetryApi {
  /** Makes tracers. Without it, there are no spans. */
  readonly trace?: {
    /** The tracer of a library. */
    getTracer(name: string): TelemetryTracer;
    /** Makes a context whose span has this identity. Needed by `continueTrace`. */
    // deno-lint-ignore no-explicit-any -- The `Context` of the API.
    setSpanContext?(context: any, spanContext: any): unknown;
    /** The active span. Needed by `traceInjector`. */
    getActiveSpan?(): Pick<TelemetrySpan, "spanContext"> | undefined;
  };
  /** Makes meters. Without it, there are no metrics. */
  readonly metrics?: {
    /** The meter of a library. */
    getMeter(name: string): TelemetryMeter;
  };
  /** The context without a span. Needed by `continueTrace`. */
  readonly ROOT_CONTEXT?: unknown;
  /** Reads the `tracestate` of a link. Without it, links have none. */
  createTraceState?(text?: string): unknown;
}
