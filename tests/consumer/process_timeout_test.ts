import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
} from "@std/assert";
import { delay } from "../../_core/clock.ts";
import { type Lease, MemoryCheckpointer } from "../../checkpoint/mod.ts";
import {
  ClosedError,
  LeaseLostError,
  ProcessingError,
  TimeoutError,
} from "../../errors.ts";
import type { HandlerTimeoutEvent } from "../../hooks.ts";
import type { HandlerContext } from "../../consumer.ts";
import { assertComplete, type Item, STREAM, values, World } from "./_world.ts";

const never = () => new Promise<void>(() => {});

/** Another worker that takes a lease and renews it, and reads nothing. */
class Thief {
  readonly #world: World;
  readonly #checkpointer: MemoryCheckpointer;
  #lease: Lease | undefined;

  constructor(world: World, checkpointer: MemoryCheckpointer) {
    this.#world = world;
    this.#checkpointer = checkpointer;
  }

  async steal(shardId: string, ms: number): Promise<void> {
    const leases = await this.#checkpointer.list(STREAM);
    const lease = leases.find((it) => it.shardId === shardId);
    this.#lease = await this.#checkpointer.take(lease!, "thief");
    await this.keep(ms);
  }

  async keep(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 1000) {
      await this.#world.pass(1000);
      this.#lease = await this.#checkpointer.renew(this.#lease!);
    }
  }
}

