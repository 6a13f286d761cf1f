/** Shards without progress: who is to blame, and what the consumer does about it. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import type { Consumer, ConsumerOptions } from "../../consumer.ts";
import { KinesisError, TimeoutError } from "../../errors.ts";
import type { StalledEvent } from "../../hooks.ts";
import { hangingClient } from "./_hanging_client.ts";
import { slowly } from "./_slow_processor.ts";
import { assertComplete, type Item, STREAM, values, World } from "./_world.ts";

const LIMIT_MS = 120_000;

/** Hooks of the world that note stalled shards, too. */
function watching(world: World) {
  const stalls: StalledEvent[] = [];
  const hooks = {
    ...world.hooks,
    onStalled: (event: StalledEvent) => void stalls.push(event),
  };
  const reported = () =>
    stalls.map(({ waitsFor, action }) => [waitsFor, action]);
  return { hooks, stalls, reported };
}

async function work(consumer: Consumer<Item>, into: Item[]): Promise<void> {
  for await (const { value } of consumer) into.push(value);
}

Deno.test("Consumer gives up a GetRecords that hangs, goes on behind the last record, and ignores the late answer", async () => {
  const world = new World({ shards: 2 });
  const [a, b] = world.shardIds as [string, string];
  let hangs = false;
  const { client, late } = hangingClient(world, {
    getRecords: (shardId) => hangs && shardId === a,
  });
  const { hooks, stalls } = watching(world);
  const consumer = world.consumer({ client, hooks });
  const items: Item[] = [];
  const working = work(consumer, items);
  await world.put(10, { keys: ["x"], shardId: a });
  await world.pass(5000);
  hangs = true;
  await world.pass(5000);
  hangs = false;
  await world.put(10, { keys: ["x"], shardId: a });
  await world.put(10, { keys: ["y"], shardId: b });
  await world.pass(LIMIT_MS - 10_000);
  assertEquals(items.length, 20);
  assertEquals(stalls, []);
  await world.pass(20_000);
  assertEquals(items.length, 30);
  for (const answer of late) answer();
  await world.put(10, { keys: ["x"], shardId: a });
  await world.pass(5000);
  assertComplete(items, world.written);
  assertEquals(stalls.map(({ stalledMs: _, ...event }) => event), [{
    stream: STREAM,
    shardId: a,
    waitsFor: "request",
    action: "restart",
    millisBehindLatest: 0,
  }]);
  assert(stalls[0]!.stalledMs - LIMIT_MS < 1000);
  const { lastError } = consumer.status().shards[0]!;
  assert(lastError?.error instanceof TimeoutError);
  assertEquals(lastError.attempt, 1);
  await world.run(consumer.close());
  await working;
});

Deno.test("Consumer gives up a GetShardIterator that hangs, and is ready then", async () => {
  const world = new World({ shards: 2 });
  const [a] = world.shardIds as [string];
  let hangs = true;
  const { client } = hangingClient(world, {
    getShardIterator: (shardId) => hangs && shardId === a,
  });
  const { hooks, stalls } = watching(world);
  const reported = () =>
    stalls.filter(({ shardId }) => shardId === a)
      .map(({ waitsFor, action }) => [waitsFor, action]);
  const consumer = world.consumer({ client, hooks });
  let isReady = false;
  consumer.ready.then(() => isReady = true);
  await world.put(20);
  await world.pass(LIMIT_MS - 1000);
  assertEquals([isReady, reported()], [false, []]);
  hangs = false;
  await world.pass(3000);
  assertEquals([isReady, reported()], [true, [["iterator", "restart"]]]);
  assertEquals((await world.read(consumer.getReader(), 20)).length, 20);
  await world.run(consumer.close());
});

