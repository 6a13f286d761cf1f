import { assert, assertEquals } from "@std/assert";
import { RedisCheckpointer } from "../../checkpoint/mod.ts";
import type { Lease } from "../../checkpoint/mod.ts";
import { hasRedis, startRedis } from "../_services/redis.ts";
import { closeIoRedis, openIoRedis } from "./_redis_fixtures.ts";

const WORKER = new URL("./_redis_worker.ts", import.meta.url);
const KILLS = 3;
/** So many checkpoints resolve before each kill. */
const BEFORE_KILL = 50;

function worker(...args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "-A", WORKER.pathname, ...args],
    stdout: "piped",
  }).spawn();
}

/** The only lease of the stream, and what another worker may do with it. */
async function inspect<R>(
  port: number,
  look: (checkpointer: RedisCheckpointer, lease: Lease) => Promise<R> | R,
): Promise<R> {
  const redis = openIoRedis(port);
  try {
    const checkpointer = new RedisCheckpointer({ redis, name: "app" });
    const [lease] = await checkpointer.list("orders");
    assert(lease);
    return await look(checkpointer, lease);
  } finally {
    await closeIoRedis(redis);
  }
}

if (await hasRedis()) {
  Deno.test("RedisCheckpointer loses no write when two processes race for a lease", async () => {
    const server = await startRedis();
    try {
      const outputs = await Promise.all([
        worker("take", `${server.port}`, "a", "200").output(),
        worker("take", `${server.port}`, "b", "200").output(),
      ]);
      assertEquals(outputs.map(({ code }) => code), [0, 0]);
      // Each of the 400 accepted takes has added 1 to the counter.
      const counter = await inspect(server.port, (_, lease) => lease.counter);
      assertEquals(counter, 400);
    } finally {
      await server.close();
    }
  });

  Deno.test("RedisCheckpointer holds every checkpoint that resolved, each once, when the server is killed under a worker", async () => {
    const directory = await Deno.makeTempDir();
    const settings = ["--appendonly", "yes", "--appendfsync", "always"];
    let server = await startRedis({ directory, settings });
    const { port } = server;
    const child = worker("checkpoint", `${port}`, "worker-1");
    try {
      let text = "";
      let kills = 0;
      for await (
        const chunk of child.stdout.pipeThrough(new TextDecoderStream())
      ) {
        text += chunk;
        if (kills === KILLS || lines(text).length < BEFORE_KILL * (kills + 1)) {
          continue;
        }
        kills++;
        await server.close();
        server = await startRedis({ directory, settings, port });
        if (kills < KILLS) continue;
        // The worker must notice that it has lost the lease, and stop.
        const taken = await inspect(port, async (checkpointer, lease) => {
          for (let current = lease;;) {
            const taken = await checkpointer.take(current, "worker-2");
            if (taken) return taken;
            current = (await checkpointer.list("orders"))[0]!;
          }
        });
        assert(taken.checkpoint.type === "SEQUENCE");
      }
      assertEquals((await child.status).code, 0);
      const written = lines(text);
      assertEquals(written.pop(), "refused");
      // The counter rises by 1 with each write, so no checkpoint was stored twice, and none is
      // missing between two that resolved.
      const numbers = written.map(Number);
      assertEquals(numbers, numbers.map((_, index) => numbers[0]! + index));
      const lease = await inspect(port, (_, lease) => lease);
      assertEquals(lease.owner, "worker-2");
      assert(lease.checkpoint.type === "SEQUENCE");
      const stored = Number(lease.checkpoint.sequenceNumber);
      assertEquals(lease.counter, stored + 2);
      // The answer of the last write was lost if worker-2 took the lease before it was sent again.
      const unanswered = stored - numbers.at(-1)!;
      assert(unanswered === 0 || unanswered === 1, `${unanswered}`);
    } finally {
      await server.close();
      await child.status;
      await Deno.remove(directory, { recursive: true });
    }
  });
}

function lines(text: string): string[] {
  return text.split("\n").slice(0, -1);
}
