/** Reading with enhanced fan-out while nothing breaks. */
import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { FanOutWorld } from "./_fan_out_world.ts";
import type { StartPosition } from "../../records.ts";
import {
  assertComplete,
  collect,
  type Item,
  STREAM,
  values,
} from "./_world.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

Deno.test("Consumer with fanOut reads everything through subscriptions, without GetRecords", async () => {
  const world = new FanOutWorld({ shards: 3 });
  await world.put(300);
  const consumer = world.fanOut({ until: "caught-up" });
  assertComplete(values(await world.drain(consumer)), world.written);
  assertEquals(world.asked("GetRecords"), 0);
  assertEquals(world.asked("GetShardIterator"), 0);
  assertEquals(world.asked("SubscribeToShard"), 3);
});

Deno.test("Consumer with fanOut delivers a record at once and tells its lag", async () => {
  const world = new FanOutWorld();
  const reads: number[] = [];
  const consumer = world.fanOut({
    hooks: { onRead: ({ records }) => void reads.push(records) },
  });
  const reader = consumer.getReader();
  await world.run(consumer.ready);
  await world.pass(7000);
  await world.put(1);
  const before = world.clock.now();
  await world.read(reader, 1);
  assertEquals(world.clock.now(), before);
  assertEquals(reads, [0, 1]);
  const [shard] = consumer.status().shards;
  assertEquals(shard?.state, "caught-up");
  assertEquals(shard?.millisBehindLatest, 0);
  await world.run(consumer.close());
});

Deno.test("Consumer with fanOut subscribes again at the end of 5 minutes behind the last event", async () => {
  const world = new FanOutWorld();
  const consumer = world.fanOut();
  const reader = consumer.getReader();
  const got: Item[] = [];
  for (let minute = 0; minute < 16; minute++) {
    await world.put(3);
    got.push(...values(await world.read(reader, 3)));
    await world.pass(MINUTE_MS);
  }
  assertComplete(got, world.written);
  const { subscriptions } = world;
  assertEquals(subscriptions.length, 4);
  assertEquals(
    subscriptions.map(({ error }) => error),
    Array(4).fill(undefined),
  );
  for (const { type } of subscriptions.slice(1)) {
    assertEquals(type, "AFTER_SEQUENCE_NUMBER");
  }
  assertEquals(world.errors, []);
  await world.run(consumer.close());
});

Deno.test("Consumer with fanOut moves on in an empty shard, beyond its retention", async () => {
  const world = new FanOutWorld();
  await world.put(5);
  const expired: unknown[] = [];
  const consumer = world.fanOut({
    hooks: { onExpired: (event) => void expired.push(event) },
  });
  const reader = consumer.getReader();
  await world.read(reader, 5);
  world.server.advance(23 * HOUR_MS);
  await world.pass(70 * MINUTE_MS);
  const [last] = world.subscriptions.slice(-1);
  assertEquals(last?.type, "AFTER_SEQUENCE_NUMBER");
  assert(last!.sequenceNumber! > world.subscriptions[1]!.sequenceNumber!);
  await world.put(5);
  const records = await world.read(reader, 5);
  assertEquals(records.map(({ value }) => value.i), Array(5).fill(1));
  assertEquals(expired, []);
  assertEquals(world.errors, []);
  await world.run(consumer.close());
});

Deno.test("Consumer with fanOut reads the children after their parents, and subscribes to no ended shard again", async () => {
  const world = new FanOutWorld({ shards: 2 });
  await world.put(40);
  const consumer = world.fanOut();
  const reader = consumer.getReader();
  const got = values(await world.read(reader, 40));
  const [first] = await world.openShards();
  world.server.split(STREAM, first!);
  await world.put(40);
  got.push(...values(await world.read(reader, 40)));
  const [, second, third] = await world.openShards();
  world.server.merge(STREAM, second!, third!);
  await world.put(40);
  got.push(...values(await world.read(reader, 40)));
  assertComplete(got, world.written);
  const before = world.subscriptions.filter(({ shardId }) => shardId === first);
  assertEquals(before.length, 1);
  assert(world.events.includes(`ended ${first}`));
  await world.pass(20 * MINUTE_MS);
  assertEquals(
    world.subscriptions.filter(({ shardId }) => shardId === first).length,
    1,
  );
  await world.run(consumer.close());
});

for (
  const [what, from, expected] of [
    ["LATEST", () => "LATEST", [3, 4, 5, 6]],
    ["a time that has passed", (now) => new Date(now), [3, 4, 5, 6]],
    ["a time that will come", (now) => new Date(now + MINUTE_MS), [5, 6]],
    ["a sequence number", (_, shardId, sequenceNumber) => ({
      [shardId]: { type: "AT_SEQUENCE_NUMBER", sequenceNumber },
    }), [2, 3, 4, 5, 6]],
  ] satisfies [
    string,
    (now: number, shardId: string, third: string) => StartPosition,
    number[],
  ][]
) {
  Deno.test(`Consumer with fanOut starts at ${what}`, async () => {
    const world = new FanOutWorld();
    await world.put(3, { keys: ["k"] });
    const third = world.server.records(STREAM)[2]!.sequenceNumber;
    await world.pass(MINUTE_MS);
    const consumer = world.fanOut({
      from: from(world.clock.now(), world.shardIds[0]!, third),
    });
    const got: number[] = [];
    const done = (async () => {
      for await (const { value } of consumer) got.push(value.i);
    })();
    await world.pass(1000);
    await world.put(2, { keys: ["k"] });
    await world.pass(2 * MINUTE_MS);
    await world.put(2, { keys: ["k"] });
    await world.pass(MINUTE_MS);
    assertEquals(got, expected);
    await world.run(consumer.close());
    await done;
  });
}

