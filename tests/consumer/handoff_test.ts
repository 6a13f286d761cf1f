/**
 * Leases that are passed on from worker to worker. tests/consumer/handoff_histories_test.ts has
 * random histories.
 */
import { assert, assertEquals } from "@std/assert";
import {
  type Checkpointer,
  type Lease,
  MemoryCheckpointer,
} from "../../checkpoint/mod.ts";
import type { Consumer } from "../../consumer.ts";
import { delay } from "../../_core/clock.ts";
import { assertComplete, type Item, STREAM, World } from "./_world.ts";

const KEYS = [..."abcdefghijklmnop"];

/** The number of unfinished shards that each worker holds. */
async function held(checkpointer: Checkpointer) {
  const counts: Record<string, number> = {};
  for (const { owner = "nobody" } of await checkpointer.list(STREAM)) {
    counts[owner] = (counts[owner] ?? 0) + 1;
  }
  return counts;
}

/** A way to process values, each for 30 ms. */
type Shape = (
  consumer: Consumer<Item>,
  handle: (item: Item) => Promise<void>,
) => Promise<unknown>;

const SHAPES: Record<string, Shape> = {
  "for await": async (consumer, handle) => {
    for await (const { value } of consumer) await handle(value);
  },
  "three loops": async (consumer, handle) => {
    const values = consumer.values();
    const loop = async () => {
      for await (const { value } of values) await handle(value);
    };
    await Promise.all([loop(), loop(), loop()]);
  },
  process: (consumer, handle) =>
    consumer.process(({ value }) => handle(value), { concurrency: 4 }),
  "process without order": (consumer, handle) =>
    consumer.process(({ value }) => handle(value), {
      concurrency: 4,
      ordering: "none",
    }),
  processBatches: (consumer, handle) =>
    consumer.processBatches(async (records) => {
      for (const { value } of records) await handle(value);
    }, { maxValues: 5, maxWaitMs: 20_000 }),
  acknowledging: (consumer, handle) =>
    consumer.pipeTo(consumer.acknowledging(
      new WritableStream({ write: ({ value }) => handle(value) }),
    )),
};

/** Runs a worker, and writes what it processes, with the time, into `log`. */
function start(
  world: World,
  workerId: string,
  log: { workerId: string; item: Item; at: number }[],
  options: Parameters<World["consumer"]>[0] & { shape?: string } = {},
) {
  const { shape = "for await", ...rest } = options;
  const consumer = world.consumer<Item>({ workerId, ...rest } as never);
  const done = SHAPES[shape]!(consumer, async (item) => {
    await delay(30, { clock: world.clock });
    log.push({ workerId, item, at: world.clock.now() });
  });
  return { consumer, done };
}

for (const shape of Object.keys(SHAPES)) {
  Deno.test(`Consumer hands shards over to a new worker, and no value is processed twice: ${shape}`, async () => {
    const world = new World({ shards: 4 });
    const checkpointer = new MemoryCheckpointer();
    const log: { workerId: string; item: Item; at: number }[] = [];
    const one = start(world, "one", log, { checkpointer, shape });
    await world.put(200, { keys: KEYS });
    await world.pass(2000);
    const two = start(world, "two", log, { checkpointer, shape });
    for (let second = 0; second < 20; second++) {
      await world.put(20, { keys: KEYS });
      await world.pass(1000);
    }
    assertEquals(await held(checkpointer), { one: 2, two: 2 });
    const closedAt = world.clock.now();
    const closing = one.consumer.close();
    await world.put(40, { keys: KEYS });
    await world.run(closing);
    await world.run(one.done);
    await world.pass(30_000);
    assertEquals(await held(checkpointer), { two: 4 });
    await world.run(two.consumer.close());
    await world.run(two.done);
    assertComplete(log.map(({ item }) => item), world.written);
    assert(log.some(({ workerId, at }) => workerId === "two" && at > closedAt));
    assert(world.events.some((event) => event.startsWith("released")));
    assertEquals(world.events.filter((event) => event.startsWith("lost")), []);
    assertEquals(world.clock.pendingTimers, 0);
  });
}

