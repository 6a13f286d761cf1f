/**
 * Values of aggregated records in a shard that their keys do not belong to.
 *
 * A record that was packed for one shard goes, after a split, to one of the children as a whole. Its writer sends it again,
 * or those of its values that belong elsewhere: handed out twice, an old value would come behind newer ones.
 *
 * @module
 */
import type { Shard } from "../client/mod.ts";
import { HashRange, type Keys } from "../_shards/hash_range.ts";
import type { Lineage } from "./lineage.ts";
import { parentsOf } from "../_shards/shard_facts.ts";

/** What is known of one value of a record: nothing for one that could not be decoded. */
export type StrayCandidate =
  | (Keys & { readonly type: "value"; readonly resent?: true })
  | { readonly type: "error" };

/** The partition key of the aggregated records of the Kinesis Producer Library. */
const KPL_PARTITION_KEY = "a";
const NONE: ReadonlySet<number> = new Set();
/** Partition keys that are remembered: hashing one takes about a microsecond, as long as decoding a value. */
const CACHE_SIZE = 10_000;

/** Finds the values that are to be dropped in one shard, because their writer is known to send them again. */
export class Strays {
  readonly #range: HashRange;
  readonly #lineage: Lineage;
  readonly #shardId: string;
  /** The shards that this one came from, once they are asked for: there may be thousands. */
  #ancestors: readonly HashRange[] | undefined;
  /** Whether partition keys belong to the shard. */
  readonly #known = new Map<string, boolean>();

  private constructor(lineage: Lineage, shard: Shard) {
    this.#range = new HashRange(shard);
    this.#lineage = lineage;
    this.#shardId = shard.ShardId;
  }

  /**
   * What is needed for a shard; `undefined` if nothing can stray into it: a shard without parents takes only what was packed
   * for itself, unless keys do not choose the shard at all, and then nothing must be dropped.
   */
  static of(lineage: Lineage, shardId: string): Strays | undefined {
    const shard = lineage.shards.get(shardId);
    if (!shard || parentsOf(shard).length === 0) return undefined;
    return new Strays(lineage, shard);
  }

  /**
   * The indexes of the values to drop, of all values of one record; `outerKey` is the record's own partition key.
   *
   * - The record says that it is sent again as a whole: all, if one lies outside of the shard.
   * - The record is one of the KPL, by its key `"a"`, and was placed by its first value and packed for a shard that this one
   *   came from: those outside, which the KPL sends again in any case.
   * - Any other record: none. Libraries that aggregate without regard to shards send nothing again.
   */
  among(
    items: readonly StrayCandidate[],
    outerKey: string,
  ): ReadonlySet<number> {
    if (items.length < 2) return NONE;
    const isMarked = items.some((item) => item.type === "value" && item.resent);
    if (!isMarked && outerKey !== KPL_PARTITION_KEY) return NONE;
    const outside = new Set<number>();
    for (const [i, item] of items.entries()) {
      if (item.type === "error" || this.#holds(item)) continue;
      if (isMarked) return new Set(items.keys());
      outside.add(i);
    }
    if (outside.size === 0) return NONE;
    // The first value chose the shard, so it lies inside; and one shard was meant for all.
    const isOfKpl = items[0]!.type === "value" && !outside.has(0) &&
      this.#isForOneAncestor(items);
    return isOfKpl ? outside : NONE;
  }

  #isForOneAncestor(items: readonly StrayCandidate[]): boolean {
    this.#ancestors ??= this.#lineage.ancestorsOf(this.#shardId)
      .map((shard) => new HashRange(shard));
    return this.#ancestors.some((range) =>
      items.every((item) => item.type === "value" && range.holds(item))
    );
  }

  #holds(keys: Keys): boolean {
    const { partitionKey, explicitHashKey } = keys;
    if (explicitHashKey !== undefined) return this.#range.holds(keys);
    const known = this.#known.get(partitionKey);
    if (known !== undefined) return known;
    const holds = this.#range.holds(keys);
    if (this.#known.size >= CACHE_SIZE) this.#known.clear();
    this.#known.set(partitionKey, holds);
    return holds;
  }
}
