/** Connections that break, servers that stop, and calls whose answer does not arrive. */
import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import {
  type Checkpointer,
  type Lease,
  RedisCheckpointer,
} from "../../checkpoint/mod.ts";
import { hasRedis, startRedis } from "../_services/redis.ts";
import { type Relay, startRelay } from "../_services/relay.ts";
import { unhandledRejections } from "../_services/unhandled_rejections.ts";
import {
  accepted,
  assertLease,
  assertStored,
  AT_128,
  held,
  newLease,
  only,
} from "../conformance/checkpointer/fixtures.ts";
import {
  ask,
  closeIoRedis,
  type Connection,
  LIBRARIES,
  openIoRedis,
} from "./_redis_fixtures.ts";

type Options = { signal?: AbortSignal };

/** Every write with its result on a lease that "worker-1" holds. */
const WRITES: Readonly<
  Record<
    string,
    {
      call(
        checkpointer: Checkpointer,
        lease: Lease,
        options?: Options,
      ): Promise<Lease | boolean | undefined>;
      effect(lease: Lease): Lease[];
    }
  >
> = {
  create: {
    call: (to, _, options) => to.create(newLease({ shardId: "new" }), options),
    effect: (lease) => [lease, { ...newLease({ shardId: "new" }), counter: 0 }],
  },
  take: {
    call: (to, lease, options) => to.take(lease, "worker-2", options),
    effect: (lease) => [{ ...lease, owner: "worker-2", counter: 2 }],
  },
  renew: {
    call: (to, lease, options) => to.renew(lease, options),
    effect: (lease) => [{ ...lease, counter: 2 }],
  },
  checkpoint: {
    call: (to, lease, options) => to.checkpoint(lease, AT_128, options),
    effect: (lease) => [{ ...lease, counter: 2, checkpoint: AT_128 }],
  },
  release: {
    call: (to, lease, options) => to.release(lease, options),
    effect: (lease) => [{ ...lease, counter: 2, owner: undefined }],
  },
  replace: {
    call: (to, lease, options) => to.replace(lease, newLease(), options),
    effect: () => [{ ...newLease(), counter: 2 }],
  },
  delete: {
    call: (to, lease, options) => to.delete(lease, options),
    effect: () => [],
  },
};

interface Setting {
  readonly relay: Relay;
  /** Reaches the server through the relay. */
  readonly checkpointer: RedisCheckpointer;
  /** Reaches the server itself. */
  readonly direct: RedisCheckpointer;
  /** A lease that "worker-1" holds, with counter 1, as `checkpointer` has returned it. */
  readonly lease: Lease;
}

/** Runs a test with an empty server on this port and a relay in front of it. */
async function withRelay(
  port: number,
  connect: (port: number) => Promise<Connection>,
  body: (setting: Setting) => Promise<void>,
): Promise<void> {
  await ask(port, "FLUSHALL");
  const relay = await startRelay(port);
  const connections = await Promise.all([
    connect(relay.port),
    connect(port),
  ]);
  const [checkpointer, direct] = connections.map(({ redis }) =>
    new RedisCheckpointer({ redis, name: "app" })
  ) as [RedisCheckpointer, RedisCheckpointer];
  try {
    const lease = await held(checkpointer);
    await body({ relay, checkpointer, direct, lease });
  } finally {
    for (const connection of connections) await connection.close();
    await relay.close();
  }
}

