/**
 * Parents and children: which shards may be read, given which have been read to the end.
 *
 * @module
 */
import type { Shard } from "../client/mod.ts";

/** The parents of a shard: none, one after a split, two after a merge. */
export function parentsOf(shard: Shard): string[] {
  const parents: string[] = [];
  if (shard.ParentShardId) parents.push(shard.ParentShardId);
  if (shard.AdjacentParentShardId) parents.push(shard.AdjacentParentShardId);
  return parents;
}

/** Whether a shard takes no more records. */
export function isClosed(shard: Shard): boolean {
  return shard.SequenceNumberRange.EndingSequenceNumber !== undefined;
}

/** The shards of a stream and how they follow one another. */
export class Lineage {
  readonly #shards: ReadonlyMap<string, Shard>;
  readonly #children = new Map<string, string[]>();

  /** Takes all shards that ListShards returns, closed ones too. */
  constructor(shards: Iterable<Shard>) {
    const byId = new Map<string, Shard>();
    for (const shard of shards) byId.set(shard.ShardId, shard);
    for (const shard of byId.values()) {
      for (const parent of parentsOf(shard)) {
        const children = this.#children.get(parent);
        if (children) children.push(shard.ShardId);
        else this.#children.set(parent, [shard.ShardId]);
      }
    }
    this.#shards = byId;
  }

  /** All shards by id. */
  get shards(): ReadonlyMap<string, Shard> {
    return this.#shards;
  }

  /** The children of a shard that exist so far. */
  childrenOf(shardId: string): readonly string[] {
    return this.#children.get(shardId) ?? [];
  }

  /** Whether all parents that still exist are finished. A parent that is not listed has expired with its records. */
  isOpenable(shardId: string, isFinished: (id: string) => boolean): boolean {
    const shard = this.#shards.get(shardId);
    return shard !== undefined &&
      parentsOf(shard).every((id) => !this.#shards.has(id) || isFinished(id));
  }

  /** All shards, those without children first, then those whose children have all come before. */
  youngestFirst(): Shard[][] {
    const missing = new Map<string, number>();
    let generation: Shard[] = [];
    for (const shard of this.#shards.values()) {
      const children = this.childrenOf(shard.ShardId).length;
      missing.set(shard.ShardId, children);
      if (children === 0) generation.push(shard);
    }
    const generations: Shard[][] = [];
    while (generation.length > 0) {
      generations.push(generation);
      const older: Shard[] = [];
      for (const id of generation.flatMap(parentsOf)) {
        const parent = this.#shards.get(id);
        if (!parent) continue;
        const left = missing.get(id)! - 1;
        missing.set(id, left);
        if (left === 0) older.push(parent);
      }
      generation = older;
    }
    return generations;
  }

  /** The shards before this one, at any distance, as far as they are listed. */
  ancestorsOf(shardId: string): Shard[] {
    return [...this.#before(shardId)].flatMap((id) =>
      this.#shards.get(id) ?? []
    );
  }

  /** Whether a shard before this one, at any distance, has the property. */
  someAncestor(shardId: string, has: (id: string) => boolean): boolean {
    return some(this.#before(shardId), has);
  }

  /** Whether a shard after this one, at any distance, has the property. */
  someDescendant(shardId: string, has: (id: string) => boolean): boolean {
    return some(walk(shardId, (id) => this.childrenOf(id)), has);
  }

  #before(shardId: string): Iterable<string> {
    return walk(shardId, (id) => {
      const shard = this.#shards.get(id);
      return shard ? parentsOf(shard) : [];
    });
  }
}

// Not recursive: a stream that is resharded every hour has a lineage of thousands.
function* walk(
  from: string,
  next: (id: string) => readonly string[],
): Generator<string, void> {
  const seen = new Set<string>();
  const open = [...next(from)];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    yield id;
    open.push(...next(id));
  }
}

function some(ids: Iterable<string>, has: (id: string) => boolean): boolean {
  for (const id of ids) if (has(id)) return true;
  return false;
}
