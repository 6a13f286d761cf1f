import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { delay } from "../../_core/clock.ts";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import { CheckpointError, KinesisError } from "../../errors.ts";
import type { UnacknowledgedEvent } from "../../hooks.ts";
import type { ConsumerRecord } from "../../records.ts";
import { kplJson } from "../../processors/mod.ts";
import { type Item, STREAM, values, World } from "./_world.ts";

/** Reads what the next run gets. Returns the numbers of the values. */
async function rest(
  world: World,
  checkpointer: MemoryCheckpointer,
): Promise<number[]> {
  const records = await world.drain(
    world.consumer({ until: "caught-up", checkpointer }),
  );
  return values(records).map(({ i }) => i);
}

async function worldOf(count: number, perRecord = 1) {
  const world = new World();
  await world.put(count, { keys: ["k"], perRecord });
  const checkpointer = new MemoryCheckpointer();
  return { world, checkpointer };
}

Deno.test("Consumer leaves the last record unacknowledged when a loop breaks", async () => {
  const { world, checkpointer } = await worldOf(5);
  await world.run((async () => {
    for await (const { value } of world.consumer({ checkpointer })) {
      if (value.i === 2) break;
    }
  })());
  assertEquals(world.clock.pendingTimers, 0);
  assertEquals(await rest(world, checkpointer), [2, 3, 4]);
});

Deno.test("Consumer leaves the last record unacknowledged when a loop throws", async () => {
  const { world, checkpointer } = await worldOf(5);
  await assertRejects(
    () =>
      world.run((async () => {
        for await (const { value } of world.consumer({ checkpointer })) {
          if (value.i === 2) throw new Error("cannot handle 2");
        }
      })()),
    Error,
    "cannot handle 2",
  );
  assertEquals(await rest(world, checkpointer), [2, 3, 4]);
});

Deno.test("Consumer stores nothing behind the first record that is not acknowledged", async () => {
  const { world, checkpointer } = await worldOf(6);
  const consumer = world.consumer({ checkpointer });
  const records = await world.read(consumer.getReader(), 6);
  for (const n of [5, 0, 3, 1]) records[n]!.ack();
  records[0]!.ack();
  assertEquals(consumer.status().unacknowledged, 4);
  await world.run(consumer.close());
  assertEquals(await rest(world, checkpointer), [2, 3, 4, 5]);
});

Deno.test("Consumer resumes inside a record at the first value that was not acknowledged", async () => {
  for (let acknowledged = 0; acknowledged <= 9; acknowledged++) {
    const { world, checkpointer } = await worldOf(3, 3);
    const consumer = world.consumer({ checkpointer });
    const records = await world.read(consumer.getReader(), 9);
    for (const record of records.slice(0, acknowledged)) record.ack();
    await world.run(consumer.close());
    const numbers = Array.from({ length: 9 }, (_, i) => i);
    assertEquals(await rest(world, checkpointer), numbers.slice(acknowledged));
    assertEquals(await rest(world, checkpointer), []);
  }
});

Deno.test("Consumer resumes inside an aggregated record of the KPL", async () => {
  const processor = kplJson<number>();
  const frames: Uint8Array<ArrayBuffer>[] = [];
  const packer = processor.createPacker({
    emit: ({ data }) => void frames.push(data),
    shardOf: () => "the only one",
  });
  for (let i = 0; i < 6; i++) {
    await packer.push({ value: i, partitionKey: `k${i}` });
  }
  await packer.flush();
  assertEquals(frames.length, 1);
  for (let acknowledged = 0; acknowledged <= 6; acknowledged++) {
    const world = new World();
    await world.putRaw(frames[0]!, world.shardIds[0]!);
    const checkpointer = new MemoryCheckpointer();
    const consumer = world.consumer<number>({ processor, checkpointer });
    const records = await world.read(consumer.getReader(), 6);
    for (const record of records.slice(0, acknowledged)) record.ack();
    await world.run(consumer.close());
    const rest = await world.drain(
      world.consumer<number>({ processor, checkpointer, until: "caught-up" }),
    );
    assertEquals(
      rest.map(({ value, partitionKey }) => [value, partitionKey]),
      [0, 1, 2, 3, 4, 5].slice(acknowledged).map((i) => [i, `k${i}`]),
    );
  }
});

