/**
 * The shards of a capture, and which of its values a consumer drops.
 *
 * @module
 */
import {
  type RelatedShard,
  type RelatedShards,
  type StrayCandidate,
  Strays,
} from "../_shards/strays.ts";
import type { CapturedRecord, CapturedShard } from "./capture_types.ts";

/** Finds the records whose values are all in the wrong shard, because they are sent again. */
export class CapturedShards implements RelatedShards {
  readonly shards: ReadonlyMap<string, RelatedShard>;
  readonly #strays = new Map<string, Strays | undefined>();

  /** The shards of a capture. */
  constructor(shards: readonly CapturedShard[]) {
    this.shards = new Map(shards.map((shard) => [shard.shardId, {
      ShardId: shard.shardId,
      ParentShardId: shard.parentShardId,
      AdjacentParentShardId: shard.adjacentParentShardId,
      HashKeyRange: {
        StartingHashKey: shard.startingHashKey,
        EndingHashKey: shard.endingHashKey,
      },
    }]));
  }

  ancestorsOf(shardId: string): readonly RelatedShard[] {
    const found = new Set<RelatedShard>();
    const add = (id: string | undefined) => {
      const shard = this.shards.get(id ?? "");
      if (!shard || found.has(shard)) return;
      found.add(shard);
      add(shard.ParentShardId);
      add(shard.AdjacentParentShardId);
    };
    const own = this.shards.get(shardId);
    add(own?.ParentShardId);
    add(own?.AdjacentParentShardId);
    return [...found];
  }

  /** Whether a consumer drops all values of a record. */
  drops(
    { shardId, partitionKey }: CapturedRecord,
    items: readonly StrayCandidate[],
  ): boolean {
    if (!this.#strays.has(shardId)) {
      this.#strays.set(shardId, Strays.of(this, shardId));
    }
    const dropped = this.#strays.get(shardId)?.among(items, partitionKey);
    return items.length > 0 && dropped?.size === items.length;
  }
}
