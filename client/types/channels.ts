/**
 * Channels, which deliver the records of a stream to S3. The names are those of the API, and times
 * are `Date`. A field that the service does not set is absent.
 *
 * @see {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/}
 * @module
 */

/** The states of a channel. */
export type ChannelStatus =
  | "CREATING"
  | "ACTIVE"
  | "UPDATING"
  | "DELETING"
  | "FAILED";

/** How the data of records is read. */
export interface RecordConfiguration {
  /**
   * The format: `JSON` is a JSON document per record. `GSR_JSON` has the header of the Glue Schema
   * Registry, and is for tables only. `STRING` and `BYTE_ARRAY` are for buckets only.
   */
  RecordFormatType: "GSR_JSON" | "JSON" | "STRING" | "BYTE_ARRAY";
  /** The ARN of the schema in the Glue Schema Registry. Delivery to tables needs it. */
  GSRSchemaARN?: string;
}

/** A stream whose records a channel delivers. */
export interface ChannelStreamConfiguration {
  /** The ARN of the stream. It must be on demand. */
  StreamARN: string;
  /** How the data is read. */
  RecordConfiguration: RecordConfiguration;
}

/** A stream in the description of a channel. */
export interface ChannelStreamDescription extends ChannelStreamConfiguration {
  /** When the stream was created. */
  StreamCreationTimestamp: Date;
}

/** Where records go that cannot be delivered. */
export interface DeadLetterQueueS3Configuration {
  /** The ARN of the bucket. */
  BucketARN: string;
  /** The account that owns the bucket, 12 digits. */
  ExpectedBucketOwner: string;
  /** The start of the object keys, up to 512 characters. */
  ErrorOutputPrefix?: string;
}

/** The objects that a channel writes to S3. */
export interface S3StorageConfiguration {
  /** The ARN of the bucket. */
  BucketARN: string;
  /** The account that owns the bucket, 12 digits. */
  ExpectedBucketOwner: string;
  /** The pattern of the object keys, 1 to 1024 characters. Default: one of the service. */
  OutputKeyTemplate?: string;
  /**
   * The storage class of the objects.
   * @default {"STANDARD"}
   */
  StorageClass?: "STANDARD" | "INTELLIGENT_TIERING" | "GLACIER_IR";
  /** The compression of the objects. */
  CompressionType: "NONE" | "GZIP" | "ZSTD";
}

/** Delivery to a bucket. */
export interface S3DestinationConfiguration {
  /**
   * The longest time from a record to its object, in seconds.
   * @default {300}
   */
  DataFreshnessInSeconds?: number;
  /** Where records go that cannot be delivered. Default: the bucket of the objects. */
  DeadLetterQueueS3Configuration?: DeadLetterQueueS3Configuration;
  /** The objects. */
  StorageConfiguration: S3StorageConfiguration;
}

/** A field by which a table is partitioned. */
export interface PartitionField {
  /** How the value of the field becomes the partition. `TIME_HOUR` is the only way. */
  Transform: "TIME_HOUR";
  /** The column, 1 to 255 characters. Its type must be `timestamptz`. */
  SourceName: string;
}

/** How a table is partitioned. */
export interface PartitionSpec {
  /** The fields: 1 to 10. */
  PartitionFields: readonly PartitionField[];
}

/** A table that a channel writes to. */
export interface S3TablesConfiguration {
  /** The ARN of the table bucket. */
  TableBucketARN: string;
  /** The namespace, 1 to 255 characters of `0-9a-z_`. */
  Namespace: string;
  /** The name of the table, 1 to 255 characters of `0-9a-z_`. The channel creates the table. */
  TableName: string;
  /** The compression of the files. */
  CompressionType: "NONE" | "ZSTD" | "SNAPPY";
  /** How the table is partitioned. */
  PartitionSpec?: PartitionSpec;
}

/** Delivery to tables. */
export interface S3TablesDestinationConfiguration {
  /**
   * The longest time from a record to its row, in seconds.
   * @default {300}
   */
  DataFreshnessInSeconds?: number;
  /** Where records go that cannot be delivered. */
  DeadLetterQueueS3Configuration: DeadLetterQueueS3Configuration;
  /** The table. Exactly one. */
  S3TablesConfigurationList: readonly S3TablesConfiguration[];
}

/** How what a channel writes is encrypted. */
export interface ChannelEncryptionConfiguration {
  /** Always `KMS`. */
  EncryptionType: "KMS";
  /** The KMS key: its id, ARN or alias. It cannot be `alias/aws/kinesis`. */
  KeyId: string;
}

/** Where a channel writes its log. */
export interface CloudWatchLogs {
  /** Whether it writes one. */
  Enabled: boolean;
  /** The log group. Default: `/aws/kinesis/<channel name>/<channel id>`. */
  LogGroupName?: string;
  /**
   * The log stream.
   * @default {"DestinationDelivery"}
   */
  LogStreamName?: string;
}

