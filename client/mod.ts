/**
 * The client for Kinesis Data Streams. It can be used without producers and consumers.
 *
 * @module
 */
export type { Clock } from "../_core/clock.ts";
export type {
  Credentials,
  CredentialsProvider,
  Environment,
} from "../credentials/mod.ts";
export type { AttemptEvent, ClientHooks } from "../hooks.ts";
export { KinesisClient } from "./kinesis_client.ts";
export type { ListedStream } from "./_paginate.ts";
export type {
  PermissionCheck,
  PreflightOptions,
  PreflightReport,
} from "./_preflight.ts";
export type { SubscribeOptions } from "./_subscription.ts";
export type { KinesisClientOptions, Protocol } from "./options.ts";
export type { Fetch } from "../_core/fetch.ts";
export type {
  AccountIdEndpointMode,
  CallOptions,
  RetryOptions,
  ServiceOptions,
} from "../_service/options.ts";
export type { WaitOptions } from "../_service/wait.ts";
export type {
  AccountSettingsResponse,
  DescribeLimitsResponse,
  MinimumThroughputBillingCommitment,
  UpdateAccountSettingsRequest,
} from "./types/account.ts";
export type {
  ChannelDescription,
  ChannelDestinationUpdate,
  ChannelEncryptionConfiguration,
  ChannelLoggingConfiguration,
  ChannelResponse,
  ChannelStatus,
  ChannelStreamConfiguration,
  ChannelStreamDescription,
  ChannelStreamFilter,
  ChannelStreamIdentifier,
  ChannelSummary,
  ChannelTarget,
  CloudWatchLogs,
  CreateChannelRequest,
  DeadLetterQueueS3Configuration,
  DeleteChannelRequest,
  DescribeChannelRequest,
  ListChannelsRequest,
  ListChannelsResponse,
  PartitionField,
  PartitionSpec,
  RecordConfiguration,
  S3DestinationConfiguration,
  S3StorageConfiguration,
  S3TablesConfiguration,
  S3TablesDestinationConfiguration,
  UpdateChannelRequest,
} from "./types/channels.ts";
export type {
  DryRunnable,
  EncryptionType,
  HashKeyRange,
  StreamIdentified,
  StreamTarget,
} from "./types/common.ts";
export type {
  ConsumerDescription,
  ConsumerTarget,
  DeregisterStreamConsumerRequest,
  DescribeStreamConsumerRequest,
  DescribeStreamConsumerResponse,
  ListStreamConsumersRequest,
  ListStreamConsumersResponse,
  RegisterStreamConsumerRequest,
  RegisterStreamConsumerResponse,
  StartingPosition,
  StreamConsumer,
  StreamConsumerStatus,
  SubscribeToShardEvent,
  SubscribeToShardRequest,
} from "./types/consumers.ts";
export type {
  GetResourcePolicyResponse,
  PutResourcePolicyRequest,
  ResourcePolicyRequest,
} from "./types/policies.ts";
export type {
  QueueApiRecord,
  QueueEntriesRequest,
  QueueEntriesResponse,
  QueueErrorEntry,
  QueueRecordEntry,
  QueueVisibilityEntry,
  QueueVisibilityRequest,
  ReceiveQueueRecordsRequest,
  ReceiveQueueRecordsResponse,
} from "./types/queue_records.ts";
export type {
  CreateQueueRequest,
  DeadLetterConfiguration,
  DeleteQueueRequest,
  DescribeQueueRequest,
  ListQueuesRequest,
  ListQueuesResponse,
  QueueAttributes,
  QueueDescription,
  QueueResponse,
  QueueStartingPosition,
  QueueStatus,
  QueueStreamConfiguration,
  QueueStreamFilter,
  QueueStreamIdentifier,
  QueueSummary,
  QueueTarget,
  UpdateQueueRequest,
} from "./types/queues.ts";
export type {
  GetRecordsRequest,
  GetRecordsResponse,
  GetShardIteratorRequest,
  GetShardIteratorResponse,
  KinesisApiRecord,
  PutRecordRequest,
  PutRecordResponse,
  PutRecordsRequest,
  PutRecordsRequestEntry,
  PutRecordsResponse,
  PutRecordsResultEntry,
  ShardIteratorType,
} from "./types/records.ts";
export type {
  ChildShard,
  ListShardsRequest,
  ListShardsResponse,
  MergeShardsRequest,
  Shard,
  ShardFilter,
  SplitShardRequest,
  UpdateShardCountRequest,
  UpdateShardCountResponse,
} from "./types/shards.ts";
export type {
  EnhancedMetrics,
  EnhancedMonitoringRequest,
  EnhancedMonitoringResponse,
  RecordDistributionStrategy,
  ShardLevelMetric,
  StreamEncryptionRequest,
  StreamModeDetails,
  StreamRetentionPeriodRequest,
  UpdateMaxRecordSizeRequest,
  UpdateStreamModeRequest,
  UpdateStreamRecordDistributionStrategyRequest,
  UpdateStreamWarmThroughputRequest,
  UpdateStreamWarmThroughputResponse,
  WarmThroughput,
} from "./types/stream_settings.ts";
export type {
  CreateStreamRequest,
  DeleteStreamRequest,
  DescribeStreamRequest,
  DescribeStreamResponse,
  DescribeStreamSummaryRequest,
  DescribeStreamSummaryResponse,
  ListStreamsRequest,
  ListStreamsResponse,
  StreamDescription,
  StreamDescriptionSummary,
  StreamFacts,
  StreamStatus,
  StreamSummary,
} from "./types/streams.ts";
export type {
  AddTagsToStreamRequest,
  ListTagsForResourceRequest,
  ListTagsForResourceResponse,
  ListTagsForStreamRequest,
  ListTagsForStreamResponse,
  RemoveTagsFromStreamRequest,
  Tag,
  TagResourceRequest,
  UntagResourceRequest,
} from "./types/tags.ts";
