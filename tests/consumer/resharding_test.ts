import { assert, assertEquals } from "@std/assert";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import type { ConsumerRecord } from "../../records.ts";
import { slowly } from "./_slow_processor.ts";
import { assertComplete, type Item, STREAM, values, World } from "./_world.ts";

/** Asserts by the order of events that the child was opened after its parents were finished. */
function assertParentsFirst(world: World, child: string, parents: string[]) {
  const opened = world.events.indexOf(`opened ${child}`);
  assert(opened >= 0, `${child} was never opened`);
  for (const parent of parents) {
    const finished = world.events.indexOf(`finished ${parent}`);
    assert(finished >= 0, `${parent} was never finished`);
    assert(
      finished < opened,
      `${child} was opened before the end of ${parent}`,
    );
  }
}

for (const durable of [false, true]) {
  const how = durable ? "with" : "without";
  Deno.test(`Consumer follows a split and a merge in the middle of a stream ${how} a checkpointer`, async () => {
    const world = new World({ shards: 2 });
    const [a, b] = world.shardIds as [string, string];
    await world.put(50);
    const [lower, upper] = world.server.split(STREAM, a);
    await world.put(50);
    const merged = world.server.merge(STREAM, upper, b);
    await world.put(50);
    const records = await world.drain(world.consumer({
      until: "caught-up",
      checkpointer: durable ? new MemoryCheckpointer() : undefined,
    }));
    assertEquals(records.length, 150);
    assertComplete(values(records), world.written);
    assertParentsFirst(world, lower, [a]);
    assertParentsFirst(world, upper, [a]);
    assertParentsFirst(world, merged, [upper, b]);
  });
}

Deno.test("Consumer reads a closed shard to its end until it is caught up, also when the server takes two answers to say so", async () => {
  const world = new World();
  const [parent] = world.shardIds as [string];
  world.server.split(STREAM, parent);
  await world.put(20);
  let early = true;
  const client = world.client((fetch) => async (input, init) => {
    const action = new Headers(init?.headers).get("x-amz-target");
    if (!early || !action?.endsWith(".GetRecords")) {
      return await fetch(input, init);
    }
    // The first answer says "at the latest record" although the shard is closed, as kinesalite
    // does.
    early = false;
    const body = new TextDecoder().decode(init?.body as Uint8Array);
    return Response.json({
      Records: [],
      MillisBehindLatest: 0,
      NextShardIterator: JSON.parse(body).ShardIterator,
    });
  });
  const records = await world.drain(
    world.consumer({ client, until: "caught-up" }),
  );
  assert(!early);
  assertComplete(values(records), world.written);
});

Deno.test("Consumer reads the children of a shard that is split after it was caught up, while another is not", async () => {
  const world = new World({ shards: 2 });
  const [a, b] = world.shardIds as [string, string];
  await world.put(10, { shardId: b });
  const consumer = world.consumer({
    checkpointer: new MemoryCheckpointer(),
    until: "caught-up",
  });
  const iterator = consumer[Symbol.asyncIterator]();
  const first = await world.run(iterator.next());
  await world.pass(1000);
  assert(world.events.includes(`caught-up ${a}`));
  await world.put(5, { shardId: a });
  const [lower, upper] = world.server.split(STREAM, a);
  await world.put(5, { shardId: lower });
  await world.put(5, { shardId: upper });
  await world.pass(20_000);
  const rest = await world.drain(iterator as unknown as typeof consumer);
  assertEquals(first.done, false);
  assertEquals(rest.length, 24);
  assertParentsFirst(world, lower, [a]);
  assertParentsFirst(world, upper, [a]);
});

Deno.test("Consumer with LATEST reads the children of a reshard from their oldest record", async () => {
  const world = new World({ shards: 2 });
  const [a, b] = world.shardIds as [string, string];
  await world.put(10);
  const consumer = world.consumer({ from: "LATEST" });
  await world.run(consumer.ready);
  const reader = consumer.getReader();
  await world.put(10);
  world.server.split(STREAM, a);
  world.server.split(STREAM, b);
  await world.put(50);
  const items = values(await world.read(reader, 60));
  assertComplete(
    items.map(({ key, i }) => ({ key, i: i - 2 })),
    new Map([...world.written].map(([key, count]) => [key, count - 2])),
  );
  await world.run(consumer.close());
});

Deno.test("Consumer opens a child only when every record of its parent is acknowledged", async () => {
  const world = new World();
  const [parent] = world.shardIds as [string];
  await world.put(3);
  const children = world.server.split(STREAM, parent);
  await world.put(10);
  const consumer = world.consumer({ checkpointer: new MemoryCheckpointer() });
  const reader = consumer.getReader();
  const [first, second, third] = await world.read(reader, 3);
  first!.ack();
  third!.ack();
  const next = reader.read();
  await world.pass(120_000);
  for (const child of children) {
    assert(!world.events.includes(`opened ${child}`));
  }
  assertEquals(consumer.status().shards.map(({ state }) => state), [
    "ended",
    "waiting",
    "waiting",
  ]);
  second!.ack();
  const record = await world.run(next);
  assert(!record.done);
  assert(children.includes(record.value.shardId));
  await world.run(consumer.close());
});

