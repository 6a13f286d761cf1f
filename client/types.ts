/**
 * Requests and answers in the API's own names. `Data` is a `Uint8Array`, times are `Date`; a field that the server left
 * unset is absent.
 *
 * Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/
 *
 * @module
 */

/** A stream, by name or by ARN: at least one of them. */
export interface StreamTarget {
  /** The name, 1 to 128 characters of `a-zA-Z0-9_.-`. */
  StreamName?: string;
  /** The ARN. */
  StreamARN?: string;
}

/** Request of `CreateStream`. */
export interface CreateStreamRequest {
  /** The name, 1 to 128 characters of `a-zA-Z0-9_.-`. */
  StreamName: string;
  /** How many shards; required in `PROVISIONED` mode, which is the default. */
  ShardCount?: number;
  /** `PROVISIONED` or `ON_DEMAND`. */
  StreamModeDetails?: { StreamMode: "PROVISIONED" | "ON_DEMAND" };
  /** Tags by key. */
  Tags?: Record<string, string>;
}

/** Request of `DeleteStream`. */
export interface DeleteStreamRequest extends StreamTarget {
  /** Whether registered consumers are removed too; without it, their presence is an error. */
  EnforceConsumerDeletion?: boolean;
}

/** Request of `DescribeStreamSummary`. */
export type DescribeStreamSummaryRequest = StreamTarget;

/** The states of a stream. */
export type StreamStatus = "CREATING" | "DELETING" | "ACTIVE" | "UPDATING";

/** What `DescribeStreamSummary` knows. */
export interface StreamDescriptionSummary {
  /** The name. */
  StreamName: string;
  /** The ARN. */
  StreamARN: string;
  /** The state; records can be put and read while `ACTIVE` or `UPDATING`. */
  StreamStatus: StreamStatus;
  /** The capacity mode. */
  StreamModeDetails?: { StreamMode: "PROVISIONED" | "ON_DEMAND" };
  /** How long records are kept, in hours. */
  RetentionPeriodHours: number;
  /** When it was made. */
  StreamCreationTimestamp?: Date;
  /** Shard-level metrics that are switched on. */
  EnhancedMonitoring?: { ShardLevelMetrics?: string[] }[];
  /** `NONE` or `KMS`. */
  EncryptionType?: "NONE" | "KMS";
  /** The KMS key, if encrypted. */
  KeyId?: string;
  /** How many shards are open. */
  OpenShardCount: number;
  /** How many fan-out consumers are registered. */
  ConsumerCount?: number;
  /** The largest record that the stream takes, in KiB. */
  MaxRecordSizeInKiB?: number;
}

/** Answer of `DescribeStreamSummary`. */
export interface DescribeStreamSummaryResponse {
  /** The stream. */
  StreamDescriptionSummary: StreamDescriptionSummary;
}