/** The log of a channel. */
export interface ChannelLoggingConfiguration {
  /** The log in CloudWatch. */
  CloudWatchLogs: CloudWatchLogs;
}

/** Request of `CreateChannel`. Exactly one of the two destinations is required. */
export interface CreateChannelRequest {
  /** The name, 1 to 128 characters of `a-zA-Z0-9_.-`, unique in the account and region. */
  ChannelName: string;
  /** The role that writes to the destination. Needs the permission `iam:PassRole` for it. */
  ServiceExecutionRoleARN: string;
  /** The stream. Exactly one. */
  StreamConfigurationList: readonly ChannelStreamConfiguration[];
  /** Delivery to a bucket. */
  S3DestinationConfiguration?: S3DestinationConfiguration;
  /** Delivery to tables. */
  S3TablesDestinationConfiguration?: S3TablesDestinationConfiguration;
  /** How what is written is encrypted. */
  EncryptionConfiguration?: ChannelEncryptionConfiguration;
  /** Tags by key, up to 50. */
  Tags?: Record<string, string>;
  /** The log. */
  LoggingConfiguration?: ChannelLoggingConfiguration;
}

/** A channel: by its ARN. */
export interface ChannelTarget {
  /** The ARN of the channel. */
  ChannelARN: string;
}

/** Request of `DeleteChannel`. */
export type DeleteChannelRequest = ChannelTarget;

/** Request of `DescribeChannel`. */
export type DescribeChannelRequest = ChannelTarget;

/** The setting of a destination that can be changed. */
export interface ChannelDestinationUpdate {
  /** The longest time from a record to its object or row, in seconds. */
  DataFreshnessInSeconds: number;
}

/** Request of `UpdateChannel`. Nothing else about a channel can be changed. */
export interface UpdateChannelRequest extends ChannelTarget {
  /** Changes delivery to a bucket. */
  S3DestinationConfiguration?: ChannelDestinationUpdate;
  /** Changes delivery to tables. */
  S3TablesDestinationConfiguration?: ChannelDestinationUpdate;
  /** The log. */
  LoggingConfiguration?: ChannelLoggingConfiguration;
}

/** The description of a channel. */
export interface ChannelDescription {
  /** The name. */
  ChannelName: string;
  /** The ARN. */
  ChannelARN: string;
  /** The id. */
  ChannelId: string;
  /** The state. */
  ChannelStatus: ChannelStatus;
  /** Why it is `FAILED`. */
  ChannelStatusReason?: string;
  /** When it was created. */
  ChannelCreationTimestamp: Date;
  /** The role that writes to the destination. */
  ServiceExecutionRoleARN: string;
  /** The streams. */
  StreamConfigurationList: ChannelStreamDescription[];
  /** Delivery to a bucket. */
  S3DestinationConfiguration?: Required<S3DestinationConfiguration>;
  /** Delivery to tables. */
  S3TablesDestinationConfiguration?: Required<S3TablesDestinationConfiguration>;
  /** How what is written is encrypted. */
  EncryptionConfiguration?: ChannelEncryptionConfiguration;
  /** The log. */
  LoggingConfiguration: ChannelLoggingConfiguration;
}

/** Answer of `CreateChannel`, `DescribeChannel` and `UpdateChannel`. */
export interface ChannelResponse {
  /** The channel. */
  ChannelDescription: ChannelDescription;
}

/** A stream of a channel, also one of several that have had the same name. */
export interface ChannelStreamIdentifier {
  /** The ARN of the stream. */
  StreamARN: string;
  /** When the stream was created. */
  StreamCreationTimestamp: Date;
}

/** A stream whose channels are listed. */
export type ChannelStreamFilter =
  & Pick<ChannelStreamIdentifier, "StreamARN">
  & Partial<ChannelStreamIdentifier>;

/** A channel in a list. */
export interface ChannelSummary {
  /** The name. */
  ChannelName: string;
  /** The ARN. */
  ChannelARN: string;
  /** The id. */
  ChannelId: string;
  /** The state. */
  ChannelStatus: ChannelStatus;
  /** Why it is `FAILED`. */
  ChannelStatusReason?: string;
  /** When it was created. */
  ChannelCreationTimestamp: Date;
  /** Where the records are delivered. */
  ChannelDestinationType: "S3" | "S3_TABLES";
  /** The streams. */
  Streams: ChannelStreamIdentifier[];
}

/** Request of `ListChannels`. */
export interface ListChannelsRequest {
  /** Only channels of these streams are listed. */
  StreamFilter?: readonly ChannelStreamFilter[];
  /**
   * Page size, 1 to 10 000. A page has at most 100.
   * @default {100}
   */
  MaxResults?: number;
  /** The token of the previous page. */
  NextToken?: string;
}

/** Answer of `ListChannels`. */
export interface ListChannelsResponse {
  /** The channels of this page. */
  ChannelSummaries: ChannelSummary[];
  /** The token of the next page, if there is one. */
  NextToken?: string;
}
