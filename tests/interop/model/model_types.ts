/** Written by generate.py from botocore. The shapes of all actions of Kinesis. */

type EmptyShape = Record<never, never>;

interface AcknowledgeDeadLetterQueueRecordsErrorEntryShape {
  ReceiptHandle: string;
  ErrorCode: string;
  ErrorMessage?: string;
}

interface AcknowledgeDeadLetterQueueRecordsInputShape {
  QueueARN: string;
  Entries: Array<AcknowledgeDeadLetterQueueRecordsRequestEntryShape>;
}

interface AcknowledgeDeadLetterQueueRecordsOutputShape {
  Successful: Array<AcknowledgeDeadLetterQueueRecordsResultEntryShape>;
  Failed: Array<AcknowledgeDeadLetterQueueRecordsErrorEntryShape>;
}

interface AcknowledgeDeadLetterQueueRecordsRequestEntryShape {
  ReceiptHandle: string;
}

interface AcknowledgeDeadLetterQueueRecordsResultEntryShape {
  ReceiptHandle: string;
}

interface AcknowledgeQueueRecordsErrorEntryShape {
  ReceiptHandle: string;
  ErrorCode: string;
  ErrorMessage?: string;
}

interface AcknowledgeQueueRecordsInputShape {
  QueueARN: string;
  Entries: Array<AcknowledgeQueueRecordsRequestEntryShape>;
}

interface AcknowledgeQueueRecordsOutputShape {
  Successful: Array<AcknowledgeQueueRecordsResultEntryShape>;
  Failed: Array<AcknowledgeQueueRecordsErrorEntryShape>;
}

interface AcknowledgeQueueRecordsRequestEntryShape {
  ReceiptHandle: string;
}

interface AcknowledgeQueueRecordsResultEntryShape {
  ReceiptHandle: string;
}

interface AddTagsToStreamInputShape {
  StreamName?: string;
  Tags: Record<string, string>;
  StreamARN?: string;
  StreamId?: string;
}

interface ChannelDescriptionShape {
  ChannelName: string;
  ChannelARN: string;
  ChannelId: string;
  ChannelStatus: "CREATING" | "ACTIVE" | "UPDATING" | "DELETING" | "FAILED";
  ChannelStatusReason?: string;
  ChannelCreationTimestamp: Date;
  ServiceExecutionRoleARN: string;
  StreamConfigurationList: Array<ChannelStreamDescriptionShape>;
  S3DestinationConfiguration?: S3DestinationDescriptionShape;
  S3TablesDestinationConfiguration?: S3TablesDestinationDescriptionShape;
  EncryptionConfiguration?: ChannelEncryptionConfigurationShape;
  LoggingConfiguration: ChannelLoggingConfigurationShape;
}

interface ChannelEncryptionConfigurationShape {
  EncryptionType: "KMS";
  KeyId: string;
}

interface ChannelLoggingConfigurationShape {
  CloudWatchLogs: CloudWatchLogsShape;
}

interface ChannelLoggingUpdateInputShape {
  CloudWatchLogs: CloudWatchLogsUpdateInputShape;
}

interface ChannelStreamConfigurationShape {
  StreamARN: string;
  RecordConfiguration: RecordConfigurationShape;
}

interface ChannelStreamDescriptionShape {
  StreamARN: string;
  StreamCreationTimestamp: Date;
  RecordConfiguration: RecordConfigurationShape;
}

interface ChannelStreamIdentifierShape {
  StreamARN: string;
  StreamCreationTimestamp: Date;
}

interface ChannelSummaryShape {
  ChannelName: string;
  ChannelARN: string;
  ChannelId: string;
  ChannelStatus: "CREATING" | "ACTIVE" | "UPDATING" | "DELETING" | "FAILED";
  ChannelStatusReason?: string;
  ChannelCreationTimestamp: Date;
  ChannelDestinationType: "S3" | "S3_TABLES";
  Streams: Array<ChannelStreamIdentifierShape>;
}

interface ChildShardShape {
  ShardId: string;
  ParentShards: Array<string>;
  HashKeyRange: HashKeyRangeShape;
}

interface CloudWatchLogsShape {
  Enabled: boolean;
  LogGroupName?: string;
  LogStreamName?: string;
}

interface CloudWatchLogsUpdateInputShape {
  Enabled: boolean;
  LogGroupName?: string;
  LogStreamName?: string;
}

interface ConsumerShape {
  ConsumerName: string;
  ConsumerARN: string;
  ConsumerStatus: "CREATING" | "DELETING" | "ACTIVE";
  ConsumerCreationTimestamp: Date;
}

interface ConsumerDescriptionShape {
  ConsumerName: string;
  ConsumerARN: string;
  ConsumerStatus: "CREATING" | "DELETING" | "ACTIVE";
  ConsumerCreationTimestamp: Date;
  StreamARN: string;
}

