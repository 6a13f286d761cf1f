/**
 * What `close()` does with values that later values have overtaken.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { delay } from "../../_core/clock.ts";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import type { ConsumerRecord } from "../../records.ts";
import { type Item, values, World } from "./_world.ts";

const KEYS = [..."abcde"];
const idOf = ({ key, i }: Item) => `${key}${i}`;

/** What the next run gets. */
async function rest(world: World, checkpointer: MemoryCheckpointer) {
  const records = await world.drain(
    world.consumer({ until: "caught-up", checkpointer }),
  );
  return values(records).map(idOf);
}

const plans = fc.record({
  shards: fc.integer({ min: 1, max: 3 }),
  perRecord: fc.integer({ min: 1, max: 4 }),
  concurrency: fc.integer({ min: 1, max: 8 }),
  lookahead: fc.constantFrom(3, 20, 256),
  ordering: fc.constantFrom("key" as const, "shard" as const, "none" as const),
  isInBatches: fc.boolean(),
  closeAfterMs: fc.integer({ min: 0, max: 3000 }),
  times: fc.array(fc.constantFrom(0, 1, 20, 300), {
    minLength: 1,
    maxLength: 20,
  }),
  failsAt: fc.array(fc.nat({ max: 60 }), { maxLength: 4 }),
});

Deno.test("Consumer.close leaves no processed value to be processed again, whatever the order and the times of the handlers", async () => {
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      const { concurrency, lookahead, ordering, isInBatches } = plan;
      const world = new World({ shards: plan.shards });
      await world.put(200, { keys: KEYS, perRecord: plan.perRecord });
      const checkpointer = new MemoryCheckpointer();
      const consumer = world.consumer({
        checkpointer,
        checkpointIntervalMs: 500,
      });
      const processed: string[] = [];
      let calls = 0;
      const handle = async (records: readonly ConsumerRecord<Item>[]) => {
        const call = calls++;
        const ms = plan.times[call % plan.times.length]!;
        await delay(ms, { clock: world.clock });
        if (plan.failsAt.includes(call)) throw new Error("not now");
        processed.push(...records.map(({ value }) => idOf(value)));
      };
      const options = { concurrency, ordering, drainTimeoutMs: 600_000 };
      const done = isInBatches
        ? consumer.processBatches(handle, { ...options, maxValues: 7 })
        : consumer.process((record) => handle([record]), {
          ...options,
          lookahead,
        });
      await world.pass(plan.closeAfterMs);
      await world.run(consumer.close());
      await world.run(done);
      assertEquals(world.clock.pendingTimers, 0);
      const all = [...processed, ...await rest(world, checkpointer)];
      assertEquals(
        all.length,
        new Set(all).size,
        "a value was processed twice",
      );
      assertEquals(all.length, 200 * plan.perRecord);
      for (const key of KEYS) {
        if (ordering === "none") break;
        const ofKey = all.filter((id) => id.startsWith(key)).map((id) =>
          Number(id.slice(1))
        );
        assertEquals(ofKey, ofKey.toSorted((a, b) => a - b), key);
      }
    }),
    { numRuns: 80 },
  );
});

Deno.test("Consumer.close gives overtaken values no more time than 'drainTimeoutMs'", async () => {
  const world = new World();
  const checkpointer = new MemoryCheckpointer();
  const consumer = world.consumer({ checkpointer });
  // One slow key, whose values are overtaken by the values of another one.
  await world.put(40, { keys: ["a", "b"] });
  const processed: string[] = [];
  const done = consumer.process(async ({ value }) => {
    await delay(value.key === "a" ? 1000 : 1, { clock: world.clock });
    processed.push(idOf(value));
  }, { drainTimeoutMs: 3000 });
  await world.pass(2500);
  const before = processed.filter((id) => id.startsWith("a")).length;
  const startedAt = world.clock.now();
  await world.run(consumer.close());
  await world.run(done);
  const tookMs = world.clock.now() - startedAt;
  assert(tookMs >= 3000 && tookMs <= 4100, `${tookMs} ms`);
  const drained = processed.filter((id) => id.startsWith("a")).length - before;
  assert(drained >= 3 && drained <= 4, `${drained} values`);
});

Deno.test("Consumer.close with a 'drainTimeoutMs' of 0 starts no further call", async () => {
  const world = new World();
  const consumer = world.consumer({ checkpointer: new MemoryCheckpointer() });
  await world.put(40, { keys: ["a", "b"] });
  let isClosing = false;
  const done = consumer.process(async ({ value }) => {
    assert(!isClosing);
    await delay(value.key === "a" ? 1000 : 1, { clock: world.clock });
  }, { drainTimeoutMs: 0 });
  await world.pass(2500);
  isClosing = true;
  await world.run(consumer.close());
  await world.run(done);
});

Deno.test("Consumer.process refuses a 'drainTimeoutMs' that is no time", async () => {
  const world = new World();
  for (const drainTimeoutMs of [-1, NaN, "1" as never]) {
    await assertRejects(
      () => world.consumer().process(() => {}, { drainTimeoutMs }),
      RangeError,
      "'drainTimeoutMs' must be",
    );
  }
});
