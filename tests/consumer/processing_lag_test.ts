/** How far processing is behind: the age of the oldest value that is read and not acknowledged. */
import { assert, assertEquals } from "@std/assert";
import type { Clock } from "../../_core/clock.ts";
import { deferred } from "../../_core/deferred.ts";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import type { KinesisClient } from "../../client/mod.ts";
import type { Consumer } from "../../consumer.ts";
import type { ProcessingLagEvent } from "../../hooks.ts";
import { kplString, type Processor } from "../../processors/mod.ts";
import type { Put } from "../../records.ts";
import { FanOutWorld } from "./_fan_out_world.ts";
import { slowly } from "./_slow_processor.ts";
import { STREAM, World } from "./_world.ts";

const HOUR_MS = 3_600_000;
/** One handler at a time, which may take as long as it wants. */
const SLOW = { concurrency: 1, timeoutMs: Infinity };

/** A client on the clock of the world: the time of the service passes also without answers. */
function clientOf(world: World, clock: Clock = world.clock): KinesisClient {
  return world.client(undefined, undefined, { clock });
}

function shardOf(consumer: Consumer<unknown>, index = 0) {
  return consumer.status().shards[index]!;
}

function lagOf(consumer: Consumer<unknown>, index = 0): number | undefined {
  return shardOf(consumer, index).processingLagMs;
}

/** Packs the values into one aggregated record of the KPL, and writes it. */
async function putAggregate(world: World, values: string[]): Promise<void> {
  const client = world.client();
  const packer = (kplString() as Processor<string>).createPacker<Put<string>>({
    emit: async ({ data, partitionKey }) => {
      await client.putRecord({
        StreamName: STREAM,
        Data: data,
        PartitionKey: partitionKey,
      });
    },
  });
  for (const value of values) await packer.push({ value, partitionKey: "k" });
  await packer.flush();
}

Deno.test("Consumer.status tells a processing lag that grows with a slow handler, while reading is at the latest record", async () => {
  const world = new World();
  const consumer = world.consumer({ client: clientOf(world) });
  const gate = deferred<void>();
  const processing = consumer.process(() => gate.promise, SLOW);
  await world.pass(5000);
  await world.put(1);
  await world.pass(20_000);
  await world.put(9);
  await world.pass(30_000);
  for (const expected of [50_000, 110_000]) {
    const { processingLagMs, millisBehindLatest, state } = shardOf(consumer);
    assertEquals(processingLagMs, expected);
    assertEquals([millisBehindLatest, state], [0, "caught-up"]);
    await world.pass(60_000);
  }
  gate.resolve();
  await world.pass(1000);
  assertEquals(lagOf(consumer), 0);
  await world.run(consumer.close());
  await processing;
});

Deno.test("Consumer.status tells a processing lag that falls to the age of the next value that is not acknowledged", async () => {
  const world = new World();
  const consumer = world.consumer({
    client: clientOf(world),
    checkpointer: new MemoryCheckpointer(),
  });
  const reader = consumer.getReader();
  for (let i = 0; i < 4; i++) {
    await world.put(1, { keys: ["k"] });
    await world.pass(10_000);
  }
  const [first, second, third] = await world.read(reader, 3);
  assertEquals(lagOf(consumer), 40_000);
  // Out of order: the checkpoint cannot pass the first value.
  second!.ack();
  assertEquals(lagOf(consumer), 40_000);
  first!.ack();
  assertEquals(lagOf(consumer), 20_000);
  third!.ack();
  // In the buffer.
  assertEquals(shardOf(consumer).bufferedRecords, 1);
  assertEquals(lagOf(consumer), 10_000);
  const [fourth] = await world.read(reader, 1);
  assertEquals(lagOf(consumer), 10_000);
  fourth!.ack();
  assertEquals(lagOf(consumer), 0);
  await world.run(consumer.close());
});

Deno.test("Consumer.status tells a processing lag that ends with the next value of a loop with a checkpointer, and with the value itself without one", async () => {
  for (const checkpointer of [new MemoryCheckpointer(), undefined]) {
    const world = new World();
    await world.put(2);
    const client = clientOf(world);
    const consumer = world.consumer({ client, checkpointer });
    const values = consumer.values();
    await world.pass(10_000);
    await world.run(values.next());
    await world.pass(5000);
    // The loop works on the first value, and the second one is in the buffer.
    assertEquals(lagOf(consumer), 15_000);
    await world.run(values.next());
    assertEquals(lagOf(consumer), checkpointer ? 15_000 : 0);
    const next = values.next();
    assertEquals(lagOf(consumer), 0);
    await world.run(consumer.close());
    await next;
  }
});

