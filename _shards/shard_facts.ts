/**
 * What one entry of ListShards says about its shard.
 *
 * @module
 */
import type { Shard } from "../client/mod.ts";

/** The parents of a shard: none, one after a split, two after a merge. */
export function parentsOf(
  shard: Pick<Shard, "ParentShardId" | "AdjacentParentShardId">,
): string[] {
  const parents: string[] = [];
  if (shard.ParentShardId) parents.push(shard.ParentShardId);
  if (shard.AdjacentParentShardId) parents.push(shard.AdjacentParentShardId);
  return parents;
}

/** Whether a shard takes no more records. */
export function isClosed(shard: Shard): boolean {
  // Emulators leave the range out, or its end as null.
  return !!shard.SequenceNumberRange?.EndingSequenceNumber;
}

/**
 * Where a shard begins: no shard of a later stream of the same name begins there. `undefined`
 * where the server does not tell; moto says "0" until there is a record.
 */
export function beginningOf(shard: Shard | undefined): string | undefined {
  const number = shard?.SequenceNumberRange?.StartingSequenceNumber;
  return number && /^[1-9]\d{0,128}$/.test(number) ? number : undefined;
}

/** The hash keys of a shard as a lease stores them. Absent if the server does not return them. */
export function hashKeyRangeOf(
  { HashKeyRange: range }: Partial<Pick<Shard, "HashKeyRange">>,
): { startingHashKey: string; endingHashKey: string } | undefined {
  return range && {
    startingHashKey: range.StartingHashKey,
    endingHashKey: range.EndingHashKey,
  };
}
