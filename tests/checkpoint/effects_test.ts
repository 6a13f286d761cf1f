/**
 * Effects that are committed together with the position of their values.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { DatabaseSync } from "node:sqlite";
import { delay } from "../../_core/clock.ts";
import {
  type EffectContext,
  type EffectRecord,
  KvCheckpointer,
  SqlCheckpointer,
} from "../../checkpoint/mod.ts";
import { KinesisError, LeaseLostError } from "../../errors.ts";
import type { ConsumerRecord } from "../../records.ts";
import { FakeClock } from "../_services/fake_clock.ts";
import { type Item, STREAM, World } from "../consumer/_world.ts";

const idOf = ({ key, i }: Item) => `${key}${i}`;

/** A database with a table of effects, and its checkpointer. */
function database() {
  const connection = new DatabaseSync(":memory:");
  connection.exec("CREATE TABLE effects (id TEXT NOT NULL)");
  const checkpointer = new SqlCheckpointer({ connection, name: "app" });
  const commit = (
    records: readonly ConsumerRecord<Item>[],
    context: EffectContext,
  ) =>
    checkpointer.commit(records, context, (fresh, db) => {
      const insert = db.prepare("INSERT INTO effects VALUES (?)");
      for (const { value } of fresh) insert.run(idOf(value));
    });
  /** The ids of the effects, in the order in which they were stored. */
  const effects = () =>
    connection.prepare("SELECT id FROM effects ORDER BY rowid").all()
      .map(({ id }) => `${id}`);
  return { connection, checkpointer, commit, effects };
}

/** Each value of the world once, and those of a key in order. */
function assertExact(world: World, effects: readonly string[]): void {
  const expected = [...world.written].flatMap(([key, count]) =>
    Array.from({ length: count }, (_, i) => `${key}${i}`)
  );
  assertEquals([...effects].sort(), expected.sort());
  for (const key of world.written.keys()) {
    const numbers = effects.filter((id) => id.startsWith(key)).map((id) =>
      Number(id.slice(1))
    );
    assertEquals(numbers, numbers.toSorted((a, b) => a - b));
  }
}

Deno.test("SqlCheckpointer.commit stores each effect once, though no checkpoint was stored before a crash", async () => {
  const world = new World({ shards: 2 });
  await world.put(60, { perRecord: 3 });
  const { checkpointer, commit, effects } = database();
  // Dies in the middle: its leases are not given back, and its progress is not stored.
  const dead = world.consumer({
    checkpointer,
    workerId: "dead",
    checkpointIntervalMs: Infinity,
  });
  let calls = 0;
  dead.processBatches(async (records, context) => {
    if (++calls > 5) return await new Promise<never>(() => {});
    await commit(records, context);
  }, { maxValues: 10 }).catch(() => {});
  await world.pass(5000);
  assertEquals(effects().length, 50);
  for (const { checkpoint } of await checkpointer.list(STREAM)) {
    assertEquals(checkpoint.type, "TRIM_HORIZON");
  }
  for (const lease of await checkpointer.list(STREAM)) {
    await checkpointer.take(lease, "next");
  }
  const next = world.consumer({
    checkpointer,
    workerId: "next",
    until: "caught-up",
  });
  await world.run(
    next.processBatches((...call) => commit(...call), { maxValues: 7 }),
  );
  assertExact(world, effects());
});

Deno.test("SqlCheckpointer.commit refuses a worker whose lease was taken, and stores nothing of it", async () => {
  const world = new World();
  await world.put(10);
  const { checkpointer, commit, effects, connection } = database();
  const zombie = world.consumer({ checkpointer, workerId: "zombie" });
  let refused: Promise<void> | undefined;
  const done = zombie.processBatches((records, context) => {
    refused ??= (async () => {
      // Frozen for longer than the lease, and another worker takes it.
      const [lease] = await checkpointer.list(STREAM);
      await checkpointer.take(lease!, "other");
      return await commit(records, context);
    })();
    return refused;
  });
  done.catch(() => {});
  await world.pass(1000);
  const error = await assertRejects(() => refused!, LeaseLostError);
  assertEquals(error.shardId, world.shardIds[0]);
  assertEquals(effects(), []);
  await world.run(zombie.close());
  await world.run(done);
  connection.close();
});

