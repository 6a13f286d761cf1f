/**
 * Consumers with enhanced fan-out, and what they receive. The names are the API's own; `Data` is a `Uint8Array`, times are
 * `Date`; a field that the server left unset is absent.
 *
 * @see {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/}
 * @module
 */
import type { DryRunnable } from "./common.ts";
import type { KinesisApiRecord, ShardIteratorType } from "./records.ts";
import type { ChildShard } from "./shards.ts";

/** The states of a consumer. */
export type StreamConsumerStatus = "CREATING" | "DELETING" | "ACTIVE";

/** A registered consumer. */
export interface StreamConsumer {
  /** The name, unique within the stream. */
  ConsumerName: string;
  /** The ARN; a consumer of the same name that is registered later has another one. */
  ConsumerARN: string;
  /** The state; only `ACTIVE` ones can subscribe. */
  ConsumerStatus: StreamConsumerStatus;
  /** When it was registered. */
  ConsumerCreationTimestamp?: Date;
}

/** Request of `RegisterStreamConsumer`. */
export interface RegisterStreamConsumerRequest {
  /** The ARN of the stream. */
  StreamARN: string;
  /** The name, 1 to 128 characters of `a-zA-Z0-9_.-`. */
  ConsumerName: string;
  /** Tags by key, up to 50. */
  Tags?: Record<string, string>;
}

/** Answer of `RegisterStreamConsumer`. */
export interface RegisterStreamConsumerResponse {
  /** The consumer. */
  Consumer: StreamConsumer;
}

/** A consumer: by its ARN, or by its name and the ARN of the stream. */
export interface ConsumerTarget {
  /** The ARN of the consumer. */
  ConsumerARN?: string;
  /** The ARN of the stream. */
  StreamARN?: string;
  /** The name of the consumer. */
  ConsumerName?: string;
}

/** Request of `DeregisterStreamConsumer`. */
export type DeregisterStreamConsumerRequest = ConsumerTarget;

/** Request of `DescribeStreamConsumer`. */
export type DescribeStreamConsumerRequest = ConsumerTarget;

/** What `DescribeStreamConsumer` knows. */
export interface ConsumerDescription extends StreamConsumer {
  /** The ARN of the stream. */
  StreamARN: string;
}

/** Answer of `DescribeStreamConsumer`. */
export interface DescribeStreamConsumerResponse {
  /** The consumer. */
  ConsumerDescription: ConsumerDescription;
}

/** Request of `ListStreamConsumers`. */
export interface ListStreamConsumersRequest {
  /** The ARN of the stream. */
  StreamARN: string;
  /** The token of the last page; lives 300 seconds. */
  NextToken?: string;
  /** Page size, 1 to 100. */
  MaxResults?: number;
  /** Tells apart streams of the same name that were made one after another. */
  StreamCreationTimestamp?: Date;
}

/** Answer of `ListStreamConsumers`. */
export interface ListStreamConsumersResponse {
  /** The consumers of this page. */
  Consumers?: StreamConsumer[];
  /** The token of the next page, if there is one. */
  NextToken?: string;
}

/** Where a subscription starts. */
export interface StartingPosition {
  /** The kind of position. */
  Type: ShardIteratorType;
  /** For the `SEQUENCE_NUMBER` types. */
  SequenceNumber?: string;
  /** For `AT_TIMESTAMP`. */
  Timestamp?: Date;
}

/** Request of `SubscribeToShard`. */
export interface SubscribeToShardRequest extends DryRunnable {
  /** The ARN of the consumer. */
  ConsumerARN: string;
  /** The shard. */
  ShardId: string;
  /** Where to start. */
  StartingPosition: StartingPosition;
}

/** What a subscription receives, at least every few seconds. */
export interface SubscribeToShardEvent {
  /** The records, in order; may be empty. */
  Records: KinesisApiRecord[];
  /** Where the next subscription goes on, `AFTER_SEQUENCE_NUMBER`; absent at the end of a closed shard. */
  ContinuationSequenceNumber?: string;
  /** How far the event is behind the tip of the stream, in milliseconds. */
  MillisBehindLatest?: number;
  /** The shards that continue this one, at its end. */
  ChildShards?: ChildShard[];
}