interface CreateChannelInputShape {
  ChannelName: string;
  ServiceExecutionRoleARN: string;
  StreamConfigurationList: Array<ChannelStreamConfigurationShape>;
  S3DestinationConfiguration?: S3DestinationConfigurationShape;
  S3TablesDestinationConfiguration?: S3TablesDestinationConfigurationShape;
  EncryptionConfiguration?: ChannelEncryptionConfigurationShape;
  Tags?: Record<string, string>;
  LoggingConfiguration?: ChannelLoggingConfigurationShape;
}

interface CreateChannelOutputShape {
  ChannelDescription: ChannelDescriptionShape;
}

interface CreateQueueInputShape {
  QueueName: string;
  StreamConfigurationList: Array<QueueStreamConfigurationShape>;
  QueueAttributes?: QueueAttributesShape;
  Tags?: Record<string, string>;
}

interface CreateQueueOutputShape {
  QueueDescription: QueueDescriptionShape;
}

interface CreateStreamInputShape {
  StreamName: string;
  ShardCount?: number;
  StreamModeDetails?: StreamModeDetailsShape;
  Tags?: Record<string, string>;
  WarmThroughputMiBps?: number;
  MaxRecordSizeInKiB?: number;
  RecordDistributionStrategy?: "AUTO" | "USER_PARTITION_KEY";
}

interface DeadLetterConfigurationShape {
  TargetType: "BUILT_IN" | "NONE";
  MaxReceiveCount?: number;
}

interface DeadLetterQueueS3ConfigurationShape {
  BucketARN: string;
  ExpectedBucketOwner: string;
  ErrorOutputPrefix?: string;
}

interface DecreaseStreamRetentionPeriodInputShape {
  StreamName?: string;
  RetentionPeriodHours: number;
  StreamARN?: string;
  StreamId?: string;
}

interface DeleteChannelInputShape {
  ChannelARN: string;
}

interface DeleteQueueInputShape {
  QueueARN: string;
}

interface DeleteResourcePolicyInputShape {
  ResourceARN: string;
  StreamId?: string;
}

interface DeleteStreamInputShape {
  StreamName?: string;
  EnforceConsumerDeletion?: boolean;
  StreamARN?: string;
  StreamId?: string;
}

interface DeregisterStreamConsumerInputShape {
  StreamARN?: string;
  ConsumerName?: string;
  ConsumerARN?: string;
  StreamId?: string;
}

type DescribeAccountSettingsInputShape = EmptyShape;

interface DescribeAccountSettingsOutputShape {
  MinimumThroughputBillingCommitment?:
    MinimumThroughputBillingCommitmentOutputShape;
}

interface DescribeChannelInputShape {
  ChannelARN: string;
}

interface DescribeChannelOutputShape {
  ChannelDescription: ChannelDescriptionShape;
}

type DescribeLimitsInputShape = EmptyShape;

interface DescribeLimitsOutputShape {
  ShardLimit: number;
  OpenShardCount: number;
  OnDemandStreamCount: number;
  OnDemandStreamCountLimit: number;
  ChannelCount?: number;
  ChannelCountLimit?: number;
}

interface DescribeQueueInputShape {
  QueueARN: string;
}

interface DescribeQueueOutputShape {
  QueueDescription: QueueDescriptionShape;
}

interface DescribeStreamConsumerInputShape {
  StreamARN?: string;
  ConsumerName?: string;
  ConsumerARN?: string;
  StreamId?: string;
}

interface DescribeStreamConsumerOutputShape {
  ConsumerDescription: ConsumerDescriptionShape;
}

interface DescribeStreamInputShape {
  StreamName?: string;
  Limit?: number;
  ExclusiveStartShardId?: string;
  StreamARN?: string;
  StreamId?: string;
}

interface DescribeStreamOutputShape {
  StreamDescription: StreamDescriptionShape;
}

interface DescribeStreamSummaryInputShape {
  StreamName?: string;
  StreamARN?: string;
  StreamId?: string;
}

interface DescribeStreamSummaryOutputShape {
  StreamDescriptionSummary: StreamDescriptionSummaryShape;
}

interface DisableEnhancedMonitoringInputShape {
  StreamName?: string;
  ShardLevelMetrics: Array<
    | "IncomingBytes"
    | "IncomingRecords"
    | "OutgoingBytes"
    | "OutgoingRecords"
    | "WriteProvisionedThroughputExceeded"
    | "ReadProvisionedThroughputExceeded"
    | "IteratorAgeMilliseconds"
    | "ALL"
  >;
  StreamARN?: string;
  StreamId?: string;
}

interface EnableEnhancedMonitoringInputShape {
  StreamName?: string;
  ShardLevelMetrics: Array<
    | "IncomingBytes"
    | "IncomingRecords"
    | "OutgoingBytes"
    | "OutgoingRecords"
    | "WriteProvisionedThroughputExceeded"
    | "ReadProvisionedThroughputExceeded"
    | "IteratorAgeMilliseconds"
    | "ALL"
  >;
  StreamARN?: string;
  StreamId?: string;
}

