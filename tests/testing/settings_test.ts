import { assertEquals, assertThrows } from "@std/assert";
import { KinesisServer } from "../../testing/mod.ts";
import { actions } from "../../testing/_actions/actions.ts";
import { FakeClock } from "../_services/fake_clock.ts";
import { call, entry, fails, iterator, ok } from "./_call.ts";

const DAY = 24 * 3_600_000;

function withStream(
  options: ConstructorParameters<typeof KinesisServer>[0] = {},
) {
  const server = new KinesisServer({ limits: false, ...options });
  const { streamARN, shardIds } = server.createStream("s");
  const summary = async () =>
    (await ok(server.fetch, "DescribeStreamSummary", { StreamName: "s" }))
      .StreamDescriptionSummary;
  return { server, fetch: server.fetch, arn: streamARN, summary, shardIds };
}

Deno.test("KinesisServer answers invalid input to every action with status 200 or 400", async () => {
  const { fetch } = withStream();
  const garbage = [
    {},
    { StreamName: 7 },
    { StreamName: "s", StreamARN: "s", ConsumerARN: "s", ResourceARN: "s" },
    { StreamName: "nope", ShardId: [], Tags: [], TagKeys: {}, Records: {} },
  ];
  for (const action of actions.keys()) {
    for (const input of garbage) {
      const { status, body } = await call(fetch, action, input);
      assertEquals(
        status === 200 || status === 400,
        true,
        `${action} ${JSON.stringify(input)}: ${JSON.stringify(body)}`,
      );
    }
  }
  assertEquals(actions.size, 57);
});

Deno.test("CreateStream needs ShardCount in provisioned mode and rejects it in on-demand mode", async () => {
  const { fetch, server } = withStream();
  const create = (input: Record<string, unknown>) =>
    ["CreateStream", { StreamName: "t", ...input }] as const;
  const onDemand = { StreamModeDetails: { StreamMode: "ON_DEMAND" } };
  await fails(fetch, "InvalidArgumentException", ...create({}));
  await fails(
    fetch,
    "InvalidArgumentException",
    ...create({ ...onDemand, ShardCount: 1 }),
  );
  await fails(fetch, "ValidationException", ...create({ ShardCount: 0 }));
  await ok(
    fetch,
    ...create({
      ...onDemand,
      Tags: { a: "1" },
      MaxRecordSizeInKiB: 2_048,
    }),
  );
  const { StreamDescriptionSummary: made } = await ok(
    fetch,
    "DescribeStreamSummary",
    { StreamName: "t" },
  );
  assertEquals(made.OpenShardCount, 4);
  assertEquals(made.MaxRecordSizeInKiB, 2_048);
  assertEquals(made.RecordDistributionStrategy, "USER_PARTITION_KEY");
  await fails(fetch, "ValidationException", "SplitShard", {
    StreamName: "t",
    ShardToSplit: server.createStream("u").shardIds[0],
    NewStartingHashKey: "1000",
  });
  const limits = await ok(fetch, "DescribeLimits");
  assertEquals(limits.OnDemandStreamCount, 1);
  assertEquals(limits.OpenShardCount, 2);
});

Deno.test("ListStreams returns pages in the order of names", async () => {
  const { server, fetch } = withStream();
  for (const name of ["b", "a", "c"]) server.createStream(name);
  const first = await ok(fetch, "ListStreams", { Limit: 2 });
  assertEquals(first.StreamNames, ["a", "b"]);
  assertEquals(first.HasMoreStreams, true);
  for (
    const next of [
      { NextToken: first.NextToken },
      { ExclusiveStartStreamName: "b" },
    ]
  ) {
    const second = await ok(fetch, "ListStreams", next);
    assertEquals(second.StreamNames, ["c", "s"]);
    assertEquals(second.HasMoreStreams, false);
    assertEquals(second.StreamSummaries[0].StreamStatus, "ACTIVE");
  }
});

