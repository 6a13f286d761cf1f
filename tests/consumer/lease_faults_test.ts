/** What happens to the leases and the values when calls of the store go wrong in special ways. */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import {
  type Checkpointer,
  type Lease,
  MemoryCheckpointer,
} from "../../checkpoint/mod.ts";
import type { Consumer, ConsumerOptions } from "../../consumer.ts";
import { CheckpointError } from "../../errors.ts";
import { Cut } from "./_cut.ts";
import { assertOneReader, type ShardMoment } from "./_one_reader.ts";
import { type Item, STREAM, World } from "./_world.ts";

const KEYS = Array.from({ length: 40 }, (_, n) => `k${n}`);
const never = () => new Promise<never>(() => {});

type Call = () => Promise<unknown>;

/** A checkpointer in which `around` makes each call. */
function around(
  inner: Checkpointer,
  make: (method: string, call: Call, args: readonly unknown[]) => unknown,
): Checkpointer {
  return new Proxy(inner, {
    get: (_, method: keyof Checkpointer) => (...args: unknown[]) =>
      make(
        method,
        () =>
          (inner[method] as (...args: unknown[]) => Promise<unknown>)
            .apply(inner, args),
        args,
      ),
  });
}

async function work(consumer: Consumer<Item>, into: Item[]): Promise<void> {
  for await (const { value } of consumer) into.push(value);
}

/** Notes which worker reads which shard. */
class Readers {
  readonly moments: ShardMoment[] = [];

  hooks(worker: string): ConsumerOptions<Item>["hooks"] {
    return {
      onShard: ({ state, shardId }) =>
        void this.moments.push({ worker, state, shardId }),
    };
  }
}

function assertSeen(items: readonly Item[], world: World): void {
  const seen = new Set(items.map(({ key, i }) => `${key} ${i}`));
  for (const [key, count] of world.written) {
    for (let i = 0; i < count; i++) {
      assert(seen.has(`${key} ${i}`), `${key} ${i} was not read`);
    }
  }
}

/** What happens to a call whose answer does not arrive. */
const LOST: Record<string, (world: World, call: Call) => Promise<unknown>> = {
  "rejects": async (_, call) => {
    await call();
    throw new Error("connection reset");
  },
  "never comes": async (_, call) => {
    await call();
    return await never();
  },
  "never comes, and the call reaches the store 5 seconds later": async (
    world,
    call,
  ) => {
    await new Promise<void>((go) => world.clock.setTimeout(go, 5000));
    await call();
    return await never();
  },
};

for (
  const method of [
    "create",
    "take",
    "renew",
    "checkpoint",
    "release",
    "list",
  ] as const
) {
  for (const [how, lose] of Object.entries(LOST)) {
    Deno.test(`Consumer holds its shards and loses nothing when each third answer to ${method} ${how}`, async () => {
      const world = new World({ shards: 3 });
      const inner = new MemoryCheckpointer();
      let calls = 0;
      const flaky = around(
        inner,
        (called, call) =>
          called === method && calls++ % 3 === 1 ? lose(world, call) : call(),
      );
      const readers = new Readers();
      const consumer = world.consumer({
        checkpointer: flaky,
        workerId: "one",
        // Without progress to store there are renewals.
        checkpointIntervalMs: method === "renew" ? Infinity : 1000,
        hooks: readers.hooks("one"),
      });
      const items: Item[] = [];
      const working = work(consumer, items);
      for (let second = 0; second < 120; second++) {
        await world.put(KEYS.length, { keys: KEYS });
        await world.pass(1000);
      }
      await world.pass(30_000);
      assert(calls > 2 || method === "release", `${calls} calls`);
      assertSeen(items, world);
      assertOneReader(readers.moments);
      const owners = (await inner.list(STREAM)).map(({ owner }) => owner);
      assertEquals(owners, ["one", "one", "one"]);
      const states = readers.moments.map(({ state }) => state);
      assertEquals(states.filter((state) => state === "lost"), []);
      // Nothing was repeated, because the worker has kept its shards.
      assertEquals(
        items.length,
        [...world.written.values()].reduce((sum, count) => sum + count),
      );
      await world.run(consumer.close().catch(() => {}));
      await working;
      // Whatever happened, the next worker goes on.
      const next = world.consumer({
        checkpointer: inner,
        workerId: "two",
        until: "caught-up",
      });
      await world.put(KEYS.length, { keys: KEYS });
      const rest: Item[] = [];
      await world.run(work(next, rest));
      assertSeen([...items, ...rest], world);
      await world.pass(6000);
      assertEquals(world.clock.pendingTimers, 0);
    });
  }
}

/** How a checkpointer fails once. */
const ERRORS: Record<string, () => unknown> = {
  "rejects with an Error": () => Promise.reject(new Error("locked")),
  "rejects with a TypeError": () => Promise.reject(new TypeError("x is null")),
  "rejects with a text": () => Promise.reject("locked"),
  "rejects with undefined": () => Promise.reject(undefined),
  "throws": () => {
    throw new Error("not connected");
  },
};