interface EnhancedMetricsShape {
  ShardLevelMetrics?: Array<
    | "IncomingBytes"
    | "IncomingRecords"
    | "OutgoingBytes"
    | "OutgoingRecords"
    | "WriteProvisionedThroughputExceeded"
    | "ReadProvisionedThroughputExceeded"
    | "IteratorAgeMilliseconds"
    | "ALL"
  >;
}

interface EnhancedMonitoringOutputShape {
  StreamName?: string;
  CurrentShardLevelMetrics?: Array<
    | "IncomingBytes"
    | "IncomingRecords"
    | "OutgoingBytes"
    | "OutgoingRecords"
    | "WriteProvisionedThroughputExceeded"
    | "ReadProvisionedThroughputExceeded"
    | "IteratorAgeMilliseconds"
    | "ALL"
  >;
  DesiredShardLevelMetrics?: Array<
    | "IncomingBytes"
    | "IncomingRecords"
    | "OutgoingBytes"
    | "OutgoingRecords"
    | "WriteProvisionedThroughputExceeded"
    | "ReadProvisionedThroughputExceeded"
    | "IteratorAgeMilliseconds"
    | "ALL"
  >;
  StreamARN?: string;
}

interface GetRecordsInputShape {
  ShardIterator: string;
  Limit?: number;
  StreamARN?: string;
  StreamId?: string;
  DryRun?: boolean;
}

interface GetRecordsOutputShape {
  Records: Array<RecordShape>;
  NextShardIterator?: string;
  MillisBehindLatest?: number;
  ChildShards?: Array<ChildShardShape>;
}

interface GetResourcePolicyInputShape {
  ResourceARN: string;
  StreamId?: string;
}

interface GetResourcePolicyOutputShape {
  Policy: string;
}

interface GetShardIteratorInputShape {
  StreamName?: string;
  ShardId: string;
  ShardIteratorType:
    | "AT_SEQUENCE_NUMBER"
    | "AFTER_SEQUENCE_NUMBER"
    | "TRIM_HORIZON"
    | "LATEST"
    | "AT_TIMESTAMP";
  StartingSequenceNumber?: string;
  Timestamp?: Date;
  StreamARN?: string;
  StreamId?: string;
  DryRun?: boolean;
}

interface GetShardIteratorOutputShape {
  ShardIterator?: string;
}

interface HashKeyRangeShape {
  StartingHashKey: string;
  EndingHashKey: string;
}

interface IncreaseStreamRetentionPeriodInputShape {
  StreamName?: string;
  RetentionPeriodHours: number;
  StreamARN?: string;
  StreamId?: string;
}

interface InternalFailureExceptionShape {
  message?: string;
}

interface KMSAccessDeniedExceptionShape {
  message?: string;
}

interface KMSDisabledExceptionShape {
  message?: string;
}

interface KMSInvalidStateExceptionShape {
  message?: string;
}

interface KMSNotFoundExceptionShape {
  message?: string;
}

interface KMSOptInRequiredShape {
  message?: string;
}

interface KMSThrottlingExceptionShape {
  message?: string;
}

interface ListChannelsInputShape {
  StreamFilter?: Array<StreamFilterShape>;
  MaxResults?: number;
  NextToken?: string;
}

interface ListChannelsOutputShape {
  ChannelSummaries: Array<ChannelSummaryShape>;
  NextToken?: string;
}

interface ListQueuesInputShape {
  MaxResults?: number;
  NextToken?: string;
  StreamFilter?: Array<QueueStreamFilterShape>;
}

interface ListQueuesOutputShape {
  QueueSummaries: Array<QueueSummaryShape>;
  NextToken?: string;
}

interface ListShardsInputShape {
  StreamName?: string;
  NextToken?: string;
  ExclusiveStartShardId?: string;
  MaxResults?: number;
  StreamCreationTimestamp?: Date;
  ShardFilter?: ShardFilterShape;
  StreamARN?: string;
  StreamId?: string;
}

interface ListShardsOutputShape {
  Shards?: Array<ShardShape>;
  NextToken?: string;
}

interface ListStreamConsumersInputShape {
  StreamARN: string;
  NextToken?: string;
  MaxResults?: number;
  StreamCreationTimestamp?: Date;
  StreamId?: string;
}

interface ListStreamConsumersOutputShape {
  Consumers?: Array<ConsumerShape>;
  NextToken?: string;
}

interface ListStreamsInputShape {
  Limit?: number;
  ExclusiveStartStreamName?: string;
  NextToken?: string;
}

interface ListStreamsOutputShape {
  StreamNames: Array<string>;
  HasMoreStreams: boolean;
  NextToken?: string;
  StreamSummaries?: Array<StreamSummaryShape>;
}

interface ListTagsForResourceInputShape {
  ResourceARN: string;
  StreamId?: string;
}

interface ListTagsForResourceOutputShape {
  Tags?: Array<TagShape>;
}