Deno.test("Consumer.acknowledging acknowledges what the sink has written, and resolves when that is stored", async () => {
  const { world, checkpointer } = await worldOf(20);
  const consumer = world.consumer({ checkpointer, until: "caught-up" });
  const written: number[] = [];
  const sink = new WritableStream<ConsumerRecord<Item>>({
    write: ({ value }) => void written.push(value.i),
  });
  await world.run(consumer.pipeTo(consumer.acknowledging(sink)));
  assertEquals(written.length, 20);
  assertEquals(world.clock.pendingTimers, 0);
  assertEquals(await rest(world, checkpointer), []);
});

Deno.test("Consumer.acknowledging leaves what a failing sink refused", async () => {
  const { world, checkpointer } = await worldOf(20);
  const consumer = world.consumer({ checkpointer });
  const sink = new WritableStream<ConsumerRecord<Item>>({
    write({ value }) {
      if (value.i === 7) throw new Error("disk full");
    },
  });
  await assertRejects(
    () => world.run(consumer.pipeTo(consumer.acknowledging(sink))),
    Error,
    "disk full",
  );
  await world.pass(0);
  assertEquals(world.clock.pendingTimers, 0);
  assertEquals((await rest(world, checkpointer))[0], 7);
});

Deno.test("Consumer.acknowledging passes backpressure on: a slow sink stops the reading", async () => {
  const { world, checkpointer } = await worldOf(50);
  const consumer = world.consumer({ checkpointer, prefetch: { records: 5 } });
  const releases: (() => void)[] = [];
  const sink = new WritableStream<ConsumerRecord<Item>>({
    write: () => new Promise<void>((resolve) => releases.push(resolve)),
  });
  const controller = new AbortController();
  const { signal } = controller;
  const piping = consumer.pipeTo(consumer.acknowledging(sink), { signal });
  await world.pass(60_000);
  assertEquals(releases.length, 1);
  assert(consumer.status().delivered <= 4, `${consumer.status().delivered}`);
  controller.abort();
  releases[0]!();
  await assertRejects(() => world.run(piping));
});

Deno.test("Consumer counts what lies in the buffers of a pipe as not acknowledged", async () => {
  const { world, checkpointer } = await worldOf(30);
  const consumer = world.consumer({ checkpointer });
  const through = consumer.pipeThrough(
    new TransformStream<ConsumerRecord<Item>, ConsumerRecord<Item>>(
      {},
      undefined,
      { highWaterMark: 20 },
    ),
  );
  const reader = through.getReader();
  const records = await world.read(reader, 2);
  for (const record of records) record.ack();
  await world.pass(5000);
  assert(consumer.status().delivered > 15);
  await world.run(reader.cancel());
  await world.pass(0);
  assertEquals((await rest(world, checkpointer))[0], 2);
});

Deno.test("Consumer pauses at maxUnacknowledged and goes on with the next acknowledgement", async () => {
  const { world, checkpointer } = await worldOf(20);
  const consumer = world.consumer({ checkpointer, maxUnacknowledged: 5 });
  const reader = consumer.getReader();
  const records = await world.read(reader, 5);
  const next = reader.read();
  await world.pass(4000);
  records[1]!.ack();
  await world.pass(120_000);
  assertEquals(consumer.status().delivered, 5);
  records[0]!.ack();
  assertEquals((await world.run(next)).value?.value.i, 5);
  await world.run(consumer.close());
});