Deno.test("Consumer reads the shards of a worker that closes within a second", async () => {
  const world = new World({ shards: 9 });
  const checkpointer = new MemoryCheckpointer();
  const log: { workerId: string; item: Item; at: number }[] = [];
  const workers = ["one", "two", "three"].map((workerId) =>
    start(world, workerId, log, { checkpointer })
  );
  await world.pass(60_000);
  assertEquals(await held(checkpointer), { one: 3, two: 3, three: 3 });
  for (const workerId of ["three", "two"]) {
    const { consumer, done } = workers.pop()!;
    await world.put(90, { keys: KEYS });
    const { [workerId]: shards } = await held(checkpointer);
    const closing = consumer.close();
    await world.run(closing);
    await done;
    const before = world.events.length;
    await world.pass(1000);
    const opened = world.events.slice(before)
      .filter((event) => event.startsWith("opened"));
    assertEquals(opened.length, shards);
    await world.pass(30_000);
  }
  await world.run(workers[0]!.consumer.close());
  await workers[0]!.done;
  assertComplete(log.map(({ item }) => item), world.written);
});

/** The checkpointer of a worker that does not see requests, as one of the KCL 2.x. */
function deaf(inner: Checkpointer): Checkpointer {
  const blind = <A>(answer: A): A => {
    if (Array.isArray(answer)) return answer.map(blind) as A;
    if (typeof answer !== "object" || answer === null) return answer;
    return { ...answer, requestedBy: undefined };
  };
  return new Proxy(inner, {
    get: (_, method: keyof Checkpointer) => async (...args: unknown[]) =>
      blind(
        await (inner[method] as (...args: unknown[]) => Promise<unknown>)
          .apply(inner, args),
      ),
  });
}

/** The leases that a worker has asked for. */
async function asked(checkpointer: Checkpointer): Promise<Lease[]> {
  const leases = await checkpointer.list(STREAM);
  return leases.filter(({ requestedBy }) => requestedBy !== undefined);
}

Deno.test("Consumer takes a lease after handoffTimeoutMs if its holder does not answer", async () => {
  const world = new World({ shards: 2 });
  const checkpointer = new MemoryCheckpointer();
  const one = start(world, "one", [], { checkpointer: deaf(checkpointer) });
  await world.pass(20_000);
  const two = start(world, "two", [], { checkpointer });
  await world.pass(29_000);
  assertEquals(await held(checkpointer), { one: 2 });
  assertEquals((await asked(checkpointer)).length, 1);
  await world.pass(2000);
  assertEquals(await held(checkpointer), { one: 1, two: 1 });
  assertEquals(await asked(checkpointer), []);
  await world.run(Promise.all([one.consumer.close(), two.consumer.close()]));
});

Deno.test("Consumer takes a lease at once with handoffTimeoutMs 0", async () => {
  const world = new World({ shards: 2 });
  const checkpointer = new MemoryCheckpointer();
  const options = { checkpointer, handoffTimeoutMs: 0 };
  const one = start(world, "one", [], options);
  await world.pass(20_000);
  const two = start(world, "two", [], options);
  await world.pass(100);
  assertEquals(await held(checkpointer), { one: 1, two: 1 });
  await world.run(Promise.all([one.consumer.close(), two.consumer.close()]));
});

Deno.test("Consumer passes a lease on without the acknowledgements that do not come in time, and their values are read again", async () => {
  const world = new World({ shards: 2 });
  const checkpointer = new MemoryCheckpointer();
  const one = world.consumer({ checkpointer, workerId: "one" });
  const reader = one.getReader();
  await world.put(20, { keys: KEYS });
  const first = await world.read(reader, 20);
  // The oldest value of each shard is never acknowledged.
  const stuck = world.shardIds.map((id) =>
    first.find(({ shardId }) => shardId === id)!
  );
  for (const record of first) if (!stuck.includes(record)) record.ack();
  const pending = reader.read();
  const log: { workerId: string; item: Item; at: number }[] = [];
  const two = start(world, "two", log, { checkpointer });
  await world.pass(20_000);
  assertEquals((await asked(checkpointer)).length, 1);
  assertEquals(await held(checkpointer), { one: 2 });
  await world.pass(9500);
  assertEquals(await held(checkpointer), { one: 1, two: 1 });
  assertEquals(world.events.filter((event) => event.startsWith("lost")), []);
  const items = log.map(({ item }) => item);
  const moved = stuck.find(({ value: { key, i } }) =>
    items.some((item) => item.key === key && item.i === i)
  );
  assert(moved);
  await world.run(Promise.all([one.close(), two.consumer.close()]));
  await pending;
});

