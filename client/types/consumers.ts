/**
 * Consumers with enhanced fan-out, and their events. The names are those of the API. `Data` is a
 * `Uint8Array`, and times are `Date`. A field that the service does not set is absent.
 *
 * @see {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/}
 * @module
 */
import type { DryRunnable, StreamIdentified } from "./common.ts";
import type { KinesisApiRecord, ShardIteratorType } from "./records.ts";
import type { ChildShard } from "./shards.ts";

/** The states of a consumer. */
export type StreamConsumerStatus = "CREATING" | "DELETING" | "ACTIVE";

/** A registered consumer. */
export interface StreamConsumer {
  /** The name, unique within the stream. */
  ConsumerName: string;
  /** The ARN. A consumer that is registered later with the same name has another ARN. */
  ConsumerARN: string;
  /** The state. Only an `ACTIVE` consumer can subscribe. */
  ConsumerStatus: StreamConsumerStatus;
  /** When it was registered. */
  ConsumerCreationTimestamp?: Date;
}

/** Request of `RegisterStreamConsumer`. */
export interface RegisterStreamConsumerRequest extends StreamIdentified {
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
export interface ConsumerTarget extends StreamIdentified {
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

/** The description of a consumer. */
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
export interface ListStreamConsumersRequest extends StreamIdentified {
  /** The ARN of the stream. */
  StreamARN: string;
  /** The token of the previous page. Valid for 300 seconds. */
  NextToken?: string;
  /** Page size, 1 to 100. */
  MaxResults?: number;
  /** When the stream was created. Distinguishes streams that have had the same name. */
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
export interface SubscribeToShardRequest extends DryRunnable, StreamIdentified {
  /** The ARN of the consumer. */
  ConsumerARN: string;
  /** The shard. */
  ShardId: string;
  /** Where to start. */
  StartingPosition: StartingPosition;
}

/** An event of a subscription. One arrives at least every 5 seconds. */
export interface SubscribeToShardEvent {
  /** The records, in order. Can be empty. */
  Records: KinesisApiRecord[];
  /**
   * The position after which the next subscription continues, with `AFTER_SEQUENCE_NUMBER`. Absent
   * at the end of a closed shard.
   */
  ContinuationSequenceNumber?: string;
  /** The lag of the event behind the latest record, in milliseconds. */
  MillisBehindLatest?: number;
  /** The child shards. Only at the end of a closed shard. */
  ChildShards?: ChildShard[];
}