Deno.test("Consumer fails with what to do when nothing is ever acknowledged", async () => {
  const { world, checkpointer } = await worldOf(20);
  const consumer = world.consumer({ checkpointer, maxUnacknowledged: 5 });
  const reader = consumer.getReader();
  const error = await assertRejects(
    () => world.read(reader, 20),
    KinesisError,
    "record.ack()",
  );
  assertEquals(error.code, "NothingAcknowledged");
});

/** Passes all values on, except those with the number `dropped`. */
function without(
  dropped: number,
  onDrop: (record: ConsumerRecord<Item>) => void = () => {},
): TransformStream<ConsumerRecord<Item>, ConsumerRecord<Item>> {
  return new TransformStream({
    transform(record, controller) {
      if (record.value.i === dropped) onDrop(record);
      else controller.enqueue(record);
    },
  });
}

Deno.test("Consumer reports which record is not acknowledged, and fails when reading waits for it too long", async () => {
  const { world, checkpointer } = await worldOf(100);
  const reported: UnacknowledgedEvent[] = [];
  const consumer = world.consumer({
    checkpointer,
    maxUnacknowledged: 20,
    hooks: { onUnacknowledged: (event) => void reported.push(event) },
  });
  const written: number[] = [];
  const sink = new WritableStream<ConsumerRecord<Item>>({
    write: ({ value }) => void written.push(value.i),
  });
  let dropped = "";
  const filter = without(3, ({ sequenceNumber }) => dropped = sequenceNumber);
  const failing = assertRejects(
    () => consumer.pipeThrough(filter).pipeTo(consumer.acknowledging(sink)),
    KinesisError,
  );
  await world.pass(5 * 60_000);
  assertEquals(reported.map(({ ageMs }) => ageMs), [60_000, 120_000, 240_000]);
  const [{ sequenceNumber, shardId, unacknowledged }] = reported as [
    UnacknowledgedEvent,
  ];
  assertEquals(
    [sequenceNumber, shardId, unacknowledged],
    [dropped, world.shardIds[0], 20],
  );
  const { oldestUnacknowledged } = consumer.status().shards[0]!;
  assertEquals(oldestUnacknowledged?.sequenceNumber, dropped);
  assert(oldestUnacknowledged!.ageMs >= 280_000);
  const error = await world.run(failing);
  assertEquals(error.code, "AcknowledgementMissing");
  assert(error.message.includes(dropped), error.message);
  await world.pass(0);
  assertEquals(world.clock.pendingTimers, 0);
  assertEquals((await rest(world, checkpointer))[0], 3);
});

Deno.test("Consumer fails for a shard that is paused for a record that was never acknowledged, while others go on", async () => {
  const world = new World({ shards: 2 });
  const [bad, good] = world.shardIds as [string, string];
  await world.put(100, { keys: ["bad"], shardId: bad });
  const consumer = world.consumer({
    checkpointer: new MemoryCheckpointer(),
    maxUnacknowledged: 20,
    acknowledgeTimeoutMs: 120_000,
  });
  const failing = assertRejects(async () => {
    for await (const record of consumer.pipeThrough(without(3))) record.ack();
  }, KinesisError);
  for (let n = 0; n < 30; n++) {
    await world.put(1, { keys: [good], shardId: good });
    await world.pass(5000);
  }
  assert((await failing).message.includes(bad));
});

for (const until of [undefined, "caught-up"] as const) {
  Deno.test(`Consumer with until ${until} fails when the children of a shard wait for a record that was never acknowledged`, async () => {
    const { world, checkpointer } = await worldOf(20);
    world.server.split(STREAM, world.shardIds[0]!);
    await world.put(20, { keys: ["k"] });
    const consumer = world.consumer({ checkpointer, until });
    const sink = new WritableStream<ConsumerRecord<Item>>();
    const failing = assertRejects(
      () =>
        consumer.pipeThrough(without(3)).pipeTo(consumer.acknowledging(sink)),
      KinesisError,
    );
    await world.pass(16 * 60_000);
    const error = await failing;
    assertEquals(error.code, "AcknowledgementMissing");
    assertEquals((await rest(world, checkpointer))[0], 3);
  });
}

