/**
 * Metrics for Prometheus, in the registry of the application.
 *
 * @module
 */
import { OptionCheck } from "../_core/option_check.ts";
import type { AllHooks } from "./combine.ts";
import { countingHooks } from "./_counting.ts";
import { type Families, families } from "./_families.ts";
import { Counter, Gauge, Histogram, type PrometheusMetric } from "./_series.ts";

/** The registry of `npm:prom-client`: `new Registry()` or `register`. */
export interface PrometheusRegistry {
  /** Adds a metric. */
  // deno-lint-ignore no-explicit-any -- The type of the metrics of prom-client.
  registerMetric(metric: any): void;
  /** A metric that was added. */
  getSingleMetric(name: string): unknown;
}

/** Options of {@linkcode prometheusHooks}. */
export interface PrometheusHooksOptions {
  /**
   * What the names of all metrics begin with.
   * @default {"kinesis_"}
   */
  prefix?: string;
  /**
   * Whether the lag and the rate are kept for each shard, with its id as a label. A stream of
   * thousands of shards has as many series; without it, there is one with the greatest lag, and one
   * with the least rate.
   * @default {true}
   */
  perShard?: boolean;
}

const check = new OptionCheck("Cannot create Prometheus hooks");
const PREFIX = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** The metrics in each registry, by prefix: several producers and consumers share them. */
const registered = new WeakMap<object, Map<string, Registered>>();

interface Registered {
  readonly families: Families;
  readonly list: readonly PrometheusMetric[];
}

/**
 * Makes hooks that count into a registry. Give the same hooks to clients, producers and consumers.
 * Called again with the same registry, it counts into the same metrics. Nothing has a partition key
 * or a sequence number as a label. A shard that this worker reads no more has no lag any more.
 * `docs/metrics.md` lists the metrics.
 *
 * @throws {TypeError} if `registry` is none or has another metric of the same name, or an option
 * is not known
 * @throws {RangeError} if `prefix` cannot begin a name
 */
export function prometheusHooks(
  registry: PrometheusRegistry,
  options: PrometheusHooksOptions = {},
): AllHooks {
  check.object("options", options, ["prefix", "perShard"]);
  const { prefix = "kinesis_", perShard = true } = options;
  check.methods(
    "registry",
    registry ?? null,
    "registerMetric",
    "getSingleMetric",
  );
  check.type("perShard", perShard, "boolean");
  if (typeof prefix !== "string" || !PREFIX.test(prefix)) {
    throw new RangeError(
      check.message(
        "prefix",
        "letters, digits, _ and :, not a digit first",
        prefix,
      ),
    );
  }
  return countingHooks(metricsIn(registry, prefix), perShard);
}

function metricsIn(registry: PrometheusRegistry, prefix: string): Families {
  const known = registered.get(registry) ?? new Map<string, Registered>();
  registered.set(registry, known);
  const before = known.get(prefix);
  // After `registry.clear()`, everything begins anew.
  const made = before?.list.some((it) => isIn(registry, it))
    ? before
    : metricsOf(prefix);
  const missing = made.list.filter((it) => !isIn(registry, it));
  for (const { name } of missing) {
    if (registry.getSingleMetric(name) !== undefined) {
      throw new TypeError(
        check.refusal(
          `the registry has another metric "${name}": choose another 'prefix'`,
        ),
      );
    }
  }
  for (const metric of missing) registry.registerMetric(metric);
  known.set(prefix, made);
  return made.families;
}

function metricsOf(prefix: string): Registered {
  const list: PrometheusMetric[] = [];
  const listed = <M extends PrometheusMetric>(metric: M): M => {
    list.push(metric);
    return metric;
  };
  const made = families(prefix, {
    counter: (definition) => listed(new Counter(definition)),
    gauge: (definition) => listed(new Gauge(definition)),
    histogram: (...definition) => listed(new Histogram(...definition)),
  });
  return { families: made, list };
}

function isIn(registry: PrometheusRegistry, metric: PrometheusMetric): boolean {
  return registry.getSingleMetric(metric.name) === metric;
}
