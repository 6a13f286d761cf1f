import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { jsonLines, string } from "../../processors/mod.ts";
import { Producer, type ProducerOptions } from "../../producer.ts";
import { FakeClock, setUpProducer, StubKinesis, textOf } from "./_set_up.ts";

function setUp(
  options: Partial<ProducerOptions<string>> = {},
  shardCount = 1,
) {
  const { clock, client, producer } = setUpProducer<string>({
    processor: string(),
    ...options,
  }, shardCount);
  return { clock, client, producer, writer: producer.getWriter() };
}

const sizes = (client: StubKinesis) =>
  client.requests.map(({ Records }) => Records.length);

Deno.test("Producer sends a partial batch when lingerMs has passed and not before", async () => {
  const { clock, client, writer } = setUp({ lingerMs: 50 });
  for (const text of ["a", "b", "c"]) writer.write(text);
  await clock.advance(49);
  assertEquals(client.requests.length, 0);
  await clock.advance(1);
  assertEquals(sizes(client), [3]);
  assertEquals(client.texts, ["a", "b", "c"]);
  await clock.runUntil(writer.close());
});

Deno.test("Producer sends a full batch at once and never more than maxBatchRecords", async () => {
  const { clock, client, writer } = setUp({ maxBatchRecords: 500 });
  for (let i = 0; i < 501; i++) writer.write(`${i}`);
  await clock.advance(0);
  assertEquals(sizes(client), [500]);
  await clock.runUntil(writer.close());
  assertEquals(sizes(client), [500, 1]);
});

Deno.test("Producer never sends more than maxBatchBytes with the keys counted", async () => {
  const { clock, client, writer } = setUp({
    maxBatchBytes: 10_000,
    maxRecordBytes: 10_000,
    partitionKey: () => "k".repeat(100),
  });
  for (let i = 0; i < 40; i++) writer.write("x".repeat(900));
  await clock.runUntil(writer.close());
  for (const { Records } of client.requests) {
    const bytes = Records.reduce(
      (sum, { Data, PartitionKey = "" }) =>
        sum + Data.length + PartitionKey.length,
      0,
    );
    assertLessOrEqual(bytes, 10_000);
  }
  assertEquals(sizes(client), [10, 10, 10, 10]);
});

Deno.test("Producer sends a megabyte in a request by default", async () => {
  for (
    const [maxBatchBytes, expected] of [
      [undefined, [10, 10, 10, 2]],
      [5 * 2 ** 20, [32]],
    ] as const
  ) {
    const { clock, client, writer } = setUp({
      maxBatchBytes,
      lingerMs: 1000,
      shardRates: false,
      partitionKey: () => "k",
    });
    client.latencyMs = 100;
    for (let i = 0; i < 32; i++) writer.write("x".repeat(100_000));
    await clock.advance(0);
    assertEquals(client.inFlight, maxBatchBytes ? 0 : 3);
    await clock.runUntil(writer.close());
    assertEquals(sizes(client), [...expected]);
  }
});

Deno.test("Producer sends a record as large as a request alone", async () => {
  const { clock, client, writer } = setUp({
    maxBatchBytes: 10_000,
    maxRecordBytes: 10_000,
    partitionKey: () => "k",
  });
  writer.write("small");
  writer.write("x".repeat(9_999));
  writer.write("small");
  await clock.runUntil(writer.close());
  assertEquals(client.stored.length, 3);
  assert(sizes(client).includes(1));
});

