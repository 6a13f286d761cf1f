/**
 * Reading and changing the stored progress.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import {
  type Checkpointer,
  DynamoDBCheckpointer,
  KvCheckpointer,
  MemoryCheckpointer,
  RedisCheckpointer,
} from "../../checkpoint/mod.ts";
import type { Consumer } from "../../consumer.ts";
import { KinesisError } from "../../errors.ts";
import type { ConsumerRecord } from "../../records.ts";
import {
  checkpointStatus,
  resetCheckpoints,
  type ResetOptions,
} from "../../progress.ts";
import { startDynalite } from "../_services/dynalite.ts";
import { hasRedis, startRedis } from "../_services/redis.ts";
import { LIBRARIES } from "../checkpoint/_redis_fixtures.ts";
import { type Item, STREAM, values, World } from "./_world.ts";

const idsOf = (records: readonly ConsumerRecord<Item>[]) =>
  values(records).map(({ key, i }) => `${key}${i}`).sort();

function optionsOf(world: World, checkpointer: Checkpointer) {
  return {
    client: world.client(),
    streamName: STREAM,
    checkpointer,
    clock: world.clock,
  };
}

/** A consumer that processes until it is closed. */
function run(consumer: Consumer<Item>): Promise<void> {
  return (async () => {
    for await (const _ of consumer);
  })();
}

/** Splits and merges shards, and writes before and after each change. */
async function reshard(
  world: World,
  changes: readonly number[],
): Promise<void> {
  await world.put(20);
  for (const choice of changes) {
    const shards = (await world.client().listShards({ StreamName: STREAM }))
      .Shards!;
    const open = shards.filter((it) =>
      !it.SequenceNumberRange.EndingSequenceNumber
    )
      .sort((a, b) =>
        BigInt(a.HashKeyRange.StartingHashKey) <
            BigInt(b.HashKeyRange.StartingHashKey)
          ? -1
          : 1
      );
    const at = choice % open.length;
    if (choice % 2 === 0 || at + 1 >= open.length) {
      world.server.split(STREAM, open[at]!.ShardId);
    } else world.server.merge(STREAM, open[at]!.ShardId, open[at + 1]!.ShardId);
    await world.pass(1000);
    await world.put(20);
  }
}

