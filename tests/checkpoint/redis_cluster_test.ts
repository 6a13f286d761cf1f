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
}
