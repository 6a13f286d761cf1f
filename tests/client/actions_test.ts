import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { KinesisClient, type Protocol } from "../../client/mod.ts";
import { ServiceError } from "../../errors.ts";
import { KinesisServer } from "../../testing/mod.ts";
import { FakeClock } from "../_services/fake_clock.ts";

const REGION = "us-east-1";
const ARN = `arn:aws:kinesis:${REGION}:123456789012:stream/orders`;
const bytes = (...values: number[]) => new Uint8Array(values);

function world(protocol: Protocol) {
  const clock = new FakeClock(1_700_000_000_123);
  const server = new KinesisServer({
    clock,
    region: REGION,
    credentials: { accessKeyId: "id", secretAccessKey: "secret" },
  });
  const client = new KinesisClient({
    protocol,
    clock,
    region: REGION,
    fetch: server.fetch,
    credentials: { accessKeyId: "id", secretAccessKey: "secret" },
    retry: { maxAttempts: 1 },
  });
  return { clock, server, client };
}

/** Every action once, with the answers that other actions need; says what each of them answered. */
async function everyAction(
  { client, server }: ReturnType<typeof world>,
): Promise<Map<string, unknown>> {
  const answers = new Map<string, unknown>();
  const keep = async <T>(name: string, answer: Promise<T>): Promise<T> => {
    const value = await answer;
    answers.set(name, value);
    return value;
  };
  const stream = { StreamName: "orders" };
  await keep(
    "createStream",
    client.createStream({
      ...stream,
      ShardCount: 2,
      Tags: { team: "blue", ["__proto__"]: "x" },
      MaxRecordSizeInKiB: 2048,
    }),
  );
  await keep("waitUntilActive", client.waitUntilActive(stream));
  await keep("describeStream", client.describeStream(stream));
  await keep("describeStreamSummary", client.describeStreamSummary(stream));
  await keep("listStreams", client.listStreams());
  await keep("listShards", client.listShards(stream));
  await keep("describeLimits", client.describeLimits());

  const put = await keep(
    "putRecord",
    client.putRecord({
      StreamARN: ARN,
      Data: bytes(0, 255, 128),
      PartitionKey: "grüße 🚀",
    }),
  );
  await keep(
    "putRecords",
    client.putRecords({
      ...stream,
      Records: [
        { Data: bytes(), PartitionKey: "empty" },
        {
          Data: new Uint8Array(70_000).fill(7),
          PartitionKey: 'k"\\\n\u2028',
          ExplicitHashKey: "0",
        },
        { Data: bytes(1), PartitionKey: "last" },
      ],
    }),
  );
  for (const { ShardId } of (await client.listShards(stream)).Shards!) {
    const { ShardIterator } = await keep(
      `getShardIterator ${ShardId}`,
      client.getShardIterator({
        ...stream,
        ShardId,
        ShardIteratorType: "AT_TIMESTAMP",
        Timestamp: new Date(1_700_000_000_000),
      }),
    );
    await keep(`getRecords ${ShardId}`, client.getRecords({ ShardIterator }));
  }
  await keep(
    "getShardIterator after",
    client.getShardIterator({
      ...stream,
      ShardId: put.ShardId,
      ShardIteratorType: "AFTER_SEQUENCE_NUMBER",
      StartingSequenceNumber: put.SequenceNumber,
    }),
  );

  await keep(
    "addTagsToStream",
    client.addTagsToStream({ ...stream, Tags: { a: "1", b: "2" } }),
  );
  await keep(
    "removeTagsFromStream",
    client.removeTagsFromStream({ ...stream, TagKeys: ["a"] }),
  );
  await keep("listTagsForStream", client.listTagsForStream(stream));
  await keep(
    "tagResource",
    client.tagResource({ ResourceARN: ARN, Tags: { c: "3" } }),
  );
  await keep(
    "untagResource",
    client.untagResource({ ResourceARN: ARN, TagKeys: ["b"] }),
  );
  await keep(
    "listTagsForResource",
    client.listTagsForResource({ ResourceARN: ARN }),
  );

  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::210987654321:root" },
      Action: ["kinesis:PutRecord"],
      Resource: ARN,
    }],
  });
  await keep(
    "putResourcePolicy",
    client.putResourcePolicy({ ResourceARN: ARN, Policy }),
  );
  await keep(
    "getResourcePolicy",
    client.getResourcePolicy({ ResourceARN: ARN }),
  );
  await keep(
    "deleteResourcePolicy",
    client.deleteResourcePolicy({ ResourceARN: ARN }),
  );

  await keep(
    "increaseStreamRetentionPeriod",
    client.increaseStreamRetentionPeriod({
      ...stream,
      RetentionPeriodHours: 48,
    }),
  );
  await keep(
    "decreaseStreamRetentionPeriod",
    client.decreaseStreamRetentionPeriod({
      ...stream,
      RetentionPeriodHours: 24,
    }),
  );
  const encryption = {
    ...stream,
    EncryptionType: "KMS",
    KeyId: "alias/aws/kinesis",
  } as const;
  await keep("startStreamEncryption", client.startStreamEncryption(encryption));
  await keep("stopStreamEncryption", client.stopStreamEncryption(encryption));
  await keep(
    "enableEnhancedMonitoring",
    client.enableEnhancedMonitoring({
      ...stream,
      ShardLevelMetrics: ["IncomingBytes"],
    }),
  );
  await keep(
    "disableEnhancedMonitoring",
    client.disableEnhancedMonitoring({ ...stream, ShardLevelMetrics: ["ALL"] }),
  );
  await keep(
    "updateMaxRecordSize",
    client.updateMaxRecordSize({ StreamARN: ARN, MaxRecordSizeInKiB: 4096 }),
  );

  const named = { StreamARN: ARN, ConsumerName: "app" };
  const { Consumer } = await keep(
    "registerStreamConsumer",
    client.registerStreamConsumer({ ...named, Tags: { a: "b" } }),
  );
  await keep("waitUntilConsumerActive", client.waitUntilConsumerActive(named));
  await keep(
    "describeStreamConsumer",
    client.describeStreamConsumer({ ConsumerARN: Consumer.ConsumerARN }),
  );
  await keep(
    "listStreamConsumers",
    client.listStreamConsumers({ StreamARN: ARN }),
  );
  const events = await client.subscribeToShard({
    ConsumerARN: Consumer.ConsumerARN,
    ShardId: put.ShardId,
    StartingPosition: { Type: "TRIM_HORIZON" },
  });
  const reader = events.getReader();
  await keep("subscribeToShard", reader.read());
  await reader.cancel();
  await keep(
    "deregisterStreamConsumer",
    client.deregisterStreamConsumer(named),
  );

  const [first, second] = (await client.listShards(stream)).Shards!;
  await keep(
    "mergeShards",
    client.mergeShards({
      ...stream,
      ShardToMerge: first!.ShardId,
      AdjacentShardToMerge: second!.ShardId,
    }),
  );
  const merged = (await client.listShards(stream)).Shards!.at(-1)!;
  await keep(
    "splitShard",
    client.splitShard({
      ...stream,
      ShardToSplit: merged.ShardId,
      NewStartingHashKey: "7",
    }),
  );
  const { ShardIterator } = await client.getShardIterator({
    ...stream,
    ShardId: merged.ShardId,
    ShardIteratorType: "TRIM_HORIZON",
  });
  await keep("getRecords at the end", client.getRecords({ ShardIterator }));
  await keep(
    "updateShardCount",
    client.updateShardCount({
      ...stream,
      TargetShardCount: 4,
      ScalingType: "UNIFORM_SCALING",
    }),
  );

  await keep("describeAccountSettings", client.describeAccountSettings());
  await keep(
    "updateAccountSettings",
    client.updateAccountSettings({
      MinimumThroughputBillingCommitment: { Status: "ENABLED" },
    }),
  );
  await keep("describeAccountSettings later", client.describeAccountSettings());
  await keep(
    "updateStreamMode",
    client.updateStreamMode({
      StreamARN: ARN,
      StreamModeDetails: { StreamMode: "ON_DEMAND" },
    }),
  );
  await keep(
    "updateStreamWarmThroughput",
    client.updateStreamWarmThroughput({ ...stream, WarmThroughputMiBps: 100 }),
  );
  await keep(
    "updateStreamRecordDistributionStrategy",
    client.updateStreamRecordDistributionStrategy({
      StreamARN: ARN,
      RecordDistributionStrategy: "AUTO",
    }),
  );
  await keep(
    "putRecord without a key",
    client.putRecord({ ...stream, Data: bytes(9) }),
  );
  await keep(
    "describeStreamSummary later",
    client.describeStreamSummary(stream),
  );
  await keep(
    "deleteStream",
    client.deleteStream({ ...stream, EnforceConsumerDeletion: true }),
  );
  await keep("waitUntilDeleted", client.waitUntilDeleted(stream));
  assertEquals(
    server.log.filter(({ error }) => error).map(({ action }) => action),
    ["DescribeStreamSummary"],
  );
  return answers;
}

