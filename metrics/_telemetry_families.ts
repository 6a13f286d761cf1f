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
  type Labels,
} from "./_families.ts";
import type {
  TelemetryAttributes,
  TelemetryMeter,
} from "./_open_telemetry_api.ts";
import { Counter, keyOf } from "./_series.ts";

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
 * series that is not told any more. So a series that is removed is told once more, with the neutral
 * value of its metric.
 */
class ForgetfulGauge implements Gauge {
  readonly #definition: Definition;
  readonly #series = new Map<
    string,
    {
      readonly labels: Labels;
      readonly value: number;
      readonly isOver: boolean;
    }
  >();

  /** Starts without series. */
  constructor(definition: Definition) {
    this.#definition = definition;
  }

  set(labels: Labels, value: number): void {
    this.#series.set(keyOf(this.#definition.labelNames, labels), {
      labels,
      value,
      isOver: false,
    });
  }

  remove(labels: Labels): void {
    const key = keyOf(this.#definition.labelNames, labels);
    if (!this.#series.has(key)) return;
    const { neutral: value = 0 } = this.#definition;
    this.#series.set(key, { labels, value, isOver: true });
  }

  /** Tells the value of each series. */
  tell(observe: (value: number, labels: TelemetryAttributes) => void): void {
    for (const [key, { labels, value, isOver }] of this.#series) {
      observe(value, { ...labels });
      if (isOver) this.#series.delete(key);
    }
  }
}

const UNITS: Readonly<Record<string, string>> = { seconds: "s", bytes: "By" };

function instrumentOf({ name, help }: Definition) {
  const [, scope, rest = ""] =
    /^kinesis_(client|producer|consumer)_(.+?)(?:_total)?$/.exec(name) ?? [];
  const [, stem, suffix] = /^(.+)_(seconds|bytes)$/.exec(rest) ?? [];
  const unit = UNITS[suffix ?? rest];
  return {
    name: `kinesis.${scope}.${stem ?? rest}`,
    options: { description: help, ...(unit ? { unit } : {}) },
  };
}
