/**
 * The shards of a stream, and how they came to be while the monitor was watching.
 *
 * @module
 */
import { isClosed, parentsOf } from "../../_shards/shard_facts.ts";
import type { Shard } from "../../client/mod.ts";
import type { ReshardView, ShardView } from "./snapshot.ts";

/** The number of hash keys. */
const HASH_KEYS = 2n ** 128n;
/** A part of the hash keys is rounded to this: a double has no more digits. */
const PARTS = 10n ** 15n;
/** Closed shards that are shown. A stream keeps as many as it had reshards in its retention. */
const MOST_CLOSED = 300;
const MOST_RESHARDS = 100;

/** What is known of a shard by the list of shards. */
export type ListedShard = Pick<
  ShardView,
  | "closedAt"
  | "endingHashKey"
  | "from"
  | "id"
  | "isOpen"
  | "openedAt"
  | "parents"
  | "startingHashKey"
  | "to"
>;

/** Keeps the shards of the last list, and when each was opened and closed. */
export class ShardLog {
  #shards: ReadonlyMap<string, ListedShard> | undefined;
  #open: readonly ListedShard[] = [];
  #closed: readonly ListedShard[] = [];
  readonly #reshards: ReshardView[] = [];

  /** Whether there was a list. */
  get isKnown(): boolean {
    return this.#shards !== undefined;
  }

  /** The open shards in the order of their hash keys. */
  get open(): readonly ListedShard[] {
    return this.#open;
  }

  /** The closed shards, the latest first. */
  get closed(): readonly ListedShard[] {
    return this.#closed.slice(0, MOST_CLOSED);
  }

  /** How many closed shards there are. */
  get closedCount(): number {
    return this.#closed.length;
  }

  /** Splits and merges, the latest first. */
  get reshards(): readonly ReshardView[] {
    return this.#reshards;
  }

  /** Takes a list of all shards. */
  update(list: readonly Shard[], time: number): void {
    const before = this.#shards;
    const shards = new Map<string, ListedShard>();
    for (const shard of list) {
      const known = before?.get(shard.ShardId);
      shards.set(shard.ShardId, this.#listed(shard, known, time));
    }
    this.#shards = shards;
    const all = [...shards.values()];
    this.#open = all.filter(({ isOpen }) => isOpen)
      .sort((a, b) => a.from - b.from || (a.id < b.id ? -1 : 1));
    this.#closed = all.filter(({ isOpen }) => !isOpen)
      .sort((a, b) =>
        (b.closedAt ?? 0) - (a.closedAt ?? 0) || (a.id < b.id ? 1 : -1)
      );
    if (before) this.#findReshards(all.filter(({ id }) => !before.has(id)));
  }

  #listed(
    shard: Shard,
    known: ListedShard | undefined,
    time: number,
  ): ListedShard {
    const { StartingHashKey, EndingHashKey } = shard.HashKeyRange;
    const isOpen = !isClosed(shard);
    return {
      id: shard.ShardId,
      isOpen,
      startingHashKey: StartingHashKey,
      endingHashKey: EndingHashKey,
      from: partOf(BigInt(StartingHashKey)),
      to: partOf(BigInt(EndingHashKey) + 1n),
      parents: parentsOf(shard),
      openedAt: known ? known.openedAt : this.isKnown ? time : undefined,
      // A shard that was opened and closed between two lists was closed now.
      closedAt: isOpen || !this.isKnown || (known && !known.isOpen)
        ? known?.closedAt
        : time,
    };
  }

  #findReshards(added: readonly ListedShard[]): void {
    const byParents = new Map<string, ListedShard[]>();
    for (const shard of added) {
      if (shard.parents.length === 0) continue;
      const key = shard.parents.join(" ");
      const children = byParents.get(key);
      if (children) children.push(shard);
      else byParents.set(key, [shard]);
    }
    for (const children of byParents.values()) {
      const [first] = children;
      this.#reshards.unshift({
        time: first!.openedAt!,
        kind: first!.parents.length > 1 ? "merge" : "split",
        parents: first!.parents,
        children: children.map(({ id }) => id),
      });
    }
    this.#reshards.splice(MOST_RESHARDS);
  }
}

function partOf(hashKey: bigint): number {
  return Number(hashKey * PARTS / HASH_KEYS) / Number(PARTS);
}