Deno.test("Consumer.status tells a processing lag of 0 for a shard without values, and none before the first answer or for other workers", async () => {
  const world = new World({ shards: 2 });
  const checkpointer = new MemoryCheckpointer();
  const one = world.consumer({ checkpointer, workerId: "one", maxShards: 1 });
  const ready = one.ready;
  assertEquals(one.status().shards, []);
  await world.run(ready);
  const reading = one.getReader().read();
  await world.pass(10_000);
  const lags = one.status().shards.map(({ state, processingLagMs }) => [
    state,
    processingLagMs,
  ]);
  assertEquals(lags.sort(), [["caught-up", 0], ["waiting", undefined]]);
  await world.run(one.close());
  await reading;

  const client = world.client();
  client.getRecords = () => new Promise(() => {});
  const hung = world.consumer({ client });
  const waiting = hung.getReader().read();
  await world.pass(5000);
  assertEquals([shardOf(hung).state, lagOf(hung)], ["reading", undefined]);
  await world.run(hung.close());
  await waiting;
});

Deno.test("Consumer.status tells the processing lag of each shard", async () => {
  const world = new World({ shards: 2 });
  const [slow, fast] = world.shardIds as [string, string];
  const client = clientOf(world);
  const consumer = world.consumer({ client });
  const gate = deferred<void>();
  const processing = consumer.process(
    ({ shardId }) => shardId === slow ? gate.promise : undefined,
    { concurrency: 4 },
  );
  for (const shardId of [slow, fast]) await world.put(2, { shardId });
  await world.pass(30_000);
  assertEquals([lagOf(consumer, 0), lagOf(consumer, 1)], [30_000, 0]);
  gate.resolve();
  await world.run(consumer.close());
  await processing;
});

Deno.test("Consumer.status tells no processing lag of a record without an arrival time", async () => {
  const world = new World();
  const client = clientOf(world);
  const { getRecords } = client;
  client.getRecords = async (request, options) => {
    const answer = await getRecords(request, options);
    for (const record of answer.Records) {
      delete record.ApproximateArrivalTimestamp;
    }
    return answer;
  };
  const checkpointer = new MemoryCheckpointer();
  const consumer = world.consumer({ client, checkpointer });
  const reader = consumer.getReader();
  await world.put(2);
  await world.pass(10_000);
  const [first] = await world.read(reader, 1);
  assertEquals(lagOf(consumer), undefined);
  first!.ack();
  assertEquals(lagOf(consumer), undefined);
  const [second] = await world.read(reader, 1);
  second!.ack();
  assertEquals(lagOf(consumer), 0);
  await world.run(consumer.close());
});

Deno.test("Consumer.status tells the processing lag of an aggregated record until its last value is acknowledged, also after a new start", async () => {
  const world = new World();
  const checkpointer = new MemoryCheckpointer();
  const start = () =>
    world.consumer<string>({
      client: clientOf(world),
      processor: kplString(),
      checkpointer,
      workerId: "w",
    });
  await putAggregate(world, ["a", "b", "c"]);
  await world.pass(10_000);
  await putAggregate(world, ["d", "e"]);
  const before = start();
  const [a, b] = await world.read(before.getReader(), 2);
  assertEquals([a!.value, b!.value], ["a", "b"]);
  assertEquals(lagOf(before), 10_000);
  a!.ack();
  b!.ack();
  // The third value of the record is not handed out yet.
  assertEquals(lagOf(before), 10_000);
  await world.run(before.close());
  await world.pass(10_000);

  const after = start();
  const reader = after.getReader();
  const [c, d, e] = await world.read(reader, 3);
  assertEquals(c!.value, "c");
  assertEquals(lagOf(after), 20_000);
  c!.ack();
  assertEquals(lagOf(after), 10_000);
  d!.ack();
  assertEquals(lagOf(after), 10_000);
  e!.ack();
  assertEquals(lagOf(after), 0);
  await world.run(after.close());
});