Deno.test("SqlCheckpointer.commit does not call its work again for values that are committed, and rolls back what fails", async () => {
  const world = new World();
  await world.put(6);
  const { checkpointer, effects, connection } = database();
  const consumer = world.consumer({ checkpointer, until: "caught-up" });
  const calls: number[] = [];
  await world.run(
    consumer.processBatches(async (records, context) => {
      await checkpointer.commit(records, context, (fresh, db) => {
        calls.push(fresh.length);
        const insert = db.prepare("INSERT INTO effects VALUES (?)");
        for (const { value } of fresh) insert.run(idOf(value));
        if (context.attempt === 1) throw new Error("not now");
      });
      // The commit has succeeded, and its answer is lost.
      if (context.attempt === 2) throw new Error("lost");
    }, { retry: { maxAttempts: 4 } }).catch((error) => error),
  );
  assertEquals(calls, [6, 6]);
  assertEquals(effects().length, 6);
  connection.close();
});

Deno.test("SqlCheckpointer.commit holds renewals back while a transaction is open, and the lease stays", async () => {
  const world = new World();
  await world.put(10);
  const { checkpointer, effects, connection } = database();
  const consumer = world.consumer({
    checkpointer,
    until: "caught-up",
    failoverTimeMs: 30_000,
  });
  await world.run(
    consumer.processBatches(
      (records, context) =>
        checkpointer.commit(records, context, async (fresh, db) => {
          const insert = db.prepare("INSERT INTO effects VALUES (?)");
          for (const { value } of fresh) {
            insert.run(idOf(value));
            await delay(200, { clock: world.clock });
          }
        }),
      { maxValues: 5 },
    ),
  );
  assertExact(world, effects());
  assertEquals(world.events.filter((event) => event.startsWith("lost")), []);
  connection.close();
});

Deno.test("commit refuses other orders, other contexts, and records of several shards", async () => {
  const kv = await Deno.openKv(":memory:");
  const { checkpointer: sql, connection } = database();
  const record = (shardId: string, streamName = STREAM) => ({
    shardId,
    streamName,
    sequenceNumber: "1",
    subSequenceNumber: 0,
  });
  const context = {
    fencingToken: { owner: "one", counter: 1 },
    ordering: "shard",
    records: [record("a"), record("b"), record("a", "other")],
    signal: new AbortController().signal,
  } as const;
  for (const checkpointer of [sql, new KvCheckpointer({ kv, name: "app" })]) {
    const commit = (records: unknown, ...rest: unknown[]) =>
      (checkpointer.commit as (...all: unknown[]) => Promise<void>)
        .call(checkpointer, records, ...rest);
    const work = () => assert(false, "nothing may be done");
    for (const ordering of ["key", "none"]) {
      await assertRejects(
        () => commit(record("a"), { ...context, ordering }, work),
        TypeError,
        `'ordering' must be "shard"`,
      );
    }
    const cases: [unknown, unknown, string][] = [
      [[], context, "no records"],
      [[record("a"), record("b")], context, "several shards: a and b"],
      [[record("a"), record("a", "other")], context, "several shards"],
      [record("a"), {}, "the context that the handler gets"],
      [record("a"), undefined, "the context that the handler gets"],
      [
        { ...record("a"), sequenceNumber: "2" },
        context,
        "the value 2/0 of a as it is not one of this call",
      ],
    ];
    for (const [records, given, message] of cases) {
      await assertRejects(
        () => commit(records, given, work),
        TypeError,
        message,
      );
    }
    await assertRejects(
      () => commit(record("a"), context),
      TypeError,
      "must be a function that stores them",
    );
    await assertRejects(
      () => commit(record("a"), context, work),
      LeaseLostError,
    );
  }
  connection.close();
  kv.close();
});

for (const how of ["returned as failed", "of another group"]) {
  Deno.test(`commit refuses to leave out an earlier value of the call, which is ${how}`, async () => {
    const world = new World();
    await world.put(10);
    const { checkpointer, commit, effects, connection } = database();
    const errors: string[] = [];
    const consumer = world.consumer({
      checkpointer,
      until: "caught-up",
      hooks: { onHandlerError: ({ error }) => void errors.push(`${error}`) },
    });
    await world.run(
      consumer.processBatches(async (records, context) => {
        // Wrong at first, as in a program that is not finished yet.
        if (context.attempt > 1) return await commit(records, context);
        const [failed, ...rest] = records;
        if (how === "of another group") {
          const groups = [records.slice(3), records.slice(0, 3)];
          for (const group of groups) await commit(group, context);
        } else {
          await commit(rest, context);
          return [failed!];
        }
      }, { retry: { baseDelayMs: 10 } }),
    );
    assertExact(world, effects());
    assertEquals(errors.length, 1);
    assert(errors[0]!.includes("of the earlier value"), errors[0]);
    connection.close();
  });
}

