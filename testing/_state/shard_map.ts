/**
 * The shards of one stream: which are open, their parents and children, and the shard of each key.
 *
 * @module
 */
import { hashKeyOf } from "../../_aws/hash_key.ts";
import { findRange, type HashRange, uniformRanges } from "./hash_ring.ts";
import { Shard, type ShardOptions } from "./shard.ts";

/**
 * How many partition keys have their shard cached. Hashing the key is the largest part of the cost
 * of storing a small record.
 */
const MAX_ROUTES = 50_000;

/** All shards of a stream, open and closed. */
export class ShardMap {
  readonly #shards: Map<string, Shard> = new Map();
  readonly #routes: Map<string, Shard> = new Map();
  #open: Shard[] = [];
  #nextIndex = 0;
  #lastStamp = 0;

  /** Opens `count` shards with hash key ranges of equal width. */
  constructor(count: number, now: number) {
    this.#lastStamp = Math.max(0, now - 1);
    const stamp = this.#nextStamp(now);
    for (const range of uniformRanges(count)) {
      this.#open.push(this.#add({ range, stamp, openedAt: now }));
    }
  }

  /** Every shard, open or closed, that is within the retention period, in the order of the ids. */
  get all(): IterableIterator<Shard> {
    return this.#shards.values();
  }

  /** The open shards in the order of their hash keys. Together they cover all hash keys. */
  get open(): readonly Shard[] {
    return this.#open;
  }

  /** The shard with this id. */
  get(id: string): Shard | undefined {
    return this.#shards.get(id);
  }

  /** The open shard of a hash key. */
  atHash(hash: bigint): Shard {
    return this.#open[findRange(this.#open, hash)]!;
  }

  /** The open shard of a partition key. */
  atKey(key: string): Shard {
    let shard = this.#routes.get(key);
    if (!shard) {
      shard = this.atHash(hashKeyOf(key));
      if (this.#routes.size >= MAX_ROUTES) this.#routes.clear();
      this.#routes.set(key, shard);
    }
    return shard;
  }

  /** Closes a shard and opens two children. `middle` is the lowest hash key of the upper child. */
  split(parent: Shard, middle: bigint, now: number): [Shard, Shard] {
    const stamp = this.#nextStamp(now);
    const common = { stamp, openedAt: now, parentId: parent.id };
    const ranges = [
      { start: parent.start, end: middle - 1n },
      { start: middle, end: parent.end },
    ];
    const [lower, upper] = ranges.map((range) =>
      this.#add({ ...common, range })
    ) as [Shard, Shard];
    this.#replace([parent], [lower, upper], now);
    return [lower, upper];
  }

  /** Closes two adjacent shards and opens one child. */
  merge(first: Shard, second: Shard, now: number): Shard {
    const child = this.#add({
      range: first.start < second.start
        ? { start: first.start, end: second.end }
        : { start: second.start, end: first.end },
      stamp: this.#nextStamp(now),
      openedAt: now,
      parentId: first.id,
      adjacentParentId: second.id,
    });
    this.#replace([first, second], [child], now);
    return child;
  }

  /** Splits and merges shards, as UpdateShardCount does, until `count` of equal width are open. */
  resize(count: number, now: number): void {
    const targets = uniformRanges(count);
    // Split, so that a shard starts at the start of every target range.
    for (const { start } of targets) {
      const shard = this.atHash(start);
      if (shard.start !== start) this.split(shard, start, now);
    }
    // Merge the shards inside of each target range.
    for (const target of targets) {
      let shard = this.atHash(target.start);
      while (shard.end < target.end) {
        shard = this.merge(shard, this.atHash(shard.end + 1n), now);
      }
    }
  }

  /**
   * Removes the shards that were closed before `time`. All of their records are trimmed by then.
   */
  expire(time: number): void {
    for (const [id, { closedAt }] of this.#shards) {
      if (closedAt !== undefined && closedAt < time) this.#shards.delete(id);
    }
  }

  #add(
    options: Omit<ShardOptions, "index"> & { range: HashRange },
  ): Shard {
    const shard = new Shard({ ...options, index: this.#nextIndex++ });
    this.#shards.set(shard.id, shard);
    return shard;
  }

  #replace(parents: Shard[], children: Shard[], now: number): void {
    const at = Math.min(...parents.map((parent) => this.#open.indexOf(parent)));
    this.#open.splice(at, parents.length, ...children);
    this.#routes.clear();
    for (const parent of parents) parent.close(children, now);
  }

  /** A stamp greater than all earlier stamps, even if the clock stands still. */
  #nextStamp(now: number): number {
    return this.#lastStamp = Math.max(now, this.#lastStamp + 1);
  }
}
