/**
 * Creating, describing, listing and deleting streams. The names are those of the API. `Data` is a
 * `Uint8Array`, and times are `Date`. A field that the service does not set is absent.
 *
 * @see {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/}
 * @module
 */
import type { EncryptionType, StreamTarget } from "./common.ts";
import type { Shard } from "./shards.ts";
import type {
  EnhancedMetrics,
  RecordDistributionStrategy,
  StreamModeDetails,
  WarmThroughput,
} from "./stream_settings.ts";

/** Request of `CreateStream`. */
export interface CreateStreamRequest {
  /** The name, 1 to 128 characters of `a-zA-Z0-9_.-`. */
  StreamName: string;
  /** The number of shards. Required with `PROVISIONED`, which is the default. */
  ShardCount?: number;
  /** `PROVISIONED` or `ON_DEMAND`. */
  StreamModeDetails?: StreamModeDetails;
  /** Tags by key, up to 50. */
  Tags?: Record<string, string>;
  /** The write capacity that is kept ready, in MiB per second. Only with `ON_DEMAND`. */
  WarmThroughputMiBps?: number;
  /** The largest size of a record, in KiB: 1024 to 10 240. */
  MaxRecordSizeInKiB?: number;
  /** How records are distributed to shards. `AUTO` only with `ON_DEMAND`. */
  RecordDistributionStrategy?: RecordDistributionStrategy;
}

/** Request of `DeleteStream`. */
export interface DeleteStreamRequest extends StreamTarget {
  /** Whether to deregister its consumers. Without it, a stream with consumers is not deleted. */
  EnforceConsumerDeletion?: boolean;
}

/** Request of `DescribeStreamSummary`. */
export type DescribeStreamSummaryRequest = StreamTarget;

/** The states of a stream. */
export type StreamStatus = "CREATING" | "DELETING" | "ACTIVE" | "UPDATING";

/** The part of a description that `DescribeStream` and `DescribeStreamSummary` share. */
export interface StreamFacts {
  /** The name. */
  StreamName: string;
  /** The ARN. */
  StreamARN: string;
  /** The state. Records can be written and read if it is `ACTIVE` or `UPDATING`. */
  StreamStatus: StreamStatus;
  /** The capacity mode. */
  StreamModeDetails?: StreamModeDetails;
  /** The retention period, in hours. */
  RetentionPeriodHours: number;
  /** When the stream was created. */
  StreamCreationTimestamp?: Date;
  /** The metrics per shard that are enabled. */
  EnhancedMonitoring?: EnhancedMetrics[];
  /** `NONE` or `KMS`. */
  EncryptionType?: EncryptionType;
  /** The KMS key, if encrypted. */
  KeyId?: string;
}

/** The description of `DescribeStreamSummary`. */
export interface StreamDescriptionSummary extends StreamFacts {
  /** A unique id of the stream. */
  StreamId?: string;
  /** The number of open shards. */
  OpenShardCount: number;
  /** The number of registered consumers. */
  ConsumerCount?: number;
  /** The number of attached channels. */
  ChannelCount?: number;
  /** The number of queues over the stream. */
  QueueCount?: number;
  /** The write capacity that is kept ready. Only with `ON_DEMAND`. */
  WarmThroughput?: WarmThroughput;
  /** The largest size of a record, in KiB. */
  MaxRecordSizeInKiB?: number;
  /** How records are distributed to shards. */
  RecordDistributionStrategy?: RecordDistributionStrategy;
}

/** Answer of `DescribeStreamSummary`. */
export interface DescribeStreamSummaryResponse {
  /** The stream. */
  StreamDescriptionSummary: StreamDescriptionSummary;
}

/** Request of `DescribeStream`. */
export interface DescribeStreamRequest extends StreamTarget {
  /** The most shards of the answer: 1 to 10 000. The service returns at most 100. */
  Limit?: number;
  /** Only shards after this shard are listed. */
  ExclusiveStartShardId?: string;
}

/** The description of `DescribeStream`. */
export interface StreamDescription extends StreamFacts {
  /** One page of its shards. */
  Shards: Shard[];
  /** Whether there are more shards. */
  HasMoreShards: boolean;
}

/** Answer of `DescribeStream`. */
export interface DescribeStreamResponse {
  /** The stream. */
  StreamDescription: StreamDescription;
}

/** Request of `ListStreams`. */
export interface ListStreamsRequest {
  /** The most streams of the answer: 1 to 10 000. */
  Limit?: number;
  /** Only streams after this stream are listed. */
  ExclusiveStartStreamName?: string;
  /** The token of the previous page. */
  NextToken?: string;
}

/** A stream in the list of `ListStreams`. */
export interface StreamSummary {
  /** The name. */
  StreamName: string;
  /** The ARN. */
  StreamARN: string;
  /** The state. */
  StreamStatus: StreamStatus;
  /** The capacity mode. */
  StreamModeDetails?: StreamModeDetails;
  /** When the stream was created. */
  StreamCreationTimestamp?: Date;
}

/** Answer of `ListStreams`. */
export interface ListStreamsResponse {
  /** The names of this page. */
  StreamNames: string[];
  /** Whether there are more pages. */
  HasMoreStreams: boolean;
  /** The token of the next page, if there is one. */
  NextToken?: string;
  /** The streams of this page with more data. Absent in emulators. */
  StreamSummaries?: StreamSummary[];
}
