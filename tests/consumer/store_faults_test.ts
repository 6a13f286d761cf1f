/** A checkpointer that fails for all leases or for the lease of one shard. */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import {
  type Checkpointer,
  type Lease,
  MemoryCheckpointer,
} from "../../checkpoint/mod.ts";
import type { Consumer } from "../../consumer.ts";
import { CheckpointError } from "../../errors.ts";
import { type Item, STREAM, World } from "./_world.ts";

type Fault = (method: string, args: unknown[]) => Promise<void> | undefined;

/** A checkpointer that awaits `fault` before each call. */
function faulty(fault: Fault): Checkpointer {
  return new Proxy(new MemoryCheckpointer(), {
    get: (inner, method: keyof Checkpointer) => async (...args: unknown[]) => {
      await fault(method, args);
      return await (inner[method] as (...args: unknown[]) => unknown)(...args);
    },
  });
}

/** Reads all values. Resolves with the error of the stream, if it failed. */
async function read(
  consumer: Consumer<Item>,
  onValue: (shardId: string) => void,
): Promise<unknown> {
  try {
    for await (const { shardId } of consumer) onValue(shardId);
  } catch (error) {
    return error;
  }
}

const KEYS = Array.from({ length: 40 }, (_, i) => `k${i}`);
const never = () => new Promise<void>(() => {});
const refuse = () => Promise.reject(new Error("the row is locked"));

for (const method of ["create", "take", "finish"]) {
  for (const [how, answer] of Object.entries({ refuse, never })) {
    const name = `Consumer opens the children of a shard while the lease of ` +
      `another one cannot be written: ${method}, ${how}`;
    Deno.test(name, async () => {
      const world = new World({ shards: 2 });
      const [bad, good] = world.shardIds as [string, string];
      const reported: (string | undefined)[] = [];
      const checkpointer = faulty((called, [lease, checkpoint]) => {
        const isFinish = called === "checkpoint" &&
          (checkpoint as Lease["checkpoint"]).type === "SHARD_END";
        const isHit = (lease as Lease).shardId === bad &&
          (method === "finish" ? isFinish : called === method);
        return isHit ? answer() : undefined;
      });
      const consumer = world.consumer({
        checkpointer,
        hooks: { onReadError: ({ shardId }) => void reported.push(shardId) },
      });
      const shards = new Set<string>();
      const ended = read(consumer, (shardId) => shards.add(shardId));
      await world.put(40, { keys: KEYS });
      await world.pass(3000);
      world.server.split(STREAM, bad);
      world.server.split(STREAM, good);
      await world.put(80, { keys: KEYS });
      await world.pass(5000);
      // Read: the good shard and its 2 children, and the bad shard if its lease could be taken.
      assertEquals(shards.size, method === "finish" ? 4 : 3);
      await world.pass(120_000);
      assert(reported.includes(bad));
      assert(reported.every((shardId) => shardId === bad));
      await world.run(consumer.close().catch(() => {}));
      assertEquals(await ended, undefined);
    });
  }
}

Deno.test("Consumer finishes a shard only after the leases of its children are stored", async () => {
  const world = new World();
  const [parent] = world.shardIds as [string];
  let isRefusing = true;
  const writes: string[] = [];
  const checkpointer = faulty((method, [lease, checkpoint]) => {
    const { shardId } = lease as Lease;
    if (method === "create" && shardId !== parent) {
      if (isRefusing) return refuse();
      writes.push("created");
    }
    const { type } = (checkpoint ?? {}) as Partial<Lease["checkpoint"]>;
    if (method === "checkpoint" && type === "SHARD_END") {
      writes.push("finished");
    }
  });
  const consumer = world.consumer({ checkpointer });
  const ended = read(consumer, () => {});
  await world.put(10);
  await world.pass(3000);
  world.server.split(STREAM, parent);
  await world.pass(20_000);
  assertEquals(writes, []);
  isRefusing = false;
  await world.pass(5000);
  assertEquals(writes, ["created", "created", "finished"]);
  await world.run(consumer.close());
  assertEquals(await ended, undefined);
});

Deno.test("Consumer tells of each shard that it has opened how that ended, also if the lease cannot be given back", async () => {
  for (const [how, answer] of Object.entries({ refuse, never })) {
    const world = new World({ shards: 2 });
    const [bad, good] = world.shardIds as [string, string];
    const consumer = world.consumer({
      checkpointer: faulty((method, [lease]) =>
        method === "release" && (lease as Lease).shardId === bad
          ? answer()
          : undefined
      ),
    });
    await world.run(consumer.ready);
    await world.run(consumer.close());
    const ends = world.events.filter((event) => /^(released|lost)/.test(event));
    assertEquals(ends.sort(), [`lost ${bad}`, `released ${good}`], how);
  }
});

Deno.test("Consumer fails when the lease of a shard could not be written for 10 minutes, and names it", async () => {
  const world = new World({ shards: 2 });
  const bad = world.shardIds[0]!;
  const consumer = world.consumer({
    checkpointer: faulty((method, [lease]) =>
      method === "take" && (lease as Lease).shardId === bad
        ? refuse()
        : undefined
    ),
  });
  const ended = read(consumer, () => {});
  await world.pass(590_000);
  assertEquals(consumer.status().shards.length, 2);
  await world.pass(30_000);
  const error = await world.run(ended);
  assertInstanceOf(error, CheckpointError);
  assertEquals([...error.failures.keys()], [bad]);
  assertEquals((error.cause as Error).message, "the row is locked");
});

