/**
 * Making, describing, listing and removing streams. The names are the API's own; `Data` is a `Uint8Array`, times are
 * `Date`; a field that the server left unset is absent.
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
  /** How many shards; required in `PROVISIONED` mode, which is the default. */
  ShardCount?: number;
  /** `PROVISIONED` or `ON_DEMAND`. */
  StreamModeDetails?: StreamModeDetails;
  /** Tags by key, up to 50. */
  Tags?: Record<string, string>;
  /** Write capacity that is there at once, in MiB a second; `ON_DEMAND` only. */
  WarmThroughputMiBps?: number;
  /** The largest record that the stream takes, in KiB: 1024 to 10 240. */
  MaxRecordSizeInKiB?: number;
  /** How records find their shards; `AUTO` in `ON_DEMAND` mode only. */
  RecordDistributionStrategy?: RecordDistributionStrategy;
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

/** What `DescribeStream` and `DescribeStreamSummary` both know. */
export interface StreamFacts {
  /** The name. */
  StreamName: string;
  /** The ARN. */
  StreamARN: string;
  /** The state; records can be put and read while `ACTIVE` or `UPDATING`. */
  StreamStatus: StreamStatus;
  /** The capacity mode. */
  StreamModeDetails?: StreamModeDetails;
  /** How long records are kept, in hours. */
  RetentionPeriodHours: number;
  /** When it was made. */
  StreamCreationTimestamp?: Date;
  /** Shard-level metrics that are switched on. */
  EnhancedMonitoring?: EnhancedMetrics[];
  /** `NONE` or `KMS`. */
  EncryptionType?: EncryptionType;
  /** The KMS key, if encrypted. */
  KeyId?: string;
}

/** What `DescribeStreamSummary` knows. */
export interface StreamDescriptionSummary extends StreamFacts {
  /** A unique id of the stream. */
  StreamId?: string;
  /** How many shards are open. */
  OpenShardCount: number;
  /** How many fan-out consumers are registered. */
  ConsumerCount?: number;
  /** How many channels are attached. */
  ChannelCount?: number;
  /** Write capacity that is there at once; `ON_DEMAND` only. */
  WarmThroughput?: WarmThroughput;
  /** The largest record that the stream takes, in KiB. */
  MaxRecordSizeInKiB?: number;
  /** How records find their shards. */
  RecordDistributionStrategy?: RecordDistributionStrategy;
}

/** Answer of `DescribeStreamSummary`. */
export interface DescribeStreamSummaryResponse {
  /** The stream. */
  StreamDescriptionSummary: StreamDescriptionSummary;
}

/** Request of `DescribeStream`. */
export interface DescribeStreamRequest extends StreamTarget {
  /** Most shards in one answer, 1 to 10 000; at most 100 are returned. */
  Limit?: number;
  /** Lists shards after this one only. */
  ExclusiveStartShardId?: string;
}

/** What `DescribeStream` knows. */
export interface StreamDescription extends StreamFacts {
  /** A page of its shards. */
  Shards: Shard[];
  /** Whether there are more of them. */
  HasMoreShards: boolean;
}

/** Answer of `DescribeStream`. */
export interface DescribeStreamResponse {
  /** The stream. */
  StreamDescription: StreamDescription;
}

/** Request of `ListStreams`. */
export interface ListStreamsRequest {
  /** Most streams in one answer, 1 to 10 000. */
  Limit?: number;
  /** Lists streams after this one only. */
  ExclusiveStartStreamName?: string;
  /** The token of the last page. */
  NextToken?: string;
}

/** What `ListStreams` knows of one stream. */
export interface StreamSummary {
  /** The name. */
  StreamName: string;
  /** The ARN. */
  StreamARN: string;
  /** The state. */
  StreamStatus: StreamStatus;
  /** The capacity mode. */
  StreamModeDetails?: StreamModeDetails;
  /** When it was made. */
  StreamCreationTimestamp?: Date;
}

/** Answer of `ListStreams`. */
export interface ListStreamsResponse {
  /** The names of this page. */
  StreamNames: string[];
  /** Whether there are more. */
  HasMoreStreams: boolean;
  /** The token of the next page, if there is one. */
  NextToken?: string;
  /** More about the streams of this page; emulators leave it out. */
  StreamSummaries?: StreamSummary[];
}