Deno.test("commit stores the first values of a batch, and the handler returns the others as failed", async () => {
  const world = new World();
  await world.put(10);
  const { checkpointer, commit, effects, connection } = database();
  const consumer = world.consumer({ checkpointer, until: "caught-up" });
  await world.run(
    consumer.processBatches(async (records, context) => {
      const half = Math.ceil(records.length / 2);
      await commit(records.slice(0, half), context);
      return records.slice(half);
    }, { retry: { baseDelayMs: 10 } }),
  );
  assertExact(world, effects());
  connection.close();
});

for (
  const [what, end] of [
    ["rolls back", "ROLLBACK"],
    ["commits", "COMMIT"],
    ["ends and begins again", "ROLLBACK; BEGIN"],
    [
      "swallows the error of a statement that rolls back",
      "INSERT OR ROLLBACK INTO one VALUES (1)",
    ],
  ] as const
) {
  Deno.test(`SqlCheckpointer.commit fails when its function ${what}, and no value counts as committed`, async () => {
    const world = new World();
    await world.put(10);
    const { checkpointer, effects, connection } = database();
    connection.exec("CREATE TABLE one (id INTEGER PRIMARY KEY)");
    connection.exec("INSERT INTO one VALUES (1)");
    const errors: string[] = [];
    const consumer = world.consumer({
      checkpointer,
      until: "caught-up",
      hooks: { onHandlerError: ({ error }) => void errors.push(`${error}`) },
    });
    await world.run(
      consumer.processBatches(
        (records, context) =>
          checkpointer.commit(records, context, (fresh, db) => {
            if (context.attempt === 1) {
              try {
                db.exec(end);
              } catch {
                return;
              }
            }
            const insert = db.prepare("INSERT INTO effects VALUES (?)");
            if (context.attempt === 1) return;
            for (const { value } of fresh) insert.run(idOf(value));
          }),
        { retry: { baseDelayMs: 10 } },
      ),
    );
    assertExact(world, effects());
    assertEquals(errors.length, 1);
    assert(errors[0]!.includes("the transaction has ended"), errors[0]);
    connection.close();
  });
}

Deno.test("SqlCheckpointer runs a renewal after one transaction, and not after those of all shards", async () => {
  const { checkpointer, connection } = database();
  const shards = ["a", "b", "c"];
  const held = await Promise.all(shards.map(async (shardId) => {
    await checkpointer.create({
      streamName: STREAM,
      shardId,
      checkpoint: { type: "TRIM_HORIZON" },
      parentShardIds: [],
    });
    const leases = await checkpointer.list(STREAM);
    const lease = leases.find((it) => it.shardId === shardId)!;
    return (await checkpointer.take(lease, "one"))!;
  }));
  const order: string[] = [];
  const ends: (() => void)[] = [];
  const commits = held.map(({ shardId, counter, streamName }) => {
    const record = {
      ...{ shardId, streamName },
      ...{ sequenceNumber: "1", subSequenceNumber: 0 },
    };
    return checkpointer.commit(record, {
      fencingToken: { owner: "one", counter },
      ordering: "shard",
      records: [record],
      signal: new AbortController().signal,
    }, async () => {
      order.push(shardId);
      await new Promise<void>((resolve) => ends.push(resolve));
    });
  });
  const renewed = checkpointer.renew(held[2]!).then(() =>
    order.push("renewed")
  );
  for (let n = 0; n < 3; n++) {
    while (ends.length <= n) await new Promise((next) => setTimeout(next));
    ends[n]!();
  }
  await Promise.all([...commits, renewed]);
  assertEquals(order, ["a", "renewed", "b", "c"]);
  connection.close();
});

