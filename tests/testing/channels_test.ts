import { assertEquals, assertMatch } from "@std/assert";
import { KinesisServer } from "../../testing/mod.ts";
import { FakeClock } from "../_services/fake_clock.ts";
import { fails, ok } from "./_call.ts";

const ROLE = "arn:aws:iam::123456789012:role/delivery";
const BUCKET = {
  BucketARN: "arn:aws:s3:::lake",
  ExpectedBucketOwner: "123456789012",
};
const S3 = { StorageConfiguration: { ...BUCKET, CompressionType: "GZIP" } };
const TABLES = {
  DeadLetterQueueS3Configuration: BUCKET,
  S3TablesConfigurationList: [{
    TableBucketARN: "arn:aws:s3tables:us-east-1:123456789012:bucket/lake",
    Namespace: "n",
    TableName: "t",
    CompressionType: "ZSTD",
  }],
};
const SCHEMA = "arn:aws:glue:us-east-1:123456789012:schema/r/s";

function withStream(transitionMs = 0) {
  const server = new KinesisServer({
    clock: new FakeClock(),
    transitionMs,
    limits: false,
  });
  const { streamARN } = server.createStream("s", { mode: "ON_DEMAND" });
  const input = (
    { format = "JSON", schema, ...more }: Record<string, unknown> = {},
  ) => ({
    ChannelName: "c",
    ServiceExecutionRoleARN: ROLE,
    StreamConfigurationList: [{
      StreamARN: streamARN,
      RecordConfiguration: { RecordFormatType: format, GSRSchemaARN: schema },
    }],
    ...more,
  });
  return { server, fetch: server.fetch, streamARN, input };
}

Deno.test("a channel is CREATING, ACTIVE, UPDATING, ACTIVE and DELETING", async () => {
  const { server, fetch, streamARN, input } = withStream(1_000);
  for (const protocol of ["json", "cbor"] as const) {
    const run = (action: string, body: unknown) =>
      ok(fetch, action, body, { protocol });
    const { ChannelDescription: created } = await run(
      "CreateChannel",
      input({ S3DestinationConfiguration: S3, Tags: { a: "1" } }),
    );
    const { ChannelARN, ChannelId, ChannelCreationTimestamp: time } = created;
    assertMatch(
      ChannelARN,
      /^arn:aws:kinesis:us-east-1:123456789012:channel\/\S+$/,
    );
    const { StreamCreationTimestamp } = created.StreamConfigurationList[0];
    assertEquals(created, {
      ChannelName: "c",
      ChannelARN,
      ChannelId,
      ChannelStatus: "CREATING",
      ChannelCreationTimestamp: time,
      ServiceExecutionRoleARN: ROLE,
      StreamConfigurationList: [{
        StreamARN: streamARN,
        StreamCreationTimestamp,
        RecordConfiguration: { RecordFormatType: "JSON" },
      }],
      S3DestinationConfiguration: {
        DataFreshnessInSeconds: 300,
        DeadLetterQueueS3Configuration: BUCKET,
        ...S3,
      },
      LoggingConfiguration: { CloudWatchLogs: { Enabled: false } },
    });
    const describe = async () =>
      (await run("DescribeChannel", { ChannelARN })).ChannelDescription;
    const update = {
      ChannelARN,
      S3DestinationConfiguration: { DataFreshnessInSeconds: 60 },
      LoggingConfiguration: { CloudWatchLogs: { Enabled: true } },
    };
    await fails(fetch, "ResourceInUseException", "UpdateChannel", update);
    server.advance(1_000);
    assertEquals((await describe()).ChannelStatus, "ACTIVE");
    const { ChannelDescription: updated } = await run("UpdateChannel", update);
    assertEquals(updated.ChannelStatus, "UPDATING");
    assertEquals(updated.S3DestinationConfiguration.DataFreshnessInSeconds, 60);
    assertEquals(updated.LoggingConfiguration.CloudWatchLogs, {
      Enabled: true,
      LogGroupName: `/aws/kinesis/c/${ChannelId}`,
      LogStreamName: "DestinationDelivery",
    });
    server.advance(1_000);
    assertEquals((await describe()).ChannelStatus, "ACTIVE");
    await fails(fetch, "ResourceInUseException", "DeleteStream", {
      StreamARN: streamARN,
    });
    await run("DeleteChannel", { ChannelARN });
    assertEquals((await describe()).ChannelStatus, "DELETING");
    server.advance(1_000);
    await fails(fetch, "ResourceNotFoundException", "DescribeChannel", {
      ChannelARN,
    });
  }
});

Deno.test("CreateChannel refuses what the service refuses", async () => {
  const { server, fetch, streamARN, input } = withStream();
  const create = (
    more: Record<string, unknown>,
    type = "ValidationException",
  ) => fails(fetch, type, "CreateChannel", input(more));
  const s3 = { S3DestinationConfiguration: S3 };
  const tables = { S3TablesDestinationConfiguration: TABLES };
  await create({});
  await create({ ...s3, ...tables });
  await create({ ...s3, format: "GSR_JSON" });
  await create({ ...tables, schema: SCHEMA, format: "STRING" });
  await create({ ...tables, format: "GSR_JSON" });
  await create({ ...s3, ServiceExecutionRoleARN: "role" });
  const { streamARN: provisioned } = server.createStream("p");
  const source = (StreamARN: string) => ({
    StreamARN,
    RecordConfiguration: { RecordFormatType: "JSON" },
  });
  await create({ ...s3, StreamConfigurationList: [source(provisioned)] });
  await create({
    ...s3,
    StreamConfigurationList: [source(streamARN), source(streamARN)],
  });
  await ok(
    fetch,
    "CreateChannel",
    input({ ...tables, schema: SCHEMA, format: "GSR_JSON" }),
  );
  await create(s3, "ResourceInUseException");
  const { ChannelSummaries: [{ ChannelDestinationType, ChannelARN }] } =
    await ok(fetch, "ListChannels", {});
  assertEquals(ChannelDestinationType, "S3_TABLES");
  await fails(fetch, "ValidationException", "UpdateChannel", {
    ChannelARN,
    S3DestinationConfiguration: { DataFreshnessInSeconds: 60 },
  });
});

Deno.test("ListChannels pages by name and filters by stream", async () => {
  const { server, fetch, streamARN, input } = withStream();
  const other = server.createStream("t", { mode: "ON_DEMAND" }).streamARN;
  for (const ChannelName of ["b", "c", "a"]) {
    const more = { ChannelName, S3DestinationConfiguration: S3 };
    await ok(fetch, "CreateChannel", input(more));
  }
  const list = async (body: unknown) => {
    const answer = await ok(fetch, "ListChannels", body);
    const names = answer.ChannelSummaries.map(
      (channel: { ChannelName: string }) => channel.ChannelName,
    );
    return { names, next: answer.NextToken };
  };
  const first = await list({ MaxResults: 2 });
  assertEquals(first.names, ["a", "b"]);
  assertEquals((await list({ NextToken: first.next })).names, ["c"]);
  const filter = (StreamARN: string) => ({ StreamFilter: [{ StreamARN }] });
  assertEquals((await list(filter(streamARN))).names.length, 3);
  assertEquals((await list(filter(other))).names.length, 0);
  const { StreamDescriptionSummary } = await ok(
    fetch,
    "DescribeStreamSummary",
    { StreamName: "s" },
  );
  assertEquals(StreamDescriptionSummary.ChannelCount, 3);
  assertEquals((await ok(fetch, "DescribeLimits")).ChannelCount, 3);
});
