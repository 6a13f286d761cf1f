import { assert, assertEquals, assertRejects } from "@std/assert";
import { ServiceError, WaiterError } from "../../errors.ts";
import { failure, ok, type Sent, stub } from "./_stub_fetch.ts";

const id = (n: number) => `shardId-${String(n).padStart(12, "0")}`;
const shard = (n: number) => ({
  ShardId: id(n),
  HashKeyRange: { StartingHashKey: "0", EndingHashKey: "1" },
  SequenceNumberRange: { StartingSequenceNumber: "1" },
});

/** ListShards of so many shards in pages; a token is the index where the next page starts. */
function listOf(count: number, page = 1000) {
  return ({ body }: Sent) => {
    const from = Number(body.NextToken ?? 0);
    const to = Math.min(count, from + (body.MaxResults ?? page));
    const Shards = [];
    for (let n = from; n < to; n++) Shards.push(shard(n));
    return ok({ Shards, NextToken: to < count ? String(to) : null });
  };
}

async function ids(shards: AsyncIterable<{ ShardId: string }>) {
  const all: string[] = [];
  for await (const { ShardId } of shards) all.push(ShardId);
  return all;
}

const expected = (count: number) =>
  Array.from({ length: count }, (_, n) => id(n));

Deno.test("KinesisClient.listAllShards reads 3000 shards page by page, with the token alone", async () => {
  const { client, sent, run } = stub(listOf(3000));
  const all = await run(
    ids(client.listAllShards({
      StreamName: "s",
      ShardFilter: { Type: "AT_LATEST" },
    })),
  );
  assertEquals(all, expected(3000));
  assertEquals(sent.map(({ body }) => body), [
    { StreamName: "s", ShardFilter: { Type: "AT_LATEST" } },
    { NextToken: "1000" },
    { NextToken: "2000" },
  ]);
});

Deno.test("KinesisClient.listAllShards keeps the page size", async () => {
  const { client, sent, run } = stub(listOf(25));
  const shards = client.listAllShards({ StreamName: "s", MaxResults: 10 });
  assertEquals(await run(ids(shards)), expected(25));
  assertEquals(sent.map(({ body }) => body.MaxResults), [10, 10, 10]);
});

Deno.test("KinesisClient.listAllShards fetches a page only when it is asked for", async () => {
  const { client, sent, run } = stub(listOf(3000));
  const shards = client.listAllShards({ StreamName: "s" });
  assertEquals(sent.length, 0);
  await run(shards.next());
  assertEquals(sent.length, 1);
  await shards.return();
  assertEquals(sent.length, 1);
});

Deno.test("KinesisClient.listAllShards goes on after a token has expired, and gives no shard twice", async () => {
  for (const ShardFilter of [undefined, { Type: "AT_LATEST" as const }]) {
    const list = listOf(3000);
    const expired = new Set(["1000", "2000"]);
    const { client, run } = stub((sent) =>
      expired.delete(sent.body.NextToken)
        ? failure("ExpiredNextTokenException")
        : list(sent)
    );
    const shards = client.listAllShards({ StreamName: "s", ShardFilter });
    assertEquals(await run(ids(shards)), expected(3000));
    assertEquals(expired.size, 0);
  }
});

Deno.test("KinesisClient.listAllShards gives up when tokens expire without any progress", async () => {
  const list = listOf(3000);
  const { client, sent, run } = stub((sent) =>
    sent.body.NextToken ? failure("ExpiredNextTokenException") : list(sent)
  );
  await assertRejects(
    () => run(ids(client.listAllShards({ StreamName: "s" }))),
    ServiceError,
    "ExpiredNextTokenException",
  );
  assertEquals(sent.length, 4);
});

Deno.test("KinesisClient.listAllShards reads a stream without shards in the answer", async () => {
  const { client, run } = stub(() => ok({ Shards: null, NextToken: null }));
  assertEquals(await run(ids(client.listAllShards({ StreamName: "s" }))), []);
});

const summary = (StreamStatus: string) =>
  ok({
    StreamDescriptionSummary: { StreamName: "s", StreamStatus },
  });

