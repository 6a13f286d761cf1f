/**
 * Gauges of shards, with or without a series for each shard.
 *
 * @module
 */
import type { Gauge } from "./_families.ts";

/** The gauge of one shard. */
export interface ShardGauge {
  /** Sets the number. */
  set(value: number): void;
  /** Removes it. */
  remove(): void;
}

/** Finds the gauge of a shard. */
export type ShardGauges = (
  gauge: Gauge,
  place: { readonly stream: string; readonly instance: number },
  shardId?: string,
) => ShardGauge;

/** With `perShard`, each shard has a series. Otherwise all shards of a stream are merged. */
export function shardGauges(perShard: boolean): ShardGauges {
  return (gauge, { stream, instance }, shardId = "unknown") => {
    const labels = { stream, shard: perShard ? shardId : "all" };
    const source = perShard ? `${instance}` : `${instance} ${shardId}`;
    return {
      set: (value) => gauge.set(labels, value, source),
      remove: () => gauge.remove(labels, source),
    };
  };
}
