/**
 * Shards by id, and their ancestors.
 *
 * @module
 */
import { parentsOf } from "./shard_facts.ts";
import type { RelatedShard, RelatedShards } from "./strays.ts";
import { walk } from "./walk.ts";

/** A list of shards. */
export class ShardFamily implements RelatedShards {
  readonly shards: ReadonlyMap<string, RelatedShard>;

  /** Takes the shards in any order. */
  constructor(shards: Iterable<RelatedShard>) {
    this.shards = new Map(
      Array.from(shards, (shard) => [shard.ShardId, shard]),
    );
  }

  /** The listed ancestors of a shard: its parents, their parents and so on. */
  ancestorsOf(shardId: string): RelatedShard[] {
    const ids = walk(shardId, (id) => {
      const shard = this.shards.get(id);
      return shard ? parentsOf(shard) : [];
    });
    return [...ids].flatMap((id) => this.shards.get(id) ?? []);
  }
}
