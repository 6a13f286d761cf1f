/**
 * The metrics of this library as instruments of OpenTelemetry.
 *
 * @module
 */
import {
  type Definition,
  type Families,
  families,
  type Gauge,
  type GaugeDefinition,
  type Labels,
} from "./_families.ts";
import type {
  TelemetryAttributes,
  TelemetryMeter,
} from "./_open_telemetry_api.ts";
import { Counter, keyOf, merged, type Sources } from "./_series.ts";

/** The metrics of each meter: several producers and consumers share them. */
const known = /* @__PURE__ */ new WeakMap<object, Families>();

/**
 * The metrics in a meter. Their names are those for Prometheus in the style of OpenTelemetry:
 * `kinesis_consumer_lag_seconds` is `kinesis.consumer.lag` with the unit `s`, and an exporter to
 * Prometheus restores it.
 */
export function telemetryFamilies(meter: TelemetryMeter): Families {
  const before = known.get(meter);
  if (before) return before;
  const made = families("kinesis_", {
    counter(definition) {
      const counter = new Counter(definition);
      const { name, options } = instrumentOf(definition);
      meter.createObservableCounter(name, options).addCallback((result) => {
        for (const { labels, value } of counter.series) {
          result.observe(value, { ...labels });
        }
      });
      return counter;
    },
    gauge(definition) {
      const gauge = new ForgetfulGauge(definition);
      const { name, options } = instrumentOf(definition);
      meter.createObservableGauge(name, options).addCallback((result) =>
        gauge.tell((value, labels) => result.observe(value, labels))
      );
      return gauge;
    },
    histogram(definition, buckets) {
      const { name, options } = instrumentOf(definition);
      const histogram = meter.createHistogram(name, {
        ...options,
        advice: { explicitBucketBoundaries: [...buckets] },
      });
      return {
        // Once, not `times`: a request may have thousands of values.
        observe: (labels, value) => histogram.record(value, { ...labels }),
      };
    },
  });
  known.set(meter, made);
  return made;
}

/**
 * A gauge that forgets series. Exporters with cumulative temporality repeat the last value of a
 * series that is not told any more. So a series that no source sets any more is told once more,
 * with the neutral value of its metric.
 */
class ForgetfulGauge implements Gauge {
  readonly #definition: GaugeDefinition;
  readonly #series = new Map<
    string,
    { readonly labels: Labels; readonly sources: Sources }
  >();

  /** Starts without series. */
  constructor(definition: GaugeDefinition) {
    this.#definition = definition;
  }

  set(labels: Labels, value: number, source = ""): void {
    const key = keyOf(this.#definition.labelNames, labels);
    const series = this.#series.get(key);
    if (series) series.sources.set(source, value);
    else this.#series.set(key, { labels, sources: new Map([[source, value]]) });
  }

  remove(labels: Labels, source = ""): void {
    const key = keyOf(this.#definition.labelNames, labels);
    this.#series.get(key)?.sources.delete(source);
  }

  /** Tells the value of each series. */
  tell(observe: (value: number, labels: TelemetryAttributes) => void): void {
    for (const [key, { labels, sources }] of this.#series) {
      observe(merged(sources, this.#definition), { ...labels });
      if (sources.size === 0 && !this.#definition.stays) {
        this.#series.delete(key);
      }
    }
  }
}

const UNITS: Readonly<Record<string, string>> = { seconds: "s", bytes: "By" };

function instrumentOf({ name, help }: Definition) {
  const [, scope, rest = ""] =
    /^kinesis_(client|producer|consumer|queue)_(.+?)(?:_total)?$/.exec(name) ??
      [];
  const [, stem, suffix] = /^(.+)_(seconds|bytes)$/.exec(rest) ?? [];
  const unit = UNITS[suffix ?? rest];
  return {
    name: `kinesis.${scope}.${stem ?? rest}`,
    options: { description: help, ...(unit ? { unit } : {}) },
  };
}