Deno.test("KinesisClient has every action, and equal answers over JSON and CBOR", async () => {
  const json = await everyAction(world("json"));
  const cbor = await everyAction(world("cbor"));
  for (const [name, answer] of json) {
    assertEquals(cbor.get(name), answer, name);
  }
  assertEquals(json.size, cbor.size);
});

Deno.test("KinesisClient returns dates, bytes and nothing else where the API has them", async () => {
  for (const protocol of ["json", "cbor"] as const) {
    const answers = await everyAction(world(protocol));
    // deno-lint-ignore no-explicit-any
    const of = (name: string): any => answers.get(name);
    const summary = of("describeStreamSummary").StreamDescriptionSummary;
    assertInstanceOf(summary.StreamCreationTimestamp, Date);
    assertEquals(summary.MaxRecordSizeInKiB, 2048);
    const { Records } = of("getRecords shardId-000000000000");
    for (const { Data, ApproximateArrivalTimestamp } of Records) {
      assertInstanceOf(Data, Uint8Array);
      assertEquals(ApproximateArrivalTimestamp.getTime(), 1_700_000_000_123);
    }
    assertEquals(
      of("createStream") ?? of("deleteStream") ?? of("tagResource"),
      undefined,
    );
    const { NextShardIterator, ChildShards } = of("getRecords at the end");
    assertEquals([NextShardIterator, ChildShards.length], [undefined, 2]);
    const event = of("subscribeToShard").value;
    assert(event.Records.length > 0 && event.ContinuationSequenceNumber);
    const { Policy } = of("getResourcePolicy");
    assertEquals(JSON.parse(Policy).Statement.length, 1);
    const settings = of("describeAccountSettings later");
    const { StartedAt } = settings.MinimumThroughputBillingCommitment;
    assertInstanceOf(StartedAt, Date);
  }
});

Deno.test("KinesisClient has equal errors over JSON and CBOR", async () => {
  const outcomes = await Promise.all(
    (["json", "cbor"] as const).map((protocol) => {
      const { client } = world(protocol);
      return Promise.all([
        client.describeStreamSummary({ StreamName: "nowhere" }),
        client.getRecords({ ShardIterator: "nonsense" }),
        client.putRecord({
          StreamName: "a b",
          Data: bytes(1),
          PartitionKey: "k",
        }),
        client.describeStream({}),
      ].map((call) =>
        call.then(() => undefined, (error) => {
          assertInstanceOf(error, ServiceError);
          return [
            error.code,
            error.status,
            error.message.replace(/ \(request .*/, ""),
          ];
        })
      ));
    }),
  );
  assertEquals(outcomes[0], outcomes[1]);
  assert(outcomes[0]!.every((outcome) => outcome !== undefined));
});
