import { assert, assertEquals } from "@std/assert";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import type { KinesisClient } from "../../client/mod.ts";
import type { Consumer } from "../../consumer.ts";
import { bytes, jsonLines, type Processor } from "../../processors/mod.ts";
import { assertComplete, collect, type Item, values, World } from "./_world.ts";

/** Makes GetRecords of some shards wait for an answer until its signal aborts. */
function silence(client: KinesisClient, shardIds: Iterable<string>): void {
  const silent = new Set(shardIds);
  const iterators = new Set<string>();
  const { getShardIterator, getRecords } = client;
  client.getShardIterator = async (request, options) => {
    const answer = await getShardIterator(request, options);
    if (silent.has(request.ShardId)) iterators.add(answer.ShardIterator!);
    return answer;
  };
  client.getRecords = (request, options) => {
    if (!iterators.has(request.ShardIterator)) {
      return getRecords(request, options);
    }
    return new Promise((_, reject) => {
      const { signal } = options!;
      signal!.addEventListener("abort", () => reject(signal!.reason));
    });
  };
}

function buffered<T>(
  consumer: Consumer<T>,
): { records: number; bytes: number } {
  const sum = { records: 0, bytes: 0 };
  for (const shard of consumer.status().shards) {
    sum.records += shard.bufferedRecords ?? 0;
    sum.bytes += shard.bufferedBytes ?? 0;
  }
  return sum;
}

Deno.test("Consumer reads the other shards while most shards never answer, however small the prefetch", async () => {
  for (const records of [1, 10, 50_000]) {
    const world = new World({ shards: 40 });
    const client = world.client();
    silence(client, world.shardIds.slice(0, 30));
    const consumer = world.consumer({ client, prefetch: { records } });
    const reader = consumer.getReader();
    const first = reader.read();
    await world.pass(2000);
    for (const shardId of world.shardIds.slice(30)) {
      await world.put(20, { keys: [shardId], shardId });
    }
    const read = [(await world.run(first)).value!];
    read.push(...await world.read(reader, 199));
    assertComplete(values(read), world.written);
    await world.run(consumer.close());
  }
});

Deno.test("Consumer goes on with the other shards while poison of some is dealt with, however long their backlog", async () => {
  const world = new World({ shards: 6 });
  const stuck = world.shardIds.slice(0, 4);
  for (const shardId of stuck) {
    await world.putRaw("no json\n", shardId);
    await world.put(500, { keys: ["behind"], shardId });
  }
  const releases: (() => void)[] = [];
  const consumer = world.consumer({
    prefetch: { records: 100 },
    onPoison: () => new Promise<void>((resolve) => releases.push(resolve)),
  });
  const reader = consumer.getReader();
  const first = reader.read();
  await world.pass(3000);
  assertEquals(releases.length, 4);
  for (const shardId of world.shardIds.slice(4)) {
    await world.put(300, { keys: [shardId], shardId });
  }
  const items = [(await world.run(first)).value!];
  items.push(...await world.read(reader, 599));
  assertEquals(items.filter(({ value }) => value.key === "behind"), []);
  assert(buffered(consumer).records <= 100);
  for (const release of releases) release();
  const rest = await world.read(reader, 2000);
  assertEquals(rest.length, 2000);
  await world.run(consumer.close());
});

Deno.test("Consumer goes on with the other shards while the records of one are decoded slowly", async () => {
  const world = new World({ shards: 2 });
  const [slow, fast] = world.shardIds as [string, string];
  await world.put(500, { keys: ["slow"], shardId: slow });
  await world.put(500, { keys: ["fast"], shardId: fast });
  const inner = jsonLines<Item>();
  const processor: Processor<Item> = {
    ...inner,
    unpack: (record) =>
      record.shardId === slow ? new Promise(() => {}) : inner.unpack(record),
  };
  const consumer = world.consumer({
    processor,
    prefetch: { records: 20, bytes: 1000 },
  });
  const records = await world.read(consumer.getReader(), 500);
  assertEquals(values(records).map(({ i }) => i).at(-1), 499);
  await world.run(consumer.close());
});

Deno.test("Consumer keeps its bound in bytes when hundreds of idle shards fill at once, and loses nothing", async () => {
  const world = new World({ shards: 100 });
  const most = 2_000_000;
  const consumer = world.consumer({
    processor: bytes(),
    from: "LATEST",
    prefetch: { bytes: most },
  });
  await world.run(consumer.ready);
  const reader = consumer.getReader();
  const first = reader.read();
  await world.pass(3000);
  const size = 100_000;
  for (let n = 0; n < 2; n++) {
    for (const shardId of world.shardIds) {
      await world.putRaw(new Uint8Array(size).fill(n), shardId);
    }
  }
  const records = [(await world.run(first)).value!];
  let peak = 0;
  for (let n = 0; n < 5; n++) {
    await world.pass(1000);
    peak = Math.max(peak, buffered(consumer).bytes);
  }
  while (records.length < 200) {
    records.push(...await world.read(reader, 1));
    peak = Math.max(peak, buffered(consumer).bytes);
  }
  assert(peak > most / 2 && peak <= most + size, `${peak}`);
  const seen = new Map<string, number>();
  for (const { shardId, value } of records) {
    assertEquals(value[0], seen.get(shardId) ?? 0);
    seen.set(shardId, value[0]! + 1);
  }
  assertEquals([...seen.values()], world.shardIds.map(() => 2));
  await world.run(consumer.close());
});

