/** The policy for records that expired before they were read. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import { KinesisError } from "../../errors.ts";
import type { ExpiredEvent } from "../../hooks.ts";
import { assertComplete, type Item, STREAM, values, World } from "./_world.ts";

const HOUR_MS = 3_600_000;

/** 3 of 10 values are processed. Then no worker runs until the rest has expired. */
async function expired({ isClosed }: { isClosed: boolean }) {
  const world = new World();
  const [shardId] = world.shardIds as [string];
  const checkpointer = new MemoryCheckpointer();
  await world.put(10);
  await world.drain(world.consumer({ checkpointer, limit: 3 }));
  if (isClosed) world.server.split(STREAM, shardId);
  await world.clock.advance(26 * HOUR_MS);
  await world.put(10);
  await world.pass(60_000);
  const events: ExpiredEvent[] = [];
  const hooks = {
    onExpired: (event: ExpiredEvent) => void events.push(event),
  };
  const until = "caught-up" as const;
  return { world, shardId, options: { checkpointer, hooks, until }, events };
}

for (const isClosed of [false, true]) {
  const what = isClosed ? "shard" : "records";
  Deno.test(`Consumer fails before it hands anything out when ${what} behind a checkpoint have expired, and writes nothing`, async () => {
    const { world, shardId, options, events } = await expired({ isClosed });
    const { checkpointer } = options;
    const stored = async () =>
      (await checkpointer.list(STREAM)).map(({ shardId, checkpoint }) => [
        shardId,
        checkpoint,
      ]);
    const checkpoint = (await stored())[0]![1];
    for (let run = 1; run <= 2; run++) {
      const consumer = world.consumer({
        ...options,
        expiredCheckpoint: "fail",
      });
      const items: Item[] = [];
      const error = await assertRejects(
        async () => {
          await world.run((async () => {
            for await (const { value } of consumer) items.push(value);
          })());
        },
        KinesisError,
        "oldest",
      );
      assertEquals([error.code, error.retryable], ["CheckpointExpired", false]);
      assert(error.message.includes(shardId));
      await world.run(consumer.close());
      assertEquals(items, []);
      assertEquals(events.map((it) => it.what), Array(run).fill(what));
      assertEquals((await stored())[0], [shardId, checkpoint]);
    }
    // The user has decided to lose them.
    const records = await world.drain(world.consumer(options));
    assertEquals(records.length, 10);
    assertEquals(events.length, 3);
  });
}

Deno.test("Consumer reads on at the oldest record by default when the records behind a checkpoint have expired", async () => {
  for (const isClosed of [false, true]) {
    const { world, options, events } = await expired({ isClosed });
    const consumer = world.consumer(options);
    const records = await world.drain(consumer);
    assertEquals(records.length, 10);
    assertEquals(consumer.status().expired, events);
    const [{ after, beforeTime }] = events as [ExpiredEvent];
    assert(after.type === "SEQUENCE");
    assert(beforeTime! <= new Date(world.clock.now()));
    assert(beforeTime! >= records[0]!.approximateArrivalTimestamp!);
  }
});

Deno.test("Consumer fails when records expire in front of a slow reader and the policy says so, and loses no progress", async () => {
  const world = new World();
  const checkpointer = new MemoryCheckpointer();
  const consumer = world.consumer({
    checkpointer,
    prefetch: { records: 1 },
    expiredCheckpoint: "fail",
  });
  await world.put(10, { keys: ["k"] });
  const reader = consumer.getReader();
  const [first] = await world.read(reader, 1);
  first!.ack();
  await world.pass(2000);
  world.server.advance(25 * HOUR_MS);
  await world.put(5, { keys: ["k"] });
  world.server.advance(60_000);
  const seen: Item[] = [first!.value];
  const error = await assertRejects(
    async () => {
      for (;;) seen.push(...values(await world.read(reader, 1)));
    },
    KinesisError,
    " from ",
  );
  assertEquals(error.code, "CheckpointExpired");
  // Nothing from behind the gap.
  assert(seen.every(({ i }) => i < 10));
  const [lease] = await checkpointer.list(STREAM);
  assertEquals(lease!.checkpoint.type, "SEQUENCE");
});

Deno.test("Consumer with the policy to fail reads a shard without a checkpoint from its oldest record, and children of expired shards", async () => {
  const world = new World();
  const [shardId] = world.shardIds as [string];
  await world.put(5);
  world.server.split(STREAM, shardId);
  await world.clock.advance(26 * HOUR_MS);
  const before = new Map(world.written);
  await world.put(5);
  const records = await world.drain(
    world.consumer({ expiredCheckpoint: "fail", until: "caught-up" }),
  );
  assertComplete(
    values(records).map(({ key, i }) => ({ key, i: i - before.get(key)! })),
    new Map([...before].map(([key]) => [key, 1])),
  );
});

Deno.test("Consumer tells that the record to start at has expired, and fails if the policy says so", async () => {
  const world = new World();
  const [shardId] = world.shardIds as [string];
  await world.put(5, { keys: ["k"] });
  const { sequenceNumber } = world.server.records(STREAM)[2]!;
  const after = { type: "AT_SEQUENCE_NUMBER", sequenceNumber } as const;
  const events: ExpiredEvent[] = [];
  const options = {
    from: { [shardId]: after },
    until: "caught-up",
    hooks: { onExpired: (event: ExpiredEvent) => void events.push(event) },
  } as const;
  const start = () => world.drain(world.consumer(options));
  assertEquals(values(await start()).map(({ i }) => i), [2, 3, 4]);
  assertEquals(events, []);
  world.server.advance(25 * HOUR_MS);
  await world.put(2, { keys: ["k"] });
  world.server.advance(60_000);
  assertEquals(values(await start()).map(({ i }) => i), [5, 6]);
  assertEquals(events.map(({ what, after }) => ({ what, after })), [
    { what: "records", after },
  ]);
  await assertRejects(
    () =>
      world.drain(world.consumer({ ...options, expiredCheckpoint: "fail" })),
    KinesisError,
    `the records from sequence number ${sequenceNumber} on up to`,
  );
});

Deno.test("Consumer that starts at the first sequence number of a shard reports no expired record", async () => {
  const world = new World();
  const [shardId] = world.shardIds as [string];
  const [shard] = await Array.fromAsync(
    world.client().listAllShards({ StreamName: STREAM }),
  );
  const sequenceNumber = shard!.SequenceNumberRange.StartingSequenceNumber;
  await world.put(5, { keys: ["k"] });
  world.server.advance(60_000);
  const records = await world.drain(
    world.consumer({
      from: { [shardId]: { type: "AT_SEQUENCE_NUMBER", sequenceNumber } },
      until: "caught-up",
      expiredCheckpoint: "fail",
    }),
  );
  assertEquals(records.length, 5);
});

Deno.test("Consumer refuses policies and times that it does not know", () => {
  const world = new World();
  const make = (options: Record<string, unknown>) => () =>
    void world.consumer(options);
  assertThrows(
    make({ expiredCheckpoint: "newest" }),
    TypeError,
    `Cannot create Consumer as 'expiredCheckpoint' must be "oldest" or "fail": current value is "newest"`,
  );
  assertThrows(
    make({ stallTimeoutMs: 0 }),
    RangeError,
    "Cannot create Consumer as 'stallTimeoutMs' must be from 1 to 2147483647 or Infinity: current value is 0",
  );
  assertThrows(
    make({ hooks: { onStalled: 1 } }),
    TypeError,
    "'hooks.onStalled' must be a function",
  );
});
