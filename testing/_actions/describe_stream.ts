import { shardId, streamReference } from "../_wire/fields.ts";
import { integer } from "../_wire/shape.ts";
import { type Action, action } from "./action.ts";

/** The largest page, in shards. Limit can only make it smaller. */
const PAGE = 100;

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStream.html */
export const describeStream: Action = action({
  ...streamReference,
  Limit: integer({ min: 1, max: 10_000 }),
  ExclusiveStartShardId: shardId,
}, (input, { account }) => {
  const stream = account.stream(input);
  stream.expire(account.now);
  const after = input.ExclusiveStartShardId ?? "";
  const shards = stream.status === "CREATING"
    ? []
    : [...stream.shards.all].filter(({ id }) => id > after);
  const limit = Math.min(input.Limit ?? PAGE, PAGE);
  return {
    StreamDescription: {
      StreamName: stream.name,
      StreamARN: stream.arn,
      StreamStatus: stream.status,
      StreamModeDetails: { StreamMode: stream.mode },
      Shards: shards.slice(0, limit).map((shard) => shard.describe()),
      HasMoreShards: shards.length > limit,
      RetentionPeriodHours: stream.retentionHours,
      StreamCreationTimestamp: new Date(stream.createdAt),
      EnhancedMonitoring: [{ ShardLevelMetrics: [...stream.metrics] }],
      EncryptionType: stream.encryptionType,
      KeyId: stream.keyId,
    },
  };
});
