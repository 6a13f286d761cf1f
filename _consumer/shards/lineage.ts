/**
 * Parents and children of shards, and which shards may be read.
 *
 * @module
 */
import { parentsOf } from "../../_shards/shard_facts.ts";
import { walk } from "../../_shards/walk.ts";
import type { Shard } from "../../client/mod.ts";

/** A shard with a lease. It need not be listed any more. */
export interface LeasedShard {
  /** Its id. */
  readonly shardId: string;
  /** Its parents. */
  readonly parentShardIds: readonly string[];
}

/** The shards of a stream and their order. */
export class Lineage {
  readonly #shards: ReadonlyMap<string, Shard>;
  readonly #parents = new Map<string, Set<string>>();
  readonly #children = new Map<string, string[]>();

  /** Takes all shards of ListShards, open and closed, and the shards that have a lease. */
  constructor(shards: Iterable<Shard>, leases: Iterable<LeasedShard> = []) {
    const byId = new Map<string, Shard>();
    for (const shard of shards) byId.set(shard.ShardId, shard);
    for (const [id, shard] of byId) this.#add(id, parentsOf(shard));
    for (const lease of leases) this.#add(lease.shardId, lease.parentShardIds);
    this.#shards = byId;
  }

  #add(shardId: string, parents: readonly string[]): void {
    const known = this.#parents.get(shardId) ?? new Set();
    this.#parents.set(shardId, known);
    for (const parent of parents) {
      if (known.has(parent)) continue;
      known.add(parent);
      const children = this.#children.get(parent);
      if (children) children.push(shardId);
      else this.#children.set(parent, [shardId]);
    }
  }

  /** The listed shards by id. */
  get shards(): ReadonlyMap<string, Shard> {
    return this.#shards;
  }

  /** Whether a shard was listed or has a lease. */
  has(shardId: string): boolean {
    return this.#parents.has(shardId);
  }

  /** The ids of all shards that were listed or have a lease. */
  get ids(): Iterable<string> {
    return this.#parents.keys();
  }

  /**
   * The parents of a shard that are not listed and have no lease: they have expired, or the list
   * is not complete.
   */
  unknownParentsOf(shardId: string): string[] {
    const parents = this.#parents.get(shardId) ?? [];
    return [...parents].filter((id) => !this.#parents.has(id));
  }

  /** The children of a shard that are known so far. */
  childrenOf(shardId: string): readonly string[] {
    return this.#children.get(shardId) ?? [];
  }

  /** Whether each parent is finished, or is not listed, has no lease and is known to be gone. */
  isReadable(
    shardId: string,
    isFinished: (id: string) => boolean,
    isGone: (id: string) => boolean,
  ): boolean {
    const parents = this.#parents.get(shardId);
    return parents !== undefined &&
      [...parents].every((id) =>
        isFinished(id) || !this.#parents.has(id) && isGone(id)
      );
  }

  /**
   * The listed shards in generations: first those without children, and children before parents.
   */
  youngestFirst(): Shard[][] {
    const missing = new Map<string, number>();
    let generation: Shard[] = [];
    for (const shard of this.#shards.values()) {
      const children = this.childrenOf(shard.ShardId)
        .filter((id) => this.#shards.has(id));
      missing.set(shard.ShardId, children.length);
      if (children.length === 0) generation.push(shard);
    }
    const generations: Shard[][] = [];
    while (generation.length > 0) {
      generations.push(generation);
      const older: Shard[] = [];
      const parents = generation.flatMap((shard) => [
        ...this.#parents.get(shard.ShardId)!,
      ]);
      for (const id of parents) {
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

  /** The listed ancestors of a shard: its parents, their parents and so on. */
  ancestorsOf(shardId: string): Shard[] {
    return [...this.#ancestorIds(shardId)].flatMap((id) =>
      this.#shards.get(id) ?? []
    );
  }

  /** Whether an ancestor of the shard has the property. */
  someAncestor(shardId: string, has: (id: string) => boolean): boolean {
    return some(this.#ancestorIds(shardId), has);
  }

  /** Whether a descendant of the shard has the property. */
  someDescendant(shardId: string, has: (id: string) => boolean): boolean {
    return some(walk(shardId, (id) => this.childrenOf(id)), has);
  }

  #ancestorIds(shardId: string): Iterable<string> {
    return walk(shardId, (id) => this.#parents.get(id) ?? []);
  }
}

function some(ids: Iterable<string>, has: (id: string) => boolean): boolean {
  for (const id of ids) if (has(id)) return true;
  return false;
}
