/**
 * The members that the channel actions share, and their defaults.
 *
 * @module
 */
import {
  type Field,
  flag,
  type InputOf,
  integer,
  list,
  required,
  structure,
  text,
} from "../_wire/shape.ts";

/** How long a channel collects data before it delivers, in seconds, by default. */
export const DEFAULT_FRESHNESS_SECONDS = 300;

const bucketArn = text({
  max: 2_048,
  pattern: /^arn:aws[-a-z0-9]*:s3:::[a-z0-9._-]{3,63}$/,
});
const bucketOwner = text({ pattern: /^\d{12}$/ });

const deadLetters = structure({
  BucketARN: required(bucketArn),
  ExpectedBucketOwner: required(bucketOwner),
  ErrorOutputPrefix: text({
    min: 1,
    max: 512,
    pattern: /^[0-9A-Za-z!\-_'.*()\/]+$/,
  }),
});

/** The format of the records. */
export const recordConfiguration: Field<{
  RecordFormatType: "GSR_JSON" | "JSON" | "STRING" | "BYTE_ARRAY";
  GSRSchemaARN?: string;
}> = structure({
  RecordFormatType: required(
    text({ values: ["GSR_JSON", "JSON", "STRING", "BYTE_ARRAY"] }),
  ),
  GSRSchemaARN: text({
    max: 512,
    pattern:
      /^arn:aws[-a-z0-9]*:glue:[-a-z0-9]+:\d{12}:schema\/[-\w$#.]+\/[-\w$#.]+$/,
  }),
});

const s3Shape = {
  DataFreshnessInSeconds: integer(),
  DeadLetterQueueS3Configuration: deadLetters,
  StorageConfiguration: required(structure({
    BucketARN: required(bucketArn),
    ExpectedBucketOwner: required(bucketOwner),
    OutputKeyTemplate: text({
      min: 1,
      max: 1_024,
      pattern: /^[0-9A-Za-z!\-_'.*()\/=:{}]+$/,
    }),
    StorageClass: text({
      values: ["STANDARD", "INTELLIGENT_TIERING", "GLACIER_IR"],
    }),
    CompressionType: required(text({ values: ["NONE", "GZIP", "ZSTD"] })),
  })),
};
/** The destination in a bucket. */
export type S3Destination = InputOf<typeof s3Shape>;
/** The destination in a bucket. */
export const s3Destination: Field<S3Destination> = structure(s3Shape);

const tableName = text({ min: 1, max: 255, pattern: /^[0-9a-z_]+$/ });
const tablesShape = {
  DataFreshnessInSeconds: integer(),
  DeadLetterQueueS3Configuration: required(deadLetters),
  S3TablesConfigurationList: required(list(
    structure({
      TableBucketARN: required(text({
        max: 2_048,
        pattern:
          /^arn:aws[-a-z0-9]*:s3tables:[-a-z0-9]+:\d{12}:bucket\/[a-z0-9_-]{3,63}$/,
      })),
      Namespace: required(tableName),
      TableName: required(tableName),
      CompressionType: required(text({ values: ["NONE", "ZSTD", "SNAPPY"] })),
      PartitionSpec: structure({
        PartitionFields: required(list(
          structure({
            Transform: required(text({ values: ["TIME_HOUR"] })),
            SourceName: required(
              text({ min: 1, max: 255, pattern: /^[\w.]+$/ }),
            ),
          }),
          { min: 1, max: 10 },
        )),
      }),
    }),
    { min: 1, max: 10_000 },
  )),
};
/** The destination in S3 tables. */
export type TablesDestination = InputOf<typeof tablesShape>;
/** The destination in S3 tables. */
export const tablesDestination: Field<TablesDestination> = structure(
  tablesShape,
);

/** The log of a channel. */
export interface ChannelLogging {
  CloudWatchLogs: {
    Enabled: boolean;
    LogGroupName?: string;
    LogStreamName?: string;
  };
}
/** The member LoggingConfiguration. */
export const channelLogging: Field<ChannelLogging> = structure({
  CloudWatchLogs: required(structure({
    Enabled: required(flag),
    LogGroupName: text({ min: 1, max: 512, pattern: /^[.\-_/#A-Za-z0-9]+$/ }),
    LogStreamName: text({ min: 1, max: 512, pattern: /^[^:*]*$/ }),
  })),
});

/** The log settings with the names that the service chooses if none are given. */
export function loggingOf(
  channel: { readonly name: string; readonly id: string },
  logging: ChannelLogging | undefined,
): { CloudWatchLogs: ChannelLogging["CloudWatchLogs"] } {
  const { Enabled, LogGroupName, LogStreamName } = logging?.CloudWatchLogs ??
    { Enabled: false };
  if (!Enabled) {
    return { CloudWatchLogs: { Enabled, LogGroupName, LogStreamName } };
  }
  return {
    CloudWatchLogs: {
      Enabled,
      LogGroupName: LogGroupName ??
        `/aws/kinesis/${channel.name}/${channel.id}`,
      LogStreamName: LogStreamName ?? "DestinationDelivery",
    },
  };
}
