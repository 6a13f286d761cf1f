import { assert, assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../errors.ts";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import { assertComplete, type Item, values, World } from "./_world.ts";

Deno.test("Consumer reads all shards, each key in order, and ends when caught up", async () => {
  const world = new World({ shards: 4 });
  await world.put(2000, { keys: [..."abcdefghij"] });
  const records = await world.drain(world.consumer({ until: "caught-up" }));
  assertEquals(records.length, 2000);
  assertComplete(values(records), world.written);
  assertEquals(new Set(records.map(({ shardId }) => shardId)).size, 4);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("Consumer ends at once when caught up with an empty stream", async () => {
  const world = new World({ shards: 3 });
  const consumer = world.consumer({ until: "caught-up" });
  assertEquals(await world.drain(consumer), []);
  assertEquals(consumer.status().shards.map(({ state }) => state), [
    "waiting",
    "waiting",
    "waiting",
  ]);
});

Deno.test("Consumer ends when caught up with a shard that is written to faster than it is read", async () => {
  const world = new World();
  await world.put(100);
  let isWriting = true;
  const writing = (async () => {
    while (isWriting) {
      await world.put(50);
      await new Promise<void>((resolve) =>
        world.clock.setTimeout(resolve, 100)
      );
    }
  })();
  const consumer = world.consumer({
    until: "caught-up",
    prefetch: { records: 20 },
  });
  const records = await world.drain(consumer);
  assert(records.length >= 100);
  isWriting = false;
  await world.pass(200);
  await writing;
});

Deno.test("Consumer ends when caught up with a shard that is written to all the time", async () => {
  const world = new World();
  await world.put(10);
  let seen = 0;
  const consumer = world.consumer({ until: "caught-up" });
  const reading = (async () => {
    for await (const _ of consumer) {
      // Writes one value for each value that is read, so no answer is ever empty.
      if (seen++ % 5 === 0) await world.put(5);
    }
  })();
  await world.run(reading, 60_000);
  assert(seen >= 10, `${seen}`);
});

Deno.test("Consumer with LATEST reads what is written after ready, and nothing before", async () => {
  const world = new World({ shards: 3 });
  await world.put(30);
  const consumer = world.consumer({ from: "LATEST" });
  await world.run(consumer.ready);
  await world.put(30);
  const reader = consumer.getReader();
  const items = values(await world.read(reader, 30));
  assertEquals(new Set(items.map(({ i }) => i >= 6)), new Set([true]));
  await world.run(consumer.close());
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("Consumer with a date starts at the first record that arrived then", async () => {
  const world = new World({ shards: 2 });
  await world.put(10);
  await world.pass(60_000);
  const from = new Date(world.clock.now());
  await world.put(10);
  const records = await world.drain(
    world.consumer({ from, until: "caught-up" }),
  );
  assertEquals(values(records).map(({ i }) => i).sort(), [
    2,
    2,
    2,
    2,
    2,
    3,
    3,
    3,
    3,
    3,
  ]);
});

Deno.test("Consumer with positions by shard starts each shard at its position", async () => {
  const world = new World({ shards: 2 });
  const [first, second] = world.shardIds as [string, string];
  await world.put(5, { keys: ["x"], shardId: first });
  await world.put(5, { keys: ["y"], shardId: second });
  const at = world.server.records("orders", { shardId: first })[2]!;
  const records = await world.drain(world.consumer({
    from: {
      [first]: {
        type: "AT_SEQUENCE_NUMBER",
        sequenceNumber: at.sequenceNumber,
      },
    },
    until: "caught-up",
  }));
  const of = (key: string) =>
    values(records).filter((item) => item.key === key).map(({ i }) => i);
  assertEquals(of("x"), [2, 3, 4]);
  assertEquals(of("y"), [0, 1, 2, 3, 4]);
});

Deno.test("Consumer resumes after the last record that it read when its iterator expires", async () => {
  const world = new World();
  await world.put(100);
  // With room for 10 records, the reader keeps its iterator while the application is slow.
  const consumer = world.consumer({ prefetch: { records: 10 } });
  const reader = consumer.getReader();
  const items = values(await world.read(reader, 15));
  await world.pass(10 * 60_000);
  items.push(...values(await world.read(reader, 85)));
  assertComplete(items, world.written);
  assert(
    world.server.log.some(({ error }) => error === "ExpiredIteratorException"),
  );
  await world.run(consumer.close());
});

Deno.test("Consumer with LATEST loses nothing when its iterator expires before the first record", async () => {
  const world = new World({
    rules: [{
      action: "GetRecords",
      skip: 1,
      times: 1,
      fault: { type: "error", code: "ExpiredIteratorException", status: 400 },
    }],
  });
  await world.put(5);
  await world.pass(60_000);
  const consumer = world.consumer({ from: "LATEST" });
  await world.run(consumer.ready);
  await world.put(5);
  const reader = consumer.getReader();
  assertEquals(values(await world.read(reader, 5)).map(({ i }) => i), [
    1,
    1,
    1,
    1,
    1,
  ]);
  assertEquals(world.fetch.counts.error, 1);
  await world.run(consumer.close());
});

Deno.test("Consumer backs off when every iterator is expired at once, and fails after maxFailuresInARow", async () => {
  const world = new World({
    rules: [{
      action: "GetRecords",
      fault: { type: "error", code: "ExpiredIteratorException", status: 400 },
    }],
  });
  const started = world.clock.now();
  const error = await assertRejects(
    () => world.drain(world.consumer({ maxFailuresInARow: 5 })),
    ServiceError,
  );
  assertEquals(error.code, "ExpiredIteratorException");
  assertEquals(world.fetch.counts.error, 6);
  assert(world.clock.now() - started > 1000);
});

Deno.test("Consumer drops nothing when the application takes more than 5 minutes a record", async () => {
  const world = new World({ shards: 2 });
  await world.put(6);
  const items: Item[] = [];
  const consumer = world.consumer({
    prefetch: { records: 2 },
    checkpointIntervalMs: 60_000,
    until: "caught-up",
    checkpointer: new MemoryCheckpointer(),
  });
  const reader = consumer.getReader();
  for (;;) {
    const { done, value } = await world.run(reader.read());
    if (done) break;
    items.push(value.value);
    await world.pass(6 * 60_000);
    value.ack();
  }
  assertComplete(items, world.written);
});

Deno.test("Consumer is not delayed by idle shards", async () => {
  const world = new World({ shards: 100 });
  const busy = world.shardIds[77]!;
  let read = 0;
  let readAt = 0;
  const consumer = world.consumer({
    from: "LATEST",
    maxPollIntervalMs: 1000,
    hooks: {
      onRead({ records }) {
        read += records;
        if (records > 0) readAt = world.clock.now();
      },
    },
  });
  await world.run(consumer.ready);
  const reader = consumer.getReader();
  // The consumer waits for its first value while the values are written; the clock stands still.
  const first = reader.read();
  await world.pass(5000);
  const started = world.clock.now();
  await world.put(3000, { keys: ["k"], shardId: busy });
  await world.run(first);
  const records = await world.read(reader, 2999);
  assertEquals(records.length, 2999);
  assertEquals(read, 3000);
  // 100 idle shards are polled every 2 s: 50 reads a second for all of them. Then 5 reads a second
  // until the records are read. If the shard had to wait for the 99 idle shards, it would take 99
  // polls.
  assert(readAt - started <= 3000, `${readAt - started}`);
  await world.run(consumer.close());
});

Deno.test("Consumer takes from each shard in turn", async () => {
  const world = new World({ shards: 2 });
  const [first, second] = world.shardIds as [string, string];
  await world.put(500, { keys: ["x"], shardId: first });
  await world.put(10, { keys: ["y"], shardId: second });
  const consumer = world.consumer();
  await world.run(consumer.ready);
  await world.pass(100);
  const reader = consumer.getReader();
  const items = values(await world.read(reader, 20));
  assertEquals(items.filter(({ key }) => key === "y").length, 10);
  await world.run(consumer.close());
});

Deno.test("Consumer ends after limit records and resumes behind them", async () => {
  const world = new World({ shards: 2 });
  await world.put(20);
  const checkpointer = new MemoryCheckpointer();
  const first = await world.drain(world.consumer({ limit: 7, checkpointer }));
  const rest = await world.drain(
    world.consumer({ until: "caught-up", checkpointer }),
  );
  assertEquals(first.length, 7);
  assertEquals(rest.length, 13);
});

Deno.test("Consumer ends when no record came for idleTimeoutMs", async () => {
  const world = new World();
  await world.put(3);
  const started = world.clock.now();
  const consumer = world.consumer({ idleTimeoutMs: 10_000 });
  assertEquals((await world.drain(consumer)).length, 3);
  const took = world.clock.now() - started;
  assert(took >= 10_000 && took < 12_000, `${took}`);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("Consumer does not count the time of the application as idle", async () => {
  const world = new World();
  await world.put(3);
  const consumer = world.consumer({ idleTimeoutMs: 1500 });
  const reader = consumer.getReader();
  const items: Item[] = [];
  for (;;) {
    const { done, value } = await world.run(reader.read());
    if (done) break;
    items.push(value.value);
    await world.pass(60_000);
  }
  assertEquals(items.length, 3);
});

Deno.test("Consumer holds its prefetch in records and bytes with a slow reader", async () => {
  for (
    const prefetch of [{ records: 50 }, { bytes: 2000 }, {
      records: 100,
      bytes: 1000,
    }]
  ) {
    const world = new World({ shards: 3 });
    await world.put(600, { keys: [..."abcdefghi"] });
    const consumer = world.consumer({ prefetch });
    const reader = consumer.getReader();
    const { records = 50_000, bytes = Infinity } = prefetch;
    const answer = Math.max(
      ...world.shardIds.map((shardId) =>
        world.server.records("orders", { shardId }).reduce(
          (sum, { data }) => sum + data.length,
          0,
        )
      ),
    );
    for (let n = 0; n < 12; n++) {
      await world.read(reader, 50);
      await world.pass(2000);
      const { shards } = consumer.status();
      const buffered = (name: "bufferedRecords" | "bufferedBytes") =>
        shards.reduce((sum, shard) => sum + (shard[name] ?? 0), 0);
      assert(buffered("bufferedRecords") <= records);
      assert(buffered("bufferedBytes") <= bytes + 3 * answer);
    }
    await world.run(consumer.close());
  }
});

Deno.test("Consumer does not pause when readsPerSecond is Infinity", async () => {
  const world = new World();
  await world.put(50);
  const started = world.clock.now();
  const records = await world.drain(world.consumer({
    prefetch: { records: 5 },
    readsPerSecond: Infinity,
    until: "caught-up",
  }));
  assertEquals(records.length, 50);
  assertEquals(world.clock.now(), started);
});

Deno.test("Consumer keeps to readsPerSecond when far behind", async () => {
  const world = new World({ server: { limits: { read: true } } });
  await world.put(100);
  const records = await world.drain(
    world.consumer({ prefetch: { records: 5 }, until: "caught-up" }),
  );
  assertEquals(records.length, 100);
  assertEquals(world.server.log.filter(({ error }) => error), []);
});

Deno.test("Consumer reads a stream of more shards than a page of ListShards holds", async () => {
  const world = new World({ shards: 1203 });
  await world.put(3000, {
    keys: Array.from({ length: 600 }, (_, n) => `k${n}`),
  });
  const records = await world.drain(world.consumer({ until: "caught-up" }));
  assertComplete(values(records), world.written);
  assert(world.asked("ListShards") >= 2);
});
