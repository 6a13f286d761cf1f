/**
 * Which open shard takes which hash key.
 *
 * @module
 */
import type { Shard } from "../client/mod.ts";

interface Range {
  readonly shardId: string;
  readonly start: bigint;
  readonly end: bigint;
}

/** The open shards of a stream, in the order of their hash keys. Ranges are read from the service, never computed. */
export class ShardMap {
  readonly #ranges: readonly Range[];

  /** Takes shards as ListShards returns them; closed ones are left out. */
  constructor(shards: readonly Shard[]) {
    this.#ranges = shards
      .filter((shard) =>
        shard.SequenceNumberRange.EndingSequenceNumber === undefined
      )
      .map(({ ShardId, HashKeyRange }) => ({
        shardId: ShardId,
        start: BigInt(HashKeyRange.StartingHashKey),
        end: BigInt(HashKeyRange.EndingHashKey),
      }))
      .sort((a, b) => a.start < b.start ? -1 : a.start > b.start ? 1 : 0);
  }

  /** How many shards are open. */
  get size(): number {
    return this.#ranges.length;
  }

  /** The ids in the order of their hash keys. */
  get shardIds(): string[] {
    return this.#ranges.map((range) => range.shardId);
  }

  /** Whether a shard is open. */
  has(shardId: string): boolean {
    return this.#ranges.some((range) => range.shardId === shardId);
  }

  /** Whether every hash key goes to the same shard as in another map. */
  equals(other: ShardMap): boolean {
    const others = other.#ranges;
    return this.#ranges.length === others.length &&
      this.#ranges.every(({ shardId, start, end }, i) =>
        shardId === others[i]!.shardId && start === others[i]!.start &&
        end === others[i]!.end
      );
  }

  /** The shard that takes a hash key; `undefined` if none does, in the middle of a reshard. */
  shardOf(hashKey: bigint): string | undefined {
    let low = 0;
    let high = this.#ranges.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const range = this.#ranges[middle]!;
      if (hashKey < range.start) high = middle - 1;
      else if (hashKey > range.end) low = middle + 1;
      else return range.shardId;
    }
    return undefined;
  }
}
