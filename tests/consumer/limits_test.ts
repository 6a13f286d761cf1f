/** `limit` and `idleTimeoutMs`, and what is stored when they end the stream. */
import { assert, assertEquals } from "@std/assert";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import type { ConsumerOptions } from "../../consumer.ts";
import type { ConsumerRecord } from "../../records.ts";
import { assertComplete, type Item, values, World } from "./_world.ts";

const until = "caught-up";

type Read = (
  world: World,
  options: Partial<ConsumerOptions<Item>>,
) => Promise<ConsumerRecord<Item>[]>;

/** The ways to read a stream to its end. */
const ways: Record<string, Read> = {
  "a loop": (world, options) => world.drain(world.consumer(options)),
  "a sink": async (world, options) => {
    const consumer = world.consumer(options);
    const records: ConsumerRecord<Item>[] = [];
    const sink = new WritableStream<ConsumerRecord<Item>>({
      write: (record) => void records.push(record),
    });
    await world.run(consumer.pipeTo(consumer.acknowledging(sink)));
    return records;
  },
  "late acknowledgements": async (world, options) => {
    const reader = world.consumer(options).getReader();
    const records = await world.read(reader, Infinity);
    // In any order, after the end of the stream.
    for (const record of records.toReversed()) record.ack();
    await world.pass(2000);
    return records;
  },
};

for (const [way, read] of Object.entries(ways)) {
  Deno.test(`Consumer with limit stores what was acknowledged by ${way}, inside an aggregate too`, async () => {
    const world = new World({ shards: 2 });
    const checkpointer = new MemoryCheckpointer();
    await world.put(20, { perRecord: 3 });
    const all: Item[] = [];
    for (const expected of [7, 7, 7, 7, 7, 7, 7, 7, 4]) {
      const options = { checkpointer, limit: 7, until } as const;
      const records = await read(world, options);
      assertEquals(records.length, expected);
      all.push(...values(records));
      assertEquals(world.clock.pendingTimers, 0);
    }
    assertComplete(all, world.written);
  });

  Deno.test(`Consumer with idleTimeoutMs stores what was acknowledged by ${way}`, async () => {
    const world = new World({ shards: 2 });
    const checkpointer = new MemoryCheckpointer();
    await world.put(20);
    const options = { checkpointer, idleTimeoutMs: 3000 };
    assertEquals((await read(world, options)).length, 20);
    assertEquals(await read(world, options), []);
    await world.put(5);
    assertEquals((await read(world, options)).length, 5);
    assertEquals(world.clock.pendingTimers, 0);
  });
}

Deno.test("Consumer with idleTimeoutMs does not count the time for which it waits for acknowledgements", async () => {
  const world = new World();
  await world.put(10);
  const consumer = world.consumer({
    checkpointer: new MemoryCheckpointer(),
    idleTimeoutMs: 3000,
    maxUnacknowledged: 4,
  });
  const reader = consumer.getReader();
  const records = await world.read(reader, 4);
  records[0]!.ack();
  records.push(...await world.read(reader, 1));
  let next: ConsumerRecord<Item> | undefined;
  const reading = reader.read().then(({ value }) => next = value);
  await world.pass(60_000);
  assertEquals(next, undefined);
  for (const record of records) record.ack();
  await world.run(reading);
  assertEquals(next!.value.i, 1);
  next!.ack();
  await world.run(consumer.close());
});

Deno.test("Consumer with limit, idleTimeoutMs and until ends at the first of them", async () => {
  const world = new World();
  await world.put(10);
  await world.pass(60_000);
  const cases: [Partial<ConsumerOptions<Item>>, number, number][] = [
    [{ limit: 3, idleTimeoutMs: 1000, until }, 3, 0],
    [{ limit: 100, idleTimeoutMs: 1000, until }, 10, 0],
    [
      {
        limit: 100,
        idleTimeoutMs: 1000,
        until: new Date(world.clock.now() + 60_000),
      },
      10,
      1000,
    ],
  ];
  for (const [options, count, leastMs] of cases) {
    const started = world.clock.now();
    assertEquals((await world.drain(world.consumer(options))).length, count);
    const took = world.clock.now() - started;
    assert(took >= leastMs && took < leastMs + 1500, `${took}`);
  }
});
