/**
 * Times that are stored or compared with arrivals are times of the service, also if the clock of
 * the machine is wrong.
 */
import { assert, assertEquals } from "@std/assert";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import type { Fetch } from "../../client/mod.ts";
import type { ConsumerOptions } from "../../consumer.ts";
import { type Item, STREAM, World } from "./_world.ts";

const HOUR_MS = 3_600_000;

/**
 * The clock of a machine that is wrong by `offset()` milliseconds. Its monotonic clock is right.
 */
function machine(world: World, offset: () => number) {
  const { clock } = world;
  const start = clock.now();
  return {
    now: () => clock.now() + offset(),
    monotonic: () => clock.now() - start,
    setTimeout: (callback: () => void, ms: number) =>
      clock.setTimeout(callback, ms),
    clearTimeout: (handle: unknown) => clock.clearTimeout(handle),
  };
}

/**
 * Starts a consumer at LATEST, which dies before its first acknowledgement, and starts another one.
 * Resolves with the number of records that the second reads, of the 5 that were written before the
 * first start and the 10 after it.
 */
async function restart(
  world: World,
  options: Partial<ConsumerOptions<Item>>,
  restartAfterMs: number,
): Promise<number> {
  const start = () =>
    world.consumer({
      checkpointer,
      from: "LATEST",
      workerId: "w",
      ...options,
    });
  const checkpointer = new MemoryCheckpointer();
  await world.put(5);
  await world.pass(60_000);
  const first = start();
  await world.run(first.ready);
  await world.put(5);
  await world.pass(restartAfterMs);
  await world.put(5);
  const second = start();
  let got = 0;
  const done = (async () => {
    for await (const _ of second) got++;
  })();
  await world.pass(20_000);
  await world.run(second.close());
  await done;
  await world.run(first.close());
  return got;
}

for (
  const [name, offset] of [
    ["a minute ahead", () => () => 60_000],
    ["a day behind", () => () => -24 * HOUR_MS],
    ["set back by an hour while it runs", (world: World) => {
      const start = world.clock.now();
      return () => world.clock.now() > start + 60_000 ? -HOUR_MS : 0;
    }],
    ["put forward by an hour while it runs", (world: World) => {
      const start = world.clock.now();
      return () => world.clock.now() > start + 59_000 ? HOUR_MS : 0;
    }],
  ] as const
) {
  Deno.test(`Consumer with LATEST loses nothing and repeats little on a machine whose clock is ${name}`, async () => {
    for (const restartAfterMs of [30_000, 90_000]) {
      const world = new World();
      const clock = machine(world, offset(world));
      assertEquals(await restart(world, { clock }, restartAfterMs), 10);
    }
  });
}

/** Wraps `fetch` so that answers have no `Date` header. */
const withoutDate = (fetch: Fetch): Fetch => async (input, init) => {
  const answer = await fetch(input, init);
  const headers = new Headers(answer.headers);
  headers.delete("date");
  return new Response(answer.body, { status: answer.status, headers });
};

Deno.test("Consumer with LATEST uses the clock of the machine when answers have no time", async () => {
  for (const ahead of [0, 60_000]) {
    const world = new World();
    const clock = machine(world, () => ahead);
    const client = world.client(withoutDate);
    // With a clock that is ahead, the service refuses the stored time. The true time of the start
    // is not known, so all 15 records are read.
    const expected = ahead ? 15 : 10;
    assertEquals(await restart(world, { clock, client }, 30_000), expected);
  }
});

Deno.test("Consumer with LATEST works with a client that does not know the time of the service", async () => {
  const world = new World();
  const client = world.client();
  Object.defineProperty(client, "serviceNow", { value: undefined });
  assertEquals(await restart(world, { client }, 30_000), 10);
});

Deno.test("Consumer waits for a time that has not come, and starts there", async () => {
  const world = new World();
  const from = new Date(world.clock.now() + 90_000);
  const consumer = world.consumer({
    from,
    checkpointer: new MemoryCheckpointer(),
  });
  const items: Item[] = [];
  const done = (async () => {
    for await (const { value } of consumer) items.push(value);
  })();
  await world.put(3, { keys: ["early"] });
  await world.pass(60_000);
  assertEquals(consumer.status().shards[0]!.state, "opening");
  assert(world.errors.length > 0 && world.errors.length < 5);
  await world.pass(60_000);
  await world.put(3, { keys: ["late"] });
  await world.pass(5000);
  assertEquals(items.map(({ key }) => key), ["late", "late", "late"]);
  await world.run(consumer.close());
  await done;
});

Deno.test("Consumer that ends when caught up reads what came before its reading began, whatever its clock says", async () => {
  for (const offset of [-HOUR_MS, HOUR_MS]) {
    const world = new World();
    const clock = machine(world, () => offset);
    await world.put(50);
    await world.pass(5000);
    await world.put(50);
    const consumer = world.consumer({
      clock,
      until: "caught-up",
      prefetch: { records: 10 },
    });
    assertEquals((await world.drain(consumer)).length, 100);
  }
});

Deno.test("Consumer stores the time that the user gave as it was given", async () => {
  const world = new World();
  const checkpointer = new MemoryCheckpointer();
  const from = new Date(world.clock.now() - HOUR_MS);
  const consumer = world.consumer({
    checkpointer,
    from,
    clock: machine(world, () => 60_000),
  });
  await world.run(consumer.ready);
  const [lease] = await checkpointer.list(STREAM);
  assertEquals(lease!.checkpoint, { type: "AT_TIMESTAMP", timestamp: from });
  await world.run(consumer.close());
});
