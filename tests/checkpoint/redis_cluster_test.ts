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
import { ask, type Connection } from "./_redis_fixtures.ts";

if (await hasRedis()) {
  const cluster = await startRedisCluster();
  Deno.test.afterAll(() => cluster.close());
  const ports = cluster.nodes.map(({ port }) => port);

  const clients: Readonly<Record<string, () => Promise<Connection>>> = {
    async ioredis() {
      const startupNodes = ports.map((port) => ({ host: "127.0.0.1", port }));
      const redis = new Cluster(startupNodes, {
        lazyConnect: true,
        scaleReads: "slave",
      });
      await redis.connect();
      return {
        redis,
        close: async () => {
          const ended = new Promise((resolve) => redis.once("end", resolve));
          redis.disconnect();
          await ended;
        },
      };
    },
    async redis() {
      const redis = createCluster({
        rootNodes: ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })),
        useReplicas: true,
      });
      await redis.connect();
      return { redis, close: () => redis.destroy() };
    },
  };

  async function flush(): Promise<void> {
    for (const port of ports) await ask(port, "FLUSHALL");
  }

  for (const [library, connect] of Object.entries(clients)) {
    checkpointerSuite(
      `RedisCheckpointer in a cluster over ${library}`,
      async () => {
        await flush();
        const { redis, close } = await connect();
        return {
          open: (name) => new RedisCheckpointer({ redis, name }),
          close,
        };
      },
      { modelRuns: 10 },
    );

    Deno.test(`RedisCheckpointer spreads the streams of an application over the nodes: ${library}`, async () => {
      await flush();
      const { redis, close } = await connect();
      try {
        const checkpointer = new RedisCheckpointer({ redis, name: "app" });
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
      } finally {
        await close();
      }
    });
  }
}
