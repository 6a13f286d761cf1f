/** A cluster of three nodes, where the streams of an application lie on different nodes. */
import { assert, assertEquals } from "@std/assert";
import { Cluster } from "ioredis";
import { createCluster } from "redis";
import { RedisCheckpointer } from "../../checkpoint/mod.ts";
import { hasRedis } from "../_services/redis.ts";
import { checkpointerSuite } from "../conformance/checkpointer_suite.ts";
import {
  accepted,
  assertStored,
  AT_128,
  held,
} from "../conformance/checkpointer/fixtures.ts";
import { startRedisCluster } from "./_redis_cluster.ts";
import { ask } from "./_redis_fixtures.ts";

const KEY = "@webstreams/kinesis:lease:app:orders";

/** Moves the slot of a key to the next node. Calls `between` when the key has moved alone. */
async function move(
  ports: readonly number[],
  key: string,
  between: () => Promise<void>,
): Promise<void> {
  const [first] = ports as [number];
  const slot = `${await ask(first, "CLUSTER", "KEYSLOT", key)}`;
  const counts = await Promise.all(
    ports.map((port) => ask(port, "CLUSTER", "COUNTKEYSINSLOT", slot)),
  );
  const index = counts.findIndex((count) => Number(count) > 0);
  const source = ports[index]!;
  const target = ports[(index + 1) % ports.length]!;
  const sourceId = `${await ask(source, "CLUSTER", "MYID")}`;
  const targetId = `${await ask(target, "CLUSTER", "MYID")}`;
  const set = (port: number, ...state: string[]) =>
    ask(port, "CLUSTER", "SETSLOT", slot, ...state);
  await set(target, "IMPORTING", sourceId);
  await set(source, "MIGRATING", targetId);
  await ask(source, "MIGRATE", "127.0.0.1", `${target}`, key, "0", "5000");
  await between();
  for (const port of [target, ...ports]) await set(port, "NODE", targetId);
}

if (await hasRedis()) {
  const cluster = await startRedisCluster();
  const ports = cluster.nodes.map(({ port }) => port);

  // Opened once, because ioredis leaves timers behind when it disconnects from a cluster. Both are
  // told to read from replicas, which must not touch the lists of leases.
  const ioredis = new Cluster(
    ports.map((port) => ({ host: "127.0.0.1", port })),
    { lazyConnect: true, scaleReads: "slave", slotsRefreshInterval: 0 },
  );
  const redis = createCluster({
    rootNodes: ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })),
    useReplicas: true,
  });
  await Promise.all([ioredis.connect(), redis.connect()]);
  Deno.test.afterAll(async () => {
    ioredis.disconnect();
    redis.destroy();
    await cluster.close();
  });

  const flush = async () => {
    for (const port of ports) await ask(port, "FLUSHALL");
  };

  for (const [library, client] of Object.entries({ ioredis, redis })) {
    checkpointerSuite(
      `RedisCheckpointer in a cluster over ${library}`,
      async () => {
        await flush();
        const open = (name: string) =>
          new RedisCheckpointer({ redis: client, name });
        return { open };
      },
      { modelRuns: 10 },
    );

    Deno.test(`RedisCheckpointer spreads the streams of an application over the nodes: ${library}`, async () => {
      await flush();
      const checkpointer = new RedisCheckpointer({
        redis: client,
        name: "app",
      });
      for (let n = 0; n < 30; n++) {
        const streamName = `orders-${n}`;
        const lease = await held(checkpointer, "worker-1", { streamName });
        const next = accepted(await checkpointer.checkpoint(lease, AT_128));
        await assertStored(checkpointer, [next], streamName);
      }
      const sizes = await Promise.all(
        ports.map((port) => ask(port, "DBSIZE") as Promise<number>),
      );
      assertEquals(sizes.reduce((sum, size) => sum + size), 30);
      assert(sizes.every((size) => size > 0), `${sizes}`);
    });
  }

  // Not with ioredis: it asks for the slots beside the call, with timers that outlast the test.
  Deno.test("RedisCheckpointer goes on while its stream moves to another node", async () => {
    await flush();
    const checkpointer = new RedisCheckpointer({
      redis,
      name: "app",
    });
    let lease = await held(checkpointer);
    await move(ports, KEY, async () => {
      // The source has no such key any more, and answers with ASK.
      lease = accepted(await checkpointer.checkpoint(lease, AT_128));
    });
    // The source answers with MOVED.
    lease = accepted(await checkpointer.renew(lease));
    await assertStored(checkpointer, [lease]);
  });
}
