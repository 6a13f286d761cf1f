/** Reading with enhanced fan-out while connections, the service and other workers fail. */
import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertLessOrEqual,
  assertRejects,
} from "@std/assert";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import { KinesisError, ServiceError, TimeoutError } from "../../errors.ts";
import type { ExpiredEvent } from "../../hooks.ts";
import { CONSUMER, FanOutWorld } from "./_fan_out_world.ts";
import { assertComplete, collect, type Item, values } from "./_world.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SUBSCRIBE = "SubscribeToShard";

/** Puts and reads in turn, so that each subscription has something to lose. */
async function readInTurns(
  world: FanOutWorld,
  turns: number,
  pauseMs: number,
): Promise<Item[]> {
  const consumer = world.fanOut();
  const reader = consumer.getReader();
  const got: Item[] = [];
  for (let turn = 0; turn < turns; turn++) {
    await world.put(4);
    got.push(...values(await world.read(reader, 4)));
    await world.pass(pauseMs);
  }
  await world.run(consumer.close());
  return got;
}

Deno.test("Consumer with fanOut subscribes again within 10 s when a connection is silent", async () => {
  const world = new FanOutWorld({
    rules: [{
      action: SUBSCRIBE,
      fault: { type: "silence", afterEvents: 2 },
      times: 3,
    }],
  });
  const got = await readInTurns(world, 6, 20_000);
  assertComplete(got, world.written);
  assertEquals(world.fetch.counts.silence, 3);
  assertEquals(world.errors.length, 3);
  for (const error of world.errors) assert(error instanceof TimeoutError);
  // The put at 0 s and the heartbeat at 5 s arrive; the connection is silent from then on.
  const [first, second] = world.subscriptions;
  assertLessOrEqual(second!.at - first!.at - 5000, 10_000);
});

Deno.test("Consumer with fanOut asks again within 10 s when a request is not answered", async () => {
  const world = new FanOutWorld({
    rules: [{ action: SUBSCRIBE, fault: { type: "stall" }, times: 2 }],
  });
  await world.put(5);
  const client = world.fanOutClient({}, { holdsAnswers: false });
  const before = world.clock.now();
  const records = await world.drain(
    world.fanOut({ client, until: "caught-up" }),
  );
  assertComplete(values(records), world.written);
  assertLessOrEqual(world.clock.now() - before, 25_000);
});

Deno.test("Consumer with fanOut starts anew when a client without time limits is silent", async () => {
  const world = new FanOutWorld();
  const client = world.fanOutClient();
  const subscribe = client.subscribeToShard;
  let silent = 0;
  client.subscribeToShard = (...args) => {
    if (silent++ === 0) return new Promise(() => {});
    return silent === 2
      ? Promise.resolve(new ReadableStream())
      : subscribe(...args);
  };
  await world.put(5);
  const stalled: string[] = [];
  const records = await world.drain(
    world.fanOut({
      client,
      until: "caught-up",
      hooks: {
        ...world.hooks,
        onStalled: ({ action }) => void stalled.push(action),
      },
    }),
  );
  assertComplete(values(records), world.written);
  assertEquals(silent, 3);
  assertEquals(stalled, ["restart", "release"]);
  assert(world.errors[0] instanceof TimeoutError);
});

Deno.test("Consumer with fanOut does not take its own pause for the silence of the service", async () => {
  const world = new FanOutWorld();
  await world.put(40);
  const consumer = world.fanOut({ prefetch: { records: 1 } });
  const reader = consumer.getReader();
  await world.read(reader, 1);
  for (let n = 0; n < 20; n++) {
    await world.pass(30_000);
    await world.read(reader, 1);
  }
  assertEquals(world.errors, []);
  await world.run(consumer.close());
});

Deno.test("Consumer with fanOut waits 5 s when its own last subscription is in the way", async () => {
  const world = new FanOutWorld();
  const { checkpointer } = world;
  await world.put(10);
  const options = { checkpointer, workerId: "me" };
  const first = world.fanOut(options);
  const reader = first.getReader();
  for (const record of await world.read(reader, 4)) record.ack();
  await world.run(first.close());
  const rest = await world.drain(
    world.fanOut({ ...options, until: "caught-up" }),
  );
  assertEquals(rest.length, 6);
  const [one, two, three] = world.subscriptions;
  assertEquals([one?.error, two?.error, three?.error], [
    undefined,
    "ResourceInUseException",
    undefined,
  ]);
  assertGreaterOrEqual(three!.at - two!.at, 5000);
  assertLessOrEqual(three!.at - two!.at, 6000);
});

