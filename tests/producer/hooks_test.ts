import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertLess,
  assertRejects,
} from "@std/assert";
import type {
  BatchEvent,
  BufferEvent,
  ProducerEndEvent,
  ShardMapEvent,
  ThrottledEvent,
  WrongShardEvent,
} from "../../hooks.ts";
import { json, jsonLines, kplJson } from "../../processors/mod.ts";
import type { ProducerOptions } from "../../producer.ts";
import { DeliveryError, type ServiceError } from "../../errors.ts";
import {
  accessDenied,
  connectionLost,
  FakeClock,
  setUpProducer,
} from "./_set_up.ts";

function setUp(options: Partial<ProducerOptions<number>> = {}, shards = 1) {
  return setUpProducer<number>({
    processor: json<number>(),
    partitionKey: (n) => `k${n}`,
    lingerMs: 10,
    ...options,
  }, shards);
}

Deno.test("ProducerHooks.onThrottled is called once for every shard and answer, with the next rate", async () => {
  const events: ThrottledEvent[] = [];
  const { clock, client, producer } = setUp({
    hooks: { onThrottled: (event) => events.push(event) },
  }, 2);
  client.onPut = (request, index) =>
    client.storeSome(
      request,
      () => index === 0 ? "ProvisionedThroughputExceededException" : undefined,
    );
  for (let n = 0; n < 20; n++) producer.put(n);
  await clock.runUntil(producer.close());
  assertEquals(events.length, 2);
  assertEquals(new Set(events.map(({ shardId }) => shardId)).size, 2);
  assertEquals(events[0]!.records + events[1]!.records, 20);
  for (const { stream, rateFactor } of events) {
    assertEquals(stream, "s");
    assertLess(rateFactor, 1);
  }
  assertEquals(producer.stats().throttled, 20);
});

Deno.test("ProducerHooks.onShardMap gets the open shards at the start and after a reshard", async () => {
  const events: ShardMapEvent[] = [];
  const { clock, client, producer } = setUp({
    hooks: { onShardMap: (event) => events.push(event) },
  });
  await clock.runUntil(producer.put(0));
  const before = client.openShardIds;
  const { instance } = events[0]!;
  assertEquals(events, [{ stream: "s", instance, before: [], after: before }]);
  client.split(before[0]!);
  await clock.runUntil(producer.put(1));
  await clock.runUntil(producer.close());
  assertEquals(events.slice(1), [
    { stream: "s", instance, before, after: client.openShardIds },
  ]);
});

Deno.test("ProducerHooks.onBuffer is called when writers begin to wait and when no writer waits any more", async () => {
  const events: BufferEvent[] = [];
  const { clock, client, producer } = setUp({
    bufferedValues: 10,
    hooks: { onBuffer: (event) => events.push(event) },
  });
  await clock.runUntil(producer.put(0));
  client.latencyMs = 100;
  for (let n = 0; n < 10; n++) producer.put(n);
  await clock.advance(1);
  assertEquals(events, []);
  for (let n = 10; n < 15; n++) producer.put(n);
  assertEquals(events.map(({ state }) => state), ["full"]);
  assertEquals(events[0]!.bufferedValues, 10);
  await clock.runUntil(producer.close());
  assertEquals(events.map(({ state }) => state), ["full", "free"]);
});

Deno.test("ProducerHooks.onProducerEnd tells once how the producer has ended, and what is undelivered", async () => {
  const ends: ProducerEndEvent[] = [];
  const hooks = {
    onProducerEnd: (event: ProducerEndEvent) => void ends.push(event),
  };
  const closed = setUp({ hooks });
  closed.producer.put(1);
  await closed.clock.runUntil(closed.producer.close());
  await closed.producer.close();
  const aborted = setUp({ hooks, lingerMs: 60_000 });
  const put = aborted.producer.put(1);
  await aborted.clock.advance(1);
  aborted.producer.abort("enough");
  await assertRejects(() => put, DeliveryError);
  aborted.producer.abort("again");
  const failed = setUp({ hooks });
  failed.client.onPut = () => Promise.reject(accessDenied());
  failed.producer.put(1).catch(() => {});
  await failed.clock.runUntil(failed.producer.close().catch(() => {}));
  assertEquals(
    ends.map(({ how, undelivered }) => [how, undelivered]),
    [["closed", 0], ["aborted", 1], ["failed", 1]],
  );
  assertEquals(new Set(ends.map(({ instance }) => instance)).size, 3);
});

Deno.test("ProducerHooks.onWrongShard is called when all values of a record are sent again", async () => {
  const events: WrongShardEvent[] = [];
  const { clock, client, producer } = setUpProducer<number>({
    processor: kplJson<number>(),
    partitionKey: (n) => `k${n}`,
    lingerMs: 10,
    hooks: { onWrongShard: (event) => void events.push(event) },
  });
  await clock.runUntil(producer.put(0));
  client.split(client.openShardIds[0]!);
  const puts = [1, 2, 3, 4, 5, 6].map((n) => producer.put(n));
  await clock.runUntil(producer.close());
  await Promise.all(puts);
  assertEquals(events.length, 1);
  assertEquals([events[0]!.stream, events[0]!.values], ["s", 6]);
  assert(client.openShardIds.includes(events[0]!.shardId));
});