Deno.test("Consumer fails for a shard that has ended though values of others come all the time", async () => {
  const world = new World({ shards: 2 });
  const [bad, good] = world.shardIds as [string, string];
  await world.put(10, { keys: ["bad"], shardId: bad });
  world.server.split(STREAM, bad);
  const consumer = world.consumer({
    checkpointer: new MemoryCheckpointer(),
    acknowledgeTimeoutMs: 60_000,
  });
  const failing = assertRejects(async () => {
    for await (const record of consumer.pipeThrough(without(3))) {
      // Takes longer than the values take to arrive, so the loop hardly ever waits for a value.
      if (record.value.key === good) {
        await new Promise<void>((resolve) =>
          world.clock.setTimeout(resolve, 700)
        );
      }
      record.ack();
    }
  }, KinesisError);
  for (let n = 0; n < 20; n++) {
    await world.put(10, { keys: [good], shardId: good });
    await world.pass(5000);
  }
  assert((await failing).message.includes(bad));
});

Deno.test("Consumer waits for a loop that works on the last value of a shard that has ended", async () => {
  const { world, checkpointer } = await worldOf(3);
  world.server.split(STREAM, world.shardIds[0]!);
  await world.put(3, { keys: ["k"] });
  const consumer = world.consumer({ checkpointer, until: "caught-up" });
  const got: number[] = [];
  await world.run((async () => {
    for await (const { value } of consumer) {
      got.push(value.i);
      if (value.i === 2) {
        await new Promise<void>((resolve) =>
          world.clock.setTimeout(resolve, 3_000_000)
        );
      }
    }
  })());
  assertEquals(got, [0, 1, 2, 3, 4, 5]);
});

Deno.test("Consumer goes on behind what a filter drops and acknowledges", async () => {
  const { world, checkpointer } = await worldOf(100);
  const consumer = world.consumer({
    checkpointer,
    maxUnacknowledged: 20,
    until: "caught-up",
  });
  let written = 0;
  const sink = new WritableStream<ConsumerRecord<Item>>({
    write: () => void written++,
  });
  const filter = without(3, (record) => record.ack());
  await world.run(
    consumer.pipeThrough(filter).pipeTo(consumer.acknowledging(sink)),
  );
  assertEquals(written, 99);
  assertEquals(world.clock.pendingTimers, 0);
  assertEquals(await rest(world, checkpointer), []);
});

Deno.test("Consumer that has ended gives its leases back though a record is never acknowledged", async () => {
  const { world, checkpointer } = await worldOf(10);
  const consumer = world.consumer({ checkpointer, until: "caught-up" });
  const sink = new WritableStream<ConsumerRecord<Item>>();
  await world.run(
    consumer.pipeThrough(without(3)).pipeTo(consumer.acknowledging(sink)),
  );
  await world.pass(20 * 60_000);
  assertEquals(world.clock.pendingTimers, 0);
  assertEquals((await checkpointer.list(STREAM))[0]!.owner, undefined);
  assertEquals((await rest(world, checkpointer))[0], 3);
});

Deno.test("Consumer waits for a slow sink that will acknowledge, however long it takes", async () => {
  const { world, checkpointer } = await worldOf(10);
  const consumer = world.consumer({
    checkpointer,
    maxUnacknowledged: 3,
    until: "caught-up",
  });
  const sink = new WritableStream<ConsumerRecord<Item>>({
    write: () =>
      new Promise<void>((resolve) => world.clock.setTimeout(resolve, 60_000)),
  }, { highWaterMark: 10 });
  await world.run(consumer.pipeTo(consumer.acknowledging(sink)));
  assertEquals(await rest(world, checkpointer), []);
});

