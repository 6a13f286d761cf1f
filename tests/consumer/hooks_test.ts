/** What the hooks of a consumer tell, and what their absence saves. */
import {
  assert,
  assertEquals,
  assertGreater,
  assertRejects,
} from "@std/assert";
import { delay } from "../../_core/clock.ts";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import type {
  CheckpointEvent,
  ConsumerHooks,
  HandledEvent,
  ReadEvent,
  RenewEvent,
} from "../../hooks.ts";
import { FanOutWorld } from "./_fan_out_world.ts";
import { type Item, STREAM, World } from "./_world.ts";

const until = "caught-up";

/** Makes the calls of a method take this long on the clock of the world. */
function slow<K extends string>(
  world: World,
  owner: { [key in K]: (...args: never[]) => Promise<unknown> },
  method: K,
  ms: number,
): void {
  const call = owner[method].bind(owner) as (...args: unknown[]) => unknown;
  owner[method] = (async (...args: unknown[]) => {
    await delay(ms, { clock: world.clock });
    return await call(...args);
  }) as never;
}

Deno.test("ConsumerHooks.onRead has the time from the request to the answer of GetRecords", async () => {
  const world = new World();
  await world.put(3);
  const client = world.client();
  slow(world, client, "getRecords", 70);
  const reads: ReadEvent[] = [];
  const hooks = { onRead: (event: ReadEvent) => void reads.push(event) };
  await world.drain(world.consumer({ client, until, hooks }));
  assertGreater(reads.length, 0);
  for (const { durationMs } of reads) assertEquals(durationMs, 70);
});

Deno.test("ConsumerHooks.onRead has no duration for the events of a subscription", async () => {
  const world = new FanOutWorld();
  await world.put(3);
  const reads: ReadEvent[] = [];
  const hooks = { onRead: (event: ReadEvent) => void reads.push(event) };
  await world.drain(world.fanOut({ until, hooks }));
  assertGreater(reads.length, 0);
  for (const event of reads) assertEquals(event.durationMs, undefined);
});

Deno.test("ConsumerHooks.onCheckpoint is never called without a checkpointer", async () => {
  const world = new World({ shards: 2 });
  await world.put(20);
  const events: CheckpointEvent[] = [];
  const hooks: ConsumerHooks = {
    onCheckpoint: (event) => void events.push(event),
  };
  await world.drain(world.consumer({ until, hooks }));
  await world.run(
    world.consumer({ until, hooks }).process(() => {}),
  );
  const open = world.consumer({ hooks });
  const reader = open.getReader();
  for (const record of await world.read(reader, 20)) record.ack();
  await world.pass(60_000);
  await world.run(open.close());
  assertEquals(events, []);
});

Deno.test("ConsumerHooks.onCheckpoint has the time that storing took", async () => {
  const world = new World();
  await world.put(3);
  const checkpointer = new MemoryCheckpointer();
  slow(world, checkpointer, "checkpoint", 40);
  const events: CheckpointEvent[] = [];
  const hooks: ConsumerHooks = {
    onCheckpoint: (event) => void events.push(event),
  };
  await world.drain(world.consumer({ until, hooks, checkpointer }));
  assertEquals(events.map(({ durationMs }) => durationMs), [40]);
});

Deno.test("ConsumerHooks.onRenew is called after each renewal, also after one that failed", async () => {
  const world = new World();
  const checkpointer = new MemoryCheckpointer();
  const { renew } = checkpointer;
  let calls = 0;
  checkpointer.renew = async (...args) => {
    await delay(30, { clock: world.clock });
    if (++calls === 2) throw new Error("the store is away");
    return await renew.apply(checkpointer, args);
  };
  const events: RenewEvent[] = [];
  const consumer = world.consumer({
    checkpointer,
    failoverTimeMs: 12_000,
    hooks: { onRenew: (event) => void events.push(event) },
  });
  const reading = consumer.getReader().read();
  await world.pass(20_000);
  await world.run(consumer.close());
  await reading;
  assertGreater(events.length, 2);
  for (const { stream, shardId, durationMs } of events) {
    assertEquals([stream, shardId, durationMs], [
      "orders",
      world.shardIds[0]!,
      30,
    ]);
  }
  assertEquals(
    events.slice(0, 3).map(({ error }) => (error as Error)?.message),
    [undefined, "the store is away", undefined],
  );
});

Deno.test("ConsumerHooks.onHandled is called after each call of the handler, with its time and its failures", async () => {
  const world = new World();
  await world.put(2, { keys: ["a"] });
  const events: HandledEvent[] = [];
  let calls = 0;
  await world.run(
    world.consumer<Item>({
      until,
      hooks: { onHandled: (event) => void events.push(event) },
    }).process(async ({ value }) => {
      await delay(250, { clock: world.clock });
      if (++calls === 1) throw new Error(`not ${value.i}`);
    }),
  );
  const facts = events.map(({ records, error, ...rest }) => ({
    ...rest,
    values: records.map(({ value }) => (value as Item).i),
    error: (error as Error)?.message,
    sequenceNumber: typeof records[0]!.sequenceNumber,
  }));
  const place = { stream: "orders", shardId: world.shardIds[0]! };
  const sequenceNumber = "string";
  const rest = { ...place, durationMs: 250, sequenceNumber };
  assertEquals(facts, [
    { ...rest, values: [0], attempt: 1, failed: 1, error: "not 0" },
    { ...rest, values: [0], attempt: 2, failed: 0, error: undefined },
    { ...rest, values: [1], attempt: 1, failed: 0, error: undefined },
  ]);
});

