/** Hash keys that no worker reads are reported if they last, and never during a normal reshard. */
import { assert, assertEquals } from "@std/assert";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import { Consumer, type ConsumerOptions } from "../../consumer.ts";
import type { ConsumerHooks, CoverageEvent } from "../../hooks.ts";
import { jsonLines } from "../../processors/mod.ts";
import { editLists, hideShards } from "./_shard_lists.ts";
import { assertComplete, type Item, STREAM, World } from "./_world.ts";

async function work(consumer: Consumer<Item>, into: Item[]): Promise<void> {
  for await (const { value } of consumer) into.push(value);
}

function auditing(world: World) {
  const reported: CoverageEvent[] = [];
  const hooks = {
    ...world.hooks,
    onCoverage: (event: CoverageEvent) => void reported.push(event),
  };
  return { reported, hooks };
}

Deno.test("Consumer tells which hash keys no listed shard has, since when, and when it is over", async () => {
  const world = new World({ shards: 4 });
  const [, b] = world.shardIds as [string, string];
  let isHidden = false;
  const client = world.client((fetch) =>
    hideShards(fetch, (id) => isHidden && id === b)
  );
  const { reported, hooks } = auditing(world);
  const consumer = world.consumer({
    client,
    hooks,
    checkpointer: new MemoryCheckpointer(),
  });
  const working = work(consumer, []);
  await world.pass(60_000);
  assertEquals(reported, []);
  assert(consumer.status().streams[0]!.coverage.checked!.ageMs <= 5000);
  isHidden = true;
  const from = world.clock.now();
  await world.pass(30_000);
  assertEquals(reported, []);
  await world.pass(10_000);
  const [{ stream, problems }] = reported as [CoverageEvent];
  const quarter = 2n ** 126n;
  const since = problems[0]!.since.at;
  assertEquals([stream, reported.length], [STREAM, 1]);
  assertEquals(problems.map(({ since: _, ...problem }) => problem), [{
    what: "unlisted",
    shardIds: [],
    startingHashKey: String(quarter),
    endingHashKey: String(2n * quarter - 1n),
  }]);
  assert(since.getTime() - from <= 5000);
  assertEquals(
    consumer.status().streams[0]!.coverage.problems[0]!.since.at,
    since,
  );
  isHidden = false;
  await world.pass(10_000);
  assertEquals(reported.slice(1).map(({ problems }) => problems), [[]]);
  assertEquals(consumer.status().streams[0]!.coverage.problems, []);
  await world.run(consumer.close());
  await working;
});

Deno.test("Consumer tells that no worker reads a shard whose lease cannot be created, or not be taken", async () => {
  for (const call of ["create", "take"] as const) {
    const world = new World({ shards: 2 });
    const [a, b] = world.shardIds as [string, string];
    const checkpointer = new MemoryCheckpointer();
    const write = checkpointer[call].bind(checkpointer) as (
      ...args: unknown[]
    ) => Promise<never>;
    const refuse = (lease: { shardId: string }, ...rest: unknown[]) =>
      lease.shardId === b
        ? Promise.reject(new Error("no"))
        : write(lease, ...rest);
    Object.assign(checkpointer, { [call]: refuse });
    const { reported, hooks } = auditing(world);
    const consumer = world.consumer({ hooks, checkpointer });
    const items: Item[] = [];
    const working = work(consumer, items);
    await world.put(10, { shardId: a });
    await world.pass(60_000);
    assertEquals(items.length, 10);
    assertEquals(
      reported.map(({ problems }) =>
        problems.map(({ what, shardIds }) => [what, ...shardIds])
      ),
      [[["unread", b]]],
    );
    const status = consumer.status();
    assertEquals(status.shards[1]!.state, "waiting");
    assert(status.shards[1]!.lastError!.error instanceof Error);
    await world.run(consumer.close());
    await working;
  }
});

Deno.test("Consumer tells of two open shards with the same hash keys", async () => {
  const world = new World({ shards: 2 });
  const client = world.client((fetch) =>
    editLists(fetch, (shards) =>
      shards.map((shard) => ({
        ...shard,
        HashKeyRange: { ...shard.HashKeyRange, StartingHashKey: "0" },
      })))
  );
  const { reported, hooks } = auditing(world);
  const consumer = world.consumer({
    client,
    hooks,
    checkpointer: new MemoryCheckpointer(),
  });
  const working = work(consumer, []);
  await world.pass(60_000);
  assertEquals(
    reported.map(({ problems }) =>
      problems.map(({ what, shardIds }) => [what, ...shardIds])
    ),
    [[["overlap", ...world.shardIds]]],
  );
  await world.run(consumer.close());
  await working;
});