Deno.test("checkpointStatus tells free, held, expired, waiting, finished and new shards, and the workers", async () => {
  const world = new World({ shards: 3 });
  const [first, second, third] = world.shardIds as [string, string, string];
  const checkpointer = new MemoryCheckpointer();
  const options = optionsOf(world, checkpointer);
  const before = await checkpointStatus(options);
  assertEquals(before.shards.map(({ state }) => state), ["new", "new", "new"]);
  assertEquals(before.shards[0]?.checkpoint, undefined);

  const consumer = world.consumer({ checkpointer, workerId: "one" });
  const working = run(consumer);
  await world.put(30);
  await world.pass(5000);
  const running = await world.run(checkpointStatus(options));
  assertEquals(running.workers, [{ workerId: "one", leases: 3 }]);
  assertEquals(running.shards.map(({ state, owner }) => [state, owner]), [
    ["held", "one"],
    ["held", "one"],
    ["held", "one"],
  ]);
  assertEquals(running.shards[0]?.checkpoint?.type, "SEQUENCE");
  assert(running.shards[0]?.hashKeyRange);
  await world.run(consumer.close());
  await working;

  // A dead worker: nobody renews this lease.
  const leases = await checkpointer.list(STREAM);
  await checkpointer.take(
    leases.find(({ shardId }) => shardId === first)!,
    "dead",
  );
  world.server.split(STREAM, second);
  await world.pass(1000);
  const lease = leases.find(({ shardId }) => shardId === third)!;
  await checkpointer.replace(lease, {
    ...lease,
    checkpoint: { type: "SHARD_END" },
  });
  const [child] = (await world.client().listShards({ StreamName: STREAM }))
    .Shards!
    .filter(({ ParentShardId }) => ParentShardId === second);
  await checkpointer.create({
    streamName: STREAM,
    shardId: child!.ShardId,
    checkpoint: { type: "TRIM_HORIZON" },
    parentShardIds: [second],
  });
  const { shards, workers } = await world.run(checkpointStatus(options));
  assertEquals(shards.map(({ state }) => state), [
    "expired",
    "free",
    "finished",
    "waiting",
    "new",
  ]);
  assertEquals(workers, []);
  assertEquals(shards[1]?.isOpen, false);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("checkpointStatus watches running workers for a third of failoverTimeMs, and dead ones for all of it", async () => {
  const world = new World({ shards: 2 });
  const checkpointer = new MemoryCheckpointer();
  const options = optionsOf(world, checkpointer);
  const consumer = world.consumer({ checkpointer, workerId: "one" });
  const working = run(consumer);
  await world.pass(5000);
  let startedAt = world.clock.now();
  await world.run(checkpointStatus(options));
  const tookMs = world.clock.now() - startedAt;
  assert(tookMs > 0 && tookMs <= 4000, `${tookMs} ms`);
  await world.run(consumer.close());
  await working;

  for (const lease of await checkpointer.list(STREAM)) {
    await checkpointer.take(lease, "dead");
  }
  startedAt = world.clock.now();
  await world.run(checkpointStatus(options));
  assertEquals(world.clock.now() - startedAt, 10_000);

  const aborting = new AbortController();
  const aborted = checkpointStatus({ ...options, signal: aborting.signal });
  await world.pass(1000);
  aborting.abort(new Error("enough"));
  await assertRejects(() => aborted, Error, "enough");
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("resetCheckpoints refuses while a worker holds leases, and names them", async () => {
  const world = new World({ shards: 2 });
  const checkpointer = new MemoryCheckpointer();
  const options = optionsOf(world, checkpointer);
  const consumer = world.consumer({ checkpointer, workerId: "one" });
  const working = run(consumer);
  await world.put(20);
  await world.pass(5000);
  const error = await assertRejects(
    () => world.run(resetCheckpoints({ ...options, to: "TRIM_HORIZON" })),
    KinesisError,
    `${world.shardIds[0]} by "one", ${world.shardIds[1]} by "one"`,
  );
  assertEquals(error.code, "LeasesHeld");
  assertEquals(world.events.filter((event) => event.startsWith("lost")), []);
  await world.run(consumer.close());
  await working;
  const plan = await world.run(
    resetCheckpoints({ ...options, to: "TRIM_HORIZON" }),
  );
  assertEquals(plan.map(({ action }) => action), ["reset", "reset"]);
});

Deno.test("resetCheckpoints with force takes the leases of a running worker, which then reads from the new position", async () => {
  const world = new World({ shards: 2 });
  const checkpointer = new MemoryCheckpointer();
  // The worker renews its leases between the list and the writes of the reset.
  const take = checkpointer.take.bind(checkpointer);
  const late = new Set(world.shardIds);
  const failures = new Set<string>();
  checkpointer.take = async (lease, owner, options) => {
    if (owner.startsWith("reset-") && late.delete(lease.shardId)) {
      const [stored] = (await checkpointer.list(STREAM))
        .filter(({ shardId }) => shardId === lease.shardId);
      await checkpointer.renew(stored!);
    }
    const taken = await take(lease, owner, options);
    if (!taken) failures.add(lease.shardId);
    return taken;
  };
  const seen: ConsumerRecord<Item>[] = [];
  const consumer = world.consumer({ checkpointer, workerId: "one" });
  const working = (async () => {
    for await (const record of consumer) seen.push(record);
  })();
  await world.put(20);
  await world.pass(5000);
  assertEquals(seen.length, 20);
  const plan = await world.run(resetCheckpoints({
    ...optionsOf(world, checkpointer),
    to: "TRIM_HORIZON",
    force: true,
  }));
  assertEquals(plan.map(({ action }) => action), ["reset", "reset"]);
  assertEquals(failures.size, 2);
  const lost = world.events.filter((event) => event.startsWith("lost"));
  assertEquals(lost.length, 2);
  await world.pass(20_000);
  assertEquals(idsOf(seen.slice(20)), idsOf(seen.slice(0, 20)));
  await world.run(consumer.close());
  await working;
});

Deno.test("resetCheckpoints with dryRun changes nothing and resolves with the plan", async () => {
  const world = new World({ shards: 2 });
  await world.put(20);
  const checkpointer = new MemoryCheckpointer();
  await world.drain(world.consumer({ checkpointer, until: "caught-up" }));
  const before = await checkpointer.list(STREAM);
  const options = {
    ...optionsOf(world, checkpointer),
    to: "TRIM_HORIZON" as const,
  };
  const plan = await resetCheckpoints({ ...options, dryRun: true });
  assertEquals(await checkpointer.list(STREAM), before);
  const seen: [string, number][] = [];
  const done = await resetCheckpoints({
    ...options,
    onProgress: ({ shardId }, left) => seen.push([shardId, left]),
  });
  assertEquals(done, plan);
  assertEquals(seen.map(([, left]) => left), [1, 0]);
  const again = await resetCheckpoints(options);
  assertEquals(again.map(({ action }) => action), ["keep", "keep"]);
});

Deno.test("resetCheckpoints gives everything back when a worker has written a lease meanwhile", async () => {
  const world = new World({ shards: 3 });
  await world.put(30);
  const checkpointer = new MemoryCheckpointer();
  await world.drain(world.consumer({ checkpointer, until: "caught-up" }));
  const before = await checkpointer.list(STREAM);
  const take = checkpointer.take.bind(checkpointer);
  checkpointer.take = async (lease, owner, options) => {
    if (owner.startsWith("reset-") && lease.shardId === world.shardIds[1]) {
      await take(lease, "faster");
    }
    return await take(lease, owner, options);
  };
  const error = await assertRejects(
    () => resetCheckpoints({ ...optionsOf(world, checkpointer), to: "LATEST" }),
    KinesisError,
    world.shardIds[1]!,
  );
  assertEquals(error.code, "LeasesChanged");
  const after = await checkpointer.list(STREAM);
  assertEquals(
    after.map(({ checkpoint }) => checkpoint),
    before.map(({ checkpoint }) => checkpoint),
  );
  assertEquals(after.map(({ owner }) => owner), [
    undefined,
    "faster",
    undefined,
  ]);
});

Deno.test("resetCheckpoints can be called again after the store has failed in the middle", async () => {
  const world = new World({ shards: 40 });
  await world.put(100, {
    keys: Array.from({ length: 100 }, (_, i) => `k${i}`),
  });
  const checkpointer = new MemoryCheckpointer();
  await world.drain(world.consumer({ checkpointer, until: "caught-up" }));
  const options = {
    ...optionsOf(world, checkpointer),
    to: "TRIM_HORIZON" as const,
  };
  const replace = checkpointer.replace.bind(checkpointer);
  let writes = 0;
  checkpointer.replace = (...args) =>
    ++writes > 20
      ? Promise.reject(new Error("The store is gone"))
      : replace(...args);
  const error = await assertRejects(
    () => world.run(resetCheckpoints(options)),
    KinesisError,
    "these are not reset",
  );
  assertEquals(error.code, "ResetIncomplete");
  checkpointer.replace = replace;
  await world.run(resetCheckpoints(options));
  const records = await world.drain(
    world.consumer({ checkpointer, until: "caught-up" }),
  );
  assertEquals(records.length, 100);
});

Deno.test("resetCheckpoints resets the named shards alone, and refuses unknown ones", async () => {
  const world = new World({ shards: 2 });
  const [first, second] = world.shardIds as [string, string];
  await world.put(10, { shardId: first });
  await world.put(10, { shardId: second });
  const checkpointer = new MemoryCheckpointer();
  await world.drain(world.consumer({ checkpointer, until: "caught-up" }));
  const options = {
    ...optionsOf(world, checkpointer),
    to: "TRIM_HORIZON" as const,
  };
  await assertRejects(
    () => resetCheckpoints({ ...options, shardIds: ["shardId-9"] }),
    RangeError,
    `'shardIds' must be shards that the service lists: ${first}, ${second}: current value is "shardId-9"`,
  );
  await resetCheckpoints({ ...options, shardIds: [second] });
  const records = await world.drain(
    world.consumer({ checkpointer, until: "caught-up" }),
  );
  assertEquals(records.map(({ shardId }) => shardId), Array(10).fill(second));
});

Deno.test("resetCheckpoints deletes the leases of expired shards, and creates missing ones", async () => {
  const world = new World({ shards: 2 });
  const checkpointer = new MemoryCheckpointer();
  await world.put(10);
  await world.drain(world.consumer({ checkpointer, until: "caught-up" }));
  const [lease] = await checkpointer.list(STREAM);
  await checkpointer.create({ ...lease!, shardId: "shardId-000000000099" });
  await checkpointer.delete(lease!);
  const plan = await resetCheckpoints({
    ...optionsOf(world, checkpointer),
    to: "TRIM_HORIZON",
  });
  assertEquals(plan.map(({ shardId, action }) => [shardId, action]).sort(), [
    [world.shardIds[0]!, "create"],
    [world.shardIds[1]!, "reset"],
    ["shardId-000000000099", "delete"],
  ]);
  const left = (await checkpointer.list(STREAM)).map(({ shardId }) => shardId)
    .sort();
  assertEquals(left, world.shardIds);
});

Deno.test("resetCheckpoints and a new consumer read the same, and parents first, whatever the reshards, the progress and the position", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        shards: fc.integer({ min: 1, max: 3 }),
        changes: fc.array(fc.nat({ max: 20 }), { maxLength: 4 }),
        processed: fc.constantFrom(0, 15, 1000),
        to: fc.constantFrom(
          "TRIM_HORIZON" as const,
          "LATEST" as const,
          0,
          0.3,
          0.7,
          1,
        ),
      }),
      async ({ shards, changes, processed, to: choice }) => {
        const world = new World({ shards });
        const startedAt = world.clock.now();
        await reshard(world, changes);
        await world.pass(60_000);
        const checkpointer = new MemoryCheckpointer();
        if (processed > 0) {
          await world.drain(
            world.consumer({
              checkpointer,
              until: "caught-up",
              limit: processed,
            }),
          );
        }
        const to = typeof choice === "string" ? choice : new Date(
          startedAt + choice * (world.clock.now() - startedAt - 60_000),
        );
        await world.run(
          resetCheckpoints({ ...optionsOf(world, checkpointer), to }),
        );
        const fresh = new MemoryCheckpointer();
        const again = world.consumer({ checkpointer, until: "caught-up" });
        const first = world.consumer({
          checkpointer: fresh,
          until: "caught-up",
          from: to,
        });
        await world.run(Promise.all([again.ready, first.ready]));
        if (to === "LATEST") await world.put(10);
        const [one, two] = [await world.drain(again), await world.drain(first)];
        assertEquals(idsOf(one), idsOf(two));
        // The values of a key are in order, so no child was read before its parents.
        for (const records of [one, two]) {
          const last = new Map<string, number>();
          for (const { value } of records) {
            assert(
              value.i > (last.get(value.key) ?? -1),
              `${value.key}${value.i}`,
            );
            last.set(value.key, value.i);
          }
        }
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("resetCheckpoints and checkpointStatus refuse wrong options", async () => {
  const world = new World();
  const options = optionsOf(world, new MemoryCheckpointer());
  const cases: [object, string][] = [
    [{ to: "NOW" }, '\'to\' must be "TRIM_HORIZON", "LATEST" or a valid Date'],
    [{ to: new Date(NaN) }, "'to' must be"],
    [{ to: "LATEST", shardIds: [] }, "'shardIds' must be a list of shard ids"],
    [{ to: "LATEST", dryRun: "yes" }, "'dryRun' must be true or false"],
    [{ to: "LATEST", force: 1 }, "'force' must be true or false"],
    [{ to: "LATEST", checkpointer: undefined }, "'checkpointer' is missing"],
    [
      { to: "LATEST", checkpointer: {} },
      "'checkpointer' must be an object with the methods",
    ],
    [
      { to: "LATEST", streamName: undefined },
      "exactly one of 'streamName' and 'streamARN'",
    ],
    [{ to: "LATEST", failoverTimeMs: 0 }, "'failoverTimeMs' must be from 1"],
  ];
  for (const [wrong, message] of cases) {
    const all = { ...options, ...wrong } as unknown as ResetOptions;
    await assertRejects(() => resetCheckpoints(all), Error, message);
  }
  await assertRejects(
    () => checkpointStatus({ ...options, failoverTimeMs: NaN }),
    RangeError,
  );
});

/** Reads everything, resets, and reads everything again. */
async function readTwice(checkpointer: Checkpointer): Promise<void> {
  const world = new World({ shards: 2 });
  world.server.split(STREAM, world.shardIds[0]!);
  await world.pass(1000);
  await world.put(50);
  const clocked = new Proxy(checkpointer, {
    get: (inner, method: keyof Checkpointer) => (...args: unknown[]) =>
      world.holdTime(() =>
        (inner[method] as (...args: unknown[]) => Promise<unknown>).apply(
          inner,
          args,
        )
      ),
  });
  const read = () =>
    world.drain(world.consumer({ checkpointer: clocked, until: "caught-up" }));
  assertEquals((await read()).length, 50);
  assertEquals(await read(), []);
  const options = optionsOf(world, clocked);
  await world.run(resetCheckpoints({ ...options, to: "TRIM_HORIZON" }));
  assertEquals((await read()).length, 50);
  const { shards } = await world.run(checkpointStatus(options));
  assertEquals(shards.map(({ state }) => state), [
    "finished",
    "free",
    "free",
    "free",
  ]);
}

Deno.test("resetCheckpoints works with Deno KV", async () => {
  const kv = await Deno.openKv(":memory:");
  await readTwice(new KvCheckpointer({ kv, name: "app" }));
  kv.close();
});

Deno.test("resetCheckpoints works with DynamoDB", async () => {
  await using dynalite = await startDynalite();
  await readTwice(
    new DynamoDBCheckpointer({
      tableName: "leases",
      endpoint: dynalite.endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "id", secretAccessKey: "secret" },
      createTable: true,
    }),
  );
});

if (await hasRedis()) {
  Deno.test("resetCheckpoints works with Redis", async () => {
    await using server = await startRedis();
    const { redis, close } = await LIBRARIES.ioredis!(server.port);
    await readTwice(new RedisCheckpointer({ redis, name: "app" }));
    await close();
  });
}
