/**
 * Consumers that share a stream through Redis. Calls of Redis take real time, so they hold the
 * clock.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Checkpointer, RedisCheckpointer } from "../../checkpoint/mod.ts";
import type { Consumer } from "../../consumer.ts";
import { CheckpointError } from "../../errors.ts";
import { hasRedis, startRedis } from "../_services/redis.ts";
import { startRelay } from "../_services/relay.ts";
import { ask, LIBRARIES } from "../checkpoint/_redis_fixtures.ts";
import { type Item, STREAM, World } from "./_world.ts";

type Before = (method: string) => unknown;

/** A checkpointer that holds the clock of the world, and awaits `before` in front of each call. */
function clocked(
  world: World,
  inner: Checkpointer,
  before: Before = () => {},
): Checkpointer {
  return new Proxy(inner, {
    get: (_, method: keyof Checkpointer) => async (...args: unknown[]) => {
      await before(method);
      const call = inner[method] as (...args: unknown[]) => Promise<unknown>;
      return await world.holdTime(() => call.apply(inner, args));
    },
  });
}

/** Iterates over all values, which acknowledges each value when the next one is asked for. */
async function work(consumer: Consumer<Item>, into: Item[]): Promise<void> {
  for await (const { value } of consumer) into.push(value);
}

/** The values, each once. */
function distinct(items: readonly Item[]): Set<string> {
  return new Set(items.map(({ key, i }) => `${key}${i}`));
}

if (await hasRedis()) {
  const server = await startRedis();
  Deno.test.afterAll(() => server.close());

  for (const [library, connect] of Object.entries(LIBRARIES)) {
    /** Registers a test with an empty server, and two connections as two processes have. */
    const test = (
      name: string,
      body: (one: RedisCheckpointer, two: RedisCheckpointer) => Promise<void>,
    ) =>
      Deno.test(`Consumer ${name}: ${library}`, async () => {
        await ask(server.port, "FLUSHALL");
        const connections = [
          await connect(server.port),
          await connect(server.port),
        ];
        const [one, two] = connections.map(({ redis }) =>
          new RedisCheckpointer({ redis, name: "app" })
        );
        try {
          await body(one!, two!);
        } finally {
          for (const { close } of connections) await close();
        }
      });

    test(
      "takes over the shards of a dead worker through Redis, and that worker changes nothing when it goes on",
      async (one, two) => {
        const world = new World({ shards: 2 });
        await world.put(20, { keys: [..."abcdef"] });
        let isDead = false;
        const zombie = world.consumer({
          checkpointer: clocked(
            world,
            one,
            () => isDead ? new Promise(() => {}) : undefined,
          ),
          workerId: "zombie",
        });
        const records = await world.read(zombie.getReader(), 20);
        for (const record of records.slice(0, 10)) record.ack();
        await world.run(zombie.checkpoint());
        isDead = true;

        const items: Item[] = [];
        const heir = world.consumer({
          checkpointer: clocked(world, two),
          workerId: "heir",
        });
        const working = work(heir, items);
        await world.pass(40_000);
        const before = await two.list(STREAM);
        assertEquals(before.map(({ owner }) => owner), ["heir", "heir"]);
        const seen = distinct(items);
        for (const { value: { key, i } } of records.slice(10)) {
          assert(seen.has(`${key}${i}`));
        }

        isDead = false;
        for (const record of records) record.ack();
        await world.run(zombie.checkpoint());
        await world.run(zombie.close());
        const after = await two.list(STREAM);
        assertEquals(
          after.map(({ owner, checkpoint }) => [owner, checkpoint]),
          before.map(({ owner, checkpoint }) => [owner, checkpoint]),
        );
        await world.run(heir.close());
        await working;
      },
    );

    test(
      "is refused by Redis when it checkpoints a shard that another worker has taken meanwhile",
      async (one, two) => {
        const world = new World();
        await world.put(20);
        const consumer = world.consumer({
          checkpointer: clocked(world, one),
          workerId: "one",
        });
        const records = await world.read(consumer.getReader(), 20);
        const [lease] = await two.list(STREAM);
        const taken = await two.take(lease!, "two");
        assert(taken);
        for (const record of records) record.ack();
        const error = await assertRejects(
          () => world.run(consumer.checkpoint()),
          CheckpointError,
        );
        assertEquals([...error.failures.keys()], world.shardIds);
        assertEquals(await two.list(STREAM), [taken]);
        await world.run(consumer.close()).catch(() => {});
        assertEquals(await two.list(STREAM), [taken]);
      },
    );

    test(
      "stores in Redis that a shard is at its end, so the next run repeats no value",
      async (one, two) => {
        const world = new World({ shards: 1 });
        await world.put(20);
        const items: Item[] = [];
        const first = world.consumer({ checkpointer: clocked(world, one) });
        const working = work(first, items);
        await world.pass(3000);
        const [parent] = world.shardIds as [string];
        world.server.split(STREAM, parent);
        await world.put(20);
        await world.pass(10_000);
        await world.run(first.close());
        await working;
        assertEquals(distinct(items).size, 40);
        const leases = await two.list(STREAM);
        const of = new Map(leases.map((lease) => [lease.shardId, lease]));
        assertEquals(of.get(parent)?.checkpoint, { type: "SHARD_END" });
        assertEquals(leases.filter(({ owner }) => owner !== undefined), []);

        const second = world.consumer({
          checkpointer: clocked(world, two),
          until: "caught-up",
        });
        assertEquals(await world.drain(second), []);
      },
    );
  }

  for (const [library, connect] of Object.entries(LIBRARIES)) {
    Deno.test(`Consumer keeps its shards when the answers of heartbeats through Redis are lost: ${library}`, async () => {
      await ask(server.port, "FLUSHALL");
      const world = new World({ shards: 2 });
      const relay = await startRelay(server.port);
      const { redis, close } = await connect(relay.port);
      let lost = 0;
      const checkpointer = clocked(
        world,
        new RedisCheckpointer({ redis, name: "app" }),
        (method) => {
          // Every fifth heartbeat, so that the list behind it arrives.
          if (method === "renew" && lost++ % 5 === 0) void relay.lose("answer");
        },
      );
      try {
        const items: Item[] = [];
        const consumer = world.consumer({ checkpointer, workerId: "one" });
        const working = work(consumer, items);
        for (let round = 0; round < 5; round++) {
          await world.put(20);
          await world.pass(20_000);
        }
        assert(lost > 10, `${lost}`);
        assertEquals(world.events.filter((e) => e.startsWith("lost")), []);
        assertEquals(items.length, 100);
        await world.run(consumer.close());
        await working;
      } finally {
        await close();
        await relay.close();
      }
    });
  }
}