Deno.test("Consumer with fanOut goes on behind the last whole event after a cut at any byte", async () => {
  let afterBytes = 0;
  let subscriptions = 0;
  const world = new FanOutWorld({
    rules: [{
      action: SUBSCRIBE,
      name: "fault",
      // Every second subscription is cut. The others end after the event that was cut.
      get fault() {
        return subscriptions++ % 2 === 1
          ? { type: "cut", afterBytes } as const
          : {
            type: "exception",
            afterEvents: 1,
            code: "InternalFailureException",
          } as const;
      },
    }],
  });
  const consumer = world.fanOut({ maxFailuresInARow: Infinity });
  const reader = consumer.getReader();
  const got: Item[] = [];
  // A message initial-response and an event with one record have 365 bytes.
  for (afterBytes = 1; afterBytes < 380; afterBytes++) {
    await world.put(1);
    got.push(...values(await world.read(reader, 1)));
  }
  assertComplete(got, world.written);
  assertGreaterOrEqual(world.fetch.counts.fault!, 2 * 330);
  await world.run(consumer.close());
});

Deno.test("Consumer with fanOut recovers when the first subscriptions fail, each in its way", async () => {
  for (
    const fault of [
      { type: "error", code: "InternalFailure", status: 500 },
      { type: "error", code: "KMSThrottlingException", status: 400 },
      { type: "throttle" },
      { type: "reset" },
      { type: "reset", when: "after" },
      { type: "cut", afterBytes: 0 },
      { type: "exception", afterEvents: 0, code: "InternalFailureException" },
    ] as const
  ) {
    const world = new FanOutWorld({
      rules: [{ action: SUBSCRIBE, fault, times: 5 }],
    });
    await world.put(10);
    const records = await world.drain(world.fanOut({ until: "caught-up" }));
    assertComplete(values(records), world.written);
    assertEquals(world.fetch.counts[fault.type], 5);
    const { subscriptions } = world;
    for (let n = 1; n < subscriptions.length; n++) {
      // At most one attempt a second.
      assertGreaterOrEqual(
        subscriptions[n]!.at - subscriptions[n - 1]!.at,
        1000,
      );
    }
  }
});

Deno.test("Consumer with fanOut gives up after maxFailuresInARow subscriptions without an event", async () => {
  for (
    const fault of [
      { type: "reset" },
      { type: "exception", afterEvents: 0, code: "InternalFailureException" },
    ] as const
  ) {
    const world = new FanOutWorld({ rules: [{ action: SUBSCRIBE, fault }] });
    await assertRejects(
      () => world.drain(world.fanOut({ maxFailuresInARow: 4 })),
      KinesisError,
    );
    assertEquals(world.fetch.counts[fault.type], 4);
    assertEquals(world.clock.pendingTimers, 0);
  }
});

Deno.test("Consumer with fanOut goes on after exceptions in the middle of subscriptions", async () => {
  for (
    const code of [
      "InternalFailureException",
      "KMSThrottlingException",
      "LimitExceededException",
    ]
  ) {
    const world = new FanOutWorld({
      rules: [{
        action: SUBSCRIBE,
        fault: { type: "exception", afterEvents: 2, code },
        times: 3,
      }],
    });
    assertComplete(await readInTurns(world, 6, 20_000), world.written);
    assertEquals(world.fetch.counts.exception, 3);
  }
});

Deno.test("Consumer with fanOut stops at once when access or the key is denied", async () => {
  for (
    const fault of [
      { type: "error", code: "AccessDeniedException", status: 400 },
      { type: "error", code: "KMSAccessDeniedException", status: 400 },
      { type: "exception", afterEvents: 1, code: "KMSDisabledException" },
    ] as const
  ) {
    const world = new FanOutWorld({ rules: [{ action: SUBSCRIBE, fault }] });
    await world.put(1);
    const error = await assertRejects(
      () => world.drain(world.fanOut()),
      ServiceError,
    );
    assertEquals(error.code, fault.code);
    assertEquals(world.fetch.counts[fault.type], 1);
    assertEquals(world.clock.pendingTimers, 0);
  }
});

