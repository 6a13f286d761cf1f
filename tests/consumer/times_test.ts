/** How long things may take, in virtual time. Without a wake-up call they happen too, but later. */
import { assert, assertEquals } from "@std/assert";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import type { Consumer } from "../../consumer.ts";
import { type Item, STREAM, World } from "./_world.ts";

const FAILOVER_MS = 10_000;
/** The time from one look at shards and leases to the next. */
const LOOK_MS = FAILOVER_MS / 2;

async function work(consumer: Consumer<Item>, into: Item[]): Promise<void> {
  for await (const { value } of consumer) into.push(value);
}

/** When an event of the world came first. */
function timesOf(world: World) {
  const times = new Map<string, number>();
  const { hooks } = world;
  return {
    times,
    hooks: {
      ...hooks,
      onShard(event: Parameters<NonNullable<typeof hooks.onShard>>[0]) {
        const key = `${event.state} ${event.shardId}`;
        if (!times.has(key)) times.set(key, world.clock.now());
      },
    },
  };
}

for (const durable of [false, true]) {
  const how = durable ? "with" : "without";
  Deno.test(`Consumer opens children within half a second after the last value of their parent is taken and acknowledged, ${how} a checkpointer`, async () => {
    // Whenever the last look was.
    for (const waitMs of [300, 1100, 2600, 4700]) {
      const world = new World({ shards: 2 });
      const [a, b] = world.shardIds as [string, string];
      const { hooks, times } = timesOf(world);
      const consumer = world.consumer({
        hooks,
        checkpointer: durable ? new MemoryCheckpointer() : undefined,
        failoverTimeMs: FAILOVER_MS,
      });
      await world.put(10);
      const items: Item[] = [];
      const working = work(consumer, items);
      await world.pass(20_000 + waitMs);
      const child = world.server.merge(STREAM, a, b);
      await world.put(10);
      await world.pass(10_000);
      assertEquals(items.length, 20);
      const ended = Math.max(
        times.get(`ended ${a}`)!,
        times.get(`ended ${b}`)!,
      );
      const opened = times.get(`opened ${child}`)!;
      assert(opened - ended <= 500, `${opened - ended} ms after the end`);
      await world.run(consumer.close());
      await working;
    }
  });
}

Deno.test("Consumer opens children within half a second after a late acknowledgement of their parent", async () => {
  const world = new World();
  const [a] = world.shardIds as [string];
  const { hooks, times } = timesOf(world);
  const consumer = world.consumer({
    hooks,
    checkpointer: new MemoryCheckpointer(),
    failoverTimeMs: FAILOVER_MS,
  });
  await world.put(1);
  const children = world.server.split(STREAM, a);
  const reader = consumer.getReader();
  const [record] = await world.read(reader, 1);
  // Right after a look, and long before the next one.
  await world.pass(3 * LOOK_MS + 500);
  record!.ack();
  const acknowledgedAt = world.clock.now();
  await world.pass(LOOK_MS);
  for (const child of children) {
    const afterMs = times.get(`opened ${child}`)! - acknowledgedAt;
    assert(afterMs <= 500, `${afterMs} ms after the acknowledgement`);
  }
  await world.run(consumer.close());
});

Deno.test("Consumer opens the children of a shard without values within half a second after it is split", async () => {
  const world = new World();
  const [a] = world.shardIds as [string];
  const { hooks, times } = timesOf(world);
  const consumer = world.consumer({ hooks, pollIntervalMs: 200 });
  const reading = consumer.getReader().read();
  await world.pass(30_000);
  const children = world.server.split(STREAM, a);
  const splitAt = world.clock.now();
  await world.pass(5000);
  for (const child of children) {
    const afterMs = times.get(`opened ${child}`)! - splitAt;
    assert(afterMs <= 500, `${afterMs} ms after the split`);
  }
  await world.run(consumer.close());
  await reading;
});

Deno.test("Consumer reads a shard again within the failover time and one look after its worker died", async () => {
  // Whenever the worker dies, and whatever else makes the other worker look in between.
  for (let n = 0; n < 12; n++) {
    const world = new World({ shards: 3 });
    const checkpointer = new MemoryCheckpointer();
    let isDead = false;
    const mortal = new MemoryCheckpointer();
    for (
      const call of ["create", "list", "take", "renew", "checkpoint"] as const
    ) {
      const inner = checkpointer[call].bind(checkpointer) as () => Promise<
        never
      >;
      Object.assign(mortal, {
        [call]: (...args: []) =>
          isDead ? new Promise(() => {}) : inner(...args),
      });
    }
    const common = { failoverTimeMs: FAILOVER_MS };
    const dead = world.consumer({
      ...common,
      checkpointer: mortal,
      workerId: "dead",
    });
    const heir = world.consumer({ ...common, checkpointer, workerId: "heir" });
    const lost: Item[] = [];
    const items: Item[] = [];
    const dying = work(dead, lost);
    await world.pass(2000 + 733 * (n % 7));
    const working = work(heir, items);
    await world.pass(40_000 + 457 * (n % 11));
    const leases = await checkpointer.list(STREAM);
    const shardOf = (name: string) =>
      leases.find(({ owner }) => owner === name)!.shardId;
    isDead = true;
    const diedAt = world.clock.now();
    await world.put(1, { keys: ["late"], shardId: shardOf("dead") });
    if (n > 4) {
      await world.pass(9000 + 900 * (n % 5));
      world.server.split(STREAM, shardOf("heir"));
    }
    while (!items.some(({ key }) => key === "late")) await world.pass(100);
    const afterMs = world.clock.now() - diedAt;
    // Beside the looks: the request for the iterator, and the one for the records.
    assert(
      afterMs <= FAILOVER_MS + LOOK_MS + 500,
      `${afterMs} ms after the death`,
    );
    isDead = false;
    await world.run(Promise.all([heir.close(), dead.close()]));
    await Promise.all([working, dying]);
  }
});

Deno.test("Consumer takes a shard that another worker has given back within one look", async () => {
  const world = new World({ shards: 2 });
  const checkpointer = new MemoryCheckpointer();
  const common = { checkpointer, failoverTimeMs: FAILOVER_MS };
  const one = world.consumer({ ...common, workerId: "one" });
  const { hooks, times } = timesOf(world);
  const two = world.consumer({ ...common, hooks, workerId: "two" });
  const working = [work(one, []), work(two, [])];
  await world.pass(41_300);
  const { shardId } = (await checkpointer.list(STREAM))
    .find(({ owner }) => owner === "one")!;
  times.clear();
  const closedAt = world.clock.now();
  await world.run(one.close());
  await world.pass(2 * LOOK_MS);
  const afterMs = times.get(`opened ${shardId}`)! - closedAt;
  assert(afterMs <= LOOK_MS + 500, `${afterMs} ms after the close`);
  await world.run(two.close());
  await Promise.all(working);
});
