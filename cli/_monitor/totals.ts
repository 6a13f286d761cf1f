/**
 * The numbers of the whole stream. What the sources of this machine say is newer than CloudWatch,
 * and comes first.
 *
 * @module
 */
import { HOT, type ShardView, type Totals } from "./snapshot.ts";
import type { WorkerMetrics } from "./worker_metrics.ts";

/** Joins the sources. */
export function totalsOf(
  shards: readonly ShardView[],
  workers: readonly WorkerMetrics[],
  cloudWatch: Totals,
): Totals {
  const views = workers.map((worker) => worker.view());
  const throttles = workers.map((worker) => worker.throttles);
  const open = shards.filter(({ isOpen }) => isOpen);
  const loads = open.flatMap(({ load }) => load ?? []);
  const lags = workers.flatMap(({ lags }) => [...lags.values()]);
  const of = <T>(list: readonly T[], value: (it: T) => number | undefined) =>
    sum(list.flatMap((it) => value(it) ?? []));
  return {
    recordsPerSecond: of(open, (it) => it.recordsPerSecond) ??
      cloudWatch.recordsPerSecond,
    bytesPerSecond: of(open, (it) => it.bytesPerSecond) ??
      cloudWatch.bytesPerSecond,
    readRecordsPerSecond: of(views, (it) => it.readRecordsPerSecond) ??
      cloudWatch.readRecordsPerSecond,
    readBytesPerSecond: of(views, (it) => it.readBytesPerSecond) ??
      cloudWatch.readBytesPerSecond,
    // CloudWatch sees the throttles of all programs, and workers only their own.
    writeThrottlesPerSecond: cloudWatch.writeThrottlesPerSecond ??
      of(throttles, (it) => it.write),
    readThrottlesPerSecond: cloudWatch.readThrottlesPerSecond ??
      of(throttles, (it) => it.read),
    lagMs: lags.length > 0 ? Math.max(...lags) : cloudWatch.lagMs,
    load: loads.length > 0 ? Math.max(...loads) : undefined,
    hotShards: loads.length > 0
      ? loads.filter((load) => load >= HOT).length
      : undefined,
  };
}

/** `undefined` for no numbers: nothing is known, which is not 0. */
function sum(numbers: readonly number[]): number | undefined {
  return numbers.length === 0
    ? undefined
    : numbers.reduce((total, it) => total + it, 0);
}