Deno.test("Consumer stores progress at its interval, and at once by checkpoint()", async () => {
  const { world, checkpointer } = await worldOf(10);
  const consumer = world.consumer({ checkpointer, checkpointIntervalMs: 5000 });
  const stored = async () => (await checkpointer.list(STREAM))[0]?.checkpoint;
  const records = await world.read(consumer.getReader(), 10);
  records[0]!.ack();
  await world.pass(4000);
  assertEquals((await stored())?.type, "TRIM_HORIZON");
  await world.pass(1000);
  const { sequenceNumber } = records[0]!;
  assertEquals(await stored(), { type: "SEQUENCE", sequenceNumber });
  records[1]!.ack();
  await consumer.checkpoint();
  assertEquals(await stored(), {
    type: "SEQUENCE",
    sequenceNumber: records[1]!.sequenceNumber,
  });
  await world.run(consumer.close());
});

Deno.test("Consumer.checkpoint lists the shards that could not be stored, and the next one repairs it", async () => {
  const world = new World({ shards: 3 });
  await world.put(30, { keys: [..."abcdefgh"] });
  const checkpointer = new MemoryCheckpointer();
  const write = checkpointer.checkpoint.bind(checkpointer);
  let broken = true;
  const [, shardId] = world.shardIds as [string, string];
  checkpointer.checkpoint = (lease, ...rest) =>
    broken && lease.shardId === shardId
      ? Promise.reject(new Error("database is locked"))
      : write(lease, ...rest);
  const consumer = world.consumer({ checkpointer });
  for (const record of await world.read(consumer.getReader(), 30)) record.ack();
  const error = await assertRejects(
    () => world.run(consumer.checkpoint()),
    CheckpointError,
    shardId,
  );
  assertEquals([...error.failures.keys()], [shardId]);
  // The lease is still renewed, so the worker keeps it for many failover times.
  await world.pass(120_000);
  assertFalse(world.events.some((event) => event.startsWith("lost")));
  broken = false;
  await world.run(consumer.checkpoint());
  await world.run(consumer.close());
  assertEquals(
    (await world.drain(world.consumer({ until: "caught-up", checkpointer })))
      .length,
    0,
  );
});

Deno.test("Consumer.close rejects when progress cannot be stored, and gives the leases back all the same", async () => {
  const { world, checkpointer } = await worldOf(3);
  const reason = new Error("out of disk");
  checkpointer.checkpoint = () => Promise.reject(reason);
  const consumer = world.consumer({ checkpointer });
  const [record] = await world.read(consumer.getReader(), 1);
  record!.ack();
  const error = await assertRejects(
    () => world.run(consumer.close()),
    CheckpointError,
  );
  assertStrictEquals(error.cause, reason);
  assertEquals((await checkpointer.list(STREAM))[0]!.owner, undefined);
  assertEquals(consumer.status().shards[0]!.owner, undefined);
});

Deno.test("Consumer.status shows no lease of its own after close", async () => {
  const { world, checkpointer } = await worldOf(3);
  const consumer = world.consumer({ checkpointer, workerId: "me" });
  await world.run(consumer.ready);
  assertEquals(consumer.status().shards[0]!.owner, "me");
  await world.run(consumer.close());
  assertEquals(
    consumer.status().shards.map(({ state, owner }) => [state, owner]),
    [
      ["waiting", undefined],
    ],
  );
});

Deno.test("Consumer.acknowledging acknowledges nothing that a sink has written half-way because the pipe was aborted", async () => {
  const world = new World();
  await world.put(1);
  const checkpointer = new MemoryCheckpointer();
  const consumer = world.consumer({ checkpointer });
  const stop = new AbortController();
  const sink = new WritableStream<ConsumerRecord<Item>>({
    async write(_, { signal }) {
      await delay(10_000, { clock: world.clock, signal }).catch(() => {});
    },
  });
  const { signal } = stop;
  const piping = consumer.pipeTo(consumer.acknowledging(sink), { signal });
  piping.catch(() => {});
  await world.pass(5000);
  stop.abort(new Error("enough"));
  await assertRejects(() => world.run(piping), Error, "enough");
  await world.run(consumer.close());
  assertEquals(await rest(world, checkpointer), [0]);
});
