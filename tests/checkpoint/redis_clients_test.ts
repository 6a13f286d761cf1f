/** Which clients are accepted, and the settings that change their answers. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Cluster, Redis } from "ioredis";
import {
  createClient,
  createClientPool,
  createCluster,
  createSentinel,
  RESP_TYPES,
} from "redis";
import { RedisCheckpointer, type RedisClient } from "../../checkpoint/mod.ts";
import { hasRedis, startRedis } from "../_services/redis.ts";
import {
  accepted,
  assertStored,
  AT_128,
  held,
  newLease,
} from "../conformance/checkpointer/fixtures.ts";
import { ask, closeIoRedis, openIoRedis } from "./_redis_fixtures.ts";
import { HELD, ROW } from "./_rows.ts";

/** Makes a checkpointer of any value. */
function make(redis: unknown, name: unknown = "app"): RedisCheckpointer {
  return new RedisCheckpointer(
    { redis, name } as ConstructorParameters<typeof RedisCheckpointer>[0],
  );
}

/** A client like that of ioredis, which answers every script alike. */
function answering(answer: unknown): RedisClient {
  return {
    eval: () => Promise.resolve(answer),
    defineCommand: () => {},
    connect: () => Promise.resolve(),
  };
}

Deno.test("RedisCheckpointer accepts the clients of ioredis and redis, connected or not", () => {
  const rootNodes = [{ url: "redis://127.0.0.1:1" }];
  const clients: RedisClient[] = [ // checked by the compiler
    new Redis({ lazyConnect: true }),
    new Cluster([{ host: "127.0.0.1", port: 1 }], { lazyConnect: true }),
    createClient(),
    createClient({ RESP: 3 }),
    createCluster({ rootNodes }),
    createClientPool(),
    createSentinel({ name: "main", sentinelRootNodes: [] }),
  ];
  for (const client of clients) make(client);
});

Deno.test("RedisCheckpointer refuses other objects when it is constructed", () => {
  const redis = new Redis({ lazyConnect: true });
  const others: unknown[] = [
    undefined,
    null,
    "redis://127.0.0.1:6379",
    {},
    Promise.resolve(redis),
    redis.pipeline(),
    createClient().multi(),
    createClient().legacy(),
    // Clients with other parameters, such as @upstash/redis.
    { eval: () => {}, evalsha: () => {} },
    { eval: () => {}, defineCommand: "x", connect: () => {} },
  ];
  for (const other of others) {
    assertThrows(
      () => make(other),
      TypeError,
      "Cannot create RedisCheckpointer as 'redis' must be a client of npm:ioredis (new Redis() or new Cluster()) or of npm:redis",
    );
  }
});

Deno.test("RedisCheckpointer refuses a name that is not 1 to 256 characters", () => {
  for (const name of ["", "x".repeat(257), null, 7]) {
    assertThrows(
      () => make(answering([]), name),
      RangeError,
      "Cannot create RedisCheckpointer as 'name' must be a text of 1 to 256 characters: current value is ",
    );
  }
  make(answering([]), "x".repeat(256));
});

Deno.test("RedisCheckpointer calls nothing when it is constructed", () => {
  const fail = () => {
    throw new Error("called");
  };
  make({ eval: fail, defineCommand: fail, connect: fail });
});

Deno.test("RedisCheckpointer rejects when the client answers with what no script returns", async () => {
  const swaps = [undefined, null, "OK", 1, {}, [], ["odd"], [1], ["refused"]];
  for (const answer of swaps) {
    const checkpointer = make(answering(answer));
    await assertRejects(
      () => checkpointer.create(newLease()),
      TypeError,
      "Cannot use the answer of the Redis client",
    );
  }
  for (const answer of [undefined, "OK", ["odd"], [1, 2]]) {
    const checkpointer = make(answering(answer));
    await assertRejects(() => checkpointer.list("orders"), TypeError);
  }
  for (const answer of [undefined, "OK", [], [7]]) {
    await assertRejects(() => make(answering(answer)).renew(HELD), TypeError);
  }
});

Deno.test("RedisCheckpointer rejects when a client throws", async () => {
  const fault = new Error("thrown, not rejected");
  const checkpointer = make({
    ...answering([]),
    eval: () => {
      throw fault;
    },
  });
  for (
    const call of [
      () => checkpointer.list("orders"),
      () => checkpointer.create(newLease()),
      () => checkpointer.renew(HELD),
    ]
  ) {
    assertEquals(await assertRejects(call), fault);
  }
});

Deno.test("RedisCheckpointer starts no write after its signal has aborted, at whatever moment", async () => {
  const row = `=${JSON.stringify(ROW)}`;
  let late = 0;
  for (let turns = 0; turns < 30; turns++) {
    const controller = new AbortController();
    const { signal } = controller;
    let scripts = 0;
    const checkpointer = make({
      ...answering([]),
      async eval() {
        if (signal.aborted) late++;
        if (++scripts > 1) return await new Promise(() => {});
        abortAfter(turns, controller);
        return [row];
      },
    });
    const error = await assertRejects(() =>
      checkpointer.renew(HELD, { signal })
    );
    assertEquals(error, signal.reason);
  }
  assertEquals(late, 0);
});