interface ListTagsForStreamInputShape {
  StreamName?: string;
  ExclusiveStartTagKey?: string;
  Limit?: number;
  StreamARN?: string;
  StreamId?: string;
}

interface ListTagsForStreamOutputShape {
  Tags: Array<TagShape>;
  HasMoreTags: boolean;
}

interface MergeShardsInputShape {
  StreamName?: string;
  ShardToMerge: string;
  AdjacentShardToMerge: string;
  StreamARN?: string;
  StreamId?: string;
}

interface MinimumThroughputBillingCommitmentInputShape {
  Status: "ENABLED" | "DISABLED";
}

interface MinimumThroughputBillingCommitmentOutputShape {
  Status: "ENABLED" | "DISABLED" | "ENABLED_UNTIL_EARLIEST_ALLOWED_END";
  StartedAt?: Date;
  EndedAt?: Date;
  EarliestAllowedEndAt?: Date;
}

interface PartitionFieldShape {
  Transform: "TIME_HOUR";
  SourceName: string;
}

interface PartitionSpecShape {
  PartitionFields: Array<PartitionFieldShape>;
}

interface PutRecordInputShape {
  StreamName?: string;
  Data: Uint8Array<ArrayBuffer>;
  PartitionKey?: string;
  ExplicitHashKey?: string;
  SequenceNumberForOrdering?: string;
  StreamARN?: string;
  StreamId?: string;
  DryRun?: boolean;
}

interface PutRecordOutputShape {
  ShardId: string;
  SequenceNumber: string;
  EncryptionType?: "NONE" | "KMS";
}

interface PutRecordsInputShape {
  Records: Array<PutRecordsRequestEntryShape>;
  StreamName?: string;
  StreamARN?: string;
  StreamId?: string;
  DryRun?: boolean;
}

interface PutRecordsOutputShape {
  FailedRecordCount?: number;
  Records: Array<PutRecordsResultEntryShape>;
  EncryptionType?: "NONE" | "KMS";
}

interface PutRecordsRequestEntryShape {
  Data: Uint8Array<ArrayBuffer>;
  ExplicitHashKey?: string;
  PartitionKey?: string;
}

interface PutRecordsResultEntryShape {
  SequenceNumber?: string;
  ShardId?: string;
  ErrorCode?: string;
  ErrorMessage?: string;
}

interface PutResourcePolicyInputShape {
  ResourceARN: string;
  StreamId?: string;
  Policy: string;
}

interface QueueAttributesShape {
  VisibilityTimeoutSeconds?: number;
  DeadLetterConfiguration?: DeadLetterConfigurationShape;
}

interface QueueDescriptionShape {
  QueueName: string;
  QueueARN: string;
  QueueStatus: "CREATING" | "ACTIVE" | "UPDATING" | "DELETING";
  QueueCreationTimestamp: Date;
  StreamConfigurationList: Array<QueueStreamConfigurationShape>;
  QueueAttributes?: QueueAttributesShape;
}

interface QueueRecordShape {
  ReceiptHandle: string;
  RecordId: string;
  PartitionKey?: string;
  Data: Uint8Array<ArrayBuffer>;
  ApproximateArrivalTimestamp: Date;
  FirstReceiveTimestamp: Date;
  ReceiveCount: number;
}

interface QueueStartingPositionShape {
  Type: "TRIM_HORIZON" | "LATEST" | "AT_TIMESTAMP";
  Timestamp?: Date;
}

interface QueueStreamConfigurationShape {
  StreamARN: string;
  StartingPosition?: QueueStartingPositionShape;
}

interface QueueStreamFilterShape {
  StreamARN: string;
  StreamCreationTimestamp?: Date;
}

interface QueueStreamIdentifierShape {
  StreamARN: string;
  StreamCreationTimestamp: Date;
}

interface QueueSummaryShape {
  QueueName: string;
  QueueARN: string;
  QueueStatus: "CREATING" | "ACTIVE" | "UPDATING" | "DELETING";
  QueueCreationTimestamp: Date;
  Streams: Array<QueueStreamIdentifierShape>;
}

interface ReceiveDeadLetterQueueRecordsInputShape {
  QueueARN: string;
  Limit?: number;
  WaitTimeSeconds?: number;
  VisibilityTimeoutSeconds?: number;
}

interface ReceiveDeadLetterQueueRecordsOutputShape {
  QueueRecords: Array<QueueRecordShape>;
}

interface ReceiveQueueRecordsInputShape {
  QueueARN: string;
  Limit?: number;
  WaitTimeSeconds?: number;
  VisibilityTimeoutSeconds?: number;
}

interface ReceiveQueueRecordsOutputShape {
  QueueRecords: Array<QueueRecordShape>;
}

interface RecordShape {
  SequenceNumber: string;
  ApproximateArrivalTimestamp?: Date;
  Data: Uint8Array<ArrayBuffer>;
  PartitionKey?: string;
  EncryptionType?: "NONE" | "KMS";
}