type Life = (world: World, checkpointer: MemoryCheckpointer) => Promise<
  Partial<ConsumerOptions<Item>>
>;

/** What happened before a consumer starts, and how it starts. */
const lives: Record<string, Life> = {
  "a start at LATEST behind closed shards": async (world) => {
    const [a] = world.shardIds as [string];
    await world.put(10);
    world.server.split(STREAM, a);
    return { from: "LATEST" };
  },
  "positions that leave out ancestors": (world) => {
    const [a, b] = world.shardIds as [string, string];
    const [, upper] = world.server.split(STREAM, a);
    const child = world.server.merge(STREAM, upper, b);
    return Promise.resolve({ from: { [child]: { type: "TRIM_HORIZON" } } });
  },
  "leases of shards that have expired": async (world, checkpointer) => {
    const [a] = world.shardIds as [string];
    await world.put(10);
    await world.drain(world.consumer({ checkpointer, limit: 3 }));
    world.server.split(STREAM, a);
    await world.clock.advance(26 * 3_600_000);
    return {};
  },
  "a stream that was deleted and created again": async (
    world,
    checkpointer,
  ) => {
    await world.put(10);
    await world.drain(world.consumer({ checkpointer, until: "caught-up" }));
    await world.clock.advance(60_000);
    const client = world.client();
    await client.deleteStream({ StreamName: STREAM });
    await world.clock.advance(60_000);
    world.server.createStream(STREAM, { shards: 3 });
    return {};
  },
  "a stream that is being created": async (world) => {
    const client = world.client();
    await client.deleteStream({ StreamName: STREAM });
    await world.clock.advance(60_000);
    await client.createStream({ StreamName: STREAM, ShardCount: 3 });
    return {};
  },
  "a stream that chooses shards by itself": async (world) => {
    await world.client().deleteStream({ StreamName: STREAM });
    await world.clock.advance(60_000);
    world.server.createStream(STREAM, {
      shards: 4,
      mode: "ON_DEMAND",
      recordDistributionStrategy: "AUTO",
    });
    return {};
  },
};

Deno.test("Consumer tells of shards that no worker reads because all have reached maxShards", async () => {
  const world = new World({ shards: 3 });
  const checkpointer = new MemoryCheckpointer();
  const { reported, hooks } = auditing(world);
  const start = (hooks: ConsumerHooks) => {
    const consumer = world.consumer({ hooks, checkpointer, maxShards: 1 });
    return { consumer, working: work(consumer, []) };
  };
  const workers = [start(hooks), start(world.hooks)];
  await world.pass(60_000);
  const read = workers.flatMap(({ consumer }) =>
    consumer.status().shards
      .filter(({ state }) => state === "caught-up")
      .map(({ shardId }) => shardId)
  );
  const unread = world.shardIds.filter((id) => !read.includes(id));
  assertEquals(
    reported.map(({ problems }) => problems.map(({ shardIds }) => shardIds)),
    [[unread]],
  );
  // A third worker has room for it.
  workers.push(start(world.hooks));
  await world.pass(60_000);
  assertEquals(reported.length, 2);
  assertEquals(reported[1]!.problems, []);
  await world.run(Promise.all(workers.map(({ consumer }) => consumer.close())));
  await Promise.all(workers.map(({ working }) => working));
});

Deno.test("Consumer raises no false alarm with maxShards alone, or with until", async () => {
  const world = new World({ shards: 4 });
  const { reported, hooks } = auditing(world);
  const alone = world.consumer({ hooks, maxShards: 1 });
  const working = work(alone, []);
  await world.pass(200_000);
  // Reads one shard after the other up to a time, and waits there.
  const checkpointer = new MemoryCheckpointer();
  const until = new Date(world.clock.now() + 100_000);
  const replay = world.consumer({ hooks, checkpointer, maxShards: 1, until });
  await world.put(20);
  assertComplete(
    (await world.drain(replay)).map(({ value }) => value),
    world.written,
  );
  assertEquals(reported, []);
  await world.run(alone.close());
  await working;
});