/** A shard and its place on the ring of hash keys and in the history of the stream. */
export interface Shard {
  /** The id, unique within the stream. */
  ShardId: string;
  /** The shard that was split or merged into this one. */
  ParentShardId?: string;
  /** The other shard that was merged into this one. */
  AdjacentParentShardId?: string;
  /** The hash keys that it takes, both ends inclusive, as decimal numbers. */
  HashKeyRange: { StartingHashKey: string; EndingHashKey: string };
  /** The sequence numbers that it holds; a closed shard has an ending one. */
  SequenceNumberRange: {
    StartingSequenceNumber: string;
    EndingSequenceNumber?: string;
  };
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

/** Request of `PutRecord`. */
export interface PutRecordRequest extends StreamTarget {
  /** The bytes of the record. */
  Data: Uint8Array;
  /** 1 to 256 Unicode characters. */
  PartitionKey: string;
  /** A decimal number that chooses the shard in place of the partition key. */
  ExplicitHashKey?: string;
  /** The sequence number of the record that this one must follow. */
  SequenceNumberForOrdering?: string;
}

/** Answer of `PutRecord`. */
export interface PutRecordResponse {
  /** The shard that stored it. */
  ShardId: string;
  /** Its sequence number. */
  SequenceNumber: string;
  /** `NONE` or `KMS`. */
  EncryptionType?: "NONE" | "KMS";
}

/** One record of a `PutRecords` request. */
export interface PutRecordsRequestEntry {
  /** The bytes of the record. */
  Data: Uint8Array;
  /** 1 to 256 Unicode characters. */
  PartitionKey: string;
  /** A decimal number that chooses the shard in place of the partition key. */
  ExplicitHashKey?: string;
}

/** Request of `PutRecords`: 1 to 500 records, up to 10 MiB. */
export interface PutRecordsRequest extends StreamTarget {
  /** The records. */
  Records: readonly PutRecordsRequestEntry[];
}

/** What became of one record of a `PutRecords` request: stored, or an error of its own. */
export interface PutRecordsResultEntry {
  /** The sequence number, if stored. */
  SequenceNumber?: string;
  /** The shard, if stored. */
  ShardId?: string;
  /** The error code, if not stored: `ProvisionedThroughputExceededException` or `InternalFailure`. */
  ErrorCode?: string;
  /** The error in words, if not stored. */
  ErrorMessage?: string;
}

/** Answer of `PutRecords`; the entries are in the order of the request. */
export interface PutRecordsResponse {
  /** How many records were not stored. */
  FailedRecordCount?: number;
  /** One entry a record. */
  Records: PutRecordsResultEntry[];
  /** `NONE` or `KMS`. */
  EncryptionType?: "NONE" | "KMS";
}

/** Where a shard iterator points. */
export type ShardIteratorType =
  | "AT_SEQUENCE_NUMBER"
  | "AFTER_SEQUENCE_NUMBER"
  | "TRIM_HORIZON"
  | "LATEST"
  | "AT_TIMESTAMP";

/** Request of `GetShardIterator`. */
export interface GetShardIteratorRequest extends StreamTarget {
  /** The shard. */
  ShardId: string;
  /** Where the iterator points. */
  ShardIteratorType: ShardIteratorType;
  /** For the `SEQUENCE_NUMBER` types. */
  StartingSequenceNumber?: string;
  /** For `AT_TIMESTAMP`. */
  Timestamp?: Date;
}

/** Answer of `GetShardIterator`. */
export interface GetShardIteratorResponse {
  /** The iterator; lives 5 minutes. */
  ShardIterator: string;
}

/** Request of `GetRecords`. */
export interface GetRecordsRequest {
  /** The iterator. */
  ShardIterator: string;
  /** Most records, 1 to 10 000. */
  Limit?: number;
  /** The ARN of the stream, for account endpoints. */
  StreamARN?: string;
}

/** A record as `GetRecords` returns it. */
export interface KinesisApiRecord {
  /** The sequence number. */
  SequenceNumber: string;
  /** When it arrived, to the millisecond. */
  ApproximateArrivalTimestamp?: Date;
  /** The bytes. */
  Data: Uint8Array<ArrayBuffer>;
  /** The partition key. */
  PartitionKey: string;
  /** `NONE` or `KMS`. */
  EncryptionType?: "NONE" | "KMS";
}

/** A shard that continues a closed one. */
export interface ChildShard {
  /** The id. */
  ShardId: string;
  /** Its parents: one after a split, two after a merge. */
  ParentShards: string[];
  /** The hash keys that it takes. */
  HashKeyRange: { StartingHashKey: string; EndingHashKey: string };
}

/** Answer of `GetRecords`. */
export interface GetRecordsResponse {
  /** The records, in order; may be empty long before the tip of the shard. */
  Records: KinesisApiRecord[];
  /** Where to go on; absent at the end of a closed shard. */
  NextShardIterator?: string;
  /** How far the answer is behind the tip of the stream, in milliseconds. */
  MillisBehindLatest?: number;
  /** The shards that continue this one, at its end. */
  ChildShards?: ChildShard[];
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
