import { Channel, type ChannelSettings } from "../_state/channel.ts";
import { resourceName, streamArn, tags } from "../_wire/fields.ts";
import { inUse, validation } from "../_wire/service_error.ts";
import { list, required, structure, text } from "../_wire/shape.ts";
import { type Action, action } from "./action.ts";
import {
  channelLogging,
  DEFAULT_FRESHNESS_SECONDS,
  loggingOf,
  recordConfiguration,
  type S3Destination,
  s3Destination,
  type TablesDestination,
  tablesDestination,
} from "./channel_shapes.ts";
import { addTags } from "./resource_tags.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateChannel.html */
export const createChannel: Action = action({
  ChannelName: required(resourceName),
  ServiceExecutionRoleARN: required(text({
    max: 512,
    pattern: /^arn:aws[-a-z0-9]*:iam::\d{12}:role\/[a-zA-Z_0-9+=,.@\-_/]+$/,
  })),
  StreamConfigurationList: required(list(
    structure({
      StreamARN: required(streamArn),
      RecordConfiguration: required(recordConfiguration),
    }),
    { min: 1, max: 10_000 },
  )),
  S3DestinationConfiguration: s3Destination,
  S3TablesDestinationConfiguration: tablesDestination,
  EncryptionConfiguration: structure({
    EncryptionType: required(text({ values: ["KMS"] })),
    KeyId: required(text({ min: 1, max: 2_048 })),
  }),
  Tags: tags,
  LoggingConfiguration: channelLogging,
}, (input, { account }) => {
  const { ChannelName: name } = input;
  const [source, ...others] = input.StreamConfigurationList;
  if (!source || others.length > 0) {
    throw validation("StreamConfigurationList must have exactly one entry.");
  }
  const destination = destinationOf(input, source.RecordConfiguration);
  const stream = account.stream(source);
  stream.requireActive();
  if (stream.mode !== "ON_DEMAND") {
    throw validation(
      `Channels are only supported for data streams with the on-demand capacity mode: ${stream.label} is PROVISIONED.`,
    );
  }
  if ([...account.channels.values()].some((other) => other.name === name)) {
    throw inUse(
      `Channel ${name} under account ${stream.accountId} already exists.`,
    );
  }
  const id = account.newId();
  const channel = new Channel({
    name,
    id,
    arn: account.arn("channel", id),
    stream,
    createdAt: account.now,
    settings: {
      ServiceExecutionRoleARN: input.ServiceExecutionRoleARN,
      RecordConfiguration: source.RecordConfiguration,
      ...destination,
      EncryptionConfiguration: input.EncryptionConfiguration,
      LoggingConfiguration: loggingOf({ name, id }, input.LoggingConfiguration),
    },
  });
  addTags(channel, input.Tags ?? new Map());
  account.channels.set(id, channel);
  const answer = { ChannelDescription: channel.describe() };
  account.schedule(() => {
    if (channel.status === "CREATING") channel.status = "ACTIVE";
  });
  return answer;
});

/** The destination with its defaults. Throws if it is not one, or does not suit the format. */
function destinationOf(
  { S3DestinationConfiguration: s3, S3TablesDestinationConfiguration: tables }:
    {
      S3DestinationConfiguration?: S3Destination;
      S3TablesDestinationConfiguration?: TablesDestination;
    },
  { RecordFormatType: format, GSRSchemaARN: schema }: {
    RecordFormatType: string;
    GSRSchemaARN?: string;
  },
): Pick<
  ChannelSettings,
  "S3DestinationConfiguration" | "S3TablesDestinationConfiguration"
> {
  const refuse = (rule: string): never => {
    throw validation(rule);
  };
  if (s3 && !tables) {
    if (format === "GSR_JSON") {
      refuse("GSR_JSON needs an S3 Tables destination.");
    }
    const { BucketARN, ExpectedBucketOwner } = s3.StorageConfiguration;
    return {
      S3DestinationConfiguration: {
        DataFreshnessInSeconds: DEFAULT_FRESHNESS_SECONDS,
        DeadLetterQueueS3Configuration: { BucketARN, ExpectedBucketOwner },
        ...s3,
      },
    };
  }
  if (!tables || s3) {
    return refuse(
      "Either S3DestinationConfiguration or S3TablesDestinationConfiguration must be given.",
    );
  }
  if (tables.S3TablesConfigurationList.length !== 1) {
    refuse("S3TablesConfigurationList must have exactly one entry.");
  }
  if (format !== "JSON" && format !== "GSR_JSON") {
    refuse(`${format} needs a destination in an S3 bucket.`);
  }
  if (schema === undefined) {
    refuse("An S3 Tables destination needs a GSRSchemaARN.");
  }
  return {
    S3TablesDestinationConfiguration: {
      DataFreshnessInSeconds: DEFAULT_FRESHNESS_SECONDS,
      ...tables,
    },
  };
}
