import { assertEquals } from "@std/assert";
import { KinesisServer } from "../../testing/mod.ts";
import { FakeClock } from "../_services/fake_clock.ts";
import { entry, fails, iterator, ok } from "./_call.ts";

function withStream(
  options: ConstructorParameters<typeof KinesisServer>[0] = {},
) {
  const server = new KinesisServer({ clock: new FakeClock(), ...options });
  const { shardIds } = server.createStream("s");
  return { server, fetch: server.fetch, id: shardIds[0]! };
}

const CODE = "ProvisionedThroughputExceededException";

Deno.test("PutRecords fails the records above 1000 per second and shard", async () => {
  const { server, fetch, id } = withStream();
  const put = async () => {
    const { Records, FailedRecordCount } = await ok(fetch, "PutRecords", {
      StreamName: "s",
      Records: Array.from({ length: 400 }, (_, i) => entry(`k${i}`)),
    });
    const failed = Records.filter((r: { ErrorCode?: string }) => r.ErrorCode);
    assertEquals(failed.length, FailedRecordCount);
    for (const { ErrorCode, ErrorMessage, SequenceNumber } of failed) {
      assertEquals(ErrorCode, CODE);
      assertEquals(
        ErrorMessage,
        `Rate exceeded for shard ${id} in stream s under account 123456789012.`,
      );
      assertEquals(SequenceNumber, undefined);
    }
    return FailedRecordCount;
  };
  assertEquals([await put(), await put(), await put()], [0, 0, 200]);
  assertEquals(server.records("s").length, 1_000);
  server.advance(250);
  assertEquals(await put(), 150);
});

Deno.test("PutRecords fails the records above 1 MiB per second and shard", async () => {
  const { server, fetch } = withStream();
  const { Records } = await ok(fetch, "PutRecords", {
    StreamName: "s",
    Records: [entry("a", 700_000), entry("b", 700_000), entry("c", 300_000)],
  });
  assertEquals(
    Records.map((record: { ErrorCode?: string }) => record.ErrorCode),
    [undefined, CODE, undefined],
  );
  await fails(fetch, CODE, "PutRecord", {
    StreamName: "s",
    ...entry("b", 700_000),
  });
  server.advance(1_000);
  await ok(fetch, "PutRecord", { StreamName: "s", ...entry("b", 700_000) });
});

Deno.test("GetRecords throttles the sixth call in a second", async () => {
  const { server, fetch, id } = withStream();
  const ShardIterator = await iterator(fetch, "s", id);
  for (let i = 0; i < 5; i++) await ok(fetch, "GetRecords", { ShardIterator });
  await fails(fetch, CODE, "GetRecords", { ShardIterator });
  server.advance(200);
  await ok(fetch, "GetRecords", { ShardIterator });
  await fails(fetch, CODE, "GetRecords", { ShardIterator });
});

Deno.test("GetRecords returns at most 10 MiB, and throttles for five seconds after that", async () => {
  const { server, fetch, id } = withStream({ limits: { write: false } });
  for (let i = 0; i < 12; i++) {
    await ok(fetch, "PutRecord", { StreamName: "s", ...entry("k", 1_048_575) });
  }
  const first = await ok(fetch, "GetRecords", {
    ShardIterator: await iterator(fetch, "s", id),
  });
  assertEquals(first.Records.length, 10);
  const next = { ShardIterator: first.NextShardIterator };
  await fails(fetch, CODE, "GetRecords", next);
  server.advance(4_900);
  await fails(fetch, CODE, "GetRecords", next);
  server.advance(100);
  assertEquals((await ok(fetch, "GetRecords", next)).Records.length, 2);
});

Deno.test("GetRecords returns at most 10 000 records, or at most Limit", async () => {
  const { fetch, id } = withStream({ limits: false });
  for (let i = 0; i < 21; i++) {
    await ok(fetch, "PutRecords", {
      StreamName: "s",
      Records: Array.from({ length: 500 }, () => entry("k")),
    });
  }
  const ShardIterator = await iterator(fetch, "s", id);
  const page = await ok(fetch, "GetRecords", { ShardIterator });
  assertEquals(page.Records.length, 10_000);
  const few = await ok(fetch, "GetRecords", { ShardIterator, Limit: 7 });
  assertEquals(few.Records.length, 7);
  for (const Limit of [0, 10_001]) {
    await fails(fetch, "ValidationException", "GetRecords", {
      ShardIterator,
      Limit,
    });
  }
});

Deno.test("GetShardIterator throttles the sixth call per second and shard", async () => {
  const { server, fetch, id } = withStream();
  for (let i = 0; i < 5; i++) await iterator(fetch, "s", id);
  const input = {
    StreamName: "s",
    ShardId: id,
    ShardIteratorType: "LATEST",
  };
  await fails(fetch, CODE, "GetShardIterator", input);
  server.advance(1_000);
  await ok(fetch, "GetShardIterator", input);
});

Deno.test("KinesisServer throttles control-plane calls of the account with LimitExceededException", async () => {
  const { server, fetch } = withStream();
  const input = { StreamName: "s" };
  for (let i = 0; i < 10; i++) await ok(fetch, "DescribeStream", input);
  await fails(fetch, "LimitExceededException", "DescribeStream", input);
  for (let i = 0; i < 20; i++) await ok(fetch, "DescribeStreamSummary", input);
  await fails(fetch, "LimitExceededException", "DescribeStreamSummary", input);
  server.advance(1_000);
  await ok(fetch, "DescribeStream", input);
  for (let i = 0; i < 1_000; i++) await ok(fetch, "ListShards", input);
  await fails(fetch, "LimitExceededException", "ListShards", input);
});

Deno.test("KinesisServer enforces no rate limit when limits is false", async () => {
  const { fetch, id } = withStream({ limits: false });
  const ShardIterator = await iterator(fetch, "s", id);
  for (let i = 0; i < 30; i++) {
    await ok(fetch, "DescribeStream", { StreamName: "s" });
    await ok(fetch, "GetRecords", { ShardIterator });
    const { FailedRecordCount } = await ok(fetch, "PutRecords", {
      StreamName: "s",
      Records: Array.from({ length: 500 }, () => entry("k")),
    });
    assertEquals(FailedRecordCount, 0);
  }
});
