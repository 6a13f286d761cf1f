/**
 * How many requests a consumer makes to the store of the leases. docs/checkpoints.md has the
 * figures.
 */
import { assert, assertEquals } from "@std/assert";
import { type Checkpointer, MemoryCheckpointer } from "../../checkpoint/mod.ts";
import { World } from "./_world.ts";

type Counts = Partial<Record<keyof Checkpointer, number>>;

/** Counts the calls of a checkpointer by method. */
function counting(counts: Counts): Checkpointer {
  return new Proxy<Checkpointer>(new MemoryCheckpointer(), {
    get: (inner, method: keyof Checkpointer) => (...args: unknown[]) => {
      counts[method] = (counts[method] ?? 0) + 1;
      return (inner[method] as (...args: unknown[]) => unknown)
        .apply(inner, args);
    },
  });
}

interface Load {
  readonly shards: number;
  /** Whether each shard has new values in each second. */
  readonly isBusy: boolean;
  /** How long the calls are counted, after the worker has taken all shards. */
  readonly seconds: number;
}

/** The calls of one worker in a minute. */
async function callsInMinute(load: Load): Promise<Counts> {
  const { shards, isBusy, seconds } = load;
  const world = new World({ shards });
  const counts: Counts = {};
  const consumer = world.consumer({ checkpointer: counting(counts) });
  const working = (async () => {
    for await (const _ of consumer);
  })();
  await world.pass(30_000);
  const before = { ...counts };
  // So many keys that hardly a shard has none.
  const keys = Array.from({ length: 8 * shards }, (_, n) => `key-${n}`);
  for (let second = 0; second < seconds; second++) {
    if (isBusy) await world.put(keys.length, { keys });
    await world.pass(1000);
  }
  const after = { ...counts };
  await world.run(consumer.close());
  await working;
  return Object.fromEntries(
    Object.entries(after).map(([method, count]) => [
      method,
      (count - (before[method as keyof Checkpointer] ?? 0)) * 60 / seconds,
    ]),
  );
}

for (const [shards, seconds] of [[1, 60], [24, 60], [200, 10]] as const) {
  for (const isBusy of [false, true]) {
    const state = isBusy ? "busy" : "idle";
    Deno.test(`Consumer makes no more requests to its store than documented: ${shards} shards, ${state}`, async () => {
      const calls = await callsInMinute({ shards, isBusy, seconds });
      const { list = 0, renew = 0, checkpoint = 0, ...others } = calls;
      assert(list <= 12, `${list} lists`);
      // A checkpoint each second renews the lease, too.
      assert(renew <= (isBusy ? 0 : 18 * shards), `${renew} renewals`);
      assert(checkpoint <= (isBusy ? 60 * shards : 0), `${checkpoint}`);
      assertEquals(Object.values(others).filter((count) => count > 0), []);
      // Fewer would be no heartbeat, or a checkpoint that is late.
      const least = (isBusy ? 50 : 17) * shards;
      assert(renew + checkpoint >= least, `${renew} and ${checkpoint}`);
    });
  }
}
