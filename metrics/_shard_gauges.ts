/**
 * Gauges of shards, with or without a series for each shard.
 *
 * @module
 */
import type { Gauge } from "./_families.ts";

/** Where an event comes from. */
export interface ShardPlace {
  /** The stream. */
  readonly stream: string;
  /** The producer or consumer. */
  readonly instance: number;
  /** The shard. Absent if it is not known. */
  readonly shardId?: string;
}

/** Sets and removes gauges of shards. */
export class ShardGauges {
  readonly #perShard: boolean;

  /** With `perShard`, each shard has a series. Otherwise all shards of a stream are merged. */
  constructor(perShard: boolean) {
    this.#perShard = perShard;
  }

  /** Sets the number of a shard. */
  set(gauge: Gauge, place: ShardPlace, value: number): void {
    gauge.set(this.#labelsOf(place), value, this.#sourceOf(place));
  }

  /** Removes the number of a shard. */
  remove(gauge: Gauge, place: ShardPlace): void {
    gauge.remove(this.#labelsOf(place), this.#sourceOf(place));
  }

  #labelsOf({ stream, shardId = "unknown" }: ShardPlace) {
    return { stream, shard: this.#perShard ? shardId : "all" };
  }

  #sourceOf({ instance, shardId = "unknown" }: ShardPlace): string {
    return this.#perShard ? `${instance}` : `${instance} ${shardId}`;
  }
}