Deno.test("Consumer.process aborts the signal of a handler after 'timeoutMs', and tries again when it has ended", async () => {
  const world = new World();
  await world.put(3, { keys: ["k"] });
  const reported: HandlerTimeoutEvent[] = [];
  const consumer = world.consumer({
    until: "caught-up",
    hooks: { onHandlerTimeout: (event) => void reported.push(event) },
  });
  const starts: [number, number, number][] = [];
  const begin = world.clock.now();
  let reason: unknown;
  const summary = await world.run(
    consumer.process(async ({ value: { i } }, { attempt, signal }) => {
      starts.push([i, attempt, world.clock.now() - begin]);
      if (i > 0 || attempt > 1) return;
      await delay(100_000, { clock: world.clock, signal }).catch((error) => {
        reason = error;
        throw error;
      });
    }, { timeoutMs: 5000, retry: { baseDelayMs: 1, maxDelayMs: 1 } }),
  );
  assertEquals(starts.map(([i, attempt]) => [i, attempt]), [
    [0, 1],
    [0, 2],
    [1, 1],
    [2, 1],
  ]);
  const [first, second] = starts;
  assert(second![2] - first![2] >= 5000 && second![2] - first![2] < 5010);
  assertInstanceOf(reason, TimeoutError);
  assertEquals(reason.timeoutMs, 5000);
  assertEquals(reported.map(({ state, attempt }) => [state, attempt]), [
    ["late", 1],
  ]);
  assertEquals(summary.processed, 3);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("Consumer.process takes the result of a handler that ends late, and never runs a second attempt beside it", async () => {
  const world = new World();
  await world.put(2, { keys: ["k"] });
  let running = 0;
  const attempts: number[] = [];
  const summary = await world.run(
    world.consumer({ until: "caught-up" }).process(async (_, { attempt }) => {
      assertEquals(++running, 1);
      attempts.push(attempt);
      await delay(15_000, { clock: world.clock });
      running--;
    }, { timeoutMs: 10_000, graceMs: 10_000, ordering: "shard" }),
  );
  assertEquals(attempts, [1, 1]);
  assertEquals([summary.processed, summary.retries], [2, 0]);
});

Deno.test("Consumer.status shows the handlers that are running, and which of them are late", async () => {
  const world = new World();
  await world.put(4, { keys: ["a", "b", "b", "b"] });
  const consumer = world.consumer();
  assertEquals("processing" in consumer.status(), false);
  const done = consumer.process(
    ({ value }) =>
      delay(value.key === "a" ? 30_000 : 5000, { clock: world.clock }),
    { timeoutMs: 10_000 },
  );
  await world.pass(12_000);
  const { processing } = consumer.status();
  assertEquals(
    processing!.running.map(({ isLate, attempt, values }) => [
      isLate,
      attempt,
      values,
    ]),
    [[true, 1, 1], [false, 1, 1]],
  );
  assertEquals([processing!.processed, processing!.queued], [2, 0]);
  assertEquals(processing!.running[1]!.shardId, world.shardIds[0]);
  await world.run(consumer.close());
  assertEquals((await done).processed, 4);
});

Deno.test("Consumer.process gives the shard of a handler that never ends to another worker, though that has its fair part", async () => {
  const world = new World({ shards: 4 });
  const checkpointer = new MemoryCheckpointer();
  const common = { checkpointer, failoverTimeMs: 10_000 };
  const settings = {
    ordering: "shard",
    timeoutMs: 60_000,
    graceMs: 30_000,
  } as const;
  const reported: string[] = [];
  const items: Item[] = [];
  let stuck = "none yet";
  let signal: AbortSignal | undefined;
  let release = () => {};
  const one = world.consumer({
    ...common,
    workerId: "one",
    hooks: {
      onHandlerTimeout: ({ state, shardId }) =>
        void reported.push(`${state} ${shardId}`),
      onShard: ({ state, shardId }) =>
        void reported.push(`${state} ${shardId}`),
    },
  });
  const first = one.process(({ value, shardId }, context) => {
    if (shardId !== stuck) return void items.push(value);
    signal = context.signal;
    return new Promise<void>((resolve) => release = resolve);
  }, settings);
  const two = world.consumer({ ...common, workerId: "two" });
  const second = two.process(({ value }) => void items.push(value), settings);
  await world.pass(60_000);
  const leaseOf = async (shardId: string) =>
    (await checkpointer.list(STREAM)).find((it) => it.shardId === shardId)!;
  const leases = await checkpointer.list(STREAM);
  assertEquals(leases.filter(({ owner }) => owner === "two").length, 2);
  stuck = leases.find(({ owner }) => owner === "one")!.shardId;
  reported.length = 0;
  await world.put(40, { keys: Array.from({ length: 20 }, (_, i) => `k${i}`) });
  await world.pass(85_000);
  assertEquals(reported, [`late ${stuck}`]);
  assert(signal!.aborted);
  await world.pass(30_000);
  // Afterwards this worker may ask the other one for another shard.
  assertEquals(reported.filter((event) => event.endsWith(stuck)), [
    `late ${stuck}`,
    `given-up ${stuck}`,
    `released ${stuck}`,
  ]);
  const lease = await leaseOf(stuck);
  assertEquals(lease.owner, "two");
  assertComplete(items, world.written);
  // Its late end changes nothing.
  release();
  await world.pass(5000);
  assertEquals((await leaseOf(stuck)).checkpoint, lease.checkpoint);
  await world.run(Promise.all([one.close(), two.close()]));
  await Promise.all([first, second]);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("Consumer.process takes a shard that it has given up again after growing pauses, if no other worker does", async () => {
  for (const checkpointer of [new MemoryCheckpointer(), undefined]) {
    const world = new World({ shards: 2 });
    await world.put(1, { shardId: world.shardIds[0], keys: ["a"] });
    await world.put(1, { shardId: world.shardIds[1], keys: ["b"] });
    const consumer = world.consumer({
      checkpointer,
      failoverTimeMs: 10_000,
    });
    const starts: number[] = [];
    let others = 0;
    const done = consumer.process(({ value }, { attempt }) => {
      if (value.key === "b") return void others++;
      assertEquals(attempt, 1);
      starts.push(world.clock.now());
      if (starts.length < 4) return never();
    }, { timeoutMs: 5000, graceMs: 1000 });
    await world.pass(300_000);
    await world.run(consumer.close());
    const summary = await done;
    const pauses = starts.slice(1).map((at, i) => at - starts[i]!);
    for (const [i, pause] of [30_000, 60_000, 120_000].entries()) {
      const from = pause + 6000;
      assert(pauses[i]! >= from && pauses[i]! < from + 12_000, `${pauses}`);
    }
    assertEquals([summary.processed, others], [2, 1]);
    assertEquals(world.clock.pendingTimers, 0);
  }
});

Deno.test("Consumer.process fails if a handler does not end at the end of the stream, and names the value", async () => {
  const world = new World();
  await world.put(3, { keys: ["a", "b", "c"] });
  const checkpointer = new MemoryCheckpointer();
  const consumer = world.consumer({ checkpointer, until: "caught-up" });
  const error = await assertRejects(
    () =>
      world.run(consumer.process(({ value: { key } }) => {
        if (key === "b") return never();
      })),
    ProcessingError<Item>,
    "The handler has not ended",
  );
  assertEquals(error.record.value.key, "b");
  assertInstanceOf(error.cause, TimeoutError);
  const rest = world.consumer({ checkpointer, until: "caught-up" });
  const keys = values(await world.drain(rest)).map(({ key }) => key);
  assertEquals(keys, ["b", "c"]);
});

Deno.test("Consumer.process with 'timeoutMs' Infinity waits without end and renews the lease", async () => {
  const world = new World();
  await world.put(1, { keys: ["k"] });
  const checkpointer = new MemoryCheckpointer();
  const consumer = world.consumer({ checkpointer, workerId: "w" });
  let finish = () => {};
  const done = consumer.process(
    () => new Promise<void>((resolve) => finish = resolve),
    { timeoutMs: Infinity },
  );
  await world.pass(900_000);
  assertEquals((await checkpointer.list(STREAM))[0]!.owner, "w");
  finish();
  await world.run(consumer.close());
  assertEquals((await done).processed, 1);
});

Deno.test("Consumer.process aborts the handlers of a shard whose lease is lost, ignores their results, and goes on with the others", async () => {
  const world = new World({ shards: 2 });
  const [a, b] = world.shardIds as [string, string];
  await world.put(3, { shardId: a, keys: ["a"] });
  await world.put(3, { shardId: b, keys: ["b"] });
  const checkpointer = new MemoryCheckpointer();
  const consumer = world.consumer({ checkpointer, workerId: "one" });
  const contexts = new Map<string, HandlerContext>();
  const seen: string[] = [];
  const done = consumer.process(async ({ value: { key, i } }, context) => {
    seen.push(`${key}${i}`);
    if (i === 0) contexts.set(key, context);
    await delay(20_000, { clock: world.clock });
  });
  await world.pass(5000);
  const thief = new Thief(world, checkpointer);
  await thief.steal(a, 10_000);
  const lost = contexts.get("a")!;
  assert(lost.signal.aborted);
  assertInstanceOf(lost.signal.reason, LeaseLostError);
  assertEquals(contexts.get("b")!.signal.aborted, false);
  await thief.keep(15_000);
  assertEquals(seen.filter((id) => id.startsWith("a")), ["a0"]);
  assertEquals(seen.filter((id) => id.startsWith("b")), ["b0", "b1"]);
  assertEquals((await checkpointer.list(STREAM))[0]!.checkpoint, {
    type: "TRIM_HORIZON",
  });
  await world.run(consumer.close());
  await done;
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("Consumer.process frees the slots of handlers that hang after their lease was lost", async () => {
  const world = new World({ shards: 2 });
  const [a, b] = world.shardIds as [string, string];
  await world.put(1, { shardId: a, keys: ["a"] });
  const checkpointer = new MemoryCheckpointer();
  const consumer = world.consumer({ checkpointer, workerId: "one" });
  const seen: number[] = [];
  const done = consumer.process(({ value: { key, i } }) => {
    if (key === "a") return never();
    seen.push(i);
  }, { concurrency: 1, graceMs: 20_000, timeoutMs: Infinity });
  await world.pass(5000);
  await world.put(3, { shardId: b, keys: ["b"] });
  await world.pass(20_000);
  assertEquals(seen, []);
  await new Thief(world, checkpointer).steal(a, 40_000);
  assertEquals(seen, [0, 1, 2]);
  await world.run(consumer.close());
  await done;
});

Deno.test("Consumer.process gives handlers a fencing token that grows from holder to holder and stays while a lease is held", async () => {
  const world = new World();
  const checkpointer = new MemoryCheckpointer();
  const tokens: { owner: string; counter: number }[] = [];
  for (const workerId of ["one", "two", "one"]) {
    const consumer = world.consumer({ checkpointer, workerId });
    const done = consumer.process((_, { fencingToken }) => {
      tokens.push(fencingToken);
    });
    await world.put(1);
    await world.pass(20_000);
    await world.put(1);
    await world.pass(20_000);
    await world.run(consumer.close());
    await done;
  }
  assertEquals(tokens.map(({ owner }) => owner), [
    "one",
    "one",
    "two",
    "two",
    "one",
    "one",
  ]);
  const [a, a2, b, b2, c, c2] = tokens.map(({ counter }) => counter);
  assertEquals([a, b, c], [a2, b2, c2]);
  assert(a! < b! && b! < c!);
});

Deno.test("Consumer.process shows a handler that asks late that its signal has aborted", async () => {
  const world = new World();
  await world.put(1);
  const consumer = world.consumer();
  let context: HandlerContext | undefined;
  const done = consumer.process((_, given) => {
    context = given;
    return delay(1000, { clock: world.clock });
  }, { timeoutMs: 100 });
  await world.pass(3000);
  assertInstanceOf(context!.signal.reason, TimeoutError);
  await world.run(consumer.close());
  await done;
  assert(!(context!.signal.reason instanceof ClosedError));
});
