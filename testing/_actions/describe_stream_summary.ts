import { streamReference } from "../_wire/fields.ts";
import { type Action, action } from "./action.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStreamSummary.html */
export const describeStreamSummary: Action = action(
  streamReference,
  (input, { account }) => {
    const stream = account.stream(input);
    const isOnDemand = stream.mode === "ON_DEMAND";
    return {
      StreamDescriptionSummary: {
        StreamName: stream.name,
        StreamARN: stream.arn,
        StreamStatus: stream.status,
        StreamModeDetails: { StreamMode: stream.mode },
        RetentionPeriodHours: stream.retentionHours,
        StreamCreationTimestamp: new Date(stream.createdAt),
        EnhancedMonitoring: [{ ShardLevelMetrics: [...stream.metrics] }],
        EncryptionType: stream.encryptionType,
        KeyId: stream.keyId,
        OpenShardCount: stream.status === "CREATING"
          ? 0
          : stream.shards.open.length,
        ConsumerCount: stream.consumers.size,
        QueueCount: account.queuesOf(stream).length,
        ChannelCount: account.channelsOf(stream).length,
        MaxRecordSizeInKiB: stream.maxRecordKiB,
        WarmThroughput: stream.warmMiBps === undefined ? undefined : {
          TargetMiBps: stream.warmMiBps,
          CurrentMiBps: stream.warmMiBps,
        },
        RecordDistributionStrategy: isOnDemand
          ? stream.isAutoDistributed ? "AUTO" : "USER_PARTITION_KEY"
          : undefined,
      },
    };
  },
);