Deno.test("Producer lists the shards again after a minute of sending, and asks nothing when it has nothing to do", async () => {
  const { clock, client, producer } = setUp();
  await clock.runUntil(producer.put(0));
  assertEquals(client.listings, 1);
  await clock.advance(300_000);
  assertEquals(client.listings, 1);
  assertEquals(clock.pendingTimers, 0);
  for (let n = 0; n < 130; n++) {
    producer.put(n);
    await clock.advance(1000);
  }
  assertEquals(client.listings, 4);
  await clock.runUntil(producer.close());
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("FailedValue.history holds the last attempts, oldest first", async () => {
  const { clock, client, producer } = setUp({ maxAttempts: 12 });
  client.onPut = (request, index) => {
    if (index === 11) return client.storeSome(request, () => "InternalFailure");
    throw connectionLost();
  };
  const writer = producer.getWriter();
  const started = clock.now();
  writer.write(1).catch(() => {});
  const error = await clock.runUntil(
    writer.close().then(() => undefined, (error) => error),
  );
  assertInstanceOf(error, DeliveryError);
  const [failed] = error.failures;
  assertEquals(failed!.attempts, 12);
  const codes = failed!.history!.map(({ error }) =>
    (error as ServiceError).code
  );
  assertEquals(codes, [
    ...Array(9).fill("ConnectionFailed"),
    "InternalFailure",
  ]);
  const times = failed!.history!.map(({ at }) => at.getTime());
  assertEquals(times, [...times].sort());
  assertLess(started, times[0]!);
  assertEquals(failed!.error, failed!.history!.at(-1)!.error);
});

Deno.test("Producer lists every value once when a hook aborts it while it fails", async () => {
  const controller = new AbortController();
  const reported: string[] = [];
  const { clock, client, producer } = setUp({
    bufferedValues: 1,
    signal: controller.signal,
    hooks: {
      onValueFailed({ partitionKey }) {
        reported.push(partitionKey);
        controller.abort(new Error("enough"));
      },
    },
  });
  client.onPut = () => {
    throw accessDenied();
  };
  const writer = producer.getWriter();
  writer.write(1).catch(() => {});
  await clock.advance(0);
  const waiting = [2, 3].map((n) =>
    producer.put(n, { partitionKey: `k${n}` }).catch((error) => error)
  );
  await clock.runUntil(writer.closed.catch(() => {}));
  assertEquals(producer.undelivered().map(({ value }) => value), [1, 2, 3]);
  assertEquals(reported.length, 3);
  for (const error of await Promise.all(waiting)) {
    assertInstanceOf(error, DeliveryError);
    assertEquals(error.code, "AccessDeniedException");
    assertEquals(error.failures.length, 3);
  }
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("Producer.putAll lists every value once when a hook aborts the producer for one that is given up", async () => {
  const controller = new AbortController();
  const { clock, producer } = setUp({
    signal: controller.signal,
    hooks: { onValueFailed: () => controller.abort(new Error("enough")) },
  });
  const values = [1, 2n as unknown as number, 3];
  const error = await clock.runUntil(
    producer.putAll(values).catch((error) => error),
  );
  assertInstanceOf(error, DeliveryError);
  assertEquals(error.failures.map(({ value }) => value), [2n, 3, 1]);
});

Deno.test("ProducerHooks.onBatch tells what was stored, and how long its values were buffered", async () => {
  const events: BatchEvent[] = [];
  const { clock, client, producer } = setUpProducer<number>({
    processor: jsonLines<number>(),
    partitionKey: (n) => n < 3 ? "a" : "b",
    lingerMs: 100,
    hooks: { onBatch: (event) => void events.push(event) },
  });
  client.onPut = (request, index) =>
    client.storeSome(
      request,
      (entry) =>
        index === 0 && entry.PartitionKey === "b"
          ? "InternalFailure"
          : undefined,
    );
  for (let n = 0; n < 4; n++) {
    producer.put(n);
    await clock.advance(20);
  }
  await clock.advance(20);
  await clock.runUntil(producer.close());
  const [first, second] = events as [BatchEvent, BatchEvent];
  assertEquals(events.length, 2);
  assertEquals(
    [first.records, first.values, first.failed, first.failedValues],
    [2, 4, 1, 1],
  );
  assertEquals(first.failedBytes, 3);
  const failure = { code: "InternalFailure", records: 1, isThrottle: false };
  assertEquals([first.failures, second.failures], [[failure], []]);
  assertEquals([
    first.resent,
    first.newValues,
    first.bufferedMs,
    first.longestBufferedMs,
  ], [
    0,
    4,
    (100 + 80 + 60 + 40) / 4,
    100,
  ]);
  assertEquals(
    [second.records, second.values, second.failed, second.failedValues],
    [1, 1, 0, 0],
  );
  // Its records were sent before, so they did not wait for their first request.
  assertEquals(
    [
      second.resent,
      second.newValues,
      second.bufferedMs,
      second.longestBufferedMs,
    ],
    [1, 0, undefined, undefined],
  );
});

Deno.test("Producer reads the clock for each value only if onBatch is there", async () => {
  async function readings(
    hooks: ProducerOptions<number>["hooks"],
  ): Promise<number> {
    const fake = new FakeClock();
    let count = 0;
    const now = fake.now.bind(fake);
    const clock = Object.assign(fake, { monotonic: () => (count++, now()) });
    const { producer } = setUpProducer<number>(
      { processor: json<number>(), hooks },
      1,
      clock,
    );
    for (let n = 0; n < 100; n++) producer.put(n);
    await clock.runUntil(producer.close());
    return count;
  }
  const none = await readings(undefined);
  assertEquals(await readings({ onBatch: undefined }), none);
  assertEquals(await readings({ onBatch: () => {} }), none + 100);
});