interface RecordConfigurationShape {
  RecordFormatType: "GSR_JSON" | "JSON" | "STRING" | "BYTE_ARRAY";
  GSRSchemaARN?: string;
}

interface RegisterStreamConsumerInputShape {
  StreamARN: string;
  ConsumerName: string;
  StreamId?: string;
  Tags?: Record<string, string>;
}

interface RegisterStreamConsumerOutputShape {
  Consumer: ConsumerShape;
}

interface RemoveTagsFromStreamInputShape {
  StreamName?: string;
  TagKeys: Array<string>;
  StreamARN?: string;
  StreamId?: string;
}

interface ResourceInUseExceptionShape {
  message?: string;
}

interface ResourceNotFoundExceptionShape {
  message?: string;
}

interface RestoreDeadLetterQueueRecordsErrorEntryShape {
  ReceiptHandle: string;
  ErrorCode: string;
  ErrorMessage?: string;
}

interface RestoreDeadLetterQueueRecordsInputShape {
  QueueARN: string;
  Entries: Array<RestoreDeadLetterQueueRecordsRequestEntryShape>;
}

interface RestoreDeadLetterQueueRecordsOutputShape {
  Successful: Array<RestoreDeadLetterQueueRecordsResultEntryShape>;
  Failed: Array<RestoreDeadLetterQueueRecordsErrorEntryShape>;
}

interface RestoreDeadLetterQueueRecordsRequestEntryShape {
  ReceiptHandle: string;
}

interface RestoreDeadLetterQueueRecordsResultEntryShape {
  ReceiptHandle: string;
}

interface S3DestinationConfigurationShape {
  DataFreshnessInSeconds?: number;
  DeadLetterQueueS3Configuration?: DeadLetterQueueS3ConfigurationShape;
  StorageConfiguration: S3StorageConfigurationShape;
}

interface S3DestinationDescriptionShape {
  DataFreshnessInSeconds: number;
  DeadLetterQueueS3Configuration: DeadLetterQueueS3ConfigurationShape;
  StorageConfiguration: S3StorageConfigurationShape;
}

interface S3DestinationUpdateInputShape {
  DataFreshnessInSeconds: number;
}

interface S3StorageConfigurationShape {
  BucketARN: string;
  ExpectedBucketOwner: string;
  OutputKeyTemplate?: string;
  StorageClass?: "STANDARD" | "INTELLIGENT_TIERING" | "GLACIER_IR";
  CompressionType: "NONE" | "GZIP" | "ZSTD";
}

interface S3TablesConfigurationShape {
  TableBucketARN: string;
  Namespace: string;
  TableName: string;
  CompressionType: "NONE" | "ZSTD" | "SNAPPY";
  PartitionSpec?: PartitionSpecShape;
}

interface S3TablesDestinationConfigurationShape {
  DataFreshnessInSeconds?: number;
  DeadLetterQueueS3Configuration: DeadLetterQueueS3ConfigurationShape;
  S3TablesConfigurationList: Array<S3TablesConfigurationShape>;
}

interface S3TablesDestinationDescriptionShape {
  DataFreshnessInSeconds: number;
  DeadLetterQueueS3Configuration: DeadLetterQueueS3ConfigurationShape;
  S3TablesConfigurationList: Array<S3TablesConfigurationShape>;
}

interface S3TablesDestinationUpdateInputShape {
  DataFreshnessInSeconds: number;
}

interface SequenceNumberRangeShape {
  StartingSequenceNumber: string;
  EndingSequenceNumber?: string;
}

interface ShardShape {
  ShardId: string;
  ParentShardId?: string;
  AdjacentParentShardId?: string;
  HashKeyRange: HashKeyRangeShape;
  SequenceNumberRange: SequenceNumberRangeShape;
}

interface ShardFilterShape {
  Type:
    | "AFTER_SHARD_ID"
    | "AT_TRIM_HORIZON"
    | "FROM_TRIM_HORIZON"
    | "AT_LATEST"
    | "AT_TIMESTAMP"
    | "FROM_TIMESTAMP";
  ShardId?: string;
  Timestamp?: Date;
}

interface SplitShardInputShape {
  StreamName?: string;
  ShardToSplit: string;
  NewStartingHashKey: string;
  StreamARN?: string;
  StreamId?: string;
}

interface StartStreamEncryptionInputShape {
  StreamName?: string;
  EncryptionType: "NONE" | "KMS";
  KeyId: string;
  StreamARN?: string;
  StreamId?: string;
}

interface StartingPositionShape {
  Type:
    | "AT_SEQUENCE_NUMBER"
    | "AFTER_SEQUENCE_NUMBER"
    | "TRIM_HORIZON"
    | "LATEST"
    | "AT_TIMESTAMP";
  SequenceNumber?: string;
  Timestamp?: Date;
}

interface StopStreamEncryptionInputShape {
  StreamName?: string;
  EncryptionType: "NONE" | "KMS";
  KeyId: string;
  StreamARN?: string;
  StreamId?: string;
}

