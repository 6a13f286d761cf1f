import { assertEquals, assertRejects } from "@std/assert";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import type { Consumer } from "../../consumer.ts";
import { KinesisError } from "../../errors.ts";
import type { ConsumerRecord } from "../../records.ts";
import { type Item, STREAM, values, World } from "./_world.ts";

type Records = AsyncIterable<ConsumerRecord<Item>>;

async function worldOf(count: number) {
  const world = new World();
  await world.put(count, { keys: ["k"] });
  const checkpointer = new MemoryCheckpointer();
  return { world, checkpointer };
}

/**
 * Reads what a worker gets after a crash of another worker: it starts at the stored checkpoint and
 * finds no released lease. Returns the numbers of the values.
 */
async function afterACrash(
  world: World,
  checkpointer: MemoryCheckpointer,
): Promise<number[]> {
  const [lease] = await checkpointer.list(STREAM);
  const { shardId, checkpoint } = lease!;
  const next = new MemoryCheckpointer();
  await next.create({
    streamName: STREAM,
    shardId,
    checkpoint,
    parentShardIds: [],
  });
  const consumer = world.consumer({ checkpointer: next, until: "caught-up" });
  return values(await world.drain(consumer)).map(({ i }) => i);
}

const sleep = (world: World, ms: number) =>
  new Promise<void>((resolve) => world.clock.setTimeout(resolve, ms));

Deno.test("Consumer acknowledges for each loop over a shared iterator only what that loop has processed", async () => {
  const { world, checkpointer } = await worldOf(20);
  const consumer = world.consumer({ checkpointer, checkpointIntervalMs: 100 });
  const iterator = consumer.values();
  const processed: number[] = [];
  const loops = Array.from({ length: 3 }, async () => {
    for await (const { value } of iterator) {
      await sleep(world, value.i === 2 ? 60_000 : 10);
      processed.push(value.i);
    }
  });
  await world.pass(30_000);
  assertEquals(processed.length, 19);
  assertEquals((await afterACrash(world, checkpointer))[0], 2);
  await world.pass(40_000);
  assertEquals(await afterACrash(world, checkpointer), []);
  await world.run(consumer.close());
  await Promise.all(loops);
});

Deno.test("Consumer acknowledges nothing to those who ask for several records at once", async () => {
  const { world, checkpointer } = await worldOf(60);
  const consumer = world.consumer({ checkpointer, checkpointIntervalMs: 100 });
  const iterator = consumer.values();
  const seen: number[] = [];
  const looping = (async () => {
    for (;;) {
      const batch = await Promise.all([iterator.next(), iterator.next()]);
      for (const { done, value } of batch) if (!done) seen.push(value.value.i);
      if (batch.some(({ done }) => done)) return;
      await sleep(world, 1000);
    }
  })();
  await world.pass(10_000);
  assertEquals(seen.slice(0, 6), [0, 1, 2, 3, 4, 5]);
  assertEquals((await afterACrash(world, checkpointer))[0], 0);
  await world.run(consumer.close());
  await world.run(looping);
});

Deno.test("Consumer.values with 'acknowledge' false leaves acknowledging to the application", async () => {
  const { world, checkpointer } = await worldOf(20);
  const consumer = world.consumer({ checkpointer, checkpointIntervalMs: 100 });
  const iterator = consumer.values({ acknowledge: false });
  for (let n = 0; n < 10; n++) {
    const { value } = await world.run(iterator.next());
    if (n < 3) value.ack();
  }
  await world.pass(1000);
  assertEquals((await afterACrash(world, checkpointer))[0], 3);
  await world.run(iterator.return!());
});

async function* through(records: Records): Records {
  for await (const record of records) yield record;
}

/** Awaits before its loop, so the stack of the first `next()` does not show the caller. */
async function* waitingFirst(records: Records): Records {
  await Promise.resolve();
  for await (const record of records) yield record;
}

/** Awaits before each `next()`, so the stack never shows the caller. */
async function* waiting(records: Records): Records {
  await Promise.resolve();
  for await (const record of records) {
    yield record;
    await Promise.resolve();
  }
}

const pipes: Record<
  string,
  (consumer: Consumer<Item>, sink: Writable) => Promise<unknown>
