/**
 * Writing and reading records. The names are those of the API. `Data` is a `Uint8Array`, and times
 * are `Date`. A field that the service does not set is absent.
 *
 * @see {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/}
 * @module
 */
import type {
  DryRunnable,
  EncryptionType,
  StreamIdentified,
  StreamTarget,
} from "./common.ts";
import type { ChildShard } from "./shards.ts";

/** Request of `PutRecord`. */
export interface PutRecordRequest extends StreamTarget, DryRunnable {
  /** The bytes of the record. */
  Data: Uint8Array;
  /** 1 to 256 Unicode characters. Optional if the stream distributes records with `AUTO`. */
  PartitionKey?: string;
  /** A decimal number that determines the shard instead of the partition key. */
  ExplicitHashKey?: string;
  /** The sequence number of an earlier record. The new record gets a higher one. */
  SequenceNumberForOrdering?: string;
}

/** Answer of `PutRecord`. */
export interface PutRecordResponse {
  /** The shard that has stored the record. */
  ShardId: string;
  /** The sequence number of the record. */
  SequenceNumber: string;
  /** `NONE` or `KMS`. */
  EncryptionType?: EncryptionType;
}

/** One record of a `PutRecords` request. */
export interface PutRecordsRequestEntry {
  /** The bytes of the record. */
  Data: Uint8Array;
  /** 1 to 256 Unicode characters. Optional if the stream distributes records with `AUTO`. */
  PartitionKey?: string;
  /** A decimal number that determines the shard instead of the partition key. */
  ExplicitHashKey?: string;
}

/** Request of `PutRecords`: 1 to 500 records, up to 10 MiB. */
export interface PutRecordsRequest extends StreamTarget, DryRunnable {
  /** The records. */
  Records: readonly PutRecordsRequestEntry[];
}

/** The result of one record of a `PutRecords` request: its position, or its error. */
export interface PutRecordsResultEntry {
  /** The sequence number, if stored. */
  SequenceNumber?: string;
  /** The shard, if stored. */
  ShardId?: string;
  /**
   * The error code, if not stored: `ProvisionedThroughputExceededException` or `InternalFailure`.
   */
  ErrorCode?: string;
  /** The error message, if not stored. */
  ErrorMessage?: string;
}

/** Answer of `PutRecords`. The entries have the order of the request. */
export interface PutRecordsResponse {
  /** The number of records that were not stored. */
  FailedRecordCount?: number;
  /** One entry per record. */
  Records: PutRecordsResultEntry[];
  /** `NONE` or `KMS`. */
  EncryptionType?: EncryptionType;
}

/** How the position of a shard iterator is given. */
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
  /** How the position is given. */
  ShardIteratorType: ShardIteratorType;
  /** For the `SEQUENCE_NUMBER` types. */
  StartingSequenceNumber?: string;
  /** For `AT_TIMESTAMP`. */
  Timestamp?: Date;
}

/** Answer of `GetShardIterator`. */
export interface GetShardIteratorResponse {
  /** The iterator. Valid for 5 minutes. */
  ShardIterator: string;
}

/** Request of `GetRecords`. */
export interface GetRecordsRequest extends DryRunnable, StreamIdentified {
  /** The iterator. */
  ShardIterator: string;
  /** The most records of the answer: 1 to 10 000. */
  Limit?: number;
  /** The ARN of the stream. With it the request goes to the endpoint of the stream's account. */
  StreamARN?: string;
}

/** A record as `GetRecords` and `SubscribeToShard` return it. */
export interface KinesisApiRecord {
  /** The sequence number. */
  SequenceNumber: string;
  /** When Kinesis received the record, to the millisecond. */
  ApproximateArrivalTimestamp?: Date;
  /**
   * The bytes. Records of one answer may share an `ArrayBuffer`, so copy them with `Data.slice()`
   * before you transfer `Data.buffer` to a worker.
   */
  Data: Uint8Array<ArrayBuffer>;
  /** The partition key. Absent if the writer gave none, which `AUTO` distribution allows. */
  PartitionKey?: string;
  /** `NONE` or `KMS`. */
  EncryptionType?: EncryptionType;
}

/** Answer of `GetRecords`. */
export interface GetRecordsResponse {
  /** The records, in order. Can be empty although the shard has later records. */
  Records: KinesisApiRecord[];
  /** The iterator of the next call. Absent at the end of a closed shard. */
  NextShardIterator?: string;
  /** The lag of the answer behind the latest record, in milliseconds. */
  MillisBehindLatest?: number;
  /** The child shards. Only at the end of a closed shard. */
  ChildShards?: ChildShard[];
}