Deno.test("DescribeStream returns pages of shards", async () => {
  const { server, fetch } = withStream();
  server.createStream("t", { shards: 250 });
  let after: string | undefined;
  const counts = [];
  for (let more = true; more;) {
    const { StreamDescription: page } = await ok(fetch, "DescribeStream", {
      StreamName: "t",
      ExclusiveStartShardId: after,
    });
    counts.push(page.Shards.length);
    after = page.Shards.at(-1).ShardId;
    more = page.HasMoreShards;
  }
  assertEquals(counts, [100, 100, 50]);
});

Deno.test("KinesisServer keeps tags of streams and of consumers", async () => {
  const { fetch, arn } = withStream();
  const Tags = { a: "1", b: "2", c: "" };
  await ok(fetch, "AddTagsToStream", { StreamName: "s", Tags });
  const page = await ok(fetch, "ListTagsForStream", {
    StreamName: "s",
    Limit: 2,
  });
  assertEquals(page, {
    Tags: [{ Key: "a", Value: "1" }, { Key: "b", Value: "2" }],
    HasMoreTags: true,
  });
  await ok(fetch, "RemoveTagsFromStream", { StreamName: "s", TagKeys: ["a"] });
  await ok(fetch, "UntagResource", { ResourceARN: arn, TagKeys: ["b"] });
  await ok(fetch, "TagResource", { ResourceARN: arn, Tags: { d: "4" } });
  assertEquals(await ok(fetch, "ListTagsForResource", { ResourceARN: arn }), {
    Tags: [{ Key: "c", Value: "" }, { Key: "d", Value: "4" }],
  });
  const { Consumer: { ConsumerARN } } = await ok(
    fetch,
    "RegisterStreamConsumer",
    { StreamARN: arn, ConsumerName: "c", Tags: { e: "5" } },
  );
  assertEquals(
    await ok(fetch, "ListTagsForResource", { ResourceARN: ConsumerARN }),
    { Tags: [{ Key: "e", Value: "5" }] },
  );
  const many = Object.fromEntries(
    Array.from({ length: 49 }, (_, i) => [`k${i}`, ""]),
  );
  for (const Tags of [many, { "a*": "" }, { "aws:x": "" }]) {
    await fails(fetch, "InvalidArgumentException", "AddTagsToStream", {
      StreamName: "s",
      Tags,
    });
  }
});

Deno.test("KinesisServer keeps resource policies of streams and of consumers", async () => {
  const { fetch, arn } = withStream();
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [] });
  const ResourceARN = arn;
  await fails(fetch, "ResourceNotFoundException", "GetResourcePolicy", {
    ResourceARN,
  });
  await ok(fetch, "PutResourcePolicy", { ResourceARN, Policy });
  assertEquals(await ok(fetch, "GetResourcePolicy", { ResourceARN }), {
    Policy,
  });
  await ok(fetch, "DeleteResourcePolicy", { ResourceARN });
  await fails(fetch, "ResourceNotFoundException", "DeleteResourcePolicy", {
    ResourceARN,
  });
  await fails(fetch, "InvalidArgumentException", "PutResourcePolicy", {
    ResourceARN,
    Policy: "{",
  });
});

Deno.test("StartStreamEncryption marks the stream and the records that come after it", async () => {
  const { fetch, summary, shardIds } = withStream();
  const key = { EncryptionType: "KMS", KeyId: "alias/aws/kinesis" };
  await ok(fetch, "PutRecord", { StreamName: "s", ...entry("plain") });
  await ok(fetch, "StartStreamEncryption", { StreamName: "s", ...key });
  assertEquals((await summary()).EncryptionType, "KMS");
  const put = await ok(fetch, "PutRecord", { StreamName: "s", ...entry("k") });
  assertEquals(put.EncryptionType, "KMS");
  const { Records } = await ok(fetch, "GetRecords", {
    ShardIterator: await iterator(fetch, "s", shardIds[0]!),
  });
  assertEquals(
    Records.map((record: { EncryptionType?: string }) => record.EncryptionType),
    [undefined, "KMS"],
  );
  await ok(fetch, "StopStreamEncryption", { StreamName: "s", ...key });
  assertEquals((await summary()).EncryptionType, "NONE");
  assertEquals((await summary()).KeyId, undefined);
});

