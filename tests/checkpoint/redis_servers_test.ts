/** Servers that refuse commands: replicas, full servers, and users with few permissions. */
import { assertEquals, assertRejects } from "@std/assert";
import { delay } from "@std/async/delay";
import { createClient } from "redis";
import { RedisCheckpointer } from "../../checkpoint/mod.ts";
import { KinesisError } from "../../errors.ts";
import { hasRedis, startRedis } from "../_services/redis.ts";
import {
  accepted,
  assertStored,
  AT_128,
  held,
  newLease,
  STREAM,
} from "../conformance/checkpointer/fixtures.ts";
import { closeIoRedis, LIBRARIES, openIoRedis } from "./_redis_fixtures.ts";

/** Resolves when a replica has the first lease. While it copies all data, it rejects. */
async function copied(replica: RedisCheckpointer): Promise<void> {
  for (let turns = 0; turns < 1000; turns++) {
    const leases = await replica.list(STREAM).catch(() => []);
    if (leases.length > 0) return;
    await delay(10);
  }
}

if (await hasRedis()) {
  Deno.test("RedisCheckpointer refuses keys of another type, and a user without permission", async () => {
    const server = await startRedis();
    const redis = openIoRedis(server.port);
    try {
      const checkpointer = new RedisCheckpointer({ redis, name: "app" });
      const refused = async (message: string) => {
        const error = await assertRejects(
          () => checkpointer.list(STREAM),
          KinesisError,
          message,
        );
        assertEquals(
          [error.code, error.retryable],
          ["CheckpointStoreRefused", false],
        );
      };
      await redis.set(`@webstreams/kinesis:lease:app:${STREAM}`, "a text");
      await refused("WRONGTYPE");
      await redis.call("ACL", "SETUSER", "reader", "on", ">x", "~*", "+@read");
      await redis.auth("reader", "x");
      await refused("NOPERM");
    } finally {
      await closeIoRedis(redis);
      await server.close();
    }
  });

  Deno.test("RedisCheckpointer rejects writes to a replica with READONLY, and lists", async () => {
    const main = await startRedis({
      settings: ["--repl-diskless-sync-delay", "0"],
    });
    const replica = await startRedis({
      settings: ["--replicaof", "127.0.0.1", `${main.port}`],
    });
    const redis = openIoRedis(main.port);
    try {
      const lease = await held(new RedisCheckpointer({ redis, name: "app" }));
      for (const connect of Object.values(LIBRARIES)) {
        const { redis, close } = await connect(replica.port);
        const checkpointer = new RedisCheckpointer({ redis, name: "app" });
        try {
          await copied(checkpointer);
          await assertStored(checkpointer, [lease]);
          for (
            const call of [
              () => checkpointer.create(newLease({ shardId: "new" })),
              () => checkpointer.renew(lease),
              () => checkpointer.take(lease, "worker-2"),
              () => checkpointer.delete(lease),
            ]
          ) {
            await assertRejects(call, Error, "READONLY");
          }
        } finally {
          await close();
        }
      }
      await assertStored(new RedisCheckpointer({ redis, name: "app" }), [
        lease,
      ]);
    } finally {
      await closeIoRedis(redis);
      await replica.close();
      await main.close();
    }
  });

  const server = await startRedis();
  Deno.test.afterAll(() => server.close());

  for (const [library, connect] of Object.entries(LIBRARIES)) {
    Deno.test(`RedisCheckpointer rejects with OOM and changes nothing when the server is full, and deletes: ${library}`, async () => {
      const admin = openIoRedis(server.port);
      const { redis, close } = await connect(server.port);
      try {
        await admin.flushall();
        const checkpointer = new RedisCheckpointer({ redis, name: "app" });
        const lease = await held(checkpointer);
        await admin.config("SET", "maxmemory", "1");
        for (
          const call of [
            () => checkpointer.create(newLease({ shardId: "new" })),
            () => checkpointer.checkpoint(lease, AT_128),
            () => checkpointer.renew(lease),
          ]
        ) {
          await assertRejects(call, Error, "OOM");
        }
        await assertStored(checkpointer, [lease]);
        await admin.config("SET", "maxmemory", "0");
        const next = accepted(await checkpointer.renew(lease));
        await admin.config("SET", "maxmemory", "1");
        assertEquals(await checkpointer.delete(next), true);
      } finally {
        await admin.config("SET", "maxmemory", "0");
        await closeIoRedis(admin);
        await close();
      }
    });
  }

  Deno.test("RedisCheckpointer needs no other permissions than those that the documentation names", async () => {
    const admin = openIoRedis(server.port);
    const password = "secret";
    await admin.flushall();
    const rules = ["on", `>${password}`, "~@webstreams/kinesis:*"];
    const commands = ["eval", "hget", "hgetall", "hset", "hdel"];
    const own = commands.map((command) => `+${command}`);
    // What the clients themselves send when they connect.
    const clients = ["+info", "+hello"];
    await admin.acl("SETUSER", "app", ...rules, ...own, ...clients);
    const username = "app";
    const one = openIoRedis(server.port, { username, password });
    const two = createClient({
      url: `redis://${username}:${password}@127.0.0.1:${server.port}`,
    });
    two.on("error", () => {});
    try {
      await Promise.all([one.connect(), two.connect()]);
      for (const redis of [one, two]) {
        const checkpointer = new RedisCheckpointer({ redis, name: "app" });
        const lease = await held(checkpointer);
        const next = accepted(await checkpointer.checkpoint(lease, AT_128));
        await assertStored(checkpointer, [next]);
        assertEquals(await checkpointer.delete(next), true);
      }
      await admin.acl("SETUSER", "app", "resetkeys", "~other:*");
      const checkpointer = new RedisCheckpointer({ redis: one, name: "app" });
      await assertRejects(
        () => checkpointer.create(newLease()),
        Error,
        "NOPERM",
      );
    } finally {
      // The clients first: the server disconnects a user that is deleted.
      await closeIoRedis(one);
      two.destroy();
      await admin.acl("DELUSER", "app");
      await closeIoRedis(admin);
    }
  });
}
