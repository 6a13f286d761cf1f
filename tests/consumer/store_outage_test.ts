/** A store that fails for all workers for two failover times, and then works again. */
import { assert, assertEquals } from "@std/assert";
import { type Checkpointer, MemoryCheckpointer } from "../../checkpoint/mod.ts";
import type { Consumer } from "../../consumer.ts";
import { assertOneReader, type ShardMoment } from "./_one_reader.ts";
import { type Item, STREAM, World } from "./_world.ts";

const FAILOVER_MS = 10_000;
const SHARDS = 24;
const KEYS = Array.from({ length: 100 }, (_, n) => `k${n}`);

/** How a store fails: each call gets `call`, which makes the real call. */
type Failure = (
  world: World,
  call: () => Promise<unknown>,
  isDown: () => boolean,
) => Promise<unknown>;

const never = () => new Promise<never>(() => {});

/** Resolves when the store works again. */
async function recovery(world: World, isDown: () => boolean): Promise<void> {
  while (isDown()) {
    await new Promise<void>((go) => world.clock.setTimeout(go, 100));
  }
}

const FAILURES: Record<string, Failure> = {
  "rejects each call": () => Promise.reject(new Error("connection refused")),
  "never answers": never,
  "makes each call and never answers": async (_, call) => {
    await call();
    return await never();
  },
  "makes each call when it works again": async (world, call, isDown) => {
    await recovery(world, isDown);
    return await call();
  },
  "makes each call when it works again, and never answers": async (
    world,
    call,
    isDown,
  ) => {
    await recovery(world, isDown);
    await call();
    return await never();
  },
};

for (const [how, fail] of Object.entries(FAILURES)) {
  Deno.test(`Consumer reads each shard with one worker at a time, repeats few calls and loses nothing after its store ${how} for two failover times`, async () => {
    const world = new World({ shards: SHARDS });
    const inner = new MemoryCheckpointer();
    const counts = new Map<string, number>();
    let isDown = false;
    const store = new Proxy<Checkpointer>(inner, {
      get: (_, method: keyof Checkpointer) => (...args: unknown[]) => {
        counts.set(method, (counts.get(method) ?? 0) + 1);
        const call = () =>
          (inner[method] as (...args: unknown[]) => Promise<unknown>)
            .apply(inner, args);
        return isDown ? fail(world, call, () => isDown) : call();
      },
    });
    const moments: ShardMoment[] = [];
    const items: Item[] = [];
    const consumers = ["one", "two"].map((worker) =>
      world.consumer({
        checkpointer: store,
        workerId: worker,
        failoverTimeMs: FAILOVER_MS,
        hooks: {
          onShard: ({ state, shardId }) =>
            void moments.push({ worker, state, shardId }),
        },
      })
    );
    const work = async (consumer: Consumer<Item>) => {
      for await (const { value } of consumer) items.push(value);
    };
    const working = consumers.map(work);
    const putFor = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 1000) {
        await world.put(KEYS.length, { keys: KEYS });
        await world.pass(1000);
      }
    };
    await putFor(60_000);
    const readers = (await inner.list(STREAM)).map((
      { shardId, owner },
    ): [string, string] => [shardId, owner!]);
    moments.length = 0;
    isDown = true;
    counts.clear();
    await putFor(2 * FAILOVER_MS);
    // No more than in good times: a checkpoint each second for each shard, and the renewals.
    const sum = [...counts.values()].reduce((all, count) => all + count);
    const mostCalls = SHARDS * 2 * FAILOVER_MS / 1000 * 1.5;
    assert(sum <= mostCalls, `${sum} calls of a store that is down`);
    isDown = false;
    counts.clear();
    await putFor(2000);
    const lists = counts.get("list") ?? 0;
    assert(lists <= 10, `${lists} lists in the 2 seconds after the outage`);
    await putFor(60_000);
    await world.pass(20_000);
    // Until all shards are read again. Later, a worker with fewer shards may steal one from the other.
    const again = new Set<string>();
    const end = moments.findIndex(({ state, shardId }) =>
      state === "opened" && again.add(shardId).size === SHARDS
    );
    assert(end > 0);
    assertOneReader(moments.slice(0, end + 1), readers);
    const seen = new Set(items.map(({ key, i }) => `${key} ${i}`));
    for (const [key, count] of world.written) {
      for (let i = 0; i < count; i++) assert(seen.has(`${key} ${i}`), key);
    }
    const owners = (await inner.list(STREAM)).map(({ owner }) => owner);
    // The shards have unequal loads, so their numbers may differ by two.
    for (const worker of ["one", "two"]) {
      const count = owners.filter((owner) => owner === worker).length;
      assert(Math.abs(count - SHARDS / 2) <= 1, `${worker} has ${count}`);
    }
    await world.run(Promise.all(consumers.map((each) => each.close())));
    await Promise.all(working);
    assertEquals(world.clock.pendingTimers, 0);
  });
}