Deno.test("EnableEnhancedMonitoring returns the previous and the current metrics", async () => {
  const { fetch } = withStream();
  const StreamName = "s";
  const first = await ok(fetch, "EnableEnhancedMonitoring", {
    StreamName,
    ShardLevelMetrics: ["IncomingBytes"],
  });
  assertEquals(first.CurrentShardLevelMetrics, []);
  assertEquals(first.DesiredShardLevelMetrics, ["IncomingBytes"]);
  const second = await ok(fetch, "EnableEnhancedMonitoring", {
    StreamName,
    ShardLevelMetrics: ["ALL"],
  });
  assertEquals(second.DesiredShardLevelMetrics.length, 7);
  const third = await ok(fetch, "DisableEnhancedMonitoring", {
    StreamName,
    ShardLevelMetrics: ["ALL"],
  });
  assertEquals(third.CurrentShardLevelMetrics.length, 7);
  assertEquals(third.DesiredShardLevelMetrics, []);
});

Deno.test("UpdateStreamMode switches between provisioned and on-demand", async () => {
  const { fetch, arn, summary } = withStream();
  await ok(fetch, "UpdateStreamMode", {
    StreamARN: arn,
    StreamModeDetails: { StreamMode: "ON_DEMAND" },
  });
  const onDemand = await summary();
  assertEquals(onDemand.StreamModeDetails, { StreamMode: "ON_DEMAND" });
  assertEquals(onDemand.OpenShardCount, 1);
  await fails(fetch, "ValidationException", "UpdateShardCount", {
    StreamName: "s",
    TargetShardCount: 8,
    ScalingType: "UNIFORM_SCALING",
  });
  await ok(fetch, "UpdateStreamMode", {
    StreamARN: arn,
    StreamModeDetails: { StreamMode: "PROVISIONED" },
  });
  assertEquals((await summary()).OpenShardCount, 1);
});

Deno.test("UpdateStreamRecordDistributionStrategy AUTO distributes records regardless of keys", async () => {
  const { fetch, server } = withStream();
  const { streamARN, shardIds } = server.createStream("t", {
    mode: "ON_DEMAND",
  });
  const put = () =>
    call(fetch, "PutRecords", {
      StreamName: "t",
      Records: Array.from({ length: 100 }, () => ({ Data: "" })),
    });
  assertEquals((await put()).body.__type, "InvalidArgumentException");
  await ok(fetch, "UpdateStreamRecordDistributionStrategy", {
    StreamARN: streamARN,
    RecordDistributionStrategy: "AUTO",
  });
  const { body } = await put();
  const used = new Set(
    body.Records.map((record: { ShardId: string }) => record.ShardId),
  );
  assertEquals(used.size, shardIds.length);
  await fails(
    fetch,
    "InvalidArgumentException",
    "UpdateStreamRecordDistributionStrategy",
    {
      StreamARN: server.createStream("u").streamARN,
      RecordDistributionStrategy: "AUTO",
    },
  );
});

Deno.test("KinesisServer makes a stream that distributes records by itself", async () => {
  const { fetch, server } = withStream();
  const { shardIds } = server.createStream("t", {
    mode: "ON_DEMAND",
    recordDistributionStrategy: "AUTO",
  });
  const { StreamDescriptionSummary } = await ok(
    fetch,
    "DescribeStreamSummary",
    { StreamName: "t" },
  );
  assertEquals(StreamDescriptionSummary.RecordDistributionStrategy, "AUTO");
  const record = { StreamName: "t", PartitionKey: "k", Data: "" };
  const used = new Set<string>();
  for (let i = 0; i < 100; i++) {
    used.add((await ok(fetch, "PutRecord", record)).ShardId);
  }
  assertEquals(used.size, shardIds.length);
  // There is no order to ask for.
  const ordered = { ...record, SequenceNumberForOrdering: "1" };
  await fails(fetch, "InvalidArgumentException", "PutRecord", ordered);
  assertThrows(
    () => server.createStream("u", { recordDistributionStrategy: "AUTO" }),
    RangeError,
    `must not be "AUTO" unless 'mode' is "ON_DEMAND"`,
  );
});

