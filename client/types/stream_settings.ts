/**
 * Settings of a stream: retention, encryption, monitoring, mode, capacity. The names are the API's own; `Data` is a `Uint8Array`, times are
 * `Date`; a field that the server left unset is absent.
 *
 * @see {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/}
 * @module
 */
import type { EncryptionType, StreamTarget } from "./common.ts";

/** The capacity mode of a stream. */
export interface StreamModeDetails {
  /** Capacity by the shards that it has, or by what is written. */
  StreamMode: "PROVISIONED" | "ON_DEMAND";
}

/** How records find their shards: evenly, or by partition key. */
export type RecordDistributionStrategy = "AUTO" | "USER_PARTITION_KEY";

/** Write capacity that is there at once, in MiB a second. */
export interface WarmThroughput {
  /** What was asked for. */
  TargetMiBps?: number;
  /** What there is now. */
  CurrentMiBps?: number;
}

/** Request of `IncreaseStreamRetentionPeriod` and `DecreaseStreamRetentionPeriod`. */
export interface StreamRetentionPeriodRequest extends StreamTarget {
  /** How long records are kept from now on, in hours: 24 to 8760. */
  RetentionPeriodHours: number;
}

/** Request of `StartStreamEncryption` and `StopStreamEncryption`. */
export interface StreamEncryptionRequest extends StreamTarget {
  /** The only way there is. */
  EncryptionType: EncryptionType;
  /** The KMS key: its id, ARN or alias; `alias/aws/kinesis` is the one of Kinesis. */
  KeyId: string;
}

/** Metrics of single shards. */
export type ShardLevelMetric =
  | "ALL"
  | "IncomingBytes"
  | "IncomingRecords"
  | "IteratorAgeMilliseconds"
  | "OutgoingBytes"
  | "OutgoingRecords"
  | "ReadProvisionedThroughputExceeded"
  | "WriteProvisionedThroughputExceeded";

/** Metrics of single shards that are switched on. */
export interface EnhancedMetrics {
  /** Which. */
  ShardLevelMetrics?: ShardLevelMetric[];
}

/** Request of `EnableEnhancedMonitoring` and `DisableEnhancedMonitoring`. */
export interface EnhancedMonitoringRequest extends StreamTarget {
  /** Which metrics. */
  ShardLevelMetrics: readonly ShardLevelMetric[];
}

/** Answer of `EnableEnhancedMonitoring` and `DisableEnhancedMonitoring`. */
export interface EnhancedMonitoringResponse {
  /** The name of the stream. */
  StreamName?: string;
  /** The ARN of the stream. */
  StreamARN?: string;
  /** What was switched on before. */
  CurrentShardLevelMetrics?: ShardLevelMetric[];
  /** What is switched on now. */
  DesiredShardLevelMetrics?: ShardLevelMetric[];
}

/** Request of `UpdateStreamMode`. */
export interface UpdateStreamModeRequest {
  /** The ARN of the stream. */
  StreamARN: string;
  /** The new mode. */
  StreamModeDetails: StreamModeDetails;
  /** Write capacity that is there at once, in MiB a second; `ON_DEMAND` only. */
  WarmThroughputMiBps?: number;
}

/** Request of `UpdateStreamWarmThroughput`. */
export interface UpdateStreamWarmThroughputRequest extends StreamTarget {
  /** Write capacity that is there at once, in MiB a second. */
  WarmThroughputMiBps: number;
}

/** Answer of `UpdateStreamWarmThroughput`. */
export interface UpdateStreamWarmThroughputResponse {
  /** The name of the stream. */
  StreamName?: string;
  /** The ARN of the stream. */
  StreamARN?: string;
  /** What was asked for, and what there is now. */
  WarmThroughput?: WarmThroughput;
}

/** Request of `UpdateMaxRecordSize`. */
export interface UpdateMaxRecordSizeRequest {
  /** The ARN of the stream. */
  StreamARN: string;
  /** The largest record that the stream takes, in KiB: 1024 to 10 240. */
  MaxRecordSizeInKiB: number;
}

/** Request of `UpdateStreamRecordDistributionStrategy`. */
export interface UpdateStreamRecordDistributionStrategyRequest {
  /** The ARN of the stream. */
  StreamARN: string;
  /** How records find their shards from now on. */
  RecordDistributionStrategy: RecordDistributionStrategy;
}
