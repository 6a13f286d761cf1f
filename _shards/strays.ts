/**
 * Finds strays: values of aggregated records that lie in a shard to which their keys do not
 * belong.
 *
 * Example: shard 0 has the hash keys 0 to 99 and is split into 1 (0 to 49) and 2 (50 to 99). A
 * record with values of the keys 10 and 60 was packed for shard 0 and arrives in shard 1 as a
 * whole. The value of key 60 is a stray there. A producer of this library sends the whole record
 * again, cut into one record for each child; the KPL sends the value of key 60 again. Both copies
 * handed out would be a duplicate, and the older copy might come after newer values of its key.
 *
 * @module
 */
import type { Shard } from "../client/mod.ts";
import { HashRange, type RecordKeys } from "./hash_range.ts";
import { parentsOf } from "./shard_facts.ts";

/** The members of a shard of ListShards that decide about strays. */
export type RelatedShard = Pick<
  Shard,
  "ShardId" | "ParentShardId" | "AdjacentParentShardId" | "HashKeyRange"
>;

/** The shards of a stream, and which of them descend from which. */
export interface RelatedShards {
  /** The listed shards by id. */
  readonly shards: ReadonlyMap<string, RelatedShard>;
  /** The listed ancestors of a shard: its parents, their parents and so on. */
  ancestorsOf(shardId: string): readonly RelatedShard[];
}

/** What is known about one value of a record. Nothing is known if it could not be decoded. */
export type StrayCandidate =
  | (Partial<RecordKeys> & { readonly type: "value"; readonly resent?: true })
  | { readonly type: "error" };

/** The partition key of the aggregated records of the Kinesis Producer Library. */
const KPL_PARTITION_KEY = "a";
const NONE: ReadonlySet<number> = new Set();
/** The number of remembered keys. Hashing a key takes 1 µs, as long as decoding a value. */
const CACHE_SIZE = 10_000;

/**
 * Whether a record may hold values that its producer sends again: it has several values, and is
 * marked as sent again or has the partition key of the KPL. Without hash keys, so it costs little.
 */
export function mayHoldStrays(
  items: readonly StrayCandidate[],
  outerKey: string | undefined,
): boolean {
  return items.length > 1 &&
    (outerKey === KPL_PARTITION_KEY || isMarked(items));
}

function isMarked(items: readonly StrayCandidate[]): boolean {
  return items.some((item) => item.type === "value" && item.resent);
}

/** Finds the values of one shard that are dropped because their producer sends them again. */
export class Strays {
  readonly #range: HashRange;
  readonly #related: RelatedShards;
  readonly #shardId: string;
  /** The ranges of the ancestors. Made when they are needed, because there may be thousands. */
  #ancestors: readonly HashRange[] | undefined;
  /** Whether a partition key belongs to the shard, by partition key. */
  readonly #known = new Map<string, boolean>();

  private constructor(related: RelatedShards, shard: RelatedShard) {
    this.#range = new HashRange(shard);
    this.#related = related;
    this.#shardId = shard.ShardId;
  }

  /**
   * Makes the finder for a shard. `undefined` if the shard has no parents, because all its records
   * were packed for the shard itself, and if the shard is neither listed nor given as `unlisted`. If
   * records are distributed without regard to keys, as with the strategy AUTO, nothing must be
   * dropped.
   */
  static of(
    related: RelatedShards,
    shardId: string,
    unlisted?: RelatedShard,
  ): Strays | undefined {
    const shard = related.shards.get(shardId) ?? unlisted;
    if (!shard || parentsOf(shard).length === 0) return undefined;
    return new Strays(related, shard);
  }

  /**
   * The indexes of the values to drop, of all values of one record. `outerKey` is the partition
   * key of the record itself.
   *
   * - A record that is marked as sent again as a whole: all values, if one lies outside of the
   *   shard.
   * - A record of the KPL: the values outside, because the KPL always sends them again. It is
   *   known by its partition key `"a"`, by a first value inside, which placed it, and by one
   *   ancestor that holds all its values.
   * - Any other record: none. Libraries that aggregate without regard to shards send nothing
   *   again.
   */
  among(
    items: readonly StrayCandidate[],
    outerKey: string | undefined,
  ): ReadonlySet<number> {
    if (!mayHoldStrays(items, outerKey)) return NONE;
    const isResent = isMarked(items);
    const outside = new Set<number>();
    for (const [i, item] of items.entries()) {
      if (item.type === "error" || this.#holds(item)) continue;
      if (isResent) return new Set(items.keys());
      outside.add(i);
    }
    if (outside.size === 0) return NONE;
    // The KPL places a record by its first value and packs values of one shard only.
    const isOfKpl = items[0]!.type === "value" && !outside.has(0) &&
      this.#isForOneAncestor(items);
    return isOfKpl ? outside : NONE;
  }

  #isForOneAncestor(items: readonly StrayCandidate[]): boolean {
    this.#ancestors ??= this.#related.ancestorsOf(this.#shardId)
      .map((shard) => new HashRange(shard));
    return this.#ancestors.some((range) =>
      items.every((item) => item.type === "value" && range.holds(item))
    );
  }

  #holds(keys: Partial<RecordKeys>): boolean {
    const { partitionKey, explicitHashKey } = keys;
    if (explicitHashKey !== undefined || partitionKey === undefined) {
      return this.#range.holds(keys);
    }
    const known = this.#known.get(partitionKey);
    if (known !== undefined) return known;
    const holds = this.#range.holds(keys);
    if (this.#known.size >= CACHE_SIZE) this.#known.clear();
    this.#known.set(partitionKey, holds);
    return holds;
  }
}