Deno.test("ConsumerHooks.onHandled is called for a handler that throws or returns without a promise", async () => {
  const world = new World();
  await world.put(3, { keys: ["a"] });
  const events: HandledEvent[] = [];
  await world.run(
    world.consumer<Item>({
      until,
      hooks: { onHandled: (event) => void events.push(event) },
    }).process(({ value }) => {
      if (value.i === 1) throw new Error("no");
    }, { retry: { maxAttempts: 1 }, onPoison: "skip" }),
  );
  assertEquals(events.map(({ failed }) => failed), [0, 1, 0]);
  for (const { durationMs } of events) assertEquals(durationMs, 0);
});

Deno.test("ConsumerHooks.onHandled tells how many values of a batch have failed", async () => {
  const world = new World();
  await world.put(5, { keys: ["a"] });
  const events: HandledEvent[] = [];
  await world.run(
    world.consumer<Item>({
      until,
      hooks: { onHandled: (event) => void events.push(event) },
    }).processBatches(async (records) => {
      await delay(10, { clock: world.clock });
      return records.filter(({ value }) => value.i % 2 === 1)
        .map((record) => ({
          record,
          error: new Error(`not ${record.value.i}`),
        }));
    }, { maxValues: 5, retry: { maxAttempts: 1 }, onPoison: "skip" }),
  );
  assertEquals(
    events.map(({ records, failed, error, durationMs }) => [
      records.length,
      failed,
      (error as Error).message,
      durationMs,
    ]),
    [[5, 2, "not 1", 10]],
  );
});

Deno.test("ConsumerHooks.onHandled is called once for a call that does not end in time", async () => {
  const world = new World();
  await world.put(1);
  const events: HandledEvent[] = [];
  const ended = Promise.withResolvers<void>();
  const consumer = world.consumer<Item>({
    until,
    hooks: { onHandled: (event) => void events.push(event) },
  });
  const processing = consumer.process(
    () => ended.promise,
    { timeoutMs: 1000, graceMs: 500 },
  );
  const result = await world.run(processing.catch((error) => error));
  assert(result instanceof Error);
  ended.resolve();
  await world.quiet();
  assertEquals(
    events.map(({ durationMs, failed, error }) => [
      durationMs,
      failed,
      (error as Error).name,
    ]),
    [[1500, 1, "TimeoutError"]],
  );
});

Deno.test("ConsumerHooks.onConsumerEnd is called once, after the last event of every shard", async () => {
  const world = new World({ shards: 2 });
  await world.put(4);
  const events: string[] = [];
  const instances = new Set<number>();
  const hooks: ConsumerHooks = {
    onShard: ({ state, instance }) => {
      events.push(state);
      instances.add(instance);
    },
    onConsumerEnd: ({ stream, instance }) => {
      events.push(`end of ${stream}`);
      instances.add(instance);
    },
  };
  const consumer = world.consumer({ hooks });
  const reading = (async () => {
    for await (const _ of consumer);
  })();
  await world.pass(5000);
  await world.run(consumer.close());
  await world.run(consumer.close());
  await reading;
  assertEquals(events.slice(-3), ["released", "released", `end of ${STREAM}`]);
  assertEquals(instances.size, 1);
});

Deno.test("ConsumerHooks.onConsumerEnd is called for a consumer that fails", async () => {
  const world = new World();
  let ends = 0;
  const hooks: ConsumerHooks = { onConsumerEnd: () => void ends++ };
  const client = world.client();
  client.getRecords = () => Promise.reject(new TypeError("broken"));
  const consumer = world.consumer({ client, hooks });
  await assertRejects(() => world.drain(consumer), TypeError, "broken");
  assertEquals(ends, 1);
});

Deno.test("ConsumerHooks.onDecodeError is called with the decision of the policy", async () => {
  const decided: string[] = [];
  const hooks: ConsumerHooks = {
    onDecodeError: ({ decision, error, shardId }) =>
      void decided.push(`${decision} ${error.code} ${shardId}`),
  };
  const read = async (
    onPoison: "fail" | "skip" | (() => Promise<"fail" | void>),
  ) => {
    const world = new World();
    await world.putRaw("{", world.shardIds[0]!);
    await world.drain(world.consumer({ until, hooks, onPoison })).catch(
      () => {},
    );
  };
  await read("skip");
  await read("fail");
  await read(() => Promise.resolve());
  await read(() => Promise.resolve("fail"));
  assertEquals(
    decided.map((it) => it.split(" ")[0]),
    ["skip", "fail", "skip", "fail"],
  );
  assertEquals(decided[0], "skip Undecodable shardId-000000000000");
});

Deno.test("Consumer reads the clock no more often for hooks that are absent", async () => {
  async function readings(hooks: ConsumerHooks): Promise<number> {
    const world = new World();
    await world.put(200, { keys: ["a"] });
    let count = 0;
    const clock = {
      now: () => world.clock.now(),
      monotonic: () => (count++, world.clock.now()),
      setTimeout: world.clock.setTimeout.bind(world.clock),
      clearTimeout: world.clock.clearTimeout.bind(world.clock),
    };
    await world.run(
      world.consumer<Item>({ until, clock, hooks }).process(() => {}),
    );
    return count;
  }
  const [none, absent, present] = [
    await readings({}),
    await readings({ onHandled: undefined, onRead: undefined }),
    await readings({ onHandled: () => {} }),
  ];
  assertEquals(absent, none);
  assertEquals(present, none + 400, "two for each call of the handler");
});
