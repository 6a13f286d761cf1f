import { assert, assertEquals, assertRejects } from "@std/assert";
import { delay } from "../../_core/clock.ts";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import { assertComplete, type Item, values, World } from "./_world.ts";

Deno.test("Consumer.process calls the handler for every value and stores the progress", async () => {
  const world = new World({ shards: 3 });
  await world.put(200);
  const checkpointer = new MemoryCheckpointer();
  const items: Item[] = [];
  const summary = await world.run(
    world.consumer({ checkpointer, until: "caught-up" })
      .process(({ value }) => void items.push(value)),
  );
  assertEquals(summary, {
    processed: 200,
    retries: 0,
    skipped: 0,
    deadLettered: 0,
  });
  assertComplete(items, world.written);
  const rest = world.consumer({ checkpointer, until: "caught-up" });
  assertEquals(values(await world.drain(rest)), []);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("Consumer.process runs as many handlers as 'concurrency' allows", async () => {
  // Of two shards, the one that is read first would fill the queue with its keys alone.
  const world = new World();
  const keys = Array.from({ length: 40 }, (_, i) => `k${i}`);
  await world.put(80, { keys });
  let running = 0;
  let most = 0;
  const start = world.clock.now();
  await world.run(
    world.consumer({ until: "caught-up" }).process(async () => {
      most = Math.max(most, ++running);
      await delay(10_000, { clock: world.clock });
      running--;
    }, { concurrency: 20 }),
  );
  assertEquals(most, 20);
  assert(world.clock.now() - start < 60_000);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("Consumer.process rejects if the stream is locked, the handler is none, or an option is wrong", async () => {
  const world = new World();
  const consumer = world.consumer();
  const reader = consumer.getReader();
  await assertRejects(
    () => consumer.process(() => {}),
    TypeError,
    "Cannot process as the stream is locked",
  );
  reader.releaseLock();
  await assertRejects(
    () => consumer.process(undefined as never),
    TypeError,
    "Cannot process as 'handler' must be a function",
  );
  const { process, processBatches } = consumer;
  for (
    const [method, generator] of [
      [process, function* () {}],
      [process, async function* () {}],
      [processBatches, async function* () {}],
    ] as const
  ) {
    await assertRejects(
      () => method.call(consumer, generator as never),
      TypeError,
      "'handler' must be a function that is no generator",
    );
  }
  await world.run(consumer.close());
});

Deno.test("Consumer.process rejects while values that were read before are not acknowledged", async () => {
  const world = new World();
  await world.put(4, { keys: ["k"] });
  const checkpointer = new MemoryCheckpointer();
  const consumer = world.consumer({ checkpointer, until: "caught-up" });
  const reader = consumer.getReader();
  const [first] = await world.read(reader, 1);
  reader.releaseLock();
  await assertRejects(
    () => consumer.process(() => {}),
    TypeError,
    "Cannot process as 1 of the values that were read before are not acknowledged",
  );
  first!.ack();
  assertEquals((await world.run(consumer.process(() => {}))).processed, 3);
});
