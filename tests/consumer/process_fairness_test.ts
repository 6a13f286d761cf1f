import { assert, assertEquals } from "@std/assert";
import { delay } from "../../_core/clock.ts";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import type { ProcessOptions } from "../../consumer.ts";
import { type Item, World } from "./_world.ts";

const LONG_MS = 300_000;
/** Handlers that take long must not be given up meanwhile. */
const patient = { timeoutMs: Infinity };

Deno.test("Consumer.process takes a bounded number of values ahead of a hot key, and the other shards go on", async () => {
  for (const ordering of ["shard", "key", "none"] as const) {
    const world = new World({ shards: 2 });
    const [a, b] = world.shardIds as [string, string];
    await world.put(1000, { shardId: a, keys: ["hot"] });
    await world.put(1000, { shardId: b, keys: ["x", "y"] });
    const consumer = world.consumer({
      checkpointer: new MemoryCheckpointer(),
      prefetch: { records: 200 },
    });
    let others = 0;
    const done = consumer.process(({ value: { key } }) => {
      if (key === "hot") return delay(LONG_MS, { clock: world.clock });
      others++;
    }, { ...patient, ordering, lookahead: 20, concurrency: 10 });
    await world.pass(60_000);
    assertEquals(others, 1000);
    const { delivered, shards, processing } = consumer.status();
    assert(delivered <= 1000 + 20 + 10, `${delivered}`);
    assertEquals(processing!.queued, 20);
    const [hot] = shards;
    assert(hot!.bufferedRecords! > 0 && hot!.bufferedRecords! <= 200);
    const calls = world.asked("GetRecords");
    await world.pass(30_000);
    // The other shard is asked once a second, and the full one is not asked.
    assert(world.asked("GetRecords") - calls <= 31);
    await world.run(consumer.close());
    await done;
  }
});

Deno.test("Consumer.process and processBatches go on when 'maxUnacknowledged' is smaller than what they take", async () => {
  const handler = () => delay(10, { clock: world.clock });
  let world = new World();
  for (const durable of [true, false]) {
    for (const method of ["process", "processBatches"] as const) {
      world = new World({ shards: 2 });
      await world.put(30);
      const consumer = world.consumer({
        checkpointer: durable ? new MemoryCheckpointer() : undefined,
        maxUnacknowledged: 3,
        until: "caught-up",
      });
      assertEquals((await world.run(consumer[method](handler))).processed, 30);
    }
  }
});

Deno.test("Consumer.process goes on with a held shard when values of it are processed", async () => {
  const world = new World();
  await world.put(300, { keys: ["k"] });
  const summary = await world.run(
    world.consumer({ until: "caught-up" }).process(
      () => delay(10, { clock: world.clock }),
      { lookahead: 1 },
    ),
  );
  assertEquals(summary.processed, 300);
});

Deno.test("Consumer.process leaves slots to the other shards while the handlers of one shard hang", async () => {
  for (const ordering of ["key", "none"] as const) {
    const world = new World({ shards: 3 });
    const [a, b, c] = world.shardIds as [string, string, string];
    const keys = Array.from({ length: 50 }, (_, i) => `k${i}`);
    await world.put(1, { shardId: b, keys: ["b"] });
    await world.put(50, { shardId: a, keys });
    const consumer = world.consumer();
    const seen: string[] = [];
    let hanging = 0;
    const done = consumer.process(({ shardId }) => {
      if (shardId !== a) return void seen.push(shardId);
      hanging++;
      return delay(LONG_MS, { clock: world.clock });
    }, { ...patient, ordering, concurrency: 9 });
    await world.pass(5000);
    assertEquals(hanging, 7);
    await world.put(20, { shardId: b, keys: ["b"] });
    await world.put(20, { shardId: c, keys: ["c"] });
    await world.pass(5000);
    assertEquals(seen.length, 41);
    await world.run(consumer.close());
    await done;
  }
});

Deno.test("Consumer.process gives a single shard all slots", async () => {
  const world = new World();
  const keys = Array.from({ length: 50 }, (_, i) => `k${i}`);
  await world.put(50, { keys });
  const consumer = world.consumer();
  const done = consumer.process(
    () => delay(LONG_MS, { clock: world.clock }),
    { ...patient, concurrency: 6 },
  );
  await world.pass(5000);
  assertEquals(consumer.status().processing!.running.length, 6);
  await world.run(consumer.close());
  await done;
});

Deno.test("Consumer.process goes on with the other keys while a value of one is tried again", async () => {
  const world = new World();
  await world.put(30, { keys: ["a", "b", "c"] });
  const times = new Map<string, number>();
  const start = world.clock.now();
  await world.run(
    world.consumer({ until: "caught-up" }).process(
      ({ value: { key, i } }, { attempt }) => {
        if (key === "a" && i === 0 && attempt < 4) throw new Error("not now");
        times.set(key, world.clock.now() - start);
      },
      { retry: { baseDelayMs: 10_000 }, concurrency: 1 },
    ),
  );
  assert(times.get("a")! > 15_000);
  assert(times.get("b")! < 5000 && times.get("c")! < 5000);
});

Deno.test("Consumer.process lets timers run while handlers that end at once work through a backlog", async () => {
  const world = new World();
  await world.put(60, { keys: ["a", "b"], perRecord: 200 });
  for (const isAsync of [false, true]) {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    const spin = () => {
      const end = performance.now() + 0.01;
      while (performance.now() < end);
    };
    const handler = isAsync ? () => Promise.resolve(spin()) : spin;
    const { processed } = await world.run(
      world.consumer({ until: "caught-up" }).process(handler),
    );
    clearInterval(timer);
    assertEquals(processed, 12_000);
    assert(ticks >= 2, `${ticks}`);
  }
});

Deno.test("Consumer.process takes a bounded number of values while all calls fail, or their dead letters wait, and the other shards go on", async () => {
  for (const waitsFor of ["retry", "dead letter"]) {
    const world = new World({ shards: 2 });
    let isDown = true;
    const deadLetter = new WritableStream({
      async write() {
        while (isDown) await delay(1000, { clock: world.clock });
      },
    });
    const way: ProcessOptions<Item> = waitsFor === "retry"
      ? { retry: { maxAttempts: 1000, baseDelayMs: 1000 } }
      : { retry: { maxAttempts: 1 }, deadLetter };
    const [a, b] = world.shardIds as [string, string];
    const keys = Array.from({ length: 500 }, (_, i) => `k${i}`);
    await world.put(500, { shardId: a, keys });
    await world.put(100, { shardId: b });
    let ofB = 0;
    const consumer = world.consumer({ until: "caught-up" });
    const done = consumer.process(async ({ shardId }) => {
      await delay(1, { clock: world.clock });
      if (shardId === b) ofB++;
      else if (isDown) throw new Error("down");
    }, { ...way, ordering: "none", lookahead: 20 });
    await world.pass(30_000);
    assertEquals(ofB, 100);
    // 20 that wait, and one for each of the 16 slots.
    assert(consumer.status().unacknowledged <= 36);
    isDown = false;
    const { processed, deadLettered } = await world.run(done);
    assertEquals(processed + deadLettered, 600);
  }
});