for (const [how, fail] of Object.entries(ERRORS)) {
  Deno.test(`Consumer goes on looking, renewing and storing after each call of its checkpointer ${how} once`, async () => {
    const world = new World({ shards: 2 });
    const inner = new MemoryCheckpointer();
    const failed = new Set<string>();
    const due = new Set<string>();
    const flaky = around(inner, (method, call) => {
      if (!due.delete(method)) return call();
      failed.add(method);
      return fail();
    });
    const consumer = world.consumer({
      checkpointer: flaky,
      workerId: "one",
      failoverTimeMs: 6000,
    });
    const items: Item[] = [];
    const working = work(consumer, items);
    for (const method of ["list", "create", "take"]) due.add(method);
    await world.put(20, { keys: KEYS });
    await world.pass(60_000);
    assertEquals([...failed].sort(), ["create", "list", "take"]);
    for (const method of ["list", "renew", "checkpoint"]) due.add(method);
    await world.put(20, { keys: KEYS });
    await world.pass(60_000);
    assertEquals(failed.size, 5);
    assertEquals(due.size, 0);
    // The loop is alive: it finds the children of a shard and the leases of a dead worker.
    const [shardId] = world.shardIds as [string];
    const lease = (await inner.list(STREAM)).find((each) =>
      each.shardId === shardId
    );
    await inner.take(lease!, "dead");
    await world.pass(30_000);
    world.server.split(STREAM, shardId);
    await world.put(40, { keys: KEYS });
    await world.pass(10_000);
    assertSeen(items, world);
    assertEquals(consumer.status().shards.length, 4);
    const owners = (await inner.list(STREAM)).filter(({ owner }) => owner);
    assertEquals(owners.map(({ owner }) => owner), ["one", "one", "one"]);
    due.add("release");
    await world.run(consumer.close());
    await working;
    assertEquals(world.clock.pendingTimers, 0);
  });
}

for (const from of ["TRIM_HORIZON", "LATEST"] as const) {
  Deno.test(`Consumer from ${from} makes the rows again that are deleted while it reads, and misses no value`, async () => {
    // Whenever the rows are deleted between two checkpoints, renewals and looks.
    for (let n = 0; n < 8; n++) {
      const world = new World({ shards: 2 });
      const checkpointer = new MemoryCheckpointer();
      const readers = new Readers();
      const consumer = world.consumer({
        checkpointer,
        from,
        workerId: "one",
        hooks: readers.hooks("one"),
      });
      const items: Item[] = [];
      const working = work(consumer, items);
      await world.run(consumer.ready);
      for (let step = 0; step < 30; step++) {
        await world.put(10, { keys: KEYS.slice(0, 10) });
        await world.pass(700);
      }
      await world.pass(130 * n);
      for (const lease of await checkpointer.list(STREAM)) {
        assertEquals(await checkpointer.delete(lease), true);
      }
      for (let step = 0; step < 30; step++) {
        await world.put(10, { keys: KEYS.slice(0, 10) });
        await world.pass(700);
      }
      await world.pass(10_000);
      const leases = await checkpointer.list(STREAM);
      assertEquals(leases.map(({ owner }) => owner), ["one", "one"]);
      assertSeen(items, world);
      assertOneReader(readers.moments);
      await world.run(consumer.close());
      await working;
    }
  });
}