for (const action of ["getRecords", "getShardIterator"] as const) {
  Deno.test(`Consumer gives the lease up when ${action} hangs again, another worker takes it, and nothing is lost`, async () => {
    const world = new World({ shards: 4 });
    const checkpointer = new MemoryCheckpointer();
    const hanging = new Set<string>();
    const { client } = hangingClient(world, {
      [action]: (shardId: string) => hanging.has(shardId),
    });
    const { hooks, reported } = watching(world);
    const items: Item[] = [];
    const common = { checkpointer, hooks };
    const one = world.consumer({ ...common, client, workerId: "one" });
    const two = world.consumer({ ...common, workerId: "two" });
    const working = [work(one, items)];
    await world.pass(5000);
    working.push(work(two, items));
    await world.pass(60_000);
    // Each has its fair part of two.
    const leases = await checkpointer.list(STREAM);
    const { shardId: a } = leases.find(({ owner }) => owner === "one")!;
    const ownerOf = async () =>
      (await checkpointer.list(STREAM)).find(({ shardId }) => shardId === a)
        ?.owner;
    hanging.add(a);
    // The reader makes a new iterator when the old one has expired.
    if (action === "getShardIterator") world.server.advance(400_000);
    await world.put(20, { shardId: a });
    await world.pass(LIMIT_MS + 5000);
    assertEquals(reported().map(([, what]) => what), ["restart"]);
    await world.pass(LIMIT_MS - 8000);
    assertEquals(await ownerOf(), "one");
    await world.pass(10_000);
    assertEquals(reported().map(([, what]) => what), ["restart", "release"]);
    assert(world.events.includes(`released ${a}`));
    await world.pass(20_000);
    assertEquals(await ownerOf(), "two");
    await world.pass(5000);
    assertComplete(items, world.written);
    await world.run(Promise.all([one.close(), two.close()]));
    await Promise.all(working);
  });
}

Deno.test("Consumer that is alone leaves a shard that it gave up alone for 3 failover times, and tries again", async () => {
  for (const checkpointer of [undefined, new MemoryCheckpointer()]) {
    const world = new World();
    let hangs = false;
    const { client } = hangingClient(world, { getRecords: () => hangs });
    const { hooks, reported } = watching(world);
    const consumer = world.consumer({ client, hooks, checkpointer });
    const items: Item[] = [];
    const working = work(consumer, items);
    await world.put(10);
    await world.pass(5000);
    hangs = true;
    await world.pass(2 * LIMIT_MS + 5000);
    assertEquals(reported(), [["request", "restart"], ["request", "release"]]);
    assertEquals(consumer.status().shards[0]!.state, "waiting");
    hangs = false;
    await world.put(10);
    const asked = world.asked("GetRecords");
    await world.pass(20_000);
    assertEquals(world.asked("GetRecords"), asked);
    await world.pass(20_000);
    assertComplete(items, world.written);
    await world.run(consumer.close());
    await working;
  }
});

Deno.test("Consumer only tells of a record whose decoding does not end, at 1, 2 and 4 times the limit", async () => {
  const world = new World({ shards: 2 });
  const [a, b] = world.shardIds as [string, string];
  const { processor, pending } = slowly<Item>(({ shardId }) => shardId === a);
  const { hooks, stalls } = watching(world);
  const checkpointer = new MemoryCheckpointer();
  const consumer = world.consumer({ processor, hooks, checkpointer });
  const items: Item[] = [];
  const working = work(consumer, items);
  await world.put(5, { keys: ["x"], shardId: a });
  await world.put(5, { keys: ["y"], shardId: b });
  await world.pass(5 * LIMIT_MS);
  assertEquals(items.length, 5);
  assertEquals(
    stalls.map(({ shardId, waitsFor, action, stalledMs }) => [
      shardId,
      waitsFor,
      action,
      Math.floor(stalledMs / LIMIT_MS),
    ]),
    [1, 2, 4].map((times) => [a, "decode", "none", times]),
  );
  const [lease] = await checkpointer.list(STREAM);
  assert(lease!.owner !== undefined);
  // It ends at last, and so does the stall.
  while (items.length < 10) {
    pending.shift()?.();
    await world.pass(100);
  }
  assertComplete(items, world.written);
  assertEquals(consumer.status().shards[0]!.waitsFor, undefined);
  assertEquals(world.asked("GetShardIterator"), 2);
  await world.run(consumer.close());
  await working;
});