Deno.test("a stream with AUTO distribution throttles only when all of its shards are full", async () => {
  const expected = { AUTO: 2_000, USER_PARTITION_KEY: 1_000 } as const;
  for (const strategy of ["AUTO", "USER_PARTITION_KEY"] as const) {
    const server = new KinesisServer({ clock: new FakeClock() });
    server.createStream("t", {
      mode: "ON_DEMAND",
      shards: 2,
      recordDistributionStrategy: strategy,
    });
    let stored = 0;
    for (let i = 0; i < 5; i++) {
      const { FailedRecordCount } = await ok(server.fetch, "PutRecords", {
        StreamName: "t",
        Records: Array(500).fill({ PartitionKey: "k", Data: "" }),
      });
      stored += 500 - FailedRecordCount;
    }
    assertEquals(stored, expected[strategy]);
  }
});

Deno.test("a record of a stream with AUTO distribution keeps its key, or has none", async () => {
  for (const protocol of ["json", "cbor"] as const) {
    const { fetch, server } = withStream();
    server.createStream("t", {
      mode: "ON_DEMAND",
      shards: 1,
      recordDistributionStrategy: "AUTO",
    });
    const Data = protocol === "json" ? "" : new Uint8Array();
    await ok(fetch, "PutRecords", {
      StreamName: "t",
      Records: [
        { Data },
        { Data, PartitionKey: "k" },
        // Ignored, although it is above the highest hash key.
        { Data, ExplicitHashKey: "9".repeat(39) },
      ],
    }, { protocol });
    const { ShardIterator } = await ok(fetch, "GetShardIterator", {
      StreamName: "t",
      ShardId: "shardId-000000000000",
      ShardIteratorType: "TRIM_HORIZON",
    });
    const { Records } = await ok(fetch, "GetRecords", { ShardIterator }, {
      protocol,
    });
    const keys = Records.map((record: Record<string, unknown>) =>
      "PartitionKey" in record ? record.PartitionKey : "none"
    );
    assertEquals(keys, ["none", "k", "none"]);
  }
});

Deno.test("UpdateAccountSettings starts a commitment that lasts at least 24 hours", async () => {
  const { fetch, server } = withStream();
  const { streamARN } = server.createStream("t", { mode: "ON_DEMAND" });
  const set = async (Status: string) =>
    (await ok(fetch, "UpdateAccountSettings", {
      MinimumThroughputBillingCommitment: { Status },
    })).MinimumThroughputBillingCommitment.Status;
  const get = async () =>
    (await ok(fetch, "DescribeAccountSettings"))
      .MinimumThroughputBillingCommitment.Status;
  const warm = { StreamARN: streamARN, WarmThroughputMiBps: 100 };
  await fails(fetch, "ValidationException", "UpdateStreamWarmThroughput", warm);
  assertEquals(await get(), "DISABLED");
  assertEquals(await set("ENABLED"), "ENABLED");
  const { WarmThroughput } = await ok(
    fetch,
    "UpdateStreamWarmThroughput",
    warm,
  );
  assertEquals(WarmThroughput, { TargetMiBps: 100, CurrentMiBps: 0 });
  assertEquals(await set("DISABLED"), "ENABLED_UNTIL_EARLIEST_ALLOWED_END");
  server.advance(DAY);
  assertEquals(await get(), "DISABLED");
});