Deno.test("Producer sends nothing at all when it is closed without a value", async () => {
  const { clock, client, writer } = setUp();
  await writer.close();
  assertEquals(client.requests.length + client.listings, 0);
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("Producer packs values of one key into one record when the processor does", async () => {
  const clock = new FakeClock();
  const client = new StubKinesis(clock);
  const producer = new Producer<{ user: string; n: number }>({
    client,
    streamName: "s",
    processor: jsonLines(),
    partitionKey: "user",
    clock,
  });
  const writer = producer.getWriter();
  for (let n = 0; n < 4; n++) writer.write({ user: n % 2 ? "a" : "b", n });
  await clock.runUntil(writer.close());
  assertEquals(client.requests[0]!.Records.map(textOf), [
    '{"user":"b","n":0}\n{"user":"b","n":2}\n',
    '{"user":"a","n":1}\n{"user":"a","n":3}\n',
  ]);
  assertEquals(client.requests.length, 1);
});

Deno.test("Producer keeps at most maxInFlight requests on their way", async () => {
  const { clock, client, writer } = setUp({
    maxInFlight: 3,
    maxBatchRecords: 10,
    shardRates: false,
  });
  client.latencyMs = 100;
  for (let i = 0; i < 200; i++) writer.write(`${i}`);
  await clock.runUntil(writer.close());
  assertEquals(client.mostInFlight, 3);
  assertEquals(client.stored.length, 200);
});

Deno.test("Producer forms full batches while all requests are busy", async () => {
  const { clock, client, writer } = setUp({
    maxInFlight: 1,
    maxBatchRecords: 100,
    lingerMs: 10,
    shardRates: false,
  });
  client.latencyMs = 100;
  writer.write("first");
  await clock.advance(20);
  // The linger time of these passes while the request is on its way.
  for (let i = 0; i < 50; i++) {
    writer.write("early");
    await clock.advance(1);
  }
  for (let i = 0; i < 300; i++) writer.write("late");
  await clock.runUntil(writer.close());
  assertEquals(sizes(client), [1, 100, 100, 100, 50]);
});

Deno.test("Producer goes on forming full batches after a linger time has passed", async () => {
  const { clock, client, writer } = setUp({
    maxBatchRecords: 100,
    lingerMs: 10,
    shardRates: false,
  });
  client.latencyMs = 5;
  writer.write("first");
  await clock.advance(10);
  for (let i = 0; i < 1000; i++) writer.write(`${i}`);
  await clock.advance(0);
  assertEquals(sizes(client).slice(0, 5), [1, 100, 100, 100, 100]);
  await clock.runUntil(writer.close());
  assertEquals(sizes(client).length, 11);
});

Deno.test("Producer keeps to the rate of a shard without delaying or splitting the batches of others", async () => {
  const { clock, client, producer, writer } = setUp({
    partitionKey: (text) => text.split(" ")[0]!,
    lingerMs: 1000,
    maxBatchRecords: 500,
  }, 2);
  writer.releaseLock();
  const [hotShard] = client.openShardIds;
  let hot = "", cool = "";
  for (let i = 0; !hot || !cool; i++) {
    if (client.shardOf(`k${i}`) === hotShard) hot = `k${i}`;
    else cool = `k${i}`;
  }
  // 3 s worth for one shard, and the other at a tenth of its rate.
  for (let i = 0; i < 3000; i++) producer.put(`${hot} ${i}`);
  const started = clock.now();
  let slowest = 0;
  for (let i = 0; i < 30; i++) {
    for (let j = 0; j < 10; j++) {
      const at = clock.now();
      producer.put(`${cool} ${j}`).then(() =>
        slowest = Math.max(slowest, clock.now() - at)
      );
    }
    await clock.advance(100);
  }
  assertLessOrEqual(slowest, 1000);
  const { delivered } = await clock.runUntil(producer.flush());
  assert(delivered > 0 || producer.stats().delivered === 3300);
  const perSecond = new Map<number, number>();
  client.requests.forEach(({ Records }, i) => {
    const second = Math.floor((client.times[i]! - started) / 1000);
    const count = Records.filter(({ PartitionKey }) => PartitionKey === hot);
    perSecond.set(second, (perSecond.get(second) ?? 0) + count.length);
  });
  // A full bucket may come on top of the rate, once.
  assertLessOrEqual(perSecond.get(0)!, 2000);
  assertLessOrEqual(perSecond.get(1) ?? 0, 1000);
  // One request each quantum of 100 ms, not one a token.
  assertLessOrEqual(client.requests.length, 40);
  await producer.close();
});

Deno.test("Producer does not spin while shards are at their limit and all requests are busy", async () => {
  const { clock, client, writer } = setUp({
    maxInFlight: 1,
    shardRates: { recordsPerSecond: 100 },
    lingerMs: 10,
  });
  client.latencyMs = 20_000;
  for (let i = 0; i < 300; i++) writer.write(`${i}`);
  await clock.advance(15);
  assertEquals(client.requests.length, 1);
  let timers = 0;
  const { setTimeout } = clock;
  clock.setTimeout = (callback, ms) => {
    timers++;
    return setTimeout.call(clock, callback, ms);
  };
  await clock.advance(19_000);
  assertLessOrEqual(timers, 5);
  await clock.runUntil(writer.close());
  assertEquals(client.stored.length, 300);
});

Deno.test("Producer delivers at very low rates", async () => {
  const { clock, client, writer } = setUp({
    shardRates: { recordsPerSecond: 1, bytesPerSecond: 100 },
  });
  let throttles = 40;
  client.onPut = (request) =>
    client.storeSome(
      request,
      () =>
        throttles-- > 0 ? "ProvisionedThroughputExceededException" : undefined,
    );
  for (let i = 0; i < 5; i++) writer.write(`${i}`);
  await clock.runUntil(writer.close());
  assertEquals(client.stored.length, 5);
});

Deno.test("Producer spreads values without a key over the shards", async () => {
  const { clock, client, writer } = setUp({}, 4);
  for (let i = 0; i < 400; i++) writer.write(`${i}`);
  await clock.runUntil(writer.close());
  assertEquals(new Set(client.stored.map(({ shardId }) => shardId)).size, 4);
  assertEquals(new Set(client.stored.map(({ key }) => key)).size, 400);
});

Deno.test("Producer uses the explicit hash key in place of the partition key", async () => {
  const { clock, client, producer, writer } = setUp({
    explicitHashKey: () => "0",
    partitionKey: (text) => text,
  }, 4);
  writer.releaseLock();
  const receipts = [producer.put("a"), producer.put("b")];
  const far = producer.put("c", { explicitHashKey: String(2n ** 128n - 1n) });
  await clock.runUntil(producer.flush());
  const ids = (await Promise.all(receipts)).map(({ shardId }) => shardId);
  assertEquals(ids, [client.openShardIds[0]!, client.openShardIds[0]!]);
  assertEquals((await far).shardId, client.openShardIds[3]!);
  await producer.close();
});
