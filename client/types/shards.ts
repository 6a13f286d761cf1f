/**
 * Shards: listing them and changing how many there are. The names are those of the API. `Data` is a
 * `Uint8Array`, and times are `Date`. A field that the service does not set is absent.
 *
 * @see {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/}
 * @module
 */
import type { HashKeyRange, StreamTarget } from "./common.ts";

/** A shard with its hash keys and its parents. */
export interface Shard {
  /** The id, unique within the stream. */
  ShardId: string;
  /** The parent shard. Absent if the shard was created with the stream. */
  ParentShardId?: string;
  /** The second parent shard after a merge. */
  AdjacentParentShardId?: string;
  /** The hash keys of the shard. */
  HashKeyRange: HashKeyRange;
  /** The sequence numbers of the shard. Only a closed shard has an ending number. */
  SequenceNumberRange: {
    StartingSequenceNumber: string;
    EndingSequenceNumber?: string;
  };
}

/** A child of a closed shard. */
export interface ChildShard {
  /** The id. */
  ShardId: string;
  /** The parents: one after a split, two after a merge. */
  ParentShards: string[];
  /** The hash keys of the shard. */
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
  /** The token of the previous page. Valid for 300 seconds. */
  NextToken?: string;
  /** Only shards after this shard are listed. */
  ExclusiveStartShardId?: string;
  /** Page size, 1 to 10 000. */
  MaxResults?: number;
  /** When the stream was created. Distinguishes streams that have had the same name. */
  StreamCreationTimestamp?: Date;
  /** Which shards are listed. */
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
  /** The first hash key of the second child, a decimal number. */
  NewStartingHashKey: string;
}

/** Request of `MergeShards`. The hash keys of the shards must be adjacent. */
export interface MergeShardsRequest extends StreamTarget {
  /** One shard. */
  ShardToMerge: string;
  /** The other shard. */
  AdjacentShardToMerge: string;
}

/** Request of `UpdateShardCount`. */
export interface UpdateShardCountRequest extends StreamTarget {
  /** The new number of open shards: at least half and at most double of the current number. */
  TargetShardCount: number;
  /** The method. `UNIFORM_SCALING` is the only one: all shards have the same size. */
  ScalingType: "UNIFORM_SCALING";
}

/** Answer of `UpdateShardCount`. */
export interface UpdateShardCountResponse {
  /** The name of the stream. */
  StreamName?: string;
  /** The ARN of the stream. */
  StreamARN?: string;
  /** The number of open shards before. */
  CurrentShardCount?: number;
  /** The number of open shards afterwards. */
  TargetShardCount?: number;
}