Deno.test("Consumer opens a merged child only when both parents are acknowledged", async () => {
  const world = new World({ shards: 2 });
  const [a, b] = world.shardIds as [string, string];
  await world.put(1, { keys: ["x"], shardId: a });
  await world.put(1, { keys: ["y"], shardId: b });
  const child = world.server.merge(STREAM, a, b);
  await world.put(1);
  const consumer = world.consumer({ checkpointer: new MemoryCheckpointer() });
  const reader = consumer.getReader();
  const [first, second] = await world.read(reader, 2);
  first!.ack();
  await world.pass(60_000);
  assert(!world.events.includes(`opened ${child}`));
  second!.ack();
  const [third] = await world.read(reader, 1);
  assertEquals(third!.shardId, child);
  await world.run(consumer.close());
});

Deno.test("Consumer does not finish a shard while its last record is still being decoded", async () => {
  const world = new World();
  const [parent] = world.shardIds as [string];
  const { processor, pending } = slowly<Item>();
  await world.put(1);
  world.server.split(STREAM, parent);
  const checkpointer = new MemoryCheckpointer();
  const consumer = world.consumer({
    processor,
    checkpointer,
    until: "caught-up",
  });
  const reader = consumer.getReader();
  const reading = reader.read();
  await world.pass(30_000);
  assertEquals(pending.length, 1);
  assert(!world.events.includes(`finished ${parent}`));
  pending.pop()!();
  const { value } = await world.run(reading);
  assertEquals(value?.value, { key: "a", i: 0 });
  await world.run(consumer.close());
});

Deno.test("Consumer reads the records of other shards while one is being decoded", async () => {
  const world = new World({ shards: 2 });
  const [a, b] = world.shardIds as [string, string];
  const { processor, pending } = slowly<Item>((record) => record.shardId === a);
  await world.put(1, { keys: ["slow"], shardId: a });
  await world.put(20, { keys: ["quick"], shardId: b });
  const consumer = world.consumer({ processor });
  const reader = consumer.getReader();
  const records = await world.read(reader, 20);
  assertEquals(new Set(records.map(({ shardId }) => shardId)), new Set([b]));
  pending.pop()!();
  assertEquals((await world.read(reader, 1))[0]!.shardId, a);
  await world.run(consumer.close());
});

Deno.test("Consumer goes on when a shard has expired", async () => {
  const world = new World({ shards: 2 });
  const [a, b] = world.shardIds as [string, string];
  await world.put(4);
  const children = world.server.split(STREAM, a);
  const checkpointer = new MemoryCheckpointer();
  const consumer = world.consumer({
    checkpointer,
    prefetch: { records: 1 },
  });
  const reader = consumer.getReader();
  const [first] = await world.read(reader, 1);
  // The application reads nothing until the parent has expired with all its records.
  await world.pass(1000);
  world.server.advance(25 * 3_600_000);
  await world.put(10);
  first!.ack();
  const records: ConsumerRecord<Item>[] = [];
  for (let n = 0; n < 10; n++) {
    const [record] = await world.read(reader, 1);
    records.push(record!);
    record!.ack();
  }
  const shards = new Set(records.map(({ shardId }) => shardId));
  assert(shards.has(b) || children.some((child) => shards.has(child)));
  await world.run(consumer.close());
});

Deno.test("Consumer forgets a finished shard that has expired, also when its worker died before it gave the lease back", async () => {
  const world = new World();
  const checkpointer = new MemoryCheckpointer();
  const streamName = STREAM;
  for (const shardId of ["shardId-free", "shardId-held"]) {
    const lease = { streamName, shardId, counter: 0, parentShardIds: [] };
    const checkpoint = { type: "SHARD_END" } as const;
    await checkpointer.create({ ...lease, checkpoint });
    if (shardId === "shardId-held") {
      await checkpointer.take({ ...lease, checkpoint }, "dead");
    }
  }
  const consumer = world.consumer({ checkpointer });
  await world.run(consumer.ready);
  await world.pass(60_000);
  assertEquals(
    (await checkpointer.list(STREAM)).map(({ shardId }) => shardId),
    world.shardIds,
  );
  await world.run(consumer.close());
});

Deno.test("Consumer resumes a closed shard without repeating its last batch", async () => {
  const world = new World();
  const [parent] = world.shardIds as [string];
  await world.put(20);
  world.server.split(STREAM, parent);
  await world.put(20);
  const checkpointer = new MemoryCheckpointer();
  const read = () =>
    world.drain(world.consumer({ until: "caught-up", checkpointer }));
  assertEquals((await read()).length, 40);
  assertEquals((await read()).length, 0);
  const leases = await checkpointer.list(STREAM);
  assertEquals(
    leases.find(({ shardId }) => shardId === parent)?.checkpoint.type,
    "SHARD_END",
  );
});

Deno.test("Consumer that ends when caught up goes on with a shard that is merged after its tip was seen", async () => {
  const world = new World({ shards: 2 });
  const [a, b] = world.shardIds as [string, string];
  await world.put(5, { keys: ["x"], shardId: b });
  const consumer = world.consumer({
    checkpointer: new MemoryCheckpointer(),
    until: "caught-up",
    prefetch: { records: 1 },
  });
  const reader = consumer.getReader();
  const records = await world.read(reader, 1);
  await world.pass(5000);
  assert(world.events.includes(`caught-up ${a}`));
  world.server.merge(STREAM, a, b);
  await world.put(5, { keys: ["x"] });
  for (;;) {
    records.at(-1)!.ack();
    const [record] = await world.read(reader, 1);
    if (!record) break;
    records.push(record);
  }
  assertComplete(values(records), world.written);
});
