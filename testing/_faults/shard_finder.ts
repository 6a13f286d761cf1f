/**
 * Finds the shard of a request. GetRecords names an iterator and no shard, so the shard of each
 * iterator is remembered from the answer that issued it.
 *
 * @module
 */
import type { Exchange } from "./exchange.ts";

/** How many iterators are remembered. A reader uses one iterator per shard at a time. */
const MAX_ITERATORS = 10_000;

/** Finds the shard of each request. */
export class ShardFinder {
  readonly #shards: Map<string, string> = new Map();

  /**
   * The shard that a request reads, splits, merges or subscribes to. `undefined` if it is not
   * known.
   */
  shardOf({ action, input }: Exchange): string | undefined {
    const id = action === "GetRecords"
      ? this.#shards.get(String(input.ShardIterator))
      : input.ShardId ?? input.ShardToSplit ?? input.ShardToMerge;
    return typeof id === "string" ? id : undefined;
  }

  /** Remembers that the iterator in this answer belongs to the shard. */
  async rememberIterator(
    exchange: Exchange,
    shardId: string | undefined,
    response: Response,
  ): Promise<void> {
    const { action } = exchange;
    const isIterator = action === "GetShardIterator" || action === "GetRecords";
    if (!isIterator || shardId === undefined || !response.ok) return;
    const answer = await exchange.members(response.clone());
    const iterator = answer.ShardIterator ?? answer.NextShardIterator;
    if (typeof iterator !== "string") return;
    this.#shards.set(iterator, shardId);
    if (this.#shards.size > MAX_ITERATORS) {
      this.#shards.delete(this.#shards.keys().next().value!);
    }
  }
}