Deno.test("Consumer reads records that are larger than the room of their shard while others hold all of the pool", async () => {
  const world = new World({ shards: 20 });
  const stuck = world.shardIds.slice(0, 10);
  for (const shardId of stuck) {
    await world.putRaw("stuck", shardId);
    for (let n = 0; n < 30; n++) {
      await world.putRaw(new Uint8Array(1000), shardId);
    }
  }
  const inner = bytes();
  const consumer = world.consumer({
    processor: {
      ...inner,
      unpack: (record) =>
        record.data.length === 5 ? new Promise(() => {}) : inner.unpack(record),
    },
    prefetch: { bytes: 20_000 },
  });
  const reader = consumer.getReader();
  const first = reader.read();
  await world.pass(5000);
  const size = 15_000;
  for (const shardId of world.shardIds.slice(10)) {
    for (let n = 0; n < 3; n++) {
      await world.putRaw(new Uint8Array(size).fill(n), shardId);
    }
  }
  const records = [(await world.run(first)).value!];
  while (records.length < 30) {
    records.push(...await world.read(reader, 1));
    assert(buffered(consumer).bytes <= 20_000 + size);
  }
  for (const shardId of world.shardIds.slice(10)) {
    const of = records.filter((record) => record.shardId === shardId);
    assertEquals(of.map(({ value }) => value[0]), [0, 1, 2]);
  }
  await world.run(consumer.close());
});

Deno.test("Consumer asks hundreds of idle shards at their interval, however small the prefetch", async () => {
  const world = new World({ shards: 300 });
  const consumer = world.consumer({
    from: "LATEST",
    prefetch: { records: 10, bytes: 1000 },
    maxPollIntervalMs: 1000,
  });
  await world.run(consumer.ready);
  await world.pass(500);
  const asked = world.asked("GetRecords");
  await world.pass(5000);
  assertEquals(world.asked("GetRecords") - asked, 5 * 300);
  await world.run(consumer.close());
});

Deno.test("Consumer hands out the other shards when one reaches its part of maxUnacknowledged", async () => {
  const world = new World({ shards: 3 });
  const [stuck, ...others] = world.shardIds as [string, string, string];
  await world.put(500, { keys: ["stuck"], shardId: stuck });
  for (const shardId of others) {
    await world.put(500, { keys: [shardId], shardId });
  }
  const consumer = world.consumer({
    checkpointer: new MemoryCheckpointer(),
    maxUnacknowledged: 60,
  });
  const reader = consumer.getReader();
  const kept = [];
  const items: Item[] = [];
  while (items.length < 1000) {
    const [record] = await world.read(reader, 1);
    if (record!.shardId === stuck) kept.push(record!);
    else {
      items.push(record!.value);
      record!.ack();
    }
  }
  assertEquals(kept.length, 30);
  const next = reader.read();
  await world.pass(10_000);
  for (const record of kept) record.ack();
  const rest = [(await world.run(next)).value!];
  while (rest.length < 470) {
    rest.at(-1)!.ack();
    rest.push(...await world.read(reader, 1));
  }
  items.push(...values(kept), ...values(rest));
  assertComplete(items, world.written);
  await world.run(consumer.close());
});

Deno.test("Consumer hands out a shard that it takes over while a stuck shard has used all of maxUnacknowledged", async () => {
  const world = new World({ shards: 2 });
  const options = {
    checkpointer: new MemoryCheckpointer(),
    maxUnacknowledged: 40,
    acknowledgeTimeoutMs: Infinity,
  };
  const one = world.consumer(options);
  const other = world.consumer(options);
  const reader = one.getReader();
  const first = reader.read();
  const otherRead = collect(other);
  await world.pass(30_000);
  const stateAt = (consumer: Consumer<Item>, shardId: string) =>
    consumer.status().shards.find((shard) => shard.shardId === shardId)!.state;
  const [stuck, live] = world.shardIds.toSorted((shardId) =>
    stateAt(one, shardId) === "elsewhere" ? 1 : -1
  ) as [string, string];
  assertEquals(stateAt(one, live), "elsewhere");
  await world.put(100, { keys: ["stuck"], shardId: stuck });
  const kept = [(await world.run(first)).value!];
  kept[0]!.ack();
  kept.push(...await world.read(reader, 40));
  await world.run(other.close());
  await otherRead;
  await world.put(100, { keys: ["live"], shardId: live });
  for (let n = 0; n < 100; n++) {
    const [record] = await world.read(reader, 1);
    assertEquals(record!.value, { key: "live", i: n });
    record!.ack();
  }
  assertEquals(one.status().unacknowledged, 40);
  for (const record of kept) record.ack();
  const rest = await world.read(reader, 20);
  assertEquals(rest.at(-1)!.value, { key: "stuck", i: 60 });
  await world.run(one.close());
});

Deno.test("Consumer drops a long run of poison without keeping the other shards waiting", async () => {
  const world = new World({ shards: 2 });
  const [poisoned, other] = world.shardIds as [string, string];
  for (let n = 0; n < 50; n++) await world.putRaw("no json\n", poisoned);
  await world.put(3, { keys: ["other"], shardId: other });
  const dropped: string[] = [];
  const consumer = world.consumer({
    onPoison: ({ record }) => void dropped.push(record.shardId),
  });
  const ready = consumer.ready;
  await world.pass(500);
  await ready;
  const records = await world.read(consumer.getReader(), 3);
  assertEquals(values(records).map(({ i }) => i), [0, 1, 2]);
  assert(dropped.length <= 5, `${dropped.length}`);
  await world.run(consumer.close());
});
