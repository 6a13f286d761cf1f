/**
 * Writing and reading records. The names are the API's own; `Data` is a `Uint8Array`, times are
 * `Date`; a field that the server left unset is absent.
 *
 * @see {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/}
 * @module
 */
import type { DryRunnable, EncryptionType, StreamTarget } from "./common.ts";
import type { ChildShard } from "./shards.ts";

/** Request of `PutRecord`. */
export interface PutRecordRequest extends StreamTarget, DryRunnable {
  /** The bytes of the record. */
  Data: Uint8Array;
  /** 1 to 256 Unicode characters. May be left out where the stream distributes records by itself. */
  PartitionKey?: string;
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
  EncryptionType?: EncryptionType;
}

/** One record of a `PutRecords` request. */
export interface PutRecordsRequestEntry {
  /** The bytes of the record. */
  Data: Uint8Array;
  /** 1 to 256 Unicode characters. May be left out where the stream distributes records by itself. */
  PartitionKey?: string;
  /** A decimal number that chooses the shard in place of the partition key. */
  ExplicitHashKey?: string;
}

/** Request of `PutRecords`: 1 to 500 records, up to 10 MiB. */
export interface PutRecordsRequest extends StreamTarget, DryRunnable {
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
  EncryptionType?: EncryptionType;
}

/** Where a shard iterator points. */
export type ShardIteratorType =
  | "AT_SEQUENCE_NUMBER"
  | "AFTER_SEQUENCE_NUMBER"
  | "TRIM_HORIZON"
  | "LATEST"
  | "AT_TIMESTAMP";

/** Request of `GetShardIterator`. */
export interface GetShardIteratorRequest extends StreamTarget, DryRunnable {
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
export interface GetRecordsRequest extends DryRunnable {
  /** The iterator. */
  ShardIterator: string;
  /** Most records, 1 to 10 000. */
  Limit?: number;
  /** The ARN of the stream. With it the request goes to the endpoint of the stream's account. */
  StreamARN?: string;
}

/** A record as `GetRecords` and `SubscribeToShard` return it. */
export interface KinesisApiRecord {
  /** The sequence number. */
  SequenceNumber: string;
  /** When it arrived, to the millisecond. */
  ApproximateArrivalTimestamp?: Date;
  /**
   * The bytes. Records of one answer may share an `ArrayBuffer`: before you transfer `Data.buffer` to a worker, take a copy
   * with `Data.slice()`.
   */
  Data: Uint8Array<ArrayBuffer>;
  /** The partition key; empty where the stream distributes records by itself and the producer gave none. */
  PartitionKey: string;
  /** `NONE` or `KMS`. */
  EncryptionType?: EncryptionType;
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
