/**
 * Finds aggregated records that their producer sends again.
 *
 * @module
 */
import { HashRange } from "../_shards/hash_range.ts";
import type { Unpacked } from "../processors/processor.ts";

/** The members of a shard of ListShards that are needed to find strays. */
export interface EventShard {
  /** The shard. */
  readonly ShardId: string;
  /** Its hash keys. */
  readonly HashKeyRange: {
    readonly StartingHashKey: string;
    readonly EndingHashKey: string;
  };
}

/** Decides whether the values of a record are dropped, because all of them arrive again. */
export type StrayFilter = (
  items: readonly Unpacked<unknown>[],
  shardId: string,
) => boolean | PromiseLike<boolean>;

/**
 * Drops the aggregated records that a producer of this library sends again: after a split, a record
 * may have a value that belongs to another shard. `shards` are the shards of the stream, or a
 * function that lists them; it is called when the range of a shard is not known yet, and never again
 * for that shard.
 *
 * @example
 * ```ts
 * import { dropStrays, kinesisHandler } from "@webstreams/kinesis/lambda";
 * import { KinesisClient } from "@webstreams/kinesis/client";
 * import { kplJson } from "@webstreams/kinesis/processors";
 *
 * const client = new KinesisClient();
 * export const handler = kinesisHandler({
 *   processor: kplJson(),
 *   strays: dropStrays(async () =>
 *     (await client.listShards({ StreamName: "orders" })).Shards ?? []
 *   ),
 *   handler: ({ value }) => void value,
 * });
 * ```
 */
export function dropStrays(
  shards: readonly EventShard[] | (() => PromiseLike<readonly EventShard[]>),
): StrayFilter {
  const ranges = new Map<string, HashRange>();
  const rangeOf = async (shardId: string) => {
    if (!ranges.has(shardId)) {
      const listed = typeof shards === "function" ? await shards() : shards;
      for (const shard of listed) {
        ranges.set(shard.ShardId, new HashRange(shard));
      }
    }
    return ranges.get(shardId);
  };
  return async (items, shardId) => {
    const isMarked = items.length > 1 &&
      items.some((item) => item.type === "value" && item.resent);
    if (!isMarked) return false;
    const range = await rangeOf(shardId);
    return range !== undefined &&
      items.some((item) => item.type === "value" && !range.holds(item));
  };
}
