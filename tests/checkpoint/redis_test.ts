import { hasRedis, startRedis } from "../_services/redis.ts";
import { RedisCheckpointer } from "../../checkpoint/mod.ts";
import { checkpointerSuite } from "../conformance/checkpointer_suite.ts";
import { ask, type Connection, LIBRARIES } from "./_redis_fixtures.ts";

if (await hasRedis()) {
  const server = await startRedis();
  Deno.test.afterAll(() => server.close());

  for (const [library, connect] of Object.entries(LIBRARIES)) {
    checkpointerSuite(`RedisCheckpointer over ${library}`, async () => {
      await ask(server.port, "FLUSHALL");
      const connections: Promise<Connection>[] = [];
      let opened = 0;
      return {
        async open(name) {
          // Several connections, as several processes have. 5 are enough.
          const { redis } = await (connections[opened++ % 5] ??= connect(
            server.port,
          ));
          return new RedisCheckpointer({ redis, name });
        },
        async close() {
          for (const connection of connections) {
            await (await connection).close();
          }
        },
      };
    });
  }
}