Deno.test("Consumer takes its request back when it closes", async () => {
  const world = new World({ shards: 2 });
  const checkpointer = new MemoryCheckpointer();
  const one = start(world, "one", [], { checkpointer: deaf(checkpointer) });
  await world.pass(20_000);
  const two = start(world, "two", [], { checkpointer });
  await world.pass(10_000);
  assertEquals((await asked(checkpointer)).length, 1);
  await world.run(two.consumer.close());
  assertEquals(await asked(checkpointer), []);
  await world.run(one.consumer.close());
});

Deno.test("Consumer gives back a lease that is passed on to it while it closes", async () => {
  const world = new World({ shards: 2 });
  const inner = new MemoryCheckpointer();
  let isSlow = false;
  // The request is taken back only after the holder has passed the lease on.
  const checkpointer: Checkpointer = new Proxy(inner, {
    get: (_, method: keyof Checkpointer) => async (...args: unknown[]) => {
      if (method === "request" && args[1] === undefined && isSlow) {
        await delay(5000, { clock: world.clock });
      }
      return await (inner[method] as (...args: unknown[]) => Promise<unknown>)
        .apply(inner, args);
    },
  });
  const one = start(world, "one", [], { checkpointer });
  await world.pass(20_000);
  const two = start(world, "two", [], { checkpointer });
  await world.pass(200);
  assertEquals((await asked(inner)).length, 1);
  isSlow = true;
  await world.run(two.consumer.close());
  await world.pass(6000);
  assertEquals(await held(inner), { one: 2 });
  await world.run(one.consumer.close());
});

Deno.test("Consumer asks for a lease although the request of a dead worker stands, and serves one request at a time", async () => {
  const world = new World({ shards: 2 });
  const checkpointer = new MemoryCheckpointer();
  const one = start(world, "one", [], { checkpointer: deaf(checkpointer) });
  await world.pass(20_000);
  for (const lease of await checkpointer.list(STREAM)) {
    await checkpointer.request(lease, "dead");
  }
  const two = start(world, "two", [], { checkpointer });
  await world.pass(29_000);
  assertEquals(
    (await asked(checkpointer)).map(({ requestedBy }) => requestedBy),
    ["dead", "dead"],
  );
  await world.pass(7000);
  const requesters = (await asked(checkpointer)).map((it) => it.requestedBy);
  assertEquals(requesters.sort(), ["dead", "two"]);
  await world.pass(31_000);
  assertEquals(await held(checkpointer), { one: 1, two: 1 });
  await world.run(Promise.all([one.consumer.close(), two.consumer.close()]));
});

Deno.test("Consumer reads a shard again after failoverTimeMs that it has passed on to a dead worker", async () => {
  const world = new World({ shards: 1 });
  const checkpointer = new MemoryCheckpointer();
  const log: { workerId: string; item: Item; at: number }[] = [];
  const one = start(world, "one", log, { checkpointer });
  await world.put(10);
  await world.pass(5000);
  const [lease] = await checkpointer.list(STREAM);
  await checkpointer.request(lease!, "dead");
  await world.pass(4000);
  assertEquals(await held(checkpointer), { dead: 1 });
  await world.put(10);
  await world.pass(12_000);
  assertEquals(await held(checkpointer), { one: 1 });
  await world.pass(1000);
  await world.run(one.consumer.close());
  assertComplete(log.map(({ item }) => item), world.written);
});

Deno.test("Consumer that closes passes the leases that others ask for on to them", async () => {
  const world = new World({ shards: 2 });
  const checkpointer = new MemoryCheckpointer();
  const one = world.consumer({ checkpointer, workerId: "one" });
  const reader = one.getReader();
  await world.put(20, { keys: KEYS });
  // Without acknowledgements, the handoffs take until their limit.
  await world.read(reader, 20);
  const [first, second] = await checkpointer.list(STREAM);
  await checkpointer.request(first!, "two");
  await world.pass(5000);
  await world.run(one.close());
  const owners = (await checkpointer.list(STREAM)).map((lease) => lease.owner);
  assertEquals(owners, ["two", undefined]);
  assertEquals(second?.owner, "one");
});