/** Aborts after so many microtasks. */
async function abortAfter(
  turns: number,
  controller: AbortController,
): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve();
  controller.abort(new Error("the reason"));
}

Deno.test("RedisCheckpointer gives up when a row changes again and again and its counter does not", async () => {
  let scripts = 0;
  const checkpointer = make({
    ...answering([]),
    eval: (_script: string, _count: number, ..._values: string[]) => {
      const version = `${scripts++}`;
      const row = JSON.stringify({
        format: 1,
        owner: "worker-1",
        counter: 1,
        checkpoint: { type: "LATEST" },
        parentShardIds: [],
        version,
      });
      const answer = scripts === 1 ? [`=${row}`] : ["refused", `=${row}`];
      return Promise.resolve(answer);
    },
  });
  assertEquals(await checkpointer.renew(HELD), undefined);
  assertEquals(scripts, 5);
});

/** A client with settings that change its answers or keys. */
interface Special {
  readonly redis: RedisClient;
  close(): Promise<void> | void;
}

const SPECIAL: Readonly<Record<string, (port: number) => Promise<Special>>> = {
  async "ioredis with a key prefix and texts for numbers"(port) {
    const redis = openIoRedis(port, { keyPrefix: "{x}:", stringNumbers: true });
    await redis.connect();
    return { redis, close: () => closeIoRedis(redis) };
  },
  async "ioredis with automatic pipelines"(port) {
    const redis = openIoRedis(port, { enableAutoPipelining: true });
    await redis.connect();
    return { redis, close: () => closeIoRedis(redis) };
  },
  async "redis with RESP 3"(port) {
    const url = `redis://127.0.0.1:${port}`;
    const redis = await createClient({ url, RESP: 3 }).connect();
    return { redis, close: () => redis.destroy() };
  },
  async "redis with bytes for texts"(port) {
    const client = await createClient({ url: `redis://127.0.0.1:${port}` })
      .connect();
    const redis = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    return { redis, close: () => client.destroy() };
  },
  async "redis with a pool"(port) {
    const url = `redis://127.0.0.1:${port}`;
    const redis = createClientPool({ url });
    await redis.connect();
    return { redis, close: () => redis.destroy() };
  },
};

if (await hasRedis()) {
  const server = await startRedis();
  Deno.test.afterAll(() => server.close());

  for (const [name, connect] of Object.entries(SPECIAL)) {
    Deno.test(`RedisCheckpointer works with ${name}`, async () => {
      await ask(server.port, "FLUSHALL");
      const { redis, close } = await connect(server.port);
      try {
        const checkpointer = make(redis);
        const lease = await held(checkpointer, "wörker\0€");
        assertEquals(
          await checkpointer.take({ ...lease, counter: 0 }, "x"),
          undefined,
        );
        const next = accepted(await checkpointer.checkpoint(lease, AT_128));
        await assertStored(checkpointer, [next]);
        assertEquals(await checkpointer.delete(next), true);
        assertEquals(await checkpointer.list("orders"), []);
      } finally {
        await close();
      }
    });
  }

  Deno.test("RedisCheckpointer needs one request for a call, and one more to take a copy of a lease", async () => {
    const redis = openIoRedis(server.port);
    try {
      await redis.flushall();
      const checkpointer = make(redis);
      /** How many scripts the server runs for a call. */
      const cost = async <R>(call: () => Promise<R>): Promise<[number, R]> => {
        await redis.config("RESETSTAT");
        const result = await call();
        const stats = await redis.info("commandstats");
        return [Number(/cmdstat_eval:calls=(\d+)/.exec(stats)?.[1]), result];
      };
      assertEquals((await cost(() => checkpointer.create(newLease())))[0], 1);
      const [lists, [free]] = await cost(() => checkpointer.list("orders"));
      assertEquals(lists, 1);
      const [takes, copy] = await cost(() =>
        checkpointer.take({ ...free! }, "worker-1")
      );
      assertEquals(takes, 2);
      const [renewals, lease] = await cost(() =>
        checkpointer.renew(accepted(copy))
      );
      assertEquals(renewals, 1);
      const [writes, next] = await cost(() =>
        checkpointer.checkpoint(accepted(lease), AT_128)
      );
      assertEquals(writes, 1);
      // Refused: the script answers with the row that it has found.
      assertEquals(await cost(() => checkpointer.renew(lease!)), [
        1,
        undefined,
      ]);
      assertEquals((await cost(() => checkpointer.release(next!)))[0], 1);
    } finally {
      await closeIoRedis(redis);
    }
  });
}
