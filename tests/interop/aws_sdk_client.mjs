// Drives a Kinesis with the AWS SDK for JavaScript, under Node, and prints what it saw as one line of JSON.
// Usage: node aws_sdk_client.mjs ENDPOINT   (with NODE_EXTRA_CA_CERTS for its certificate)
import * as sdk from "@aws-sdk/client-kinesis";

const client = new sdk.KinesisClient({
  endpoint: process.argv[2],
  region: "us-east-1",
  credentials: { accessKeyId: "AKID", secretAccessKey: "secret" },
  maxAttempts: 1,
});
const actions = [];

/** Sends a command and notes that it succeeded. */
async function send(action, input = {}) {
  const answer = await client.send(new sdk[`${action}Command`](input));
  actions.push(action);
  return answer;
}

/** Sends a command that must fail, and gives its error. */
async function fails(action, input = {}) {
  try {
    await client.send(new sdk[`${action}Command`](input));
  } catch (error) {
    const { name, message } = error;
    return {
      name,
      message,
      status: error.$metadata?.httpStatusCode,
      requestId: error.$metadata?.requestId,
      isServiceError: error instanceof sdk.KinesisServiceException,
    };
  }
  throw new Error(`${action} did not fail`);
}

const text = (bytes) => new TextDecoder().decode(bytes);
const bytes = (value) => new TextEncoder().encode(value);
const StreamName = "orders";
const RING = 2n ** 128n;

await send("CreateStream", {
  StreamName,
  ShardCount: 2,
  Tags: { origin: "sdk" },
});
await sdk.waitUntilStreamExists({ client, minDelay: 1, maxWaitTime: 10 }, {
  StreamName,
});
const { StreamDescription } = await send("DescribeStream", { StreamName });
const { StreamARN } = StreamDescription;
const { StreamDescriptionSummary } = await send("DescribeStreamSummary", {
  StreamARN,
});
const { StreamNames } = await send("ListStreams");
const { Shards } = await send("ListShards", {
  StreamName,
  ShardFilter: { Type: "AT_LATEST" },
});
const limits = await send("DescribeLimits");

const put = await send("PutRecord", {
  StreamName,
  PartitionKey: "a",
  ExplicitHashKey: "0",
  Data: bytes("one"),
});
const batch = await send("PutRecords", {
  StreamARN,
  Records: ["two", "three \u00e9"].map((value) => ({
    PartitionKey: "a",
    ExplicitHashKey: "0",
    Data: bytes(value),
  })),
});
const ShardId = put.ShardId;
const { ShardIterator } = await send("GetShardIterator", {
  StreamName,
  ShardId,
  ShardIteratorType: "AT_TIMESTAMP",
  Timestamp: new Date(StreamDescription.StreamCreationTimestamp),
});
const page = await send("GetRecords", { ShardIterator, Limit: 10 });

await send("AddTagsToStream", { StreamName, Tags: { team: "blue" } });
await send("RemoveTagsFromStream", { StreamName, TagKeys: ["origin"] });
const { Tags } = await send("ListTagsForStream", { StreamName });
await send("TagResource", { ResourceARN: StreamARN, Tags: { a: "b" } });
await send("UntagResource", { ResourceARN: StreamARN, TagKeys: ["a"] });
await send("ListTagsForResource", { ResourceARN: StreamARN });

await send("IncreaseStreamRetentionPeriod", {
  StreamName,
  RetentionPeriodHours: 48,
});
await send("DecreaseStreamRetentionPeriod", {
  StreamName,
  RetentionPeriodHours: 24,
});
const key = { EncryptionType: "KMS", KeyId: "alias/aws/kinesis" };
await send("StartStreamEncryption", { StreamName, ...key });
await send("StopStreamEncryption", { StreamName, ...key });
await send("EnableEnhancedMonitoring", {
  StreamName,
  ShardLevelMetrics: ["ALL"],
});
const monitoring = await send("DisableEnhancedMonitoring", {
  StreamName,
  ShardLevelMetrics: ["IncomingBytes"],
});
await send("UpdateMaxRecordSize", { StreamARN, MaxRecordSizeInKiB: 2048 });
const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [] });
await send("PutResourcePolicy", { ResourceARN: StreamARN, Policy });
const policy = await send("GetResourcePolicy", { ResourceARN: StreamARN });
await send("DeleteResourcePolicy", { ResourceARN: StreamARN });
await send("DescribeAccountSettings");
await send("UpdateAccountSettings", {
  MinimumThroughputBillingCommitment: { Status: "ENABLED" },
});

