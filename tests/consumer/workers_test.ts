import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import type { Checkpointer } from "../../checkpoint/mod.ts";
import type { Consumer } from "../../consumer.ts";
import { Cut } from "./_cut.ts";
import { assertComplete, type Item, STREAM, World } from "./_world.ts";

/** The number of unfinished shards that each worker holds. */
async function held(checkpointer: Checkpointer) {
  const counts: Record<string, number> = {};
  for (
    const { owner = "nobody", checkpoint } of await checkpointer.list(STREAM)
  ) {
    if (checkpoint.type === "SHARD_END") continue;
    counts[owner] = (counts[owner] ?? 0) + 1;
  }
  return counts;
}

/** Iterates over all values, which acknowledges each value when the next one is asked for. */
async function work(consumer: Consumer<Item>, into: Item[]): Promise<void> {
  for await (const { value } of consumer) into.push(value);
}

Deno.test("Consumer shares the shards fairly with a second worker, and hands them over on close", async () => {
  const world = new World({ shards: 6 });
  const checkpointer = new MemoryCheckpointer();
  const items: Item[] = [];
  const one = world.consumer({ checkpointer, workerId: "one" });
  const two = world.consumer({ checkpointer, workerId: "two" });
  const first = work(one, items);
  await world.put(60, { keys: [..."abcdefghij"] });
  await world.pass(20_000);
  assertEquals(await held(checkpointer), { one: 6 });
  const second = work(two, items);
  await world.pass(60_000);
  assertEquals(await held(checkpointer), { one: 3, two: 3 });
  await world.put(60, { keys: [..."abcdefghij"] });
  await world.pass(5000);
  await world.run(one.close());
  await first;
  await world.pass(10_000);
  assertEquals(await held(checkpointer), { two: 6 });
  await world.put(60, { keys: [..."abcdefghij"] });
  await world.pass(5000);
  await world.run(two.close());
  await second;
  const distinct = new Set(items.map(({ key, i }) => `${key}${i}`));
  assertEquals(distinct.size, 180);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("Consumer has a name of its own when none is given", async () => {
  const world = new World({ shards: 4 });
  const checkpointer = new MemoryCheckpointer();
  const consumers = [1, 2].map(() => world.consumer({ checkpointer }));
  const working = consumers.map((consumer) => work(consumer, []));
  await world.pass(60_000);
  assertEquals(Object.values(await held(checkpointer)), [2, 2]);
  await world.run(Promise.all(consumers.map((consumer) => consumer.close())));
  await Promise.all(working);
});

Deno.test("Consumer takes over the shards of a dead worker, and its late checkpoint is refused", async () => {
  const world = new World({ shards: 2 });
  const checkpointer = new MemoryCheckpointer();
  const cut = new Cut(checkpointer);
  await world.put(20, { keys: [..."abcdef"] });
  const zombie = world.consumer({ checkpointer: cut, workerId: "zombie" });
  const reader = zombie.getReader();
  const records = await world.read(reader, 20);
  for (const record of records.slice(0, 10)) record.ack();
  await world.pass(2000);
  cut.isCut = true;
  const items: Item[] = [];
  const heir = world.consumer({ checkpointer, workerId: "heir" });
  const working = work(heir, items);
  await world.pass(40_000);
  assertEquals(await held(checkpointer), { heir: 2 });
  const before = await checkpointer.list(STREAM);
  // The worker that hung goes on, and acknowledges the rest of its values.
  cut.isCut = false;
  for (const record of records) record.ack();
  await zombie.checkpoint().catch(() => {});
  await world.run(zombie.close());
  assertEquals(
    (await checkpointer.list(STREAM)).map((
      { owner, checkpoint },
    ) => [owner, checkpoint]),
    before.map(({ owner, checkpoint }) => [owner, checkpoint]),
  );
  await world.run(heir.close());
  await working;
  const seen = new Set(items.map(({ key, i }) => `${key}${i}`));
  for (const { value: { key, i } } of records.slice(10)) {
    assert(seen.has(`${key}${i}`));
  }
});

Deno.test("Consumer shares the shards with another worker of the same name, and neither takes a lost lease back", async () => {
  const world = new World({ shards: 6 });
  const checkpointer = new MemoryCheckpointer();
  let takes = 0;
  const take = checkpointer.take.bind(checkpointer);
  checkpointer.take = (...args) => {
    takes++;
    return take(...args);
  };
  const common = { checkpointer, workerId: "twin" };
  const items: Item[] = [];
  const [one, two] = [world.consumer(common), world.consumer(common)];
  const first = work(one, items);
  await world.put(60, { keys: [..."abcdefghij"] });
  await world.pass(20_000);
  const second = work(two, items);
  await world.pass(120_000);
  const before = takes;
  await world.put(60, { keys: [..."abcdefghij"] });
  await world.pass(300_000);
  assertEquals(takes, before);
  const shards = (consumer: Consumer<Item>) =>
    consumer.status().shards.filter(({ state }) => state === "caught-up");
  assertEquals([shards(one).length, shards(two).length], [3, 3]);
  await world.run(one.close());
  await first;
  await world.put(60, { keys: [..."abcdefghij"] });
  await world.pass(30_000);
  await world.run(two.close());
  await second;
  const distinct = new Set(items.map(({ key, i }) => `${key}${i}`));
  assertEquals(distinct.size, 180);
});

Deno.test("Consumer reads a shard once when another worker takes its lease between two renewals, and gives it back or dies", async () => {
  for (const then of ["release", "die"] as const) {
    const world = new World({ shards: 3 });
    const checkpointer = new MemoryCheckpointer();
    const consumer = world.consumer({ checkpointer, workerId: "one" });
    const items: Item[] = [];
    const working = work(consumer, items);
    // The leases are renewed after 3.3 and 6.7 seconds, and looked at after 5.
    await world.pass(4000);
    const leases = await checkpointer.list(STREAM);
    for (const lease of leases.slice(0, then === "release" ? 1 : 3)) {
      const taken = await checkpointer.take(lease, "two");
      if (then === "release") await checkpointer.release(taken!);
    }
    await world.pass(30_000);
    await world.put(30);
    await world.pass(5000);
    assertEquals(await held(checkpointer), { one: 3 });
    assertEquals(items.length, 30, then);
    await world.run(consumer.close());
    await working;
    const reads = world.asked("GetRecords");
    await world.pass(10_000);
    assertEquals(world.asked("GetRecords"), reads);
    assertEquals(world.clock.pendingTimers, 0);
  }
});

Deno.test("Consumer stops handing out the records of a shard when its lease is lost", async () => {
  const world = new World();
  const checkpointer = new MemoryCheckpointer();
  await world.put(20);
  const consumer = world.consumer({ checkpointer, workerId: "one" });
  const reader = consumer.getReader();
  await world.read(reader, 5);
  const [lease] = await checkpointer.list(STREAM);
  await checkpointer.take(lease!, "two");
  await world.pass(4000);
  assert(world.events.includes(`lost ${lease!.shardId}`));
  let isOver = false;
  const next = reader.read().then(() => isOver = true);
  await world.pass(3000);
  assertFalse(isOver);
  await world.run(consumer.close());
  await next;
  assertEquals((await checkpointer.list(STREAM))[0]!.owner, "two");
});

/** What may happen to the lease of a shard behind the back of the worker that reads the shard. */
const THEFTS: [string, (checkpointer: MemoryCheckpointer) => Promise<void>][] =
  [
    ["is stolen and given back", async (checkpointer) => {
      const [lease] = await checkpointer.list(STREAM);
      const stolen = await checkpointer.take(lease!, "thief");
      await checkpointer.release(stolen!);
    }],
    ["is deleted", async (checkpointer) => {
      const [lease] = await checkpointer.list(STREAM);
      await checkpointer.delete(lease!);
    }],
  ];

for (const [what, steal] of THEFTS) {
  Deno.test(`Consumer reads a shard once at a time when its lease ${what} between two renewals`, async () => {
    const world = new World();
    const checkpointer = new MemoryCheckpointer();
    const consumer = world.consumer({ checkpointer, failoverTimeMs: 10_000 });
    const items: Item[] = [];
    const working = work(consumer, items);
    // The leases are renewed after 3.3 s and 6.7 s, and the worker looks for free leases after 5 s.
    await world.pass(4000);
    await steal(checkpointer);
    await world.pass(20_000);
    const [shardId] = world.shardIds;
    assertEquals(
      world.events.filter((event) => !event.startsWith("caught-up")),
      [`opened ${shardId}`, `lost ${shardId}`, `opened ${shardId}`],
    );
    await world.put(10);
    await world.pass(5000);
    assertComplete(items, world.written);
    await world.run(consumer.close());
    await working;
    assertEquals(world.clock.pendingTimers, 0);
  });
}

Deno.test("Consumer with LATEST repeats what another holder had read and not acknowledged", async () => {
  const world = new World({ shards: 2 });
  const checkpointer = new MemoryCheckpointer();
  const one = world.consumer({ checkpointer, workerId: "one", from: "LATEST" });
  const items: Item[] = [];
  const working = work(one, items);
  await world.run(one.ready);
  // Worker "two" takes a shard, reads from it, and dies.
  const cut = new Cut(checkpointer);
  const two = world.consumer({
    checkpointer: cut,
    workerId: "two",
    from: "LATEST",
  });
  const reader = two.getReader();
  const reading = world.read(reader, 1);
  await world.pass(30_000);
  assertEquals(await held(checkpointer), { one: 1, two: 1 });
  await world.put(20, { keys: [..."abcdef"] });
  await reading;
  cut.isCut = true;
  await world.pass(60_000);
  assertEquals(await held(checkpointer), { one: 2 });
  await world.run(one.close());
  await working;
  assertEquals(new Set(items.map(({ key, i }) => `${key}${i}`)).size, 20);
  await world.run(two.close()).catch(() => {});
});

Deno.test("Consumer opens children only when a parent in the hands of another worker is finished", async () => {
  const world = new World({ shards: 2 });
  const [a, b] = world.shardIds as [string, string];
  const checkpointer = new MemoryCheckpointer();
  const one = world.consumer({ checkpointer, workerId: "one" });
  const two = world.consumer({ checkpointer, workerId: "two" });
  const readers = [one.getReader(), two.getReader()];
  await world.run(one.ready);
  await world.run(two.ready);
  await world.pass(20_000);
  assertEquals(await held(checkpointer), { one: 1, two: 1 });
  await world.put(1, { keys: ["x"], shardId: a });
  await world.put(1, { keys: ["y"], shardId: b });
  const child = world.server.merge(STREAM, a, b);
  await world.put(5);
  const [x] = await world.read(readers[0]!, 1);
  const [y] = await world.read(readers[1]!, 1);
  x!.ack();
  await world.pass(30_000);
  assertFalse(world.events.includes(`opened ${child}`));
  y!.ack();
  await world.pass(30_000);
  assertEquals(
    world.events.filter((event) => event === `opened ${child}`).length,
    1,
  );
  await world.run(Promise.all([one.close(), two.close()]));
});

Deno.test("Consumer that stops when caught up does not wait for shards of a living worker, and takes those of a dead one", async () => {
  const world = new World({ shards: 4 });
  const checkpointer = new MemoryCheckpointer();
  await world.put(40, { keys: [..."abcdefgh"] });
  const cut = new Cut(checkpointer);
  const other: Item[] = [];
  const living = world.consumer({ checkpointer: cut, workerId: "living" });
  const working = work(living, other);
  await world.pass(10_000);
  assertEquals(other.length, 40);
  await world.drain(world.consumer({ checkpointer, until: "caught-up" }));
  assertEquals((await held(checkpointer)).living! >= 2, true);
  await world.put(40, { keys: [..."abcdefgh"] });
  cut.isCut = true;
  const started = world.clock.now();
  const records = await world.drain(
    world.consumer({ checkpointer, until: "caught-up" }),
  );
  const seen = new Set(records.map(({ value: { key, i } }) => `${key}${i}`));
  for (const key of "abcdefgh") {
    for (let i = 5; i < 10; i++) assert(seen.has(`${key}${i}`));
  }
  assert(world.clock.now() - started >= 10_000);
  cut.isCut = false;
  await world.run(living.close());
  await working;
});

Deno.test("Consumer keeps its healthy shards while the lease of one hangs", async () => {
  const world = new World({ shards: 3 });
  const checkpointer = new MemoryCheckpointer();
  const [bad] = world.shardIds as [string];
  let hangs = false;
  for (const name of ["renew", "checkpoint"] as const) {
    const write = checkpointer[name].bind(checkpointer) as (
      ...a: unknown[]
    ) => Promise<never>;
    checkpointer[name] = (lease: { shardId: string }, ...rest: unknown[]) =>
      hangs && lease.shardId === bad
        ? new Promise<never>(() => {})
        : write(lease, ...rest);
  }
  const consumer = world.consumer({ checkpointer });
  await world.run(consumer.ready);
  hangs = true;
  let widest = 0;
  let last = world.clock.now();
  let counter = -1;
  for (let n = 0; n < 120; n++) {
    await world.pass(500);
    const lease = (await checkpointer.list(STREAM)).find(({ shardId }) =>
      shardId === world.shardIds[1]
    )!;
    if (lease.counter !== counter) {
      widest = Math.max(widest, world.clock.now() - last);
      [counter, last] = [lease.counter, world.clock.now()];
    }
  }
  assert(widest <= 4000, `a heartbeat came ${widest} ms after the one before`);
  assert(world.events.includes(`lost ${bad}`));
  hangs = false;
  await world.run(consumer.close());
});

Deno.test("Consumer lists the leases once for all of its shards when the store was silent", async () => {
  const world = new World({ shards: 50 });
  const checkpointer = new MemoryCheckpointer();
  let silentUntil = 0;
  let lists = 0;
  for (const name of ["list", "renew", "checkpoint"] as const) {
    const call = checkpointer[name].bind(checkpointer) as (
      ...args: unknown[]
    ) => Promise<never>;
    checkpointer[name] = async (...args: unknown[]) => {
      const wait = silentUntil - world.clock.now();
      if (wait > 0) {
        await new Promise<void>((go) => world.clock.setTimeout(go, wait));
      }
      if (name === "list") lists++;
      return await call(...args);
    };
  }
  const consumer = world.consumer({ checkpointer });
  const next = consumer.getReader().read();
  await world.pass(30_000);
  silentUntil = world.clock.now() + 7000;
  lists = 0;
  await world.pass(20_000);
  assert(lists <= 8, `${lists}`);
  assertEquals(world.events.filter((event) => event.startsWith("lost")), []);
  await world.run(consumer.close());
  assertEquals((await next).done, true);
});

Deno.test("Consumer lists the shards once when it has to ask for many whether they still exist", async () => {
  const world = new World({
    shards: 50,
    rules: [{
      action: "GetRecords",
      times: 50,
      fault: {
        type: "error",
        code: "ResourceNotFoundException",
        status: 400,
      },
    }],
  });
  await world.put(100);
  const consumer = world.consumer();
  const reader = consumer.getReader();
  const records = await world.read(reader, 100);
  assertEquals(records.length, 100);
  const listed = world.asked("ListShards");
  assert(listed <= 10, `${listed}`);
  await world.run(consumer.close());
});

Deno.test("Consumer processes everything in order, whenever its workers are killed and the stream is resharded", async () => {
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        type: fc.constant("put" as const),
        n: fc.integer({ min: 1, max: 40 }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        type: fc.constant("pass" as const),
        n: fc.integer({ min: 1, max: 15_000 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant("start" as const),
        n: fc.nat(2),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant("kill" as const),
        n: fc.nat(2),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        type: fc.constant("close" as const),
        n: fc.nat(2),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        type: fc.constant("split" as const),
        n: fc.nat(10),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        type: fc.constant("merge" as const),
        n: fc.nat(10),
      }),
    },
  );
  const keys = [..."abcdefghij"];
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 30 }),
      async (steps) => {
        const world = new World({ shards: 2 });
        const checkpointer = new MemoryCheckpointer();
        // The values of all workers in the order in which they were processed.
        const processed: Item[] = [];
        const workers = new Map<
          number,
          {
            consumer: Consumer<Item>;
            cut: Cut;
            done: Promise<void>;
            dead: { is: boolean };
          }
        >();
        const end: Promise<unknown>[] = [];
        const kill = (n: number) => {
          const worker = workers.get(n);
          if (!worker) return;
          workers.delete(n);
          worker.dead.is = true;
          worker.cut.isCut = true;
          end.push(worker.consumer.close().catch(() => {}), worker.done);
        };
        for (
          const { type, n } of [
            ...steps,
            { type: "start", n: 0 } as const,
            { type: "pass", n: 120_000 } as const,
          ]
        ) {
          const open = await world.openShards();
          if (type === "put") {
            await world.put(n, { keys });
          } else if (type === "pass") await world.pass(n);
          else if (type === "kill") kill(n);
          else if (type === "close") {
            const worker = workers.get(n);
            workers.delete(n);
            if (worker) end.push(worker.consumer.close(), worker.done);
          } else if (type === "split") {
            world.server.split(STREAM, open[n % open.length]!);
          } else if (type === "merge" && open.length > 1) {
            const at = n % (open.length - 1);
            world.server.merge(STREAM, open[at]!, open[at + 1]!);
          } else if (type === "start" && !workers.has(n)) {
            const cut = new Cut(checkpointer);
            const dead = { is: false };
            const consumer = world.consumer({
              checkpointer: cut,
              prefetch: { records: 30 },
            });
            const done = (async () => {
              for await (const record of consumer) {
                if (dead.is) return;
                processed.push(record.value);
              }
            })();
            workers.set(n, { consumer, cut, done, dead });
          }
        }
        for (const n of [...workers.keys()]) kill(n);
        await world.run(Promise.all(end));
        assertEquals(world.clock.pendingTimers, 0);
        // All values were processed at least once. The first processing of each value came after
        // that of the earlier values of its key.
        const next = new Map<string, number>();
        for (const { key, i } of processed) {
          const expected = next.get(key) ?? 0;
          assert(
            i <= expected,
            `${key}${i} came when ${key}${expected} was next`,
          );
          next.set(key, Math.max(expected, i + 1));
        }
        for (const [key, count] of world.written) {
          assertEquals(next.get(key), count);
        }
      },
    ),
    { numRuns: 25 },
  );
});
