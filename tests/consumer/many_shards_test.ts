import { assert, assertEquals } from "@std/assert";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import type { KinesisClient } from "../../client/mod.ts";
import { delay } from "../../_core/clock.ts";
import type { FakeClock } from "../_services/fake_clock.ts";
import { World } from "./_world.ts";

/** Counts the calls of a method that are under way, and lets each take some time of the clock. */
function slowed<A extends unknown[], R>(
  method: (...args: A) => Promise<R>,
  ms: number,
  clock: FakeClock,
) {
  let underWay = 0;
  const slow = {
    peak: 0,
    calls: 0,
    async call(...args: A): Promise<R> {
      slow.calls++;
      slow.peak = Math.max(slow.peak, ++underWay);
      try {
        await delay(ms, { clock });
        return await method(...args);
      } finally {
        underWay--;
      }
    },
  };
  return slow;
}

/** The time until a condition holds, in milliseconds, in steps of 50. */
async function timeUntil(
  world: World,
  isTrue: () => boolean,
): Promise<number> {
  const start = world.clock.now();
  while (!isTrue()) {
    if (world.clock.now() - start > 60_000) throw new Error("It never came");
    await world.pass(50);
  }
  return world.clock.now() - start;
}

Deno.test("Consumer opens 500 shards with few requests at once, and hands out the record of a busy shard before all are open", async () => {
  const world = new World({ shards: 500 });
  await world.put(1, { shardId: world.shardIds[250]! });
  const client = world.client();
  const opening = slowed(client.getShardIterator, 20, world.clock);
  const reading = slowed(client.getRecords, 20, world.clock);
  const listing = slowed(client.listShards, 20, world.clock);
  client.getShardIterator = opening.call as KinesisClient["getShardIterator"];
  client.getRecords = reading.call as KinesisClient["getRecords"];
  client.listShards = listing.call as KinesisClient["listShards"];
  const consumer = world.consumer({
    client,
    checkpointer: new MemoryCheckpointer(),
  });
  const reader = consumer.getReader();
  let isRead = false;
  const first = reader.read().then(() => isRead = true);
  let isReady = false;
  consumer.ready.then(() => isReady = true);
  assert(await timeUntil(world, () => isRead && isReady) <= 1000);
  await first;
  assertEquals(opening.calls, 500);
  assertEquals(opening.peak, 64);
  assert(reading.peak <= 128, `${reading.peak} reads at once`);
  await world.run(consumer.close());
});

Deno.test("Consumer opens the other shards while 100 iterators are never answered", async () => {
  const world = new World({ shards: 200 });
  const silent = new Set(world.shardIds.slice(0, 100));
  const client = world.client();
  const { getShardIterator } = client;
  client.getShardIterator = (request, options) => {
    if (!silent.has(request.ShardId)) return getShardIterator(request, options);
    return new Promise((_, reject) => {
      const { signal } = options!;
      signal!.addEventListener("abort", () => reject(signal!.reason));
    });
  };
  const consumer = world.consumer({ client });
  const states = () =>
    consumer.status().shards.filter(({ state }) => state === "caught-up");
  consumer.ready.catch(() => {});
  assert(await timeUntil(world, () => states().length === 100) <= 3000);
  await world.run(consumer.close());
});

Deno.test("Consumer reads 500 idle shards 50 times a second, and one of them again at its interval when records come", async () => {
  const world = new World({ shards: 500 });
  const consumer = world.consumer();
  await world.run(consumer.ready);
  await world.pass(30_000);
  const asked = world.asked("GetRecords");
  await world.pass(20_000);
  assertEquals(world.asked("GetRecords") - asked, 20 * 50);
  const shardId = world.shardIds[7]!;
  const reader = consumer.getReader();
  const readTimes: number[] = [];
  let isRead: Promise<unknown> = reader.read();
  for (let n = 0; n < 3; n++) {
    const start = world.clock.now();
    await world.put(1, { shardId });
    await world.run(isRead);
    readTimes.push(world.clock.now() - start);
    isRead = reader.read();
  }
  isRead.catch(() => {});
  const [first, second, third] = readTimes;
  assert(first! <= 10_000, `${first}`);
  assertEquals([second! <= 1000, third! <= 1000], [true, true]);
  await world.run(consumer.close());
  await isRead;
});

Deno.test("Consumer reads idle shards at 'maxPollIntervalMs' if that is shorter than their fair part", async () => {
  const world = new World({ shards: 300 });
  const consumer = world.consumer({
    pollIntervalMs: 500,
    maxPollIntervalMs: 2000,
  });
  await world.run(consumer.ready);
  await world.pass(10_000);
  const asked = world.asked("GetRecords");
  await world.pass(10_000);
  assertEquals(world.asked("GetRecords") - asked, 300 * 5);
  await world.run(consumer.close());
});

Deno.test("Consumer writes the leases of 300 shards with 32 calls at once, at every time", async () => {
  const world = new World({ shards: 300 });
  const store = new MemoryCheckpointer();
  const peaks: Record<string, number> = {};
  let underWay = 0;
  const names = ["create", "take", "renew", "checkpoint", "release"] as const;
  for (const name of names) {
    const call = store[name].bind(store) as (...a: unknown[]) => unknown;
    Object.assign(store, {
      [name]: async (...args: unknown[]) => {
        peaks[name] = Math.max(peaks[name] ?? 0, ++underWay);
        await delay(5, { clock: world.clock });
        underWay--;
        return await call(...args);
      },
    });
  }
  for (const shardId of world.shardIds) await world.put(1, { shardId });
  const consumer = world.consumer({ checkpointer: store });
  const reader = consumer.getReader();
  for (const record of await world.read(reader, 300)) record.ack();
  await world.pass(10_000);
  await world.run(consumer.close());
  assertEquals(peaks, {
    create: 32,
    take: 32,
    renew: 32,
    checkpoint: 32,
    release: 32,
  });
});
