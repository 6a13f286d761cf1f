/**
 * Counters, gauges and histograms in the form that the registry of `npm:prom-client` collects.
 *
 * @module
 */

import type { Definition, GaugeDefinition, Labels } from "./_families.ts";

/** A value that a registry collects. */
export interface PrometheusValue {
  /** The value. */
  readonly value: number;
  /** Its labels. */
  readonly labels: Record<string, string>;
  /** Its name, if that is not the name of the metric. */
  readonly metricName?: string;
}

/** A metric that a registry collects. */
export interface PrometheusMetric {
  /** The name. */
  readonly name: string;
  /** What it counts. */
  readonly help: string;
  /** How registries of several processes are added up. */
  readonly aggregator: string;
  /** The names of its labels. */
  readonly labelNames: readonly string[];
  /** Its present values. */
  get(): Promise<{
    readonly name: string;
    readonly help: string;
    readonly type: string;
    readonly aggregator: string;
    readonly values: PrometheusValue[];
  }>;
  /** Forgets all values. */
  reset(): void;
}

abstract class Metric<V> implements PrometheusMetric {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  abstract readonly type: string;
  readonly #series = new Map<string, { labels: Labels; value: V }>();

  constructor({ name, help, labelNames }: Definition) {
    this.name = name;
    this.help = help;
    this.labelNames = labelNames;
  }

  /** How the registries of several processes are added up. */
  get aggregator(): string {
    return "sum";
  }

  get() {
    const { name, help, type, aggregator } = this;
    const values = [...this.#series.values()].flatMap(({ labels, value }) =>
      this.valuesOf({ ...labels }, value)
    );
    return Promise.resolve({ name, help, type, aggregator, values });
  }

  reset(): void {
    this.#series.clear();
  }

  /** The labels and the value of each series. */
  get series(): Iterable<{ readonly labels: Labels; readonly value: V }> {
    return this.#series.values();
  }

  protected valueOf(labels: Labels): V | undefined {
    return this.#series.get(keyOf(this.labelNames, labels))?.value;
  }

  protected delete(labels: Labels): void {
    this.#series.delete(keyOf(this.labelNames, labels));
  }

  protected update(labels: Labels, change: (before: V | undefined) => V): void {
    const key = keyOf(this.labelNames, labels);
    const series = this.#series.get(key);
    if (series) series.value = change(series.value);
    else this.#series.set(key, { labels, value: change(undefined) });
  }

  protected abstract valuesOf(
    labels: Record<string, string>,
    value: V,
  ): PrometheusValue[];
}

/** A text that no other values of these labels have. */
export function keyOf(names: readonly string[], labels: Labels): string {
  // With the lengths, because a value may have any character. JSON took four times as long.
  let key = "";
  for (const name of names) {
    const value = labels[name]!;
    key += `${value.length}:${value}`;
  }
  return key;
}

/** A number that only grows. */
export class Counter extends Metric<number> {
  readonly type = "counter";

  /** Adds to the number. */
  add(labels: Labels, amount = 1): void {
    this.update(labels, (before = 0) => before + amount);
  }

  protected valuesOf(labels: Record<string, string>, value: number) {
    return [{ labels, value }];
  }
}

/** A number that is set, merged from that of each source. */
export class Gauge extends Metric<Sources> {
  readonly type = "gauge";
  readonly #definition: GaugeDefinition;

  /** Starts without series. */
  constructor(definition: GaugeDefinition) {
    super(definition);
    this.#definition = definition;
  }

  override get aggregator(): string {
    return this.#definition.merge;
  }

  /** Sets the number of a source. */
  set(labels: Labels, value: number, source = ""): void {
    this.update(
      labels,
      (sources = new Map<string, number>()) => sources.set(source, value),
    );
  }

  /** Removes the number of a source. The last one removes the series, unless it stays. */
  remove(labels: Labels, source = ""): void {
    const sources = this.valueOf(labels);
    sources?.delete(source);
    if (sources?.size === 0 && !this.#definition.stays) this.delete(labels);
  }

  protected valuesOf(labels: Record<string, string>, sources: Sources) {
    return [{ labels, value: merged(sources, this.#definition) }];
  }
}

/** The number of each source. */
export type Sources = Map<string, number>;

/** The value of a series. */
export function merged(
  sources: Sources,
  { merge, neutral }: Pick<GaugeDefinition, "merge" | "neutral">,
): number {
  let value: number | undefined;
  for (const it of sources.values()) {
    if (value === undefined) value = it;
    else if (merge === "sum") value += it;
    else value = merge === "max" ? Math.max(value, it) : Math.min(value, it);
  }
  return value ?? neutral;
}

interface Distribution {
  readonly counts: number[];
  sum: number;
  count: number;
}

/** A distribution of times. */
export class Histogram extends Metric<Distribution> {
  readonly type = "histogram";
  readonly #buckets: readonly number[];

  /** `buckets` are the upper bounds, rising. */
  constructor(definition: Definition, buckets: readonly number[]) {
    super(definition);
    this.#buckets = buckets;
  }

  /** Adds an observation, or several of the same value. */
  observe(labels: Labels, value: number, times = 1): void {
    this.update(labels, (before) => {
      const it = before ??
        { counts: this.#buckets.map(() => 0), sum: 0, count: 0 };
      const bucket = this.#buckets.findIndex((bound) => value <= bound);
      if (bucket >= 0) it.counts[bucket]! += times;
      it.sum += value * times;
      it.count += times;
      return it;
    });
  }

  protected valuesOf(
    labels: Record<string, string>,
    { counts, sum, count }: Distribution,
  ) {
    const metricName = `${this.name}_bucket`;
    let cumulative = 0;
    const values: PrometheusValue[] = this.#buckets.map((le, index) => {
      cumulative += counts[index]!;
      return {
        metricName,
        labels: { ...labels, le: `${le}` },
        value: cumulative,
      };
    });
    return [
      ...values,
      { metricName, labels: { ...labels, le: "+Inf" }, value: count },
      { metricName: `${this.name}_sum`, labels, value: sum },
      { metricName: `${this.name}_count`, labels, value: count },
    ];
  }
}