Deno.test("Consumer only tells of a poison handler that does not end", async () => {
  const world = new World();
  const [a] = world.shardIds as [string];
  const { hooks, reported } = watching(world);
  let end = () => {};
  const consumer = world.consumer({
    hooks,
    checkpointer: new MemoryCheckpointer(),
    onPoison: () => new Promise<void>((resolve) => end = resolve),
  });
  const items: Item[] = [];
  const working = work(consumer, items);
  await world.putRaw("no json\n", a);
  await world.put(5);
  await world.pass(LIMIT_MS + 2000);
  assertEquals(reported(), [["poison", "none"]]);
  assertEquals(consumer.status().shards[0]!.waitsFor, "poison");
  end();
  await world.pass(1000);
  assertComplete(items, world.written);
  await world.run(consumer.close());
  await working;
});

Deno.test("Consumer only tells of an application that takes no values, and of one that acknowledges none", async () => {
  const world = new World();
  const { hooks, reported } = watching(world);
  const consumer = world.consumer({
    hooks,
    checkpointer: new MemoryCheckpointer(),
    maxUnacknowledged: 10,
    prefetch: { records: 5 },
  });
  const reader = consumer.getReader();
  await world.put(30);
  const records = await world.read(reader, 1);
  await world.pass(LIMIT_MS + 2000);
  assertEquals(reported(), [["application", "none"]]);
  records[0]!.ack();
  records.push(...await world.read(reader, 10));
  const reading = reader.read();
  await world.pass(LIMIT_MS + 2000);
  assertEquals(reported().slice(1), [["acknowledgements", "none"]]);
  assertEquals(consumer.status().shards[0]!.waitsFor, "acknowledgements");
  for (const record of records) record.ack();
  const next = await world.run(reading);
  assert(!next.done);
  assertEquals(world.errors, []);
  assertEquals(reported().length, 2);
  await world.run(consumer.close());
});

Deno.test("Consumer tells of a closed shard whose last value is not acknowledged", async () => {
  const world = new World();
  const [a] = world.shardIds as [string];
  await world.put(1);
  world.server.split(STREAM, a);
  const { hooks, stalls } = watching(world);
  const consumer = world.consumer({
    hooks,
    checkpointer: new MemoryCheckpointer(),
  });
  const reader = consumer.getReader();
  const [record] = await world.read(reader, 1);
  await world.pass(LIMIT_MS + 2000);
  assertEquals(
    stalls.map(({ shardId, waitsFor }) => [shardId, waitsFor]),
    [[a, "acknowledgements"]],
  );
  record!.ack();
  await world.run(consumer.close());
});

Deno.test("Consumer tells of a shard that fails for long, and lets the number of failures end it", async () => {
  const world = new World();
  const client = world.client();
  let isDown = false;
  const { getRecords } = client;
  client.getRecords = (...args) =>
    isDown
      ? Promise.reject(
        new KinesisError("down", { code: "Down", retryable: true }),
      )
      : getRecords(...args);
  const { hooks, reported } = watching(world);
  const consumer = world.consumer({ client, hooks, maxFailuresInARow: 30 });
  const reading = consumer.getReader().read();
  const failing = assertRejects(() => reading, KinesisError, "down");
  await world.pass(5000);
  isDown = true;
  await world.pass(LIMIT_MS + 2000);
  assertEquals(reported(), [["backoff", "none"]]);
  const { lastError } = consumer.status().shards[0]!;
  assert(lastError!.attempt > 10);
  assert(lastError!.ageMs < 10_000);
  await world.run(failing);
});

