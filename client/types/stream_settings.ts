/**
 * Settings of a stream: retention, encryption, monitoring, mode, capacity. The names are those of
 * the API. `Data` is a `Uint8Array`, and times are `Date`. A field that the service does not set is
 * absent.
 *
 * @see {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/}
 * @module
 */
import type {
  EncryptionType,
  StreamIdentified,
  StreamTarget,
} from "./common.ts";

/** The capacity mode of a stream. */
export interface StreamModeDetails {
  /** `PROVISIONED`: by the number of shards. `ON_DEMAND`: by the traffic. */
  StreamMode: "PROVISIONED" | "ON_DEMAND";
}

/** How records are distributed to shards: `AUTO` evenly, or by partition key. */
export type RecordDistributionStrategy = "AUTO" | "USER_PARTITION_KEY";

/** The write capacity that is kept ready, in MiB per second. */
export interface WarmThroughput {
  /** The requested capacity. */
  TargetMiBps?: number;
  /** The current capacity. */
  CurrentMiBps?: number;
}

/** Request of `IncreaseStreamRetentionPeriod` and `DecreaseStreamRetentionPeriod`. */
export interface StreamRetentionPeriodRequest extends StreamTarget {
  /** The new retention period, in hours: 24 to 8760. */
  RetentionPeriodHours: number;
}

/** Request of `StartStreamEncryption` and `StopStreamEncryption`. */
export interface StreamEncryptionRequest extends StreamTarget {
  /** The type of the encryption. `KMS` is the only one. */
  EncryptionType: EncryptionType;
  /** The KMS key: its id, ARN or alias. `alias/aws/kinesis` is the key of the service. */
  KeyId: string;
}

/** The metrics per shard. */
export type ShardLevelMetric =
  | "ALL"
  | "IncomingBytes"
  | "IncomingRecords"
  | "IteratorAgeMilliseconds"
  | "OutgoingBytes"
  | "OutgoingRecords"
  | "ReadProvisionedThroughputExceeded"
  | "WriteProvisionedThroughputExceeded";

/** The metrics per shard that are enabled. */
export interface EnhancedMetrics {
  /** The metrics. */
  ShardLevelMetrics?: ShardLevelMetric[];
}

/** Request of `EnableEnhancedMonitoring` and `DisableEnhancedMonitoring`. */
export interface EnhancedMonitoringRequest extends StreamTarget {
  /** The metrics. */
  ShardLevelMetrics: readonly ShardLevelMetric[];
}

/** Answer of `EnableEnhancedMonitoring` and `DisableEnhancedMonitoring`. */
export interface EnhancedMonitoringResponse {
  /** The name of the stream. */
  StreamName?: string;
  /** The ARN of the stream. */
  StreamARN?: string;
  /** The metrics that were enabled before. */
  CurrentShardLevelMetrics?: ShardLevelMetric[];
  /** The metrics that are enabled now. */
  DesiredShardLevelMetrics?: ShardLevelMetric[];
}

/** Request of `UpdateStreamMode`. */
export interface UpdateStreamModeRequest extends StreamIdentified {
  /** The ARN of the stream. */
  StreamARN: string;
  /** The new mode. */
  StreamModeDetails: StreamModeDetails;
  /** The write capacity that is kept ready, in MiB per second. Only with `ON_DEMAND`. */
  WarmThroughputMiBps?: number;
}

/** Request of `UpdateStreamWarmThroughput`. */
export interface UpdateStreamWarmThroughputRequest extends StreamTarget {
  /** The write capacity that is kept ready, in MiB per second. */
  WarmThroughputMiBps: number;
}

/** Answer of `UpdateStreamWarmThroughput`. */
export interface UpdateStreamWarmThroughputResponse {
  /** The name of the stream. */
  StreamName?: string;
  /** The ARN of the stream. */
  StreamARN?: string;
  /** The requested and the current capacity. */
  WarmThroughput?: WarmThroughput;
}

/** Request of `UpdateMaxRecordSize`. */
export interface UpdateMaxRecordSizeRequest extends StreamIdentified {
  /** The ARN of the stream. */
  StreamARN: string;
  /** The largest size of a record, in KiB: 1024 to 10 240. */
  MaxRecordSizeInKiB: number;
}

/** Request of `UpdateStreamRecordDistributionStrategy`. */
export interface UpdateStreamRecordDistributionStrategyRequest
  extends StreamIdentified {
  /** The ARN of the stream. */
  StreamARN: string;
  /** The new distribution. */
  RecordDistributionStrategy: RecordDistributionStrategy;
}