> = {
  "pipeline()": (consumer, sink) => pipeline(consumer, sink),
  "pipeline() of values()": (consumer, sink) =>
    pipeline(consumer.values(), sink),
  "pipeline() of a generator": (consumer, sink) =>
    pipeline(through(consumer), sink),
  "pipeline() with a generator behind it": (consumer, sink) =>
    pipeline(consumer, through, sink),
  "pipeline() of a generator that waits first": (consumer, sink) =>
    pipeline(waitingFirst(consumer), sink),
  "pipeline() of a generator that waits for each record": (consumer, sink) =>
    pipeline(waiting(consumer), sink),
  "pipeline() with a generator behind it that waits first": (consumer, sink) =>
    pipeline(consumer, waitingFirst, sink),
  "Readable.from() of an object that begins a loop itself": (consumer, sink) =>
    pipeline(
      Readable.from({ [Symbol.asyncIterator]: () => consumer.values() }),
      sink,
    ),
  "ReadableStream.from() of a generator that waits first": (consumer, sink) =>
    ReadableStream.from(waitingFirst(consumer)).pipeTo(Writable.toWeb(sink)),
  "Readable.from()": (consumer, sink) =>
    pipeline(Readable.from(consumer), sink),
  "ReadableStream.from()": (consumer, sink) =>
    ReadableStream.from(consumer).pipeTo(Writable.toWeb(sink)),
};

for (const [name, pipe] of Object.entries(pipes)) {
  Deno.test(`Consumer acknowledges nothing that ${name} takes ahead of its sink`, async () => {
    const { world, checkpointer } = await worldOf(60);
    const consumer = world.consumer({
      checkpointer,
      checkpointIntervalMs: 100,
    });
    let processed = 0;
    const sink = new Writable({
      objectMode: true,
      write(record: ConsumerRecord<Item>, _encoding, done) {
        // The sink never finishes this record. The process dies meanwhile.
        if (processed === 25) return;
        if (++processed <= 10) record.ack();
        done();
      },
    });
    const piping = pipe(consumer, sink).catch(() => {});
    while (processed < 25) await world.pass(100);
    await world.pass(1000);
    assertEquals((await afterACrash(world, checkpointer))[0], 10);
    await world.run(consumer.close());
    sink.destroy();
    await piping;
  });
}

Deno.test("Consumer fails in the end when a pipeline() of Node acknowledges nothing", async () => {
  const { world, checkpointer } = await worldOf(3);
  const consumer = world.consumer({ checkpointer });
  const sink = new Writable({
    objectMode: true,
    write: (_record, _encoding, done) => done(),
  });
  const error = await assertRejects(
    () => world.run(pipeline(consumer, sink)),
    KinesisError,
    "record.ack()",
  );
  assertEquals(error.code, "NothingAcknowledged");
});

Deno.test("Consumer acknowledges for generators in front of a loop what the loop has processed", async () => {
  const { world, checkpointer } = await worldOf(5);
  const consumer = world.consumer({ checkpointer, checkpointIntervalMs: 100 });
  async function* delegating(): Records {
    await Promise.resolve();
    yield* waiting(through(consumer));
  }
  const looping = (async () => {
    for await (const { value } of delegating()) {
      if (value.i === 3) await sleep(world, 60_000);
    }
  })();
  await world.pass(30_000);
  assertEquals(await afterACrash(world, checkpointer), [3, 4]);
  await world.run(consumer.close());
  await world.run(looping);
});

Deno.test("Consumer ends a for await loop when close() has stored the progress and given the lease back", async () => {
  const { world, checkpointer } = await worldOf(10);
  const slow = new Proxy(checkpointer, {
    get: (_, method: "release") => async (...args: [never]) => {
      if (`${method}` === "checkpoint" || method === "release") {
        await sleep(world, 200);
      }
      return await checkpointer[method](...args);
    },
  });
  const consumer = world.consumer({
    checkpointer: slow,
    checkpointIntervalMs: Infinity,
  });
  let read = 0;
  const loop = (async () => {
    for await (const _ of consumer) read++;
    return await checkpointer.list(STREAM);
  })();
  await world.pass(1000);
  const closed = consumer.close();
  const [lease] = await world.run(loop);
  assertEquals([read, lease!.owner, lease!.checkpoint.type], [
    10,
    undefined,
    "SEQUENCE",
  ]);
  await world.run(closed);
});