Deno.test("KvCheckpointer.commit pauses after a check that fails, and gives up after 20 or when the handler is aborted", async () => {
  const clock = new FakeClock();
  const kv = await Deno.openKv(":memory:");
  const checkpointer = new KvCheckpointer({ kv, name: "app", clock });
  const record = {
    ...{ streamName: STREAM, shardId: "a" },
    ...{ sequenceNumber: "1", subSequenceNumber: 0 },
  };
  await checkpointer.create({
    ...{ streamName: STREAM, shardId: "a" },
    checkpoint: { type: "TRIM_HORIZON" },
    parentShardIds: [],
  });
  const [lease] = await checkpointer.list(STREAM);
  const { counter } = (await checkpointer.take(lease!, "one"))!;
  await kv.set(["taken"], 1);
  let calls = 0;
  const commit = (signal: AbortSignal) =>
    checkpointer.commit(record, {
      fencingToken: { owner: "one", counter },
      ordering: "shard",
      records: [record],
      signal,
    }, (_, atomic) => {
      calls++;
      atomic.check({ key: ["taken"], versionstamp: null });
    });
  const settled = async (promise: Promise<void>) => {
    let error: unknown;
    promise.catch((reason) => error = reason);
    const start = clock.now();
    while (error === undefined) {
      await new Promise((next) => setTimeout(next));
      await clock.advance(10);
    }
    return { error, ms: clock.now() - start };
  };
  const { error, ms } = await settled(commit(new AbortController().signal));
  assert(error instanceof KinesisError);
  assertEquals([error.code, calls], ["EffectsConflict", 20]);
  assert(ms > 4000, `${ms} ms`);
  const controller = new AbortController();
  clock.setTimeout(() => controller.abort(new Error("late")), 1000);
  const aborted = await settled(commit(controller.signal));
  assertEquals((aborted.error as Error).message, "late");
  kv.close();
});

Deno.test('Consumer.process commits value by value with ordering "shard"', async () => {
  const world = new World({ shards: 3 });
  await world.put(40);
  const { checkpointer, commit, effects, connection } = database();
  const consumer = world.consumer({ checkpointer, until: "caught-up" });
  await world.run(
    consumer.process((record, context) => commit([record], context), {
      ordering: "shard",
    }),
  );
  assertExact(world, effects());
  connection.close();
});

Deno.test("SqlCheckpointer forgets the committed effects when its lease is replaced", async () => {
  const world = new World();
  await world.put(5);
  const { checkpointer, commit, effects, connection } = database();
  const read = () =>
    world.run(
      world.consumer({ checkpointer, until: "caught-up" })
        .processBatches((...call) => commit(...call)),
    );
  await read();
  const [lease] = await checkpointer.list(STREAM);
  await checkpointer.replace(lease!, {
    ...lease!,
    checkpoint: { type: "TRIM_HORIZON" },
  });
  await read();
  assertEquals(effects().length, 10);
  connection.close();
});

/** What a worker does: it dies, freezes, is closed, or goes on. */
const lives = fc.array(
  fc.record({
    end: fc.constantFrom("die" as const, "close" as const, "freeze" as const),
    afterMs: fc.integer({ min: 0, max: 8000 }),
    maxValues: fc.integer({ min: 1, max: 12 }),
    dieInCommit: fc.option(fc.nat({ max: 12 })),
    checkpointIntervalMs: fc.constantFrom(100, 1000, Infinity),
  }),
  { minLength: 1, maxLength: 5 },
);

Deno.test("SqlCheckpointer.commit stores each effect once and in order, whatever workers die, freeze or close, and at whatever moment", async () => {
  await fc.assert(
    fc.asyncProperty(
      lives,
      fc.integer({ min: 1, max: 3 }),
      fc.boolean(),
      async (plan, shards, splits) => {
        const world = new World({ shards });
        const { connection, checkpointer, effects } = database();
        const frozen: (() => void)[] = [];
        let written = 0;
        for (const [index, life] of plan.entries()) {
          await world.put(20, { perRecord: 2 });
          if (splits && index === 1) {
            world.server.split(STREAM, world.shardIds[0]!);
          }
          let isDead = false;
          let commits = 0;
          const consumer = world.consumer({
            checkpointer: mortal(checkpointer, () => isDead),
            workerId: `worker-${index}`,
            checkpointIntervalMs: life.checkpointIntervalMs,
          });
          const handle = async (
            records: readonly ConsumerRecord<Item>[],
            context: EffectContext,
          ) => {
            await delay(50, { clock: world.clock });
            if (isDead) await new Promise<void>((go) => frozen.push(go));
            await checkpointer.commit(records, context, (fresh, db) => {
              const insert = db.prepare("INSERT INTO effects VALUES (?)");
              for (const { value } of fresh) {
                // A kill in the middle of a transaction: the database rolls it back.
                if (commits++ === life.dieInCommit) throw new Error("killed");
                insert.run(idOf(value));
              }
            });
          };
          const done = consumer.processBatches(handle, {
            maxValues: life.maxValues,
            maxWaitMs: 100,
          }).catch(() => {});
          await world.pass(life.afterMs);
          if (life.end === "close") {
            await world.run(consumer.close());
            await done;
          } else isDead = true;
          written += 40;
        }
        // The frozen ones wake up while the last worker reads: their commits are refused.
        const last = world.consumer({ checkpointer, workerId: "last" });
        const done = last.processBatches(
          (records, context) =>
            checkpointer.commit(records, context, (fresh, db) => {
              const insert = db.prepare("INSERT INTO effects VALUES (?)");
              for (const { value } of fresh) insert.run(idOf(value));
            }),
          { maxValues: 9, maxWaitMs: 100 },
        );
        await world.pass(15_000);
        for (const wake of frozen) wake();
        for (
          let turns = 0;
          effects().length < written && turns < 100;
          turns++
        ) {
          await world.pass(2000);
        }
        await world.run(last.close());
        await done;
        assertExact(world, effects());
        connection.close();
      },
    ),
    { numRuns: 40 },
  );
});