interface StreamDescriptionShape {
  StreamName: string;
  StreamARN: string;
  StreamStatus: "CREATING" | "DELETING" | "ACTIVE" | "UPDATING";
  StreamModeDetails?: StreamModeDetailsShape;
  Shards: Array<ShardShape>;
  HasMoreShards: boolean;
  RetentionPeriodHours: number;
  StreamCreationTimestamp: Date;
  EnhancedMonitoring: Array<EnhancedMetricsShape>;
  EncryptionType?: "NONE" | "KMS";
  KeyId?: string;
}

interface StreamDescriptionSummaryShape {
  StreamName: string;
  StreamARN: string;
  StreamId?: string;
  StreamStatus: "CREATING" | "DELETING" | "ACTIVE" | "UPDATING";
  StreamModeDetails?: StreamModeDetailsShape;
  RetentionPeriodHours: number;
  StreamCreationTimestamp: Date;
  EnhancedMonitoring: Array<EnhancedMetricsShape>;
  EncryptionType?: "NONE" | "KMS";
  KeyId?: string;
  OpenShardCount: number;
  ConsumerCount?: number;
  WarmThroughput?: WarmThroughputObjectShape;
  MaxRecordSizeInKiB?: number;
  ChannelCount?: number;
  RecordDistributionStrategy?: "AUTO" | "USER_PARTITION_KEY";
  QueueCount?: number;
}

interface StreamFilterShape {
  StreamARN: string;
  StreamCreationTimestamp?: Date;
}

interface StreamModeDetailsShape {
  StreamMode: "PROVISIONED" | "ON_DEMAND";
}

interface StreamSummaryShape {
  StreamName: string;
  StreamARN: string;
  StreamStatus: "CREATING" | "DELETING" | "ACTIVE" | "UPDATING";
  StreamModeDetails?: StreamModeDetailsShape;
  StreamCreationTimestamp?: Date;
}

interface SubscribeToShardEventShape {
  Records: Array<RecordShape>;
  ContinuationSequenceNumber: string;
  MillisBehindLatest: number;
  ChildShards?: Array<ChildShardShape>;
}

interface SubscribeToShardEventStreamShape {
  SubscribeToShardEvent: SubscribeToShardEventShape;
  ResourceNotFoundException?: ResourceNotFoundExceptionShape;
  ResourceInUseException?: ResourceInUseExceptionShape;
  KMSDisabledException?: KMSDisabledExceptionShape;
  KMSInvalidStateException?: KMSInvalidStateExceptionShape;
  KMSAccessDeniedException?: KMSAccessDeniedExceptionShape;
  KMSNotFoundException?: KMSNotFoundExceptionShape;
  KMSOptInRequired?: KMSOptInRequiredShape;
  KMSThrottlingException?: KMSThrottlingExceptionShape;
  InternalFailureException?: InternalFailureExceptionShape;
}

interface SubscribeToShardInputShape {
  ConsumerARN: string;
  StreamId?: string;
  ShardId: string;
  StartingPosition: StartingPositionShape;
  DryRun?: boolean;
}

interface SubscribeToShardOutputShape {
  EventStream: SubscribeToShardEventStreamShape;
}

interface TagShape {
  Key: string;
  Value?: string;
}

interface TagResourceInputShape {
  Tags: Record<string, string>;
  ResourceARN: string;
  StreamId?: string;
}

interface UntagResourceInputShape {
  TagKeys: Array<string>;
  ResourceARN: string;
  StreamId?: string;
}

interface UpdateAccountSettingsInputShape {
  MinimumThroughputBillingCommitment:
    MinimumThroughputBillingCommitmentInputShape;
}

interface UpdateAccountSettingsOutputShape {
  MinimumThroughputBillingCommitment?:
    MinimumThroughputBillingCommitmentOutputShape;
}

interface UpdateChannelInputShape {
  ChannelARN: string;
  S3DestinationConfiguration?: S3DestinationUpdateInputShape;
  S3TablesDestinationConfiguration?: S3TablesDestinationUpdateInputShape;
  LoggingConfiguration?: ChannelLoggingUpdateInputShape;
}

interface UpdateChannelOutputShape {
  ChannelDescription: ChannelDescriptionShape;
}

interface UpdateDeadLetterQueueRecordsVisibilityErrorEntryShape {
  ReceiptHandle: string;
  ErrorCode: string;
  ErrorMessage?: string;
}

interface UpdateDeadLetterQueueRecordsVisibilityInputShape {
  QueueARN: string;
  Entries: Array<UpdateDeadLetterQueueRecordsVisibilityRequestEntryShape>;
}

interface UpdateDeadLetterQueueRecordsVisibilityOutputShape {
  Successful: Array<UpdateDeadLetterQueueRecordsVisibilityResultEntryShape>;
  Failed: Array<UpdateDeadLetterQueueRecordsVisibilityErrorEntryShape>;
}