Deno.test("Consumer with fanOut ends at a time, whether it has passed or will come", async () => {
  for (const ahead of [-2 * MINUTE_MS, 7 * MINUTE_MS]) {
    const world = new FanOutWorld({ shards: 2 });
    await world.put(20);
    await world.pass(5 * MINUTE_MS);
    const until = new Date(world.clock.now() + ahead);
    const reading = world.fanOut({ until });
    const got = collect(reading);
    await world.put(20);
    await world.pass(MINUTE_MS);
    await world.put(20);
    await world.pass(10 * MINUTE_MS);
    await world.put(20);
    const expected = ahead < 0 ? 20 : 60;
    assertEquals((await world.run(got)).length, expected);
    assertEquals(world.errors, []);
  }
});

Deno.test("Consumer with fanOut ends at a time that comes while nothing is written", async () => {
  const world = new FanOutWorld();
  await world.put(3);
  const started = world.clock.now();
  const until = new Date(started + MINUTE_MS);
  assertEquals((await world.drain(world.fanOut({ until }))).length, 3);
  assertLess(world.clock.now() - started, MINUTE_MS + 20_000);
});

Deno.test("Consumer with fanOut goes on inside an aggregated record", async () => {
  const world = new FanOutWorld();
  await world.put(3, { keys: ["k"], perRecord: 4 });
  const { checkpointer } = world;
  const first = world.fanOut({ checkpointer });
  const reader = first.getReader();
  const got = await world.read(reader, 6);
  for (const record of got) record.ack();
  await world.run(first.close());
  // The service refuses a second subscription within 5 seconds.
  const rest = await world.drain(
    world.fanOut({ until: "caught-up", checkpointer }),
  );
  assertEquals(values(rest).map(({ i }) => i), [6, 7, 8, 9, 10, 11]);
});

Deno.test("Consumer with fanOut that is cancelled with a full buffer goes on behind what was acknowledged", async () => {
  const world = new FanOutWorld();
  await world.put(1000);
  const { checkpointer } = world;
  const first = world.fanOut({ checkpointer });
  const iterator = first[Symbol.asyncIterator]();
  const got: Item[] = [];
  for (let n = 0; n < 17; n++) {
    const { value } = await world.run(iterator.next());
    got.push(value!.value);
  }
  assertGreater(first.status().shards[0]!.bufferedRecords!, 900);
  // Asks for no further value, so the last one is not acknowledged.
  await world.run(iterator.return!(undefined));
  const rest = await world.drain(
    world.fanOut({ until: "caught-up", checkpointer }),
  );
  assertEquals(values(rest)[0], got[16]);
  assertComplete([...got.slice(0, 16), ...values(rest)], world.written);
});

for (const sleepMs of [40_000, 6 * MINUTE_MS]) {
  Deno.test(`Consumer with fanOut reads on after a handler of ${sleepMs / 1000} s, whatever became of the subscription`, async () => {
    const world = new FanOutWorld();
    await world.put(60);
    const consumer = world.fanOut({ prefetch: { records: 2 } });
    const got: Item[] = [];
    const done = (async () => {
      for await (const { value } of consumer) {
        got.push(value);
        if (got.length % 20 === 0) {
          await new Promise<void>((resolve) =>
            world.clock.setTimeout(resolve, sleepMs)
          );
        }
      }
    })();
    for (let n = 0; n < 20 && got.length < 60; n++) await world.pass(MINUTE_MS);
    await world.put(5);
    await world.pass(8 * MINUTE_MS);
    assertComplete(got, world.written);
    assertEquals(world.errors, []);
    await world.run(consumer.close());
    await done;
  });
}

Deno.test("Consumer with fanOut reads no event while its buffer is full, and keeps no subscription that it does not read", async () => {
  const world = new FanOutWorld();
  await world.put(100);
  const consumer = world.fanOut({ prefetch: { records: 10 } });
  const reader = consumer.getReader();
  await world.read(reader, 1);
  await world.put(400);
  await world.pass(10 * MINUTE_MS);
  assertEquals(world.started.length, 1);
  assertLess(consumer.status().shards[0]!.bufferedRecords!, 11);
  const rest = await world.read(reader, 499);
  assertEquals(rest.length, 499);
  assertEquals(world.errors, []);
  await world.run(consumer.close());
});

Deno.test("Consumer with fanOut does nothing for 1000 shards while their values are not taken", async () => {
  const world = new FanOutWorld({ shards: 1000 });
  await world.put(5000, {
    keys: Array.from({ length: 5000 }, (_, i) => `${i}`),
  });
  const consumer = world.fanOut({ prefetch: { records: 1000 } });
  await world.run(consumer.ready);
  await world.pass(10_000);
  const before = world.asked("SubscribeToShard");
  let timers = 0;
  const { setTimeout } = world.clock;
  world.clock.setTimeout = (callback, ms) => {
    timers++;
    return setTimeout.call(world.clock, callback, ms);
  };
  await world.pass(MINUTE_MS);
  assertEquals(world.asked("SubscribeToShard"), before);
  // Leases are renewed and listed; no shard asks for anything.
  assertLess(timers, 2000);
  await world.run(consumer.close());
});
