/**
 * The open shards and their hash keys.
 *
 * @module
 */
import type { Shard } from "../client/mod.ts";
import { HashRange } from "../_shards/hash_range.ts";
import { isClosed } from "../_shards/shard_facts.ts";

interface Place {
  readonly shardId: string;
  readonly range: HashRange;
}

/**
 * The open shards of a stream, in the order of their hash keys. The ranges come from the service.
 */
export class ShardMap {
  readonly #open: readonly Place[];
  readonly #ranges: ReadonlyMap<string, HashRange>;

  /** Takes shards as ListShards returns them. Of closed shards, only the ranges are used. */
  constructor(shards: readonly Shard[]) {
    const places = shards.map((shard) => ({
      shardId: shard.ShardId,
      range: new HashRange(shard),
      closed: isClosed(shard),
    }));
    this.#ranges = new Map(
      places.map(({ shardId, range }) => [shardId, range]),
    );
    this.#open = places.filter(({ closed }) => !closed)
      .sort(({ range: a }, { range: b }) =>
        a.start < b.start ? -1 : a.start > b.start ? 1 : 0
      );
  }

  /** The number of open shards. */
  get size(): number {
    return this.#open.length;
  }

  /** The ids of the open shards in the order of their hash keys. */
  get shardIds(): string[] {
    return this.#open.map(({ shardId }) => shardId);
  }

  /** The range of an open or closed shard. */
  rangeOf(shardId: string): HashRange | undefined {
    return this.#ranges.get(shardId);
  }

  /** Whether every hash key goes to the same shard as in another map. */
  equals(other: ShardMap): boolean {
    const others = other.#open;
    return this.#open.length === others.length &&
      this.#open.every(({ shardId, range: { start, end } }, i) => {
        const { shardId: otherId, range } = others[i]!;
        return shardId === otherId && start === range.start &&
          end === range.end;
      });
  }

  /** The open shard of a hash key; `undefined` if there is none, during a reshard. */
  shardOf(hashKey: bigint): string | undefined {
    let low = 0;
    let high = this.#open.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const { shardId, range } = this.#open[middle]!;
      if (hashKey < range.start) high = middle - 1;
      else if (hashKey > range.end) low = middle + 1;
      else return shardId;
    }
    return undefined;
  }
}