if (await hasRedis()) {
  const server = await startRedis();
  Deno.test.afterAll(() => server.close());

  for (const [name, { call, effect }] of Object.entries(WRITES)) {
    for (const what of ["request", "answer"] as const) {
      Deno.test(`RedisCheckpointer answers ${name} as if it was sent once when ioredis sends it again: lost ${what}`, () =>
        withRelay(server.port, LIBRARIES.ioredis!, async (setting) => {
          const { relay, checkpointer, direct, lease } = setting;
          const lost = relay.lose(what);
          const answer = await call(checkpointer, lease);
          await lost;
          await assertStored(direct, effect(lease));
          // A row that is gone does not tell which call has deleted it.
          if (name === "delete" && what === "answer") {
            assertEquals(answer, false);
          } else if (typeof answer === "object") {
            assertLease(answer, effect(lease)[0]);
          } else {
            assertEquals(answer, true);
          }
        }));
    }

    Deno.test(`RedisCheckpointer rejects with the error of the client, and ${name} happens once, when the answer is lost`, () =>
      withRelay(server.port, LIBRARIES.redis!, async (setting) => {
        const { relay, checkpointer, direct, lease } = setting;
        const lost = relay.lose("answer");
        await assertRejects(
          () => call(checkpointer, lease),
          Error,
          "Socket closed unexpectedly",
        );
        await lost;
        await assertStored(direct, effect(lease));
        const again = await call(checkpointer, lease);
        assertEquals(again || undefined, undefined);
        await assertStored(direct, effect(lease));
      }));
  }

  for (const what of ["request", "answer"] as const) {
    Deno.test(`RedisCheckpointer refuses a write that ioredis sends again after another worker has taken the lease: lost ${what}`, () =>
      withRelay(server.port, LIBRARIES.ioredis!, async (setting) => {
        const { relay, checkpointer, direct, lease } = setting;
        const lost = relay.lose(what);
        const late = checkpointer.checkpoint(lease, AT_128);
        await lost;
        relay.refuse();
        const taken = accepted(
          await direct.take(await only(direct), "worker-2"),
        );
        await relay.admit();
        assertEquals(await late, undefined);
        await assertStored(direct, [taken]);
      }));
  }

  Deno.test("RedisCheckpointer lets the next write of a holder pass when an aborted write is sent again", () =>
    withRelay(server.port, LIBRARIES.ioredis!, async (setting) => {
      const { relay, checkpointer, direct, lease } = setting;
      const controller = new AbortController();
      const lost = relay.lose("answer");
      const reason = new Error("the reason");
      const { signal } = controller;
      const write = checkpointer.checkpoint(lease, AT_128, { signal });
      await lost;
      controller.abort(reason);
      assertStrictEquals(await assertRejects(() => write), reason);
      // Goes over the same connection, behind the script that is sent again.
      const stored = await only(checkpointer);
      assertLease(stored, { ...lease, counter: 2, checkpoint: AT_128 });
      const next = accepted(await checkpointer.renew(stored));
      assertEquals(next.counter, 3);
      await assertStored(direct, [next]);
    }));

  for (const [library, connect] of Object.entries(LIBRARIES)) {
    Deno.test(`RedisCheckpointer goes on with a held lease when the server is killed and started again: ${library}`, async () => {
      const directory = await Deno.makeTempDir();
      const settings = ["--appendonly", "yes", "--appendfsync", "always"];
      let durable = await startRedis({ directory, settings });
      const { port } = durable;
      const { redis, close } = await connect(port);
      try {
        const checkpointer = new RedisCheckpointer({ redis, name: "app" });
        const lease = await held(checkpointer);
        const before = accepted(await checkpointer.checkpoint(lease, AT_128));
        await durable.close();
        durable = await startRedis({ directory, settings, port });
        await assertStored(checkpointer, [before]);
        const after = accepted(await checkpointer.renew(before));
        await assertStored(checkpointer, [after]);
      } finally {
        await close();
        await durable.close();
        await Deno.remove(directory, { recursive: true });
      }
    });

    Deno.test(`RedisCheckpointer ends every call with the reason of its signal while the server hangs: ${library}`, async () => {
      await ask(server.port, "FLUSHALL");
      const { redis, close } = await connect(server.port);
      try {
        const checkpointer = new RedisCheckpointer({ redis, name: "app" });
        const lease = await held(checkpointer);
        const calls = [
          ...Object.values(WRITES).map(({ call }) => call),
          (to: Checkpointer, { streamName }: Lease, options: Options) =>
            to.list(streamName, options),
        ];
        const unhandled = await unhandledRejections(async () => {
          Deno.kill(server.pid, "SIGSTOP");
          try {
            for (const call of calls) {
              const controller = new AbortController();
              const reason = new Error("the reason");
              const pending = call(checkpointer, lease, controller);
              await Promise.resolve();
              controller.abort(reason);
              assertStrictEquals(await assertRejects(() => pending), reason);
            }
          } finally {
            Deno.kill(server.pid, "SIGCONT");
          }
          // The server runs the scripts now, in their order: create, and of the others the first.
          const taken = { ...lease, owner: "worker-2", counter: 2 };
          const created = { ...newLease({ shardId: "new" }), counter: 0 };
          await assertStored(checkpointer, [taken, created]);
        });
        assertEquals(unhandled, []);
      } finally {
        await close();
      }
    });

    Deno.test(`RedisCheckpointer works on when the scripts of the server are flushed: ${library}`, async () => {
      await ask(server.port, "FLUSHALL");
      const { redis, close } = await connect(server.port);
      try {
        const checkpointer = new RedisCheckpointer({ redis, name: "app" });
        const lease = await held(checkpointer);
        await ask(server.port, "SCRIPT", "FLUSH");
        const next = accepted(await checkpointer.renew(lease));
        await ask(server.port, "SCRIPT", "FLUSH");
        await assertStored(checkpointer, [next]);
      } finally {
        await close();
      }
    });
  }

  Deno.test("RedisCheckpointer ends a call with the reason of its signal when ioredis waits for a connection", async () => {
    const relay = await startRelay(server.port);
    relay.refuse();
    const redis = openIoRedis(relay.port);
    try {
      const checkpointer = new RedisCheckpointer({ redis, name: "app" });
      const controller = new AbortController();
      const reason = new Error("the reason");
      const pending = checkpointer.list("orders", controller);
      controller.abort(reason);
      assertStrictEquals(await assertRejects(() => pending), reason);
    } finally {
      await closeIoRedis(redis);
      await relay.close();
    }
  });

  Deno.test("RedisCheckpointer rejects with the error of the client when it is closed", async () => {
    for (const [library, connect] of Object.entries(LIBRARIES)) {
      const { redis, close } = await connect(server.port);
      await close();
      const checkpointer = new RedisCheckpointer({ redis, name: "app" });
      await assertRejects(
        () => checkpointer.list("orders"),
        Error,
        library === "ioredis"
          ? "Connection is closed."
          : "The client is closed",
      );
    }
  });

  Deno.test("RedisCheckpointer rejects with the error of ioredis when that gives up, and the write may have happened", () =>
    withRelay(
      server.port,
      async (port) => {
        const redis = openIoRedis(port, { maxRetriesPerRequest: 1 });
        await redis.connect();
        return { redis, close: () => closeIoRedis(redis) };
      },
      async ({ relay, checkpointer, direct, lease }) => {
        const lost = relay.lose("answer");
        const write = checkpointer.renew(lease);
        await lost;
        relay.refuse();
        await assertRejects(() => write, Error, "max retries per request");
        await relay.admit();
        await assertStored(checkpointer, [{ ...lease, counter: 2 }]);
        await assertStored(direct, [{ ...lease, counter: 2 }]);
      },
    ));
}
