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
  for (const left of [2, 1]) {
    const { consumer, done } = workers.pop()!;
    await world.put(90, { keys: KEYS });
    const closing = consumer.close();
    await world.run(closing);
    const closedAt = world.clock.now();
    await done;
    const before = world.events.length;
    await world.pass(1000);
    const opened = world.events.slice(before)
      .filter((event) => event.startsWith("opened"));
    assertEquals(opened.length, left === 2 ? 3 : 4 + (0), `${closedAt}`);
    await world.pass(30_000);
  }
  await world.run(workers[0]!.consumer.close());
  await workers[0]!.done;
  assertComplete(log.map(({ item }) => item), world.written);
});
