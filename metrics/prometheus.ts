/**
 * Metrics for Prometheus, in the registry of the application.
 *
 * @module
 */
import { OptionCheck } from "../_core/option_check.ts";
import type { ShardStatus } from "../health.ts";
import type { AllHooks } from "./combine.ts";
import { type Families, families, listOf } from "./_families.ts";
import type { PrometheusMetric } from "./_series.ts";

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
  /** What the names of all metrics begin with. @default {"kinesis_"} */
  prefix?: string;
  /**
   * Whether the lag and the rate are kept for each shard, with its id as a label. A stream of
   * thousands of shards has as many series; without it, the lag is that of the last answer of any
   * shard. @default {true}
   */
  perShard?: boolean;
}

const check = new OptionCheck("Cannot create Prometheus hooks");
const PREFIX = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** The metrics in each registry, by prefix: several producers and consumers share them. */
const registered = new WeakMap<object, Map<string, Families>>();

/**
 * Makes hooks that count into a registry. Give the same hooks to clients, producers and consumers.
 * Called again with the same registry, it counts into the same metrics. Nothing has a partition key
 * or a sequence number as a label. A shard that this worker reads no more has no lag any more.
 * `docs/metrics.md` lists the metrics.
 *
 * @throws {TypeError} if `registry` is none, or has another metric of the same name
 * @throws {RangeError} if `prefix` cannot begin a name
 */
export function prometheusHooks(
  registry: PrometheusRegistry,
  { prefix = "kinesis_", perShard = true }: PrometheusHooksOptions = {},
): AllHooks {
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
  return hooksOf(metricsIn(registry, prefix), perShard);
}

function metricsIn(registry: PrometheusRegistry, prefix: string): Families {
  const known = registered.get(registry) ?? new Map<string, Families>();
  registered.set(registry, known);
  const before = known.get(prefix);
  if (before && listOf(before).every((it) => isIn(registry, it))) return before;
  const made = families(prefix);
  for (const metric of listOf(made)) {
    if (registry.getSingleMetric(metric.name) !== undefined) {
      throw new TypeError(
        check.refusal(
          `the registry has another metric "${metric.name}": choose another 'prefix'`,
        ),
      );
    }
  }
  for (const metric of listOf(made)) registry.registerMetric(metric);
  known.set(prefix, made);
  return made;
}

function isIn(registry: PrometheusRegistry, metric: PrometheusMetric): boolean {
  return registry.getSingleMetric(metric.name) === metric;
}

/** The states in which a worker reads a shard no more. */
const OVER = new Set(["finished", "lost", "released"]);
const MS = 1000;

const SHARD_STATES: readonly ShardStatus["state"][] = [
  "waiting",
  "elsewhere",
  "opening",
  "reading",
  "caught-up",
  "past-until",
  "ended",
  "finished",
];