for (const when of ["before it can store SHARD_END", "after that"]) {
  Deno.test(`Consumer opens the child of a merge once, after both parents, when the worker of a parent dies ${when}`, async () => {
    const world = new World({ shards: 2 });
    const [a, b] = world.shardIds as [string, string];
    const inner = new MemoryCheckpointer();
    const readers = new Readers();
    const processed: Item[] = [];
    let isDead = false;
    /** A worker. `dying` dies at the write of the end of its shard. */
    const start = (workerId: string, dies = false) => {
      const cut = new Cut(inner);
      const checkpointer = around(cut, async (method, call, args) => {
        const isEnd = method === "checkpoint" &&
          (args[1] as Lease["checkpoint"]).type === "SHARD_END";
        if (!dies || !isEnd) return await call();
        if (when === "after that") await call();
        cut.isCut = isDead = true;
        return await never();
      });
      const consumer = world.consumer({
        checkpointer,
        workerId,
        checkpointIntervalMs: Infinity,
        hooks: readers.hooks(workerId),
      });
      return { consumer, working: work(consumer, processed), cut };
    };
    const dying = start("dying", true);
    await world.pass(3000);
    const living = start("living");
    await world.pass(60_000);
    const idle = start("idle");
    await world.pass(20_000);
    const owners = (await inner.list(STREAM)).map(({ owner }) => owner).sort();
    assertEquals(owners, ["dying", "living"]);
    await world.put(20, { keys: ["a"], shardId: a });
    await world.put(20, { keys: ["b"], shardId: b });
    await world.pass(2000);
    const child = world.server.merge(STREAM, a, b);
    await world.put(20, { keys: ["a", "b"] });
    await world.pass(3000);
    assert(isDead);
    const isOpen = () =>
      readers.moments.some(({ state, shardId }) =>
        state === "opened" && shardId === child
      );
    const ends = async () =>
      (await inner.list(STREAM)).filter(({ shardId, checkpoint }) =>
        shardId !== child && checkpoint.type === "SHARD_END"
      ).length;
    // Whoever ends the parents: the child is opened when the leases of both say so.
    if (when !== "after that") {
      assertEquals(await ends(), 1);
      await world.pass(5000);
      assertEquals([isOpen(), await ends()], [false, 1]);
    }
    await world.pass(60_000);
    assertEquals([isOpen(), await ends()], [true, 2]);
    const opened = readers.moments.filter(({ state, shardId }) =>
      state === "opened" && shardId === child
    );
    assertEquals(opened.length, 1);
    assertSeen(processed, world);
    // The first processing of each value is in the order of its key, in spite of repetitions.
    const next = new Map<string, number>();
    for (const { key, i } of processed) {
      const due = next.get(key) ?? 0;
      assert(i <= due, `${key}${i} came before ${key}${due}`);
      next.set(key, Math.max(due, i + 1));
    }
    dying.cut.isCut = false;
    const workers = [dying, living, idle];
    await world.run(
      Promise.all(workers.map(({ consumer }) => consumer.close())),
    );
    await Promise.all(workers.map(({ working }) => working));
    assertEquals(world.clock.pendingTimers, 0);
  });
}

/** A way to consume. Each processes the values that there are, then waits. */
const SHAPES: Record<
  string,
  (consumer: Consumer<Item>, seen: Item[]) => Promise<unknown>
> = {
  "for await": (consumer, seen) => work(consumer, seen),
  "getReader": async (consumer, seen) => {
    const reader = consumer.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      seen.push(value.value);
      value.ack();
    }
  },
  "pipeTo": (consumer, seen) =>
    consumer.pipeTo(
      consumer.acknowledging(
        new WritableStream({ write: ({ value }) => void seen.push(value) }),
      ),
    ),
  "process": (consumer, seen) =>
    consumer.process(({ value }) => void seen.push(value)),
  "processBatches": (consumer, seen) =>
    consumer.processBatches(
      (records) => void seen.push(...records.map(({ value }) => value)),
      {
        maxWaitMs: 100,
      },
    ),
};

for (const [shape, consume] of Object.entries(SHAPES)) {
  for (const how of ["checkpoint", "close"] as const) {
    Deno.test(`Consumer.${how} names each shard that failed and stores the others: ${shape}`, async () => {
      const world = new World({ shards: 4 });
      const [, bad, , worse] = world.shardIds as [
        string,
        string,
        string,
        string,
      ];
      const inner = new MemoryCheckpointer();
      const faults = new Map<unknown, unknown>([
        [bad, new Error("the row is locked")],
        [worse, "out of disk"],
      ]);
      let isBroken = true;
      const checkpointer = around(
        inner,
        (method, call, [lease]) =>
          isBroken && method === "checkpoint" &&
            faults.has((lease as Lease).shardId)
            ? Promise.reject(faults.get((lease as Lease).shardId))
            : call(),
      );
      const consumer = world.consumer({
        checkpointer,
        checkpointIntervalMs: Infinity,
      });
      const seen: Item[] = [];
      const done = consume(consumer, seen).then(() => undefined, (e) => e);
      await world.put(80, { keys: KEYS });
      await world.pass(5000);
      assertEquals(seen.length, 80);
      const error = await world.run(
        consumer[how]().then(() => undefined, (error) => error),
      );
      assertInstanceOf(error, CheckpointError);
      assertEquals(
        [...error.failures].sort(),
        [...faults].sort() as [string, unknown][],
      );
      for (const shardId of [bad, worse]) {
        assert(error.message.includes(shardId), error.message);
      }
      const stored = new Map(
        (await inner.list(STREAM)).map(({ shardId, checkpoint }) => [
          shardId,
          checkpoint.type,
        ]),
      );
      for (const shardId of world.shardIds) {
        const type = faults.has(shardId) ? "TRIM_HORIZON" : "SEQUENCE";
        assertEquals(stored.get(shardId), type, shardId);
      }
      isBroken = false;
      if (how === "checkpoint") {
        await world.run(consumer.checkpoint());
        const types = (await inner.list(STREAM)).map((each) =>
          each.checkpoint.type
        );
        assertEquals(new Set(types), new Set(["SEQUENCE"]));
        await world.run(consumer.close());
        assertEquals(await world.run(done), undefined);
      } else await world.run(done);
      assertEquals(world.clock.pendingTimers, 0);
    });
  }
}