const { Consumer: { ConsumerARN } } = await send("RegisterStreamConsumer", {
  StreamARN,
  ConsumerName: "fan-out",
});
await send("DescribeStreamConsumer", { ConsumerARN });
const { Consumers } = await send("ListStreamConsumers", { StreamARN });
const subscription = await send("SubscribeToShard", {
  ConsumerARN,
  ShardId,
  StartingPosition: { Type: "TRIM_HORIZON" },
});
const events = [];
// The shard is split while the subscription is open, so it ends by itself.
let splitting;
for await (const event of subscription.EventStream) {
  const { SubscribeToShardEvent: records } = event;
  events.push({
    kind: Object.keys(event)[0],
    data: records?.Records.map(({ Data }) => text(Data)),
    continuation: records?.ContinuationSequenceNumber,
    children: records?.ChildShards?.map((child) => child.ShardId),
  });
  splitting ??= send("SplitShard", {
    StreamName,
    ShardToSplit: ShardId,
    NewStartingHashKey: String(RING / 4n),
  });
}
await splitting;
const refused = await fails("SubscribeToShard", {
  ConsumerARN,
  ShardId,
  StartingPosition: { Type: "TRIM_HORIZON" },
});
await send("DeregisterStreamConsumer", { ConsumerARN });
const children = events.at(-1).children;
await send("MergeShards", {
  StreamName,
  ShardToMerge: children[0],
  AdjacentShardToMerge: children[1],
});
const updated = await send("UpdateShardCount", {
  StreamName,
  TargetShardCount: 4,
  ScalingType: "UNIFORM_SCALING",
});
await send("UpdateStreamMode", {
  StreamARN,
  StreamModeDetails: { StreamMode: "ON_DEMAND" },
});
await send("UpdateStreamWarmThroughput", {
  StreamARN,
  WarmThroughputMiBps: 10,
});
await send("UpdateStreamRecordDistributionStrategy", {
  StreamARN,
  RecordDistributionStrategy: "AUTO",
});

const paginated = [];
for await (
  const answer of sdk.paginateListStreamConsumers({ client }, { StreamARN })
) {
  paginated.push(answer.Consumers.length);
}
const missing = await fails("DescribeStreamSummary", { StreamName: "nope" });
const invalid = await fails("PutRecord", {
  StreamName,
  PartitionKey: "",
  Data: bytes("x"),
});
await send("DeleteStream", { StreamName, EnforceConsumerDeletion: true });
const impostor = new sdk.KinesisClient({
  endpoint: process.argv[2],
  region: "us-east-1",
  credentials: { accessKeyId: "AKID", secretAccessKey: "wrong" },
  maxAttempts: 1,
});
const forged = await impostor.send(new sdk.ListStreamsCommand({}))
  .catch(({ name }) => name);
impostor.destroy();
client.destroy();

console.log(JSON.stringify({
  actions,
  status: StreamDescription.StreamStatus,
  createdAt: StreamDescription.StreamCreationTimestamp instanceof Date,
  openShards: StreamDescriptionSummary.OpenShardCount,
  StreamNames,
  shards: Shards.map((shard) => shard.ShardId),
  openShardCount: limits.OpenShardCount,
  put: { ShardId, SequenceNumber: put.SequenceNumber },
  batch: batch.Records.map((record) => record.ShardId),
  read: page.Records.map((record) => text(record.Data)),
  readAt: page.Records.every((record) =>
    record.ApproximateArrivalTimestamp instanceof Date
  ),
  Tags,
  metrics: monitoring.DesiredShardLevelMetrics.length,
  policy: policy.Policy === Policy,
  Consumers: Consumers.length,
  events,
  refused,
  updated: [updated.CurrentShardCount, updated.TargetShardCount],
  paginated,
  missing,
  invalid,
  forged,
}));
