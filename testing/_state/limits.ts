/**
 * The limits that only the service enforces, each with the page that documents it. `_aws/limits.ts`
 * has those that the client, the producer or the consumer know as well.
 *
 * @module
 */
const KIB = 1024;
const MIB = 1024 * KIB;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * Default of MaxRecordSizeInKiB: KiB of one record, data and partition key.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html
 */
export const DEFAULT_RECORD_KIB = 1024;
/**
 * Highest MaxRecordSizeInKiB.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateMaxRecordSize.html
 */
export const MAX_RECORD_KIB = 10_240;

/**
 * Bytes that GetRecords can read from a shard per second.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
 */
export const SHARD_READ_BYTES_PER_SECOND: number = 2 * MIB;
/**
 * GetShardIterator calls per second and shard.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html
 */
export const SHARD_ITERATORS_PER_SECOND = 5;
/**
 * Lifetime of a shard iterator, in milliseconds.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html
 */
export const ITERATOR_LIFE_MS: number = 5 * MINUTE;

/**
 * Lifetime of a NextToken, in milliseconds.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListShards.html
 */
export const TOKEN_LIFE_MS: number = 300 * SECOND;
/**
 * Shards on one page of ListShards.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListShards.html
 */
export const MAX_LIST_SHARDS = 1_000;

/** Time between two events of a subscription that has no records to send, in milliseconds. */
export const SUBSCRIPTION_HEARTBEAT_MS: number = 5 * SECOND;
/** Bytes of record data in one event of a subscription. */
export const MAX_EVENT_BYTES: number = MIB;
/**
 * Registered consumers of a stream.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RegisterStreamConsumer.html
 */
export const MAX_CONSUMERS = 20;
/**
 * Registered consumers of an on-demand stream in an account with a minimum throughput commitment.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RegisterStreamConsumer.html
 */
export const MAX_CONSUMERS_ADVANTAGE = 50;
/**
 * Consumers of a stream that can be CREATING at the same time.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RegisterStreamConsumer.html
 */
export const MAX_CREATING_CONSUMERS = 5;

/**
 * Records in flight of a queue, dead letters included.
 * https://docs.aws.amazon.com/streams/latest/dev/queues-quotas.html
 */
export const MAX_IN_FLIGHT_RECORDS = 120_000;
/**
 * Queues of an account that can be CREATING or DELETING at the same time.
 * https://docs.aws.amazon.com/streams/latest/dev/queues-quotas.html
 */
export const MAX_CHANGING_QUEUES = 5;
/** How many acknowledged records a queue remembers, to deliver duplicates of them on demand. */
export const MAX_REMEMBERED_ACKNOWLEDGEMENTS = 1_000;

/**
 * UpdateShardCount calls per stream in 24 hours.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html
 */
export const MAX_SHARD_COUNT_UPDATES = 10;
/** The period that {@linkcode MAX_SHARD_COUNT_UPDATES} counts in, in milliseconds. */
export const SHARD_COUNT_UPDATE_WINDOW_MS: number = 24 * HOUR;
/**
 * Shortest retention period and default of a new stream, in hours.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_IncreaseStreamRetentionPeriod.html
 */
export const MIN_RETENTION_HOURS = 24;
/**
 * Longest retention period, in hours.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_IncreaseStreamRetentionPeriod.html
 */
export const MAX_RETENTION_HOURS = 8_760;
/** One hour, in milliseconds. */
export const HOUR_MS: number = HOUR;
/**
 * Tags of a resource.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_AddTagsToStream.html
 */
export const MAX_TAGS = 50;
/**
 * Shards of a new on-demand stream.
 * https://docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html
 */
export const ON_DEMAND_SHARDS = 4;
/**
 * On-demand streams of an account.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html
 */
export const ON_DEMAND_STREAM_LIMIT = 50;
/**
 * Default shard limit of an account: 20 000, as in the largest regions.
 * https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
 */
export const DEFAULT_SHARD_LIMIT = 20_000;
/**
 * Shortest duration of a minimum throughput commitment, in milliseconds.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateAccountSettings.html
 */
export const COMMITMENT_MS: number = 24 * HOUR;

/**
 * Calls of control-plane actions per second and account. The rates of the queue actions are not
 * documented, so they are not limited.
 * https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
 */
export const CONTROL_CALLS_PER_SECOND: Readonly<Record<string, number>> = {
  AddTagsToStream: 5,
  CreateChannel: 5,
  CreateStream: 5,
  DecreaseStreamRetentionPeriod: 5,
  DeleteChannel: 5,
  DeleteResourcePolicy: 5,
  DeleteStream: 5,
  DeregisterStreamConsumer: 5,
  DescribeAccountSettings: 5,
  DescribeChannel: 5,
  DescribeLimits: 1,
  DescribeStream: 10,
  DescribeStreamConsumer: 20,
  DescribeStreamSummary: 20,
  DisableEnhancedMonitoring: 5,
  EnableEnhancedMonitoring: 5,
  GetResourcePolicy: 5,
  IncreaseStreamRetentionPeriod: 5,
  ListChannels: 5,
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
  UpdateChannel: 5,
  UpdateMaxRecordSize: 5,
  UpdateShardCount: 10,
  UpdateStreamMode: 5,
  UpdateStreamRecordDistributionStrategy: 5,
  UpdateStreamWarmThroughput: 5,
};
/**
 * ListShards calls per second and stream.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListShards.html
 */
export const LIST_SHARDS_PER_SECOND = 1_000;
