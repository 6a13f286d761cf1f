/**
 * Joins what the sources say of each shard.
 *
 * @module
 */
import type { ShardLog } from "./shard_log.ts";
import type { ShardView } from "./snapshot.ts";
import { loadOf, type TipReader } from "./tip_reader.ts";
import type { WorkerMetrics } from "./worker_metrics.ts";

/** The sources. */
interface ShardSources {
  readonly log: ShardLog;
  readonly tips: TipReader;
  readonly workers: readonly WorkerMetrics[];
  /** The worker of each shard by its lease. */
  readonly leases: ReadonlyMap<string, string>;
}

/** The open shards in the order of their hash keys, and then the latest closed ones. */
export function shardViews(
  { log, tips, workers, leases }: ShardSources,
): ShardView[] {
  return [...log.open, ...log.closed].map((shard) => {
    const { id } = shard;
    const rate = shard.isOpen ? tips.rateOf(id) : undefined;
    const reader = readerOf(workers, id);
    const factors = workers.flatMap((it) => it.rateFactors.get(id) ?? []);
    const waits = workers.flatMap((it) => it.processingLags.get(id) ?? []);
    return {
      ...shard,
      ...(rate && { ...rate, load: loadOf(rate) }),
      lagMs: reader?.lagMs,
      processingLagMs: waits.length > 0 ? Math.max(...waits) : undefined,
      worker: leases.get(id) ?? reader?.name,
      rateFactor: factors.length > 0 ? Math.min(...factors) : undefined,
    };
  });
}

/** The worker that is furthest behind: several applications may read a shard. */
function readerOf(
  workers: readonly WorkerMetrics[],
  shardId: string,
): { name: string; lagMs: number } | undefined {
  let slowest: { name: string; lagMs: number } | undefined;
  for (const { lags, source: { name } } of workers) {
    const lagMs = lags.get(shardId);
    if (lagMs === undefined || lagMs < (slowest?.lagMs ?? 0)) continue;
    slowest = { name, lagMs };
  }
  return slowest;
}
