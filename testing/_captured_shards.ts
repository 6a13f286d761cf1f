/**
 * The shards of a capture, and which of its values a consumer drops.
 *
 * @module
 */
import { ShardFamily } from "../_shards/shard_family.ts";
import { type StrayCandidate, Strays } from "../_shards/strays.ts";
import type { CapturedRecord, CapturedShard } from "./capture_types.ts";

/** Finds the records whose values are all in the wrong shard, because they are sent again. */
export class CapturedShards {
  readonly #family: ShardFamily;
  readonly #strays = new Map<string, Strays | undefined>();

  /** The shards of a capture. */
  constructor(shards: readonly CapturedShard[]) {
    this.#family = new ShardFamily(shards.map((shard) => ({
      ShardId: shard.shardId,
      ParentShardId: shard.parentShardId,
      AdjacentParentShardId: shard.adjacentParentShardId,
      HashKeyRange: {
        StartingHashKey: shard.startingHashKey,
        EndingHashKey: shard.endingHashKey,
      },
    })));
  }

  /** Whether a consumer drops all values of a record. */
  drops(
    { shardId, partitionKey }: CapturedRecord,
    items: readonly StrayCandidate[],
  ): boolean {
    if (!this.#strays.has(shardId)) {
      this.#strays.set(shardId, Strays.of(this.#family, shardId));
    }
    const dropped = this.#strays.get(shardId)?.among(items, partitionKey);
    return items.length > 0 && dropped?.size === items.length;
  }
}