function hooksOf(to: Families, perShard: boolean): AllHooks {
  const held = new Map<string, Set<string>>();
  const placeOf = (stream: string, shardId = "unknown") => ({
    stream,
    shard: perShard ? shardId : "all",
  });
  return {
    onAttempt({ action, durationMs, error, requestBytes, responseBytes }) {
      to.attempts.add({ action, outcome: outcomeOf(error) });
      to.attemptSeconds.observe({ action }, durationMs / MS);
      to.requestBytes.add({ action }, requestBytes);
      to.responseBytes.add({ action }, responseBytes);
    },
    onBatch(event) {
      const { stream, records, values, bytes, failed, throttled } = event;
      const { durationMs, newValues, bufferedMs, error } = event;
      const outcome = error === undefined && failed > 0
        ? "partial"
        : outcomeOf(error);
      to.puts.add({ stream, outcome });
      to.putSeconds.observe({ stream }, durationMs / MS);
      to.putRecords.add({ stream }, records - failed);
      to.putValues.add({ stream }, values);
      to.storedValues.add({ stream }, values - event.failedValues);
      to.resentRecords.add({ stream }, event.resent);
      to.putBytes.add({ stream }, bytes);
      if (bufferedMs !== undefined) {
        to.bufferingSeconds.observe({ stream }, bufferedMs / MS, newValues);
      }
      if (throttled > 0) {
        to.failedRecords.add({ stream, reason: "throttled" }, throttled);
      }
      if (failed > throttled) {
        to.failedRecords.add({ stream, reason: "other" }, failed - throttled);
      }
    },
    onValueFailed({ stream, error }) {
      to.failedValues.add({ stream, code: codeOf(error) });
    },
    onThrottled({ stream, shardId, rateFactor }) {
      to.rateFactor.set(placeOf(stream, shardId), rateFactor);
    },
    onShardMap({ stream, before, after }) {
      to.openShards.set({ stream }, after.length);
      const open = new Set(after);
      for (const shardId of before) {
        if (!open.has(shardId)) to.rateFactor.remove(placeOf(stream, shardId));
      }
    },
    onBuffer({ stream, state, bufferedValues }) {
      if (state === "full") to.bufferFull.add({ stream });
      to.bufferedValues.set({ stream }, bufferedValues);
    },
    onRead(
      { stream, shardId, records, bytes, millisBehindLatest, durationMs },
    ) {
      to.reads.add({ stream });
      if (durationMs !== undefined) {
        to.readSeconds.observe({ stream }, durationMs / MS);
      }
      to.readRecords.add({ stream }, records);
      to.readBytes.add({ stream }, bytes);
      // An answer may arrive after the shard was given back.
      if (millisBehindLatest !== undefined && held.get(stream)?.has(shardId)) {
        to.lagSeconds.set(placeOf(stream, shardId), millisBehindLatest / MS);
      }
    },
    onReadError({ stream, error }) {
      to.readErrors.add({ stream, code: codeOf(error) });
    },
    onShard({ stream, shardId, state }) {
      to.shardEvents.add({ stream, state });
      const shards = held.get(stream) ?? new Set();
      held.set(stream, shards);
      if (OVER.has(state)) {
        shards.delete(shardId);
        if (perShard) to.lagSeconds.remove(placeOf(stream, shardId));
      } else shards.add(shardId);
      to.heldShards.set({ stream }, shards.size);
    },
    onCheckpoint({ stream, durationMs }) {
      to.checkpoints.add({ stream });
      to.checkpointSeconds.observe({ stream }, durationMs / MS);
      to.lastCheckpoint.set({ stream }, Date.now() / MS);
    },
    onRenew({ stream, durationMs, error }) {
      to.renewals.add({ stream, outcome: outcomeOf(error) });
      to.renewalSeconds.observe({ stream }, durationMs / MS);
    },
    onStatus({ stream, shards }) {
      for (const state of SHARD_STATES) {
        const { length } = shards.filter((shard) => shard.state === state);
        to.shards.set({ stream, state }, length);
      }
      const owners = new Set(shards.map(({ owner }) => owner));
      owners.delete(undefined);
      to.workers.set({ stream }, owners.size);
    },
    onHandled({ stream, records, failed, durationMs }) {
      const outcome = failed === 0 ? "ok" : "failed";
      to.handlerSeconds.observe({ stream, outcome }, durationMs / MS);
      to.handledValues.add({ stream, outcome: "ok" }, records.length - failed);
      to.handledValues.add({ stream, outcome: "failed" }, failed);
    },
    onHandlerError({ stream, values, retryDelayMs }) {
      const then = retryDelayMs === undefined ? "given-up" : "retried";
      to.handlerErrors.add({ stream, then }, values);
    },
    onHandlerTimeout({ stream, state }) {
      to.handlerTimeouts.add({ stream, state });
    },
    onStalled({ stream, action }) {
      to.stalls.add({ stream, action });
    },
    onCoverage({ stream, problems }) {
      to.uncovered.set({ stream }, problems.length);
    },
    onExpired({ stream, what }) {
      to.expired.add({ stream, what });
    },
    onStrays({ stream, values }) {
      to.strays.add({ stream }, values);
    },
    onSubscribed({ stream }) {
      to.subscriptions.add({ stream });
    },
  };
}

function outcomeOf(error: unknown): string {
  return error === undefined ? "ok" : codeOf(error);
}

/** The code of an error: there are few of them, and no text of the user. */
function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  if (typeof code === "string" && code !== "") return code;
  return typeof name === "string" && name !== "" ? name : "Error";
}