interface UpdateDeadLetterQueueRecordsVisibilityRequestEntryShape {
  ReceiptHandle: string;
  VisibilityTimeoutSeconds: number;
}

interface UpdateDeadLetterQueueRecordsVisibilityResultEntryShape {
  ReceiptHandle: string;
}

interface UpdateMaxRecordSizeInputShape {
  StreamARN?: string;
  StreamId?: string;
  MaxRecordSizeInKiB: number;
}

interface UpdateQueueInputShape {
  QueueARN: string;
  QueueAttributes: QueueAttributesShape;
}

interface UpdateQueueOutputShape {
  QueueDescription: QueueDescriptionShape;
}

interface UpdateQueueRecordsVisibilityErrorEntryShape {
  ReceiptHandle: string;
  ErrorCode: string;
  ErrorMessage?: string;
}

interface UpdateQueueRecordsVisibilityInputShape {
  QueueARN: string;
  Entries: Array<UpdateQueueRecordsVisibilityRequestEntryShape>;
}

interface UpdateQueueRecordsVisibilityOutputShape {
  Successful: Array<UpdateQueueRecordsVisibilityResultEntryShape>;
  Failed: Array<UpdateQueueRecordsVisibilityErrorEntryShape>;
}

interface UpdateQueueRecordsVisibilityRequestEntryShape {
  ReceiptHandle: string;
  VisibilityTimeoutSeconds: number;
}

interface UpdateQueueRecordsVisibilityResultEntryShape {
  ReceiptHandle: string;
}

interface UpdateShardCountInputShape {
  StreamName?: string;
  TargetShardCount: number;
  ScalingType: "UNIFORM_SCALING";
  StreamARN?: string;
  StreamId?: string;
}

interface UpdateShardCountOutputShape {
  StreamName?: string;
  CurrentShardCount?: number;
  TargetShardCount?: number;
  StreamARN?: string;
}

interface UpdateStreamModeInputShape {
  StreamARN: string;
  StreamId?: string;
  StreamModeDetails: StreamModeDetailsShape;
  WarmThroughputMiBps?: number;
}

interface UpdateStreamRecordDistributionStrategyInputShape {
  StreamARN: string;
  StreamId?: string;
  RecordDistributionStrategy: "AUTO" | "USER_PARTITION_KEY";
}

interface UpdateStreamWarmThroughputInputShape {
  StreamARN?: string;
  StreamName?: string;
  StreamId?: string;
  WarmThroughputMiBps: number;
}

interface UpdateStreamWarmThroughputOutputShape {
  StreamARN?: string;
  StreamName?: string;
  WarmThroughput?: WarmThroughputObjectShape;
}

interface WarmThroughputObjectShape {
  TargetMiBps?: number;
  CurrentMiBps?: number;
}