/** A checkpointer whose calls never settle once its process is dead. */
function mortal<C extends object>(inner: C, isDead: () => boolean): C {
  return new Proxy(inner, {
    get(target, name) {
      const value = target[name as keyof C];
      if (typeof value !== "function") return value;
      return (...args: unknown[]) =>
        isDead() ? new Promise(() => {}) : value.apply(target, args);
    },
  });
}

Deno.test("KvCheckpointer.commit stores each effect once, refuses a worker whose lease was taken, and forgets on replace", async () => {
  const kv = await Deno.openKv(":memory:");
  const checkpointer = new KvCheckpointer({ kv, name: "app" });
  const stream = { streamName: STREAM, shardId: "a" };
  await checkpointer.create({
    ...stream,
    checkpoint: { type: "TRIM_HORIZON" },
    parentShardIds: [],
  });
  const [lease] = await checkpointer.list(STREAM);
  let held = (await checkpointer.take(lease!, "one"))!;
  const contextOf = (
    { owner, counter }: typeof held,
    ofCall: readonly EffectRecord[],
  ): EffectContext => ({
    fencingToken: { owner: owner!, counter },
    ordering: "shard",
    records: ofCall,
    signal: new AbortController().signal,
  });
  const records = Array.from({ length: 10 }, (_, i) => ({
    ...stream,
    sequenceNumber: `${100 + Math.floor(i / 4)}`,
    subSequenceNumber: i % 4,
  }));
  const holder = held;
  const add = (some: typeof records, by = holder) =>
    checkpointer.commit(some, contextOf(by, some), async (fresh, atomic) => {
      const sum = await kv.get<number>(["sum"]);
      atomic.check(sum).set(["sum"], (sum.value ?? 0) + fresh.length);
    });
  const sum = async () => (await kv.get<number>(["sum"])).value;
  await add(records.slice(0, 6));
  assertEquals(await sum(), 6);
  // Renewals and checkpoints of the holder do not matter.
  held = (await checkpointer.renew(held))!;
  held = (await checkpointer.checkpoint(held, {
    type: "SEQUENCE",
    sequenceNumber: "1",
  }))!;
  await add(records);
  await add(records);
  assertEquals(await sum(), 10);

  // Another program writes the key of the work meanwhile: it is done again.
  let tries = 0;
  const later = [{ ...stream, sequenceNumber: "200", subSequenceNumber: 0 }];
  await checkpointer.commit(
    later,
    contextOf(holder, later),
    async (_, atomic) => {
      const before = await kv.get<number>(["sum"]);
      if (tries++ === 0) await kv.set(["sum"], 100);
      atomic.check(before).set(["sum"], before.value! + 1);
    },
  );
  assertEquals([tries, await sum()], [2, 101]);

  const other = (await checkpointer.take(held, "two"))!;
  const next = [{ ...stream, sequenceNumber: "300", subSequenceNumber: 0 }];
  await assertRejects(() => add(next), LeaseLostError);
  // The same name again is another holder.
  const again = (await checkpointer.take(other, "one"))!;
  await assertRejects(() => add(next), LeaseLostError);
  assertEquals(await sum(), 101);
  await add(next, again);
  assertEquals(await sum(), 102);

  await checkpointer.replace(again, {
    ...stream,
    checkpoint: { type: "TRIM_HORIZON" },
    parentShardIds: [],
  });
  const [fresh] = await checkpointer.list(STREAM);
  await add(records, (await checkpointer.take(fresh!, "one"))!);
  assertEquals(await sum(), 112);
  const [last] = await checkpointer.list(STREAM);
  await checkpointer.delete(last!);
  assertEquals(
    (await Array.fromAsync(kv.list({ prefix: ["@webstreams/kinesis"] })))
      .length,
    0,
  );
  kv.close();
});
