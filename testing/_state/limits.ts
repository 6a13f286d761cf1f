/**
 * The numbers of the service, each with the page that states it.
 *
 * @module
 */
const KIB = 1024;
const MIB = 1024 * KIB;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Records in one PutRecords request. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html */
export const MAX_PUT_RECORDS = 500;
/** Bytes of one PutRecords request, keys included. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html */
export const MAX_PUT_RECORDS_BYTES: number = 10 * MIB;
/** Bytes of the largest record that any stream can allow. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateMaxRecordSize.html */
export const MAX_RECORD_BYTES: number = 10 * MIB;
/** KiB of one record, data and key, unless the stream says otherwise. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html */
export const DEFAULT_RECORD_KIB = 1024;
/** Highest MaxRecordSizeInKiB. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateMaxRecordSize.html */
export const MAX_RECORD_KIB = 10_240;

/** Records a shard takes in a second. https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
export const SHARD_WRITE_RECORDS_PER_SECOND = 1_000;
/** Bytes a shard takes in a second. https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
export const SHARD_WRITE_BYTES_PER_SECOND: number = MIB;
/** GetRecords calls a shard answers in a second. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html */
export const SHARD_READ_CALLS_PER_SECOND = 5;
/** Bytes a shard gives to GetRecords in a second. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html */
export const SHARD_READ_BYTES_PER_SECOND: number = 2 * MIB;
/** GetShardIterator calls a shard answers in a second. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html */
export const SHARD_ITERATORS_PER_SECOND = 5;
/** Records in one GetRecords answer. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html */
export const MAX_GET_RECORDS = 10_000;
/** Bytes in one GetRecords answer. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html */
export const MAX_GET_RECORDS_BYTES: number = 10 * MIB;
/** How long a shard iterator can be used. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html */
export const ITERATOR_LIFE_MS: number = 5 * MINUTE;

/** How long a NextToken can be used. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListShards.html */
export const TOKEN_LIFE_MS: number = 300 * SECOND;
/** Shards on one page of ListShards. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListShards.html */
export const MAX_LIST_SHARDS = 1_000;

/** How long a subscription lives. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SubscribeToShard.html */
export const SUBSCRIPTION_LIFE_MS: number = 5 * MINUTE;
/** How long the same consumer must wait before it subscribes to the same shard again. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SubscribeToShard.html */
export const RESUBSCRIBE_AFTER_MS: number = 5 * SECOND;
/** How often a subscription without records says that it lives. */
export const SUBSCRIPTION_BEAT_MS: number = 5 * SECOND;
/** Bytes of record data in one event of a subscription. */
export const MAX_EVENT_BYTES: number = MIB;
/** Consumers of a stream. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RegisterStreamConsumer.html */
export const MAX_CONSUMERS = 20;
/** Consumers of an on-demand stream whose account has a minimum throughput commitment. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RegisterStreamConsumer.html */
export const MAX_CONSUMERS_ADVANTAGE = 50;
/** Consumers that can be CREATING at a time. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RegisterStreamConsumer.html */
export const MAX_CREATING_CONSUMERS = 5;

/** UpdateShardCount calls in 24 hours. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html */
export const MAX_SHARD_COUNT_UPDATES = 10;
/** The window of {@linkcode MAX_SHARD_COUNT_UPDATES}. */
export const SHARD_COUNT_UPDATE_WINDOW_MS: number = 24 * HOUR;
/** Retention of a new stream and the least of any, in hours. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_IncreaseStreamRetentionPeriod.html */
export const MIN_RETENTION_HOURS = 24;
/** Highest retention, in hours. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_IncreaseStreamRetentionPeriod.html */
export const MAX_RETENTION_HOURS = 8_760;
/** One hour of retention in milliseconds. */
export const HOUR_MS: number = HOUR;
/** Tags of a resource. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_AddTagsToStream.html */
export const MAX_TAGS = 50;
/** Shards of a new on-demand stream. https://docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html */
export const ON_DEMAND_SHARDS = 4;
/** On-demand streams of an account. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html */
export const ON_DEMAND_STREAM_LIMIT = 50;
/** Shards of an account unless the server is told otherwise: 20 000 in the largest regions. https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
export const DEFAULT_SHARD_LIMIT = 20_000;
/** How far the time of a signature may be off. https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html */
export const SIGNATURE_SKEW_MS: number = 5 * MINUTE;
/** How long a throughput commitment lasts at least. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateAccountSettings.html */
export const COMMITMENT_MS: number = 24 * HOUR;

/** Calls a second and account of control-plane actions. https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
export const CONTROL_CALLS_PER_SECOND: Readonly<Record<string, number>> = {
  AddTagsToStream: 5,
  CreateStream: 5,
  DecreaseStreamRetentionPeriod: 5,
  DeleteResourcePolicy: 5,
  DeleteStream: 5,
  DeregisterStreamConsumer: 5,
  DescribeAccountSettings: 5,
  DescribeLimits: 1,
  DescribeStream: 10,
  DescribeStreamConsumer: 20,
  DescribeStreamSummary: 20,
  DisableEnhancedMonitoring: 5,
  EnableEnhancedMonitoring: 5,
  GetResourcePolicy: 5,
  IncreaseStreamRetentionPeriod: 5,
  ListStreamConsumers: 5,
  ListStreams: 5,
  ListTagsForResource: 5,
  ListTagsForStream: 5,
  MergeShards: 5,
  PutResourcePolicy: 5,
  RegisterStreamConsumer: 5,
  RemoveTagsFromStream: 5,
  SplitShard: 5,
  StartStreamEncryption: 5,
  StopStreamEncryption: 5,
  TagResource: 5,
  UntagResource: 5,
  UpdateAccountSettings: 5,
  UpdateMaxRecordSize: 5,
  UpdateShardCount: 10,
  UpdateStreamMode: 5,
  UpdateStreamRecordDistributionStrategy: 5,
  UpdateStreamWarmThroughput: 5,
};
/** ListShards calls a second and stream. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListShards.html */
export const LIST_SHARDS_PER_SECOND = 1_000;
