/**
 * Shards for tests, with few fields to fill in.
 *
 * @module
 */
import type { Shard } from "../../client/mod.ts";

/** A shard with up to two parents. */
export function shard(
  id: string,
  { parents = [], closed = false }: { parents?: string[]; closed?: boolean } =
    {},
): Shard {
  return {
    ShardId: id,
    ParentShardId: parents[0],
    AdjacentParentShardId: parents[1],
    HashKeyRange: { StartingHashKey: "0", EndingHashKey: "1" },
    SequenceNumberRange: {
      StartingSequenceNumber: "1",
      EndingSequenceNumber: closed ? "2" : undefined,
    },
  };
}