Deno.test("Consumer with fanOut asks again when the end of a shard is damaged", async () => {
  const world = new FanOutWorld();
  const client = world.fanOutClient();
  const subscribe = client.subscribeToShard;
  let damaged = 0;
  client.subscribeToShard = async (...args) => {
    const events = await subscribe(...args);
    return events.pipeThrough(
      new TransformStream(
        {
          transform(event, controller) {
            if (damaged === 2) return controller.enqueue(event);
            damaged++;
            const { ContinuationSequenceNumber: _, ...rest } = event;
            controller.enqueue(rest);
          },
        },
      ),
    );
  };
  await world.put(10);
  const records = await world.drain(
    world.fanOut({ client, until: "caught-up" }),
  );
  assertComplete(values(records), world.written);
  assertEquals(world.errors.length, 2);
});

Deno.test("Consumer with fanOut registers its consumer again when it is deleted, if it was given by name", async () => {
  const world = new FanOutWorld();
  const client = world.fanOutClient();
  const consumer = world.fanOut({ client });
  const reader = consumer.getReader();
  await world.put(3);
  const got = values(await world.read(reader, 3));
  await world.run(client.deregisterStreamConsumer({
    StreamARN: world.streamARN,
    ConsumerName: CONSUMER,
  }));
  await world.put(3);
  got.push(...values(await world.read(reader, 3)));
  assertComplete(got, world.written);
  assertEquals(world.asked("RegisterStreamConsumer"), 2);
  await world.run(consumer.close());
});

