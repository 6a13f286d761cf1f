/**
 * Which records must keep their order, and which values may share a record.
 *
 * @module
 */
import type { FrameScope } from "../processors/mod.ts";
import type { RecordKeys } from "../_shards/hash_range.ts";
import type { EncodedRecord } from "../records.ts";
import type { Ordering } from "./options.ts";
import type { ShardRoutes } from "./shard_routes.ts";

/** What a {@linkcode SendQueue} asks about its records. */
export interface GroupingPolicy {
  /** Whether the groups depend on the shard map. */
  readonly followsShards: boolean;
  /** Whether values that wait behind a record of their group may be packed together again. */
  readonly joins: boolean;
  /** The order groups of a record with these keys. */
  groupsOf(keys: RecordKeys): readonly string[];
  /**
   * Whether a record that was packed under an earlier version of the shard map contains values that
   * must not share a record now: values of several shards of the present map, or of several keys if
   * keys are not ignored any more.
   */
  isScattered(record: EncodedRecord, version: number): boolean;
}

/** What a {@linkcode Grouping} asks about shards. */
type GroupingRoutes = Pick<
  ShardRoutes,
  "ignoresKeys" | "predicts" | "shardOf" | "version"
>;

const NO_GROUPS: readonly string[] = [];

/** The policy that the options ask for. */
export class Grouping implements GroupingPolicy {
  readonly followsShards: boolean;
  readonly joins: boolean;
  readonly #ordering: Ordering;
  readonly #scope: FrameScope;
  readonly #routes: GroupingRoutes;

  /** Asks `routes` for the shard of a record. */
  constructor(
    ordering: Ordering,
    scope: FrameScope,
    routes: GroupingRoutes,
  ) {
    this.#ordering = ordering;
    this.#scope = scope;
    this.#routes = routes;
    this.followsShards = ordering === "shard" ||
      ordering === "key" && scope === "shard";
    this.joins = ordering !== "none" && scope !== "record";
  }

  groupsOf(keys: RecordKeys): readonly string[] {
    if (this.#ordering === "none") return NO_GROUPS;
    if (!this.followsShards) return [keys.partitionKey];
    const shardId = this.#routes.shardOf(keys);
    if (shardId !== undefined) return [shardId];
    // While no shard is known, all records may belong to one shard and share the group "". If keys
    // do not choose the shard, only the order of each key can be kept.
    const byKey = this.#ordering === "key" || !this.#routes.predicts;
    return [byKey ? keys.partitionKey : ""];
  }

  /** Whether a record contains several values that were packed together because of their shard. */
  isForOneShard({ puts }: EncodedRecord): boolean {
    return puts.length > 1 && this.#scope === "shard";
  }

  // The hash key of the record would take all of its values to one of the new shards.
  isScattered(record: EncodedRecord, version: number): boolean {
    const routes = this.#routes;
    if (version === routes.version) return false;
    if (this.#scope === "key") {
      return !routes.ignoresKeys &&
        record.puts.some((put) => put.partitionKey !== record.partitionKey);
    }
    if (!this.isForOneShard(record)) return false;
    // Without predictions, each value must have a record of its own.
    if (!routes.predicts) return true;
    const { puts } = record;
    const shardId = routes.shardOf(puts[0]!);
    return puts.some((put) => routes.shardOf(put) !== shardId);
  }
}
