/**
 * Knows which shard a request reads. An iterator does not say, so answers that hand one out are watched.
 *
 * @module
 */
import type { Exchange } from "./exchange.ts";

/** Iterators that are remembered; a reader holds one for each shard at a time. */
const MAX_ITERATORS = 10_000;

/** Finds the shards of requests. */
export class ShardFinder {
  readonly #shards: Map<string, string> = new Map();

  /** The shard that a request reads, splits or subscribes to, as far as that is known. */
  find({ action, input }: Exchange): string | undefined {
    const id = action === "GetRecords"
      ? this.#shards.get(String(input.ShardIterator))
      : input.ShardId ?? input.ShardToSplit ?? input.ShardToMerge;
    return typeof id === "string" ? id : undefined;
  }

  /** Looks for an iterator in the answer to a request of this shard. */
  async learn(
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