Deno.test("Consumer with fanOut fails when its consumer is deleted, if it was given by its ARN", async () => {
  const world = new FanOutWorld();
  const client = world.fanOutClient();
  const { Consumer: { ConsumerARN } } = await client.registerStreamConsumer({
    StreamARN: world.streamARN,
    ConsumerName: CONSUMER,
  });
  const consumer = world.fanOut({
    client,
    fanOut: { consumerARN: ConsumerARN },
  });
  const reader = consumer.getReader();
  await world.put(3);
  await world.read(reader, 3);
  await world.run(client.deregisterStreamConsumer({ ConsumerARN }));
  const error = await assertRejects(
    () => world.run(reader.read()),
    KinesisError,
  );
  assertEquals(error.code, "ConsumerNotFound");
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("Consumer with fanOut ends a shard that expired, and reports it", async () => {
  const world = new FanOutWorld({ shards: 2 });
  await world.put(10);
  const { checkpointer } = world;
  const expired: unknown[] = [];
  const options = {
    checkpointer,
    hooks: {
      onExpired: ({ what }: { what: string }) => void expired.push(what),
    },
  };
  const first = world.fanOut(options);
  const reader = first.getReader();
  for (const record of await world.read(reader, 4)) record.ack();
  await world.run(first.close());
  const [shard] = world.shardIds;
  world.server.split("orders", shard!);
  world.server.advance(30 * HOUR_MS);
  await world.put(6);
  await world.drain(world.fanOut({ ...options, until: "caught-up" }));
  assert(expired.length > 0);
});

Deno.test("Consumer with fanOut reports records that expired while its application stood still", async () => {
  const world = new FanOutWorld();
  await world.put(100, { keys: ["k"] });
  world.server.advance(23 * HOUR_MS);
  const reported: { what: string }[] = [];
  const consumer = world.fanOut({
    prefetch: { records: 10 },
    hooks: { onExpired: (event) => void reported.push(event) },
  });
  const reader = consumer.getReader();
  await world.read(reader, 1);
  world.server.advance(90 * MINUTE_MS);
  await world.put(5, { keys: ["k"] });
  const got: number[] = [];
  while (got.at(-1) !== 104) {
    got.push((await world.read(reader, 1))[0]!.value.i);
  }
  // What was in memory already is delivered; nothing else is left.
  assertEquals(reported.length, got.includes(99) ? 0 : 1);
  await world.run(consumer.close());
});

Deno.test("Consumer with fanOut reports records that expired in front of its subscription", async () => {
  const world = new FanOutWorld();
  const half = "x".repeat(500_000);
  // An event has at most 1 MiB, so two of these.
  for (let i = 0; i < 12; i++) {
    const line = JSON.stringify({ key: half, i }) + "\n";
    await world.putRaw(line, world.shardIds[0]!);
    await world.pass(300);
  }
  world.server.advance(24 * HOUR_MS - 4600);
  const reported: ExpiredEvent[] = [];
  const consumer = world.fanOut({
    prefetch: { records: 1 },
    hooks: { onExpired: (event) => void reported.push(event) },
  });
  const reader = consumer.getReader();
  const got: number[] = [];
  await world.put(1);
  // Slower than the records expire, and too quick to end the subscription.
  while (got.at(-1) !== 0 || got.length === 1) {
    got.push((await world.read(reader, 1))[0]!.value.i);
    await world.pass(900);
  }
  assertLessOrEqual(got.length, 9);
  assertEquals(reported.map(({ what }) => what), ["records"]);
  await world.run(consumer.close());
});

Deno.test("Consumer with fanOut takes an event that waited in the connection for as old as it may be", async () => {
  const world = new FanOutWorld();
  const client = world.fanOutClient();
  const subscribe = client.subscribeToShard;
  // Has two events in advance, as a connection has.
  client.subscribeToShard = async (...args) =>
    (await subscribe(...args)).pipeThrough(
      new TransformStream({}, undefined, { highWaterMark: 1 }),
    );
  // The time jumps without a timer, as that of a machine that slept.
  let slept = 0;
  client.serviceNow = () => world.clock.now() + slept;
  const sleep = (ms: number) => {
    slept += ms;
    world.server.advance(ms);
  };
  const reported: ExpiredEvent[] = [];
  const consumer = world.fanOut({
    client,
    prefetch: { records: 1 },
    hooks: { onExpired: (event) => void reported.push(event) },
  });
  const reader = consumer.getReader();
  await world.put(3);
  await world.read(reader, 1);
  for (let n = 0; n < 3; n++) {
    await world.put(1);
    await world.quiet();
  }
  sleep(23 * HOUR_MS);
  await world.read(reader, 4);
  sleep(2 * HOUR_MS);
  await world.put(1);
  sleep(1);
  assertEquals((await world.read(reader, 1)).length, 1);
  assertEquals(reported.length, 1);
  await world.run(consumer.close());
});

Deno.test("Consumer with fanOut goes on at its last record when the service refuses a number between records", async () => {
  const world = new FanOutWorld({
    rules: [{
      action: SUBSCRIBE,
      match: ({ input }) =>
        (input.StartingPosition as { Type: string }).Type ===
          "AFTER_SEQUENCE_NUMBER",
      fault: {
        type: "error",
        code: "InvalidArgumentException",
        status: 400,
      },
    }],
  });
  assertComplete(await readInTurns(world, 4, 6 * MINUTE_MS), world.written);
  assertGreaterOrEqual(world.fetch.counts.error!, 3);
  assertEquals(world.errors, []);
});

Deno.test("Consumer with fanOut reads events that are larger than its buffer without a further subscription", async () => {
  const world = new FanOutWorld();
  await world.put(500);
  const consumer = world.fanOut({
    prefetch: { records: 10 },
    until: "caught-up",
  });
  assertComplete(values(await world.drain(consumer)), world.written);
  assertEquals(world.started.length, 1);
});

Deno.test("Consumer with fanOut reads records again for which there was no room in the end", async () => {
  const world = new FanOutWorld({ shards: 20 });
  await world.put(2000, {
    keys: Array.from({ length: 100 }, (_, i) => `${i}`),
  });
  const consumer = world.fanOut({ prefetch: { bytes: 1000 } });
  const reader = consumer.getReader();
  await world.run(consumer.ready);
  await world.pass(30_000);
  const got: Item[] = [];
  while (got.length < 2000) {
    got.push(...values(await world.read(reader, 20)));
    await world.pass(500);
  }
  assertComplete(got, world.written);
  assertEquals(world.errors, []);
  await world.run(consumer.close());
});

Deno.test("Consumer with fanOut signs each subscription with the credentials of that time", async () => {
  let key = 1;
  const accepted = [1, 2, 3].map((n) => ({
    accessKeyId: `AKID${n}`,
    secretAccessKey: `secret${n}`,
  }));
  const world = new FanOutWorld({ server: { credentials: accepted } });
  const used: string[] = [];
  const client = world.fanOutClient({
    credentials: () => Promise.resolve(accepted[key - 1]!),
    fetch: (input, init) => {
      const headers = new Headers(init?.headers);
      if (headers.get("x-amz-target")?.endsWith(SUBSCRIBE)) {
        used.push(/Credential=(\w+)/.exec(headers.get("authorization")!)![1]!);
      }
      return world.fetch(input, init);
    },
  });
  const writer = world.fanOutClient({ credentials: accepted[0] });
  const consumer = world.fanOut({ client });
  const reader = consumer.getReader();
  for (key = 1; key <= 3; key++) {
    await world.run(writer.putRecord({
      StreamName: "orders",
      PartitionKey: "k",
      Data: new TextEncoder().encode(`{"i":${key}}\n`),
    }));
    const [record] = await world.read(reader, 1);
    assertEquals(record!.value.i, key);
    await world.pass(5 * MINUTE_MS);
  }
  assertEquals([...new Set(used)], ["AKID1", "AKID2", "AKID3"]);
  await world.run(consumer.close());
});

Deno.test("Consumer with fanOut that has lost a lease does not take the subscription from its successor", async () => {
  const world = new FanOutWorld();
  const { checkpointer } = world;
  const old = world.fanOut({
    checkpointer,
    workerId: "old",
    failoverTimeMs: 60_000,
  });
  const oldReader = old.getReader();
  await world.put(2);
  await world.read(oldReader, 2);
  await world.pass(10_000);
  // A worker of the same name takes all leases with its name at its start.
  const next = world.fanOut({
    checkpointer,
    workerId: "old",
    failoverTimeMs: 60_000,
  });
  const nextReader = next.getReader();
  await world.read(nextReader, 2);
  await world.pass(5 * MINUTE_MS - 20_000);
  // One for each worker; the first is not repeated.
  assertEquals(world.started.length, 2);
  assertEquals(old.status().shards[0]?.state, "elsewhere");
  await world.run(Promise.all([old.close(), next.close()]));
});

Deno.test("Consumer with fanOut ends the fight with another application of the same consumer", async () => {
  const world = new FanOutWorld();
  const start = () => {
    const consumer = world.fanOut({ checkpointer: new MemoryCheckpointer() });
    return {
      consumer,
      done: collect(consumer).then(() => undefined, (error) => error),
    };
  };
  const one = start();
  await world.pass(7000);
  const two = start();
  const loser = await world.run(Promise.race([one.done, two.done]), 3_600_000);
  assert(loser instanceof KinesisError);
  assertEquals(loser.code, "ConsumerInUse");
  const { subscriptions } = world;
  assertLessOrEqual(subscriptions.length, 60);
  await world.run(
    Promise.allSettled([one.consumer.close(), two.consumer.close()]),
  );
  await world.run(Promise.all([one.done, two.done]));
});

Deno.test("Consumer with fanOut needs a server that knows it, or permission to poll", async () => {
  const rules = [{
    action: ["DescribeStreamConsumer", "RegisterStreamConsumer", SUBSCRIBE],
    fault: { type: "error", code: "UnknownOperationException", status: 400 },
  }] as const;
  const world = new FanOutWorld({ shards: 2, rules: [...rules] });
  await world.put(20);
  const error = await assertRejects(
    () => world.drain(world.fanOut()),
    KinesisError,
  );
  assertEquals(error.code, "FanOutUnsupported");
  const records = await world.drain(
    world.fanOut({
      until: "caught-up",
      fanOut: { consumerName: CONSUMER, fallback: "polling" },
    }),
  );
  assertComplete(values(records), world.written);
  assertEquals(world.errors.length, 1);
});