for (const [how, answer] of Object.entries({ refuse, never })) {
  Deno.test(`Consumer outlasts minutes without a checkpointer, and fails after ten: ${how}`, async () => {
    const world = new World({ shards: 2 });
    let isDown = false;
    const consumer = world.consumer({
      checkpointer: faulty(() => isDown ? answer() : undefined),
    });
    let values = 0;
    const ended = read(consumer, () => values++);
    await world.put(10);
    await world.pass(5000);
    isDown = true;
    await world.pass(300_000);
    isDown = false;
    await world.put(10);
    await world.pass(30_000);
    assert(values >= 20);
    isDown = true;
    const error = await world.run(ended);
    assertInstanceOf(error, CheckpointError);
    assert(error.cause instanceof Error);
  });
}

for (const what of ["delete", "question"]) {
  Deno.test(`Consumer reads on while it cannot tidy up: ${what}`, async () => {
    const world = new World({ shards: 2 });
    const [first, second] = world.shardIds as [string, string];
    const checkpointer = faulty((method) =>
      method === "delete" && what === "delete" ? refuse() : undefined
    );
    const before = world.consumer({ checkpointer });
    const done = read(before, () => {});
    await world.put(40, { keys: KEYS });
    await world.pass(3000);
    world.server.split(STREAM, first);
    await world.pass(10_000);
    await world.run(before.close());
    await done;
    world.server.advance(25 * 3_600_000);
    const client = world.client();
    if (what === "question") {
      const ask = client.getShardIterator;
      client.getShardIterator = (request, options) =>
        request.ShardId === first ? refuse() as never : ask(request, options);
    }
    const consumer = world.consumer({ client, checkpointer });
    const shards = new Set<string>();
    const ended = read(consumer, (shardId) => shards.add(shardId));
    await world.put(40, { keys: KEYS });
    await world.pass(700_000);
    world.server.split(STREAM, second);
    await world.put(80, { keys: KEYS });
    await world.pass(5000);
    assertEquals(shards.size, 5);
    assert(world.errors.length > 0);
    await world.run(consumer.close());
    assertEquals(await ended, undefined);
  });
}

Deno.test("Consumer lists the leases a few times while 50 shards are split", async () => {
  const world = new World({ shards: 50 });
  let lists = 0;
  const consumer = world.consumer({
    checkpointer: faulty((method) => {
      if (method === "list") lists++;
      return undefined;
    }),
  });
  const ended = read(consumer, () => {});
  await world.pass(10_000);
  lists = 0;
  for (const id of world.shardIds) world.server.split(STREAM, id);
  await world.pass(5000);
  assertEquals(consumer.status().shards.length, 150);
  assert(lists <= 10, `${lists}`);
  await world.run(consumer.close());
  await ended;
});

Deno.test("Consumer names failoverTimeMs when a lease is not written in time", async () => {
  const world = new World();
  const messages: string[] = [];
  const consumer = world.consumer({
    checkpointer: faulty((method) =>
      method === "renew"
        ? new Promise((resolve) => world.clock.setTimeout(resolve, 4000))
        : undefined
    ),
    hooks: {
      onReadError: ({ error }) => void messages.push((error as Error).message),
    },
  });
  const ended = read(consumer, () => {});
  await world.pass(20_000);
  assert(messages[0]?.includes("a third of 'failoverTimeMs'"), messages[0]);
  await world.run(consumer.close().catch(() => {}));
  await ended;
});

/**
 * A consumer that has processed all values of a shard to its end. SHARD_END cannot be written until
 * `recover` is called.
 */
async function atUnwrittenEnd(world: World) {
  let isDown = true;
  const checkpointer = faulty((method, [, checkpoint]) => {
    const isEnd = method === "checkpoint" &&
      (checkpoint as Lease["checkpoint"]).type === "SHARD_END";
    return isEnd && isDown ? refuse() : undefined;
  });
  const consumer = world.consumer({
    checkpointer,
    checkpointIntervalMs: Infinity,
  });
  const ended = read(consumer, () => {});
  await world.put(10);
  await world.pass(3000);
  world.server.split(STREAM, world.shardIds[0]!);
  // Longer than the pauses between the first attempts, shorter than the next one.
  await world.pass(5000);
  assert(world.errors.length > 0);
  return { checkpointer, consumer, ended, recover: () => isDown = false };
}

for (const how of ["close", "checkpoint"] as const) {
  Deno.test(`Consumer.${how} stores the end of a shard that could not be stored before`, async () => {
    const world = new World();
    const { checkpointer, consumer, ended, recover } = await atUnwrittenEnd(
      world,
    );
    recover();
    await world.run(consumer[how]());
    const [lease] = await checkpointer.list(STREAM);
    assertEquals(lease!.checkpoint, { type: "SHARD_END" });
    await world.run(consumer.close());
    await ended;
    const next = world.consumer({ checkpointer, until: "caught-up" });
    assertEquals((await world.drain(next)).length, 0);
  });

  Deno.test(`Consumer.${how} says so when the end of a shard can still not be stored`, async () => {
    const world = new World();
    const { consumer, ended } = await atUnwrittenEnd(world);
    const failed = consumer[how]().then(() => undefined, (error) => error);
    const error = await world.run(failed);
    assertInstanceOf(error, CheckpointError);
    assertEquals([...error.failures.keys()], world.shardIds);
    await world.run(consumer.close().catch(() => {}));
    await ended;
  });
}