Deno.test("KinesisClient.waitUntilActive asks less and less often", async () => {
  const { client, clock, sent, run } = stub((_, n) =>
    summary(n < 12 ? "CREATING" : "ACTIVE")
  );
  const { StreamStatus } = await run(
    client.waitUntilActive({ StreamName: "s" }),
  );
  assertEquals(StreamStatus, "ACTIVE");
  const waits = sent.slice(1).map(({ at }, i) => at - sent[i]!.at);
  assert(waits.every((wait, i) => wait >= (waits[i - 1] ?? 150)));
  assert(waits.at(-1)! >= 2500);
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("KinesisClient.waitUntilActive names the last state when the time is over", async () => {
  const { client, clock, run } = stub(() => summary("UPDATING"));
  const started = clock.now();
  const error = await assertRejects(
    () =>
      run(client.waitUntilActive({ StreamName: "s" }, { timeoutMs: 60_000 })),
    WaiterError,
    '"s" to be ACTIVE: it is still UPDATING after 60000 ms',
  );
  assertEquals(error.lastState, "UPDATING");
  assert(clock.now() - started <= 60_000);
});

Deno.test("KinesisClient.waitUntilActive bears with throttles and faults until its time is up", async () => {
  const throttled = stub((_, n) =>
    n < 9 ? failure("LimitExceededException") : summary("ACTIVE")
  );
  await throttled.run(throttled.client.waitUntilActive({ StreamName: "s" }));

  const { client, run } = stub(() => failure("LimitExceededException"));
  const error = await assertRejects(
    () =>
      run(client.waitUntilActive({ StreamName: "s" }, { timeoutMs: 60_000 })),
    WaiterError,
    "not known",
  );
  assertEquals((error.cause as ServiceError).code, "LimitExceededException");
});

Deno.test("KinesisClient.waitUntilActive stops at once when the stream does not exist", async () => {
  const { client, sent, run } = stub(() =>
    failure("ResourceNotFoundException")
  );
  await assertRejects(
    () => run(client.waitUntilActive({ StreamName: "s" })),
    ServiceError,
  );
  assertEquals(sent.length, 1);
});

Deno.test("KinesisClient.waitUntilDeleted resolves when the stream is gone", async () => {
  const { client, run } = stub((_, n) =>
    n < 3 ? summary("DELETING") : failure("ResourceNotFoundException")
  );
  await run(client.waitUntilDeleted({ StreamName: "s" }));
});

Deno.test("KinesisClient.waitUntilActive ends with its signal", async () => {
  const { client, clock, reached } = stub(() => summary("CREATING"));
  const controller = new AbortController();
  const waiting = client.waitUntilActive(
    { StreamName: "s" },
    { signal: controller.signal },
  ).catch((error) => error);
  await reached(1);
  controller.abort("enough");
  assertEquals(await waiting, "enough");
  assertEquals(clock.pendingTimers, 0);
});

const CHANNEL = {
  ChannelARN: "arn:aws:kinesis:eu-west-1:123456789012:channel/c1",
};
const QUEUE = { QueueARN: "arn:aws:kinesis:eu-west-1:123456789012:queue/q1" };
const channel = (ChannelStatus: string, ChannelStatusReason?: string) =>
  ok({ ChannelDescription: { ChannelStatus, ChannelStatusReason } });
const queue = (QueueStatus: string) =>
  ok({ QueueDescription: { QueueStatus } });

Deno.test("KinesisClient.waitUntilChannelActive stops at once when the channel has failed, and says why", async () => {
  const { client, clock, sent, run } = stub((_, n) =>
    n < 2 ? channel("CREATING") : channel("FAILED", "The role is missing")
  );
  const error = await assertRejects(
    () => run(client.waitUntilChannelActive(CHANNEL)),
    WaiterError,
    `channel "${CHANNEL.ChannelARN}" to be ACTIVE: it is FAILED: The role is missing`,
  );
  assertEquals([error.lastState, error.code], ["FAILED", "WaitFailed"]);
  assertEquals([sent.length, clock.pendingTimers], [3, 0]);
});

Deno.test("KinesisClient waits until a queue is ACTIVE, and not while it is being deleted", async () => {
  const active = stub((_, n) => queue(n < 2 ? "CREATING" : "ACTIVE"));
  const { QueueStatus } = await active.run(
    active.client.waitUntilQueueActive(QUEUE),
  );
  assertEquals([QueueStatus, active.sent.length], ["ACTIVE", 3]);

  const { client, run } = stub(() => queue("DELETING"));
  await assertRejects(
    () => run(client.waitUntilQueueActive(QUEUE)),
    WaiterError,
    "it is DELETING",
  );
});

Deno.test("KinesisClient waits until a queue and a channel are gone", async () => {
  const gone = () => failure("ResourceNotFoundException");
  const ofQueue = stub((_, n) => n < 2 ? queue("DELETING") : gone());
  await ofQueue.run(ofQueue.client.waitUntilQueueDeleted(QUEUE));
  const ofChannel = stub((_, n) => n < 2 ? channel("FAILED") : gone());
  await ofChannel.run(ofChannel.client.waitUntilChannelDeleted(CHANNEL));
  assertEquals([ofQueue.sent.length, ofChannel.sent.length], [3, 3]);
});