Deno.test("Consumer of several streams tells of which of them hash keys are not read", async () => {
  const world = new World({ shards: 2 });
  world.server.createStream("logs", { shards: 2 });
  const [, b] = world.shardIds as [string, string];
  const { reported, hooks } = auditing(world);
  const gaps = world.client((fetch) => hideShards(fetch, (id) => id === b));
  const consumer = new Consumer<Item>({
    client: world.client(),
    clock: world.clock,
    processor: jsonLines<Item>(),
    checkpointer: new MemoryCheckpointer(),
    hooks,
    streams: [{ streamName: STREAM }, { streamName: "logs", client: gaps }],
  });
  const working = work(consumer, []);
  await world.pass(60_000);
  assertEquals(reported.map(({ stream }) => stream), ["logs"]);
  assertEquals(
    consumer.status().streams.map(({ stream, coverage: { problems } }) => [
      stream,
      problems.length,
    ]),
    [[STREAM, 0], ["logs", 1]],
  );
  await world.run(consumer.close());
  await working;
});

for (const [name, life] of Object.entries(lives)) {
  Deno.test(`Consumer raises no false alarm with ${name}`, async () => {
    const world = new World({ shards: 2 });
    const checkpointer = new MemoryCheckpointer();
    const options = await life(world, checkpointer);
    for (const shared of [undefined, checkpointer]) {
      const { reported, hooks } = auditing(world);
      const consumer = world.consumer({
        ...options,
        hooks,
        checkpointer: shared,
      });
      const working = work(consumer, []);
      await world.pass(200_000);
      assertEquals(reported, []);
      assert(consumer.status().streams[0]!.coverage.checked);
      await world.run(consumer.close());
      await working;
    }
  });
}

Deno.test("Consumer raises no false alarm while a stream is resharded, a worker dies and another closes", async () => {
  const world = new World({ shards: 4 });
  const checkpointer = new MemoryCheckpointer();
  const dead = new MemoryCheckpointer();
  // A worker that dies without a word: its calls are never answered.
  for (const name of ["renew", "checkpoint", "take", "list"] as const) {
    const call = checkpointer[name].bind(checkpointer) as () => Promise<never>;
    dead[name] = (...args: []) =>
      isDead ? new Promise<never>(() => {}) : call(...args);
  }
  dead.create = checkpointer.create.bind(checkpointer);
  let isDead = false;
  const { reported, hooks } = auditing(world);
  const items: Item[] = [];
  const start = (workerId: string, shared = checkpointer) => {
    const consumer = world.consumer({ hooks, checkpointer: shared, workerId });
    return { consumer, working: work(consumer, items) };
  };
  const one = start("one");
  const two = start("two", dead);
  await world.pass(40_000);
  const three = start("three");
  for (let n = 0; n < 6; n++) {
    await world.put(50);
    const open = await world.openShards();
    if (n % 2 === 0) world.server.split(STREAM, open[n % open.length]!);
    else world.server.merge(STREAM, open[0]!, open[1]!);
    if (n === 3) isDead = true;
    await world.pass(n === 3 ? 60_000 : 7000);
  }
  await world.run(three.consumer.close());
  await world.pass(60_000);
  assertEquals(reported, []);
  const distinct = new Set(items.map(({ key, i }) => `${key}${i}`));
  assertEquals(distinct.size, 300);
  isDead = false;
  await world.run(Promise.all([one.consumer.close(), two.consumer.close()]));
  await Promise.all([one.working, two.working, three.working]);
});

Deno.test("Consumer raises no false alarm while one page of the list is older than the next, look after look", async () => {
  const world = new World({ shards: 2 });
  const [a, b] = world.shardIds as [string, string];
  // The list names the parent as open and one child, then the other child.
  let look = 0;
  const client = world.client((fetch) =>
    editLists(fetch, (shards) => {
      const isOdd = look++ % 2 === 1;
      return shards.flatMap((shard) => {
        const isChild = shard.ParentShardId !== undefined;
        if (isChild && isOdd === shard.ShardId.endsWith("2")) return [];
        const { StartingSequenceNumber } = shard.SequenceNumberRange;
        return shard.ShardId === a
          ? [{ ...shard, SequenceNumberRange: { StartingSequenceNumber } }]
          : [shard];
      });
    })
  );
  const { reported, hooks } = auditing(world);
  const consumer = world.consumer({
    client,
    hooks,
    checkpointer: new MemoryCheckpointer(),
  });
  const items: Item[] = [];
  const working = work(consumer, items);
  await world.pass(5000);
  world.server.split(STREAM, a);
  await world.put(20);
  await world.pass(200_000);
  assertEquals(reported, []);
  assertComplete(items, world.written);
  assert(b);
  await world.run(consumer.close());
  await working;
});