Deno.test("Consumer.status tells the processing lag of a value that is being decoded, or that onPoison decides about", async () => {
  const world = new World();
  const { processor, pending } = slowly<never>();
  const decision = deferred<"skip">();
  const consumer = world.consumer<never>({
    client: clientOf(world),
    processor,
    onPoison: () => decision.promise,
  });
  const reading = consumer.getReader().read();
  await world.putRaw("no JSON", world.shardIds[0]!);
  await world.pass(10_000);
  assertEquals([shardOf(consumer).waitsFor, lagOf(consumer)], [
    "decode",
    10_000,
  ]);
  pending.shift()!();
  await world.pass(10_000);
  assertEquals([shardOf(consumer).waitsFor, lagOf(consumer)], [
    "poison",
    20_000,
  ]);
  decision.resolve("skip");
  await world.pass(1000);
  assertEquals(lagOf(consumer), 0);
  await world.run(consumer.close());
  await reading;
});

Deno.test("Consumer.status tells a processing lag that grows while a full buffer ends reading", async () => {
  const world = new World();
  await world.put(100);
  const consumer = world.consumer({
    client: clientOf(world),
    prefetch: { records: 10, bytes: 1_000_000 },
  });
  const gate = deferred<void>();
  const processing = consumer.process(() => gate.promise, SLOW);
  await world.pass(10_000);
  const asked = world.asked("GetRecords");
  await world.pass(HOUR_MS);
  assertEquals(world.asked("GetRecords"), asked);
  assertEquals(lagOf(consumer), HOUR_MS + 10_000);
  gate.resolve();
  await world.run(consumer.close());
  await processing;
});

Deno.test("Consumer.status tells the processing lag by the clock of the service", async () => {
  for (const offset of [-HOUR_MS, HOUR_MS]) {
    const world = new World();
    const { clock } = world;
    const wrong: Clock = {
      now: () => clock.now() + offset,
      monotonic: () => clock.now(),
      setTimeout: (callback, ms) => clock.setTimeout(callback, ms),
      clearTimeout: (handle) => clock.clearTimeout(handle),
    };
    const consumer = world.consumer({
      client: clientOf(world, wrong),
      clock: wrong,
      checkpointer: new MemoryCheckpointer(),
    });
    await world.put(1);
    await world.read(consumer.getReader(), 1);
    await world.pass(30_000);
    assertEquals(lagOf(consumer), 30_000);
    await world.run(consumer.close());
  }
});

Deno.test("Consumer with fanOut tells the processing lag", async () => {
  const world = new FanOutWorld();
  const consumer = world.fanOut();
  const gate = deferred<void>();
  const processing = consumer.process(() => gate.promise, SLOW);
  await world.pass(5000);
  await world.put(3);
  await world.pass(40_000);
  const { processingLagMs, millisBehindLatest } = shardOf(consumer);
  assertEquals([processingLagMs, millisBehindLatest], [40_000, 0]);
  gate.resolve();
  await world.pass(1000);
  assertEquals(lagOf(consumer), 0);
  await world.run(consumer.close());
  await processing;
});

Deno.test("Consumer calls onProcessingLag every 10 seconds for each shard that it reads", async () => {
  const world = new World({ shards: 2 });
  const events: ProcessingLagEvent[] = [];
  const consumer = world.consumer({
    client: clientOf(world),
    hooks: { onProcessingLag: (event) => void events.push(event) },
    checkpointer: new MemoryCheckpointer(),
  });
  const reader = consumer.getReader();
  await world.run(consumer.ready);
  await world.put(1, { shardId: world.shardIds[1]! });
  await world.read(reader, 1);
  await world.pass(35_000);
  const of = (index: number) =>
    events.filter(({ shardId }) => shardId === world.shardIds[index])
      .map(({ processingLagMs }) => processingLagMs!);
  assertEquals(of(0), [0, 0, 0]);
  const [first, second, third] = of(1) as [number, number, number];
  assert(first > 0 && first <= 10_000, `${first}`);
  assertEquals([second - first, third - second], [10_000, 10_000]);
  const { stream, instance } = events[0]!;
  assertEquals([stream, typeof instance], [STREAM, "number"]);
  await world.run(consumer.close());
  await world.pass(20_000);
  assertEquals(events.length, 6);
});