const quiet: Record<string, (world: World) => Partial<ConsumerOptions<Item>>> =
  {
    "is at its latest record": () => ({}),
    "is read every 5 minutes only": () => ({ pollIntervalMs: 300_000 }),
    "starts at a time that has not come": ({ clock }) => ({
      from: new Date(clock.now() + 3_600_000),
    }),
  };
for (const [name, options] of Object.entries(quiet)) {
  Deno.test(`Consumer does not take a quiet shard for stalled that ${name}`, async () => {
    const world = new World();
    const { hooks, stalls } = watching(world);
    const consumer = world.consumer({ hooks, ...options(world) });
    const reading = consumer.getReader().read();
    await world.pass(1_200_000);
    assertEquals(stalls, []);
    await world.run(consumer.close());
    await reading;
  });
}

/** A client whose answers are empty and say how far behind they are. */
function emptyAnswers(world: World, lagMs: () => number | undefined) {
  const client = world.client();
  const { getRecords } = client;
  client.getRecords = async (request, options) => {
    const lag = lagMs();
    if (lag === undefined) return await getRecords(request, options);
    return {
      Records: [],
      MillisBehindLatest: lag,
      NextShardIterator: request.ShardIterator,
    };
  };
  return client;
}

Deno.test("Consumer makes a new iterator when the answers are empty and get no further, and the lag grows", async () => {
  const world = new World();
  await world.put(5);
  const startedAt = world.clock.now();
  let isStuck = true;
  const client = emptyAnswers(
    world,
    () => isStuck ? 60_000 + world.clock.now() - startedAt : undefined,
  );
  const { getShardIterator } = client;
  client.getShardIterator = (...args) => {
    if (world.clock.now() > startedAt) isStuck = false;
    return getShardIterator(...args);
  };
  const { hooks, reported } = watching(world);
  const consumer = world.consumer({ client, hooks });
  const records = await world.read(consumer.getReader(), 5);
  assertComplete(values(records), world.written);
  assertEquals(reported(), [["records", "restart"]]);
  await world.run(consumer.close());
});

Deno.test("Consumer lets a reader go on whose answers are empty and get further", async () => {
  const world = new World();
  const startedAt = world.clock.now();
  // An hour of empty answers, each of which moves on by some seconds more than has passed.
  const client = emptyAnswers(
    world,
    () => Math.max(1, 3_600_000 - 5 * (world.clock.now() - startedAt)),
  );
  const { hooks, reported } = watching(world);
  const consumer = world.consumer({ client, hooks });
  const reading = consumer.getReader().read();
  await world.pass(600_000);
  assertEquals(reported(), []);
  await world.run(consumer.close());
  await reading;
});

Deno.test("Consumer tells of a ListShards that hangs, and goes on with the shards that it reads", async () => {
  const world = new World();
  const [a] = world.shardIds as [string];
  let hangs = false;
  const { client } = hangingClient(world, { listShards: () => hangs });
  const consumer = world.consumer({
    client,
    checkpointer: new MemoryCheckpointer(),
  });
  const items: Item[] = [];
  const working = work(consumer, items);
  await world.put(10);
  await world.pass(5000);
  hangs = true;
  world.server.split(STREAM, a);
  await world.put(10);
  await world.pass(LIMIT_MS);
  assertEquals(items.length, 10);
  hangs = false;
  await world.pass(30_000);
  assertComplete(items, world.written);
  const { lastError } = consumer.status().streams[0]!;
  assert(lastError?.error instanceof TimeoutError);
  await world.run(consumer.close());
  await working;
});

Deno.test("Consumer closes while calls of its client hang", async () => {
  for (const action of ["getRecords", "getShardIterator", "listShards"]) {
    const world = new World();
    const { client } = hangingClient(world, { [action]: () => true });
    const consumer = world.consumer({
      client,
      checkpointer: new MemoryCheckpointer(),
    });
    const reading = consumer.getReader().read();
    await world.pass(5000);
    await world.run(consumer.close(), 1000);
    assertEquals((await reading).done, true);
    assertEquals(world.clock.pendingTimers, 0);
  }
});
