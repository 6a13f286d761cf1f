import { assert, assertEquals } from "@std/assert";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import type { Consumer, ConsumerOptions } from "../../consumer.ts";
import { assertComplete, type Item, STREAM, values, World } from "./_world.ts";

const busy = ["opening", "reading", "caught-up", "past-until", "ended"];

/** How many shards a consumer reads. */
const reads = (consumer: Consumer<Item>) =>
  consumer.status().shards.filter(({ state }) => busy.includes(state)).length;

/** Reads in the background. */
function work(consumer: Consumer<Item>, items: Item[]): Promise<void> {
  return (async () => {
    for await (const { value } of consumer) items.push(value);
  })();
}

for (const durable of [false, true]) {
  const how = durable ? "with" : "without";
  Deno.test(`Consumer reads no more than maxShards at a time, and shows that the others wait, ${how} a checkpointer`, async () => {
    const world = new World({ shards: 5 });
    await world.put(50, { keys: [..."abcdefghij"] });
    const items: Item[] = [];
    const consumer = world.consumer({
      maxShards: 2,
      checkpointer: durable ? new MemoryCheckpointer() : undefined,
    });
    const done = work(consumer, items);
    await world.pass(60_000);
    assertEquals(reads(consumer), 2);
    const states = consumer.status().shards.map(({ state }) => state);
    assertEquals(states.filter((state) => state === "waiting").length, 3);
    const opened = world.events.filter((event) => event.startsWith("opened"));
    assertEquals(opened.length, 2);
    await world.run(consumer.close());
    await done;
  });

  for (const until of ["caught-up", "date"] as const) {
    Deno.test(`Consumer with maxShards reads all shards one after another until ${until}, ${how} a checkpointer`, async () => {
      const world = new World({ shards: 5 });
      world.server.split(STREAM, world.shardIds[0]!);
      await world.put(50, { keys: [..."abcdefghij"] });
      await world.pass(60_000);
      const end = until === "date" ? new Date(world.clock.now()) : until;
      if (until === "date") await world.put(10, { keys: ["late"] });
      const checkpointer = durable ? new MemoryCheckpointer() : undefined;
      let most = 0;
      const consumer = world.consumer({
        maxShards: 2,
        until: end,
        checkpointer,
        hooks: {
          onRead: () => void (most = Math.max(most, reads(consumer))),
        },
      });
      const started = world.clock.now();
      const records = await world.drain(consumer);
      assertEquals(records.length, 50);
      assert(values(records).every(({ key }) => key !== "late"));
      assertEquals(most, 2);
      assert(world.clock.now() - started < 30_000);
      if (!checkpointer) return;
      const rest = await world.drain(
        world.consumer({ checkpointer, until: "caught-up" }),
      );
      assertComplete(values([...records, ...rest]), world.written);
    });
  }
}

Deno.test("Consumer with maxShards gives a shard back when its values are acknowledged, and not before", async () => {
  const world = new World({ shards: 2 });
  const checkpointer = new MemoryCheckpointer();
  for (const shardId of world.shardIds) await world.put(3, { shardId });
  const consumer = world.consumer({
    checkpointer,
    maxShards: 1,
    until: "caught-up",
  });
  const reader = consumer.getReader();
  const records = await world.read(reader, 3);
  const reading = world.read(reader, 3);
  await world.pass(20_000);
  assertEquals(reads(consumer), 1);
  for (const record of records) record.ack();
  for (const record of await reading) record.ack();
  assertEquals((await world.run(reader.read())).done, true);
  await world.pass(2000);
  const rest = world.consumer({ checkpointer, until: "caught-up" });
  assertEquals(await world.drain(rest), []);
});

Deno.test("Consumer with maxShards goes on with the children of a reshard in the places of their parents", async () => {
  const world = new World({ shards: 2 });
  const [a, b] = world.shardIds as [string, string];
  const items: Item[] = [];
  const consumer = world.consumer({
    maxShards: 1,
    checkpointer: new MemoryCheckpointer(),
  });
  const done = work(consumer, items);
  await world.put(20);
  await world.pass(5000);
  const merged = world.server.merge(STREAM, a, b);
  await world.put(20);
  await world.pass(15_000);
  assertComplete(items, world.written);
  assertEquals(
    consumer.status().shards.find(({ shardId }) => shardId === merged)?.state,
    "caught-up",
  );
  await world.run(consumer.close());
  await done;
});

Deno.test("Consumer takes the shards that workers with maxShards leave over", async () => {
  const world = new World({ shards: 8 });
  const checkpointer = new MemoryCheckpointer();
  const items: Item[] = [];
  const start = (workerId: string, options: Partial<ConsumerOptions<Item>>) => {
    const consumer = world.consumer({ checkpointer, workerId, ...options });
    return { consumer, done: work(consumer, items) };
  };
  await world.put(80, { keys: [..."abcdefghijklmnop"] });
  const small = start("small", { maxShards: 1 });
  const smaller = start("smaller", { maxShards: 2 });
  await world.pass(5000);
  assertEquals([reads(small.consumer), reads(smaller.consumer)], [1, 2]);
  const large = start("large", {});
  await world.pass(30_000);
  assertEquals(
    [small, smaller, large].map(({ consumer }) => reads(consumer)),
    [1, 2, 5],
  );
  assertEquals(new Set(items.map(({ key, i }) => `${key}${i}`)).size, 80);
  // Nothing changes hands any more.
  const before = world.events.length;
  await world.pass(120_000);
  assertEquals(world.events.length, before);
  for (const { consumer } of [small, smaller, large]) {
    await world.run(consumer.close());
  }
  await Promise.all([small, smaller, large].map(({ done }) => done));
});

Deno.test("Consumer with maxShards resumes no more leases of its last run than it may hold", async () => {
  const world = new World({ shards: 4 });
  const checkpointer = new MemoryCheckpointer();
  await world.put(20);
  const first = world.consumer({ checkpointer, workerId: "w" });
  const items: Item[] = [];
  const firstDone = work(first, items);
  await world.pass(5000);
  // The first worker is gone without a word.
  const second = world.consumer({ checkpointer, workerId: "w", maxShards: 2 });
  const secondDone = work(second, items);
  await world.pass(3000);
  assertEquals(reads(second), 2);
  await world.run(Promise.all([first.close(), second.close()]));
  await Promise.all([firstDone, secondDone]);
});