/** Input and output of each action. */
export interface Model {
  AcknowledgeDeadLetterQueueRecords: {
    input: AcknowledgeDeadLetterQueueRecordsInputShape;
    output: AcknowledgeDeadLetterQueueRecordsOutputShape;
  };
  AcknowledgeQueueRecords: {
    input: AcknowledgeQueueRecordsInputShape;
    output: AcknowledgeQueueRecordsOutputShape;
  };
  AddTagsToStream: { input: AddTagsToStreamInputShape; output: EmptyShape };
  CreateChannel: {
    input: CreateChannelInputShape;
    output: CreateChannelOutputShape;
  };
  CreateQueue: { input: CreateQueueInputShape; output: CreateQueueOutputShape };
  CreateStream: { input: CreateStreamInputShape; output: EmptyShape };
  DecreaseStreamRetentionPeriod: {
    input: DecreaseStreamRetentionPeriodInputShape;
    output: EmptyShape;
  };
  DeleteChannel: { input: DeleteChannelInputShape; output: EmptyShape };
  DeleteQueue: { input: DeleteQueueInputShape; output: EmptyShape };
  DeleteResourcePolicy: {
    input: DeleteResourcePolicyInputShape;
    output: EmptyShape;
  };
  DeleteStream: { input: DeleteStreamInputShape; output: EmptyShape };
  DeregisterStreamConsumer: {
    input: DeregisterStreamConsumerInputShape;
    output: EmptyShape;
  };
  DescribeAccountSettings: {
    input: DescribeAccountSettingsInputShape;
    output: DescribeAccountSettingsOutputShape;
  };
  DescribeChannel: {
    input: DescribeChannelInputShape;
    output: DescribeChannelOutputShape;
  };
  DescribeLimits: {
    input: DescribeLimitsInputShape;
    output: DescribeLimitsOutputShape;
  };
  DescribeQueue: {
    input: DescribeQueueInputShape;
    output: DescribeQueueOutputShape;
  };
  DescribeStream: {
    input: DescribeStreamInputShape;
    output: DescribeStreamOutputShape;
  };
  DescribeStreamConsumer: {
    input: DescribeStreamConsumerInputShape;
    output: DescribeStreamConsumerOutputShape;
  };
  DescribeStreamSummary: {
    input: DescribeStreamSummaryInputShape;
    output: DescribeStreamSummaryOutputShape;
  };
  DisableEnhancedMonitoring: {
    input: DisableEnhancedMonitoringInputShape;
    output: EnhancedMonitoringOutputShape;
  };
  EnableEnhancedMonitoring: {
    input: EnableEnhancedMonitoringInputShape;
    output: EnhancedMonitoringOutputShape;
  };
  GetRecords: { input: GetRecordsInputShape; output: GetRecordsOutputShape };
  GetResourcePolicy: {
    input: GetResourcePolicyInputShape;
    output: GetResourcePolicyOutputShape;
  };
  GetShardIterator: {
    input: GetShardIteratorInputShape;
    output: GetShardIteratorOutputShape;
  };
  IncreaseStreamRetentionPeriod: {
    input: IncreaseStreamRetentionPeriodInputShape;
    output: EmptyShape;
  };
  ListChannels: {
    input: ListChannelsInputShape;
    output: ListChannelsOutputShape;
  };
  ListQueues: { input: ListQueuesInputShape; output: ListQueuesOutputShape };
  ListShards: { input: ListShardsInputShape; output: ListShardsOutputShape };
  ListStreamConsumers: {
    input: ListStreamConsumersInputShape;
    output: ListStreamConsumersOutputShape;
  };
  ListStreams: { input: ListStreamsInputShape; output: ListStreamsOutputShape };
  ListTagsForResource: {
    input: ListTagsForResourceInputShape;
    output: ListTagsForResourceOutputShape;
  };
  ListTagsForStream: {
    input: ListTagsForStreamInputShape;
    output: ListTagsForStreamOutputShape;
  };
  MergeShards: { input: MergeShardsInputShape; output: EmptyShape };
  PutRecord: { input: PutRecordInputShape; output: PutRecordOutputShape };
  PutRecords: { input: PutRecordsInputShape; output: PutRecordsOutputShape };
  PutResourcePolicy: { input: PutResourcePolicyInputShape; output: EmptyShape };
  ReceiveDeadLetterQueueRecords: {
    input: ReceiveDeadLetterQueueRecordsInputShape;
    output: ReceiveDeadLetterQueueRecordsOutputShape;
  };
  ReceiveQueueRecords: {
    input: ReceiveQueueRecordsInputShape;
    output: ReceiveQueueRecordsOutputShape;
  };
  RegisterStreamConsumer: {
    input: RegisterStreamConsumerInputShape;
    output: RegisterStreamConsumerOutputShape;
  };
  RemoveTagsFromStream: {
    input: RemoveTagsFromStreamInputShape;
    output: EmptyShape;
  };
  RestoreDeadLetterQueueRecords: {
    input: RestoreDeadLetterQueueRecordsInputShape;
    output: RestoreDeadLetterQueueRecordsOutputShape;
  };
  SplitShard: { input: SplitShardInputShape; output: EmptyShape };
  StartStreamEncryption: {
    input: StartStreamEncryptionInputShape;
    output: EmptyShape;
  };
  StopStreamEncryption: {
    input: StopStreamEncryptionInputShape;
    output: EmptyShape;
  };
  SubscribeToShard: {
    input: SubscribeToShardInputShape;
    output: SubscribeToShardOutputShape;
  };
  TagResource: { input: TagResourceInputShape; output: EmptyShape };
  UntagResource: { input: UntagResourceInputShape; output: EmptyShape };
  UpdateAccountSettings: {
    input: UpdateAccountSettingsInputShape;
    output: UpdateAccountSettingsOutputShape;
  };
  UpdateChannel: {
    input: UpdateChannelInputShape;
    output: UpdateChannelOutputShape;
  };
  UpdateDeadLetterQueueRecordsVisibility: {
    input: UpdateDeadLetterQueueRecordsVisibilityInputShape;
    output: UpdateDeadLetterQueueRecordsVisibilityOutputShape;
  };
  UpdateMaxRecordSize: {
    input: UpdateMaxRecordSizeInputShape;
    output: EmptyShape;
  };
  UpdateQueue: { input: UpdateQueueInputShape; output: UpdateQueueOutputShape };
  UpdateQueueRecordsVisibility: {
    input: UpdateQueueRecordsVisibilityInputShape;
    output: UpdateQueueRecordsVisibilityOutputShape;
  };
  UpdateShardCount: {
    input: UpdateShardCountInputShape;
    output: UpdateShardCountOutputShape;
  };
  UpdateStreamMode: { input: UpdateStreamModeInputShape; output: EmptyShape };
  UpdateStreamRecordDistributionStrategy: {
    input: UpdateStreamRecordDistributionStrategyInputShape;
    output: EmptyShape;
  };
  UpdateStreamWarmThroughput: {
    input: UpdateStreamWarmThroughputInputShape;
    output: UpdateStreamWarmThroughputOutputShape;
  };
}
