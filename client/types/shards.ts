/**
 * Shards: listing them and changing how many there are. The names are the API's own; `Data` is a `Uint8Array`, times are
 * `Date`; a field that the server left unset is absent.
 *
 * @see {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/}
 * @module
 */
import type { HashKeyRange, StreamTarget } from "./common.ts";

/** A shard and its place on the ring of hash keys and in the history of the stream. */
export interface Shard {
  /** The id, unique within the stream. */
  ShardId: string;
  /** The shard that was split or merged into this one. */
  ParentShardId?: string;
  /** The other shard that was merged into this one. */
  AdjacentParentShardId?: string;
  /** The hash keys that it takes. */
  HashKeyRange: HashKeyRange;
  /** The sequence numbers that it holds; a closed shard has an ending one. */
  SequenceNumberRange: {
    StartingSequenceNumber: string;
    EndingSequenceNumber?: string;
  };
}

/** A shard that continues a closed one. */
export interface ChildShard {
  /** The id. */
  ShardId: string;
  /** Its parents: one after a split, two after a merge. */
  ParentShards: string[];
  /** The hash keys that it takes. */
  HashKeyRange: HashKeyRange;
}

/** Which shards `ListShards` returns. */
export interface ShardFilter {
  /** The kind of filter. */
  Type:
    | "AFTER_SHARD_ID"
    | "AT_TRIM_HORIZON"
    | "FROM_TRIM_HORIZON"
    | "AT_LATEST"
    | "AT_TIMESTAMP"
    | "FROM_TIMESTAMP";
  /** For `AFTER_SHARD_ID`. */
  ShardId?: string;
  /** For the `TIMESTAMP` filters. */
  Timestamp?: Date;
}

/** Request of `ListShards`. `NextToken` is sent alone or with `MaxResults`. */
export interface ListShardsRequest extends StreamTarget {
  /** The token of the last page; lives 300 seconds. */
  NextToken?: string;
  /** Lists shards after this one only. */
  ExclusiveStartShardId?: string;
  /** Page size, 1 to 10 000. */
  MaxResults?: number;
  /** Tells apart streams of the same name that were made one after another. */
  StreamCreationTimestamp?: Date;
  /** Which shards. */
  ShardFilter?: ShardFilter;
}

/** Answer of `ListShards`. */
export interface ListShardsResponse {
  /** The shards of this page. */
  Shards?: Shard[];
  /** The token of the next page, if there is one. */
  NextToken?: string;
}

/** Request of `SplitShard`. */
export interface SplitShardRequest extends StreamTarget {
  /** The shard to split. */
  ShardToSplit: string;
  /** Where the second child starts, a decimal number. */
  NewStartingHashKey: string;
}

/** Request of `MergeShards`; the shards must be neighbours on the ring. */
export interface MergeShardsRequest extends StreamTarget {
  /** One shard. */
  ShardToMerge: string;
  /** The other one. */
  AdjacentShardToMerge: string;
}

/** Request of `UpdateShardCount`. */
export interface UpdateShardCountRequest extends StreamTarget {
  /** The number of open shards afterwards: at least half, at most double of what it is. */
  TargetShardCount: number;
  /** How: all shards of the same size is the only way. */
  ScalingType: "UNIFORM_SCALING";
}

/** Answer of `UpdateShardCount`. */
export interface UpdateShardCountResponse {
  /** The name of the stream. */
  StreamName?: string;
  /** The ARN of the stream. */
  StreamARN?: string;
  /** Open shards before. */
  CurrentShardCount?: number;
  /** Open shards afterwards. */
  TargetShardCount?: number;
}
