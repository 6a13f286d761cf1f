/** The bytes of the values that `process` and `processBatches` hold. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { delay } from "../../_core/clock.ts";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import type { Consumer, ConsumerOptions } from "../../consumer.ts";
import { bytes, jsonLines } from "../../processors/mod.ts";
import { type Item, World } from "./_world.ts";

const LARGE = 100_000;

/** Writes `count` records of `size` bytes to each of these shards. */
async function putLarge(
  world: World,
  shardIds: readonly string[],
  count: number,
  size = LARGE,
): Promise<void> {
  const data = new Uint8Array(size);
  for (const shardId of shardIds) {
    for (let i = 0; i < count; i++) await world.putRaw(data, shardId);
  }
}

function consumerOf(
  world: World,
  options: Partial<ConsumerOptions<Uint8Array>> = {},
): Consumer<Uint8Array> {
  return world.consumer<Uint8Array>({
    processor: bytes(),
    checkpointer: new MemoryCheckpointer(),
    readsPerSecond: Infinity,
    ...options,
  });
}

/** The bytes of the values that are taken and not settled. */
function heldBytes(consumer: Consumer<Uint8Array>): number {
  const { processing, unacknowledged } = consumer.status();
  assertEquals(processing!.unsettledBytes, unacknowledged * LARGE);
  return processing!.unsettledBytes;
}

Deno.test("Consumer.process and processBatches hold values of 'lookaheadBytes' and one more a shard while all calls fail", async () => {
  const lookaheadBytes = 8 * LARGE;
  for (const method of ["process", "processBatches"] as const) {
    for (const ordering of ["shard", "key", "none"] as const) {
      const world = new World({ shards: 4 });
      await putLarge(world, world.shardIds, 8);
      const consumer = consumerOf(world, { until: "caught-up" });
      let isDown = true;
      let most = 0;
      const done = consumer[method](() => {
        if (isDown) throw new Error("The database is down");
      }, {
        lookaheadBytes,
        ordering,
        retry: { maxAttempts: Infinity, baseDelayMs: 1000 },
      });
      for (let second = 0; second < 20; second++) {
        await world.pass(1000);
        most = Math.max(most, heldBytes(consumer));
      }
      const bound = lookaheadBytes + world.shardIds.length * LARGE;
      assert(most <= bound, `${method} holds ${most} bytes`);
      assert(most > lookaheadBytes / 2, `${method} holds ${most} bytes`);
      isDown = false;
      assertEquals((await world.run(done)).processed, 32);
    }
  }
});

Deno.test("Consumer.process goes on with the other shards while one has used its part of 'lookaheadBytes'", async () => {
  const world = new World({ shards: 4 });
  const [down, ...others] = world.shardIds as [string, ...string[]];
  await putLarge(world, [down], 12);
  await putLarge(world, others, 6);
  const consumer = consumerOf(world);
  let isDown = true;
  let ofOthers = 0;
  const done = consumer.process(async ({ shardId }) => {
    await delay(1, { clock: world.clock });
    if (shardId !== down) ofOthers++;
    else if (isDown) throw new Error("The database is down");
  }, {
    lookaheadBytes: 8 * LARGE,
    ordering: "none",
    retry: { maxAttempts: Infinity, baseDelayMs: 1000 },
  });
  await world.pass(10_000);
  assertEquals(ofOthers, 18);
  // Its part is 1 value, and it may use 2/3 of the 4 values that are for all shards.
  assert(heldBytes(consumer) <= 5 * LARGE, `${heldBytes(consumer)}`);
  isDown = false;
  await world.pass(30_000);
  assertEquals(heldBytes(consumer), 0);
  await world.run(consumer.close());
  assertEquals((await done).processed, 30);
});

Deno.test("Consumer.processBatches gives out a batch that the bytes do not let become full, without waiting", async () => {
  const world = new World();
  await putLarge(world, world.shardIds, 20);
  const consumer = consumerOf(world);
  const sizes: number[] = [];
  const done = consumer.processBatches(
    (records) => void sizes.push(records.length),
    { maxWaitMs: 2_000_000, lookaheadBytes: 5 * LARGE },
  );
  await world.pass(60_000);
  assertEquals(sizes, [5, 5, 5, 5]);
  await world.run(consumer.close());
  assertEquals((await done).processed, 20);
});

Deno.test("Consumer.process and processBatches process values that are larger than 'lookaheadBytes', one at a time for each shard", async () => {
  for (const method of ["process", "processBatches"] as const) {
    const world = new World({ shards: 2 });
    await putLarge(world, world.shardIds, 3);
    const running = new Map<string, number>();
    let most = 0;
    const { processed } = await world.run(
      consumerOf(world, { until: "caught-up" })[method](
        async (work: { shardId: string } | readonly { shardId: string }[]) => {
          const [{ shardId }] = [work].flat() as [{ shardId: string }];
          const count = (running.get(shardId) ?? 0) + 1;
          most = Math.max(most, count);
          running.set(shardId, count);
          await delay(100, { clock: world.clock });
          running.set(shardId, count - 1);
        },
        { ordering: "none", lookaheadBytes: 1 },
      ),
    );
    assertEquals([processed, most], [6, 1]);
  }
});

Deno.test("Consumer.process counts the bytes of a record for each of its values alike", async () => {
  const world = new World();
  const lines = Array.from({ length: 10 }, (_, i) => `{"key":"k","i":${i}}\n`);
  const data = lines.join("");
  await world.putRaw(data, world.shardIds[0]!);
  const consumer = world.consumer<Item>({
    processor: jsonLines(),
    checkpointer: new MemoryCheckpointer(),
  });
  const done = consumer.process(({ value: { i } }) => {
    if (i >= 4) return delay(1000, { clock: world.clock });
  }, { ordering: "none", concurrency: 10 });
  await world.pass(900);
  const { unsettledBytes, running } = consumer.status().processing!;
  assertEquals([unsettledBytes, running.length], [data.length * 0.6, 6]);
  await world.run(consumer.close());
  await done;
});

Deno.test("Consumer.process holds nothing of a shard that is given up, and its part is free", async () => {
  const world = new World({ shards: 2 });
  const [stuck] = world.shardIds as [string];
  await putLarge(world, world.shardIds, 4);
  const consumer = consumerOf(world);
  const done = consumer.process(({ shardId }) => {
    if (shardId === stuck) return new Promise<void>(() => {});
  }, { timeoutMs: 5000, graceMs: 1000, lookaheadBytes: 8 * LARGE });
  await world.pass(4000);
  assertEquals(consumer.status().processing!.unsettledBytes, 4 * LARGE);
  await world.pass(4000);
  assertEquals(consumer.status().processing!.unsettledBytes, 0);
  await world.run(consumer.close());
  assertEquals((await done).processed, 4);
});

Deno.test("Consumer.process and processBatches settle every value, for any sizes, bound, order and failures", async () => {
  const seed = Math.floor(Math.random() * 0x7fffffff);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(3000), { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 1, max: 6000 }),
      fc.constantFrom("shard" as const, "key" as const, "none" as const),
      fc.boolean(),
      fc.integer({ min: 2, max: 5 }),
      async (sizes, lookaheadBytes, ordering, isBatch, failing) => {
        const world = new World({ shards: 3 });
        for (const [i, size] of sizes.entries()) {
          const shardId = world.shardIds[i % 3]!;
          await world.putRaw(new Uint8Array(size + 1), shardId);
        }
        const consumer = consumerOf(world, { until: "caught-up" });
        let calls = 0;
        const handler = async () => {
          const bound = lookaheadBytes + Math.max(...sizes) * 3 + 3;
          const { unsettledBytes } = consumer.status().processing!;
          assert(unsettledBytes <= bound, `${unsettledBytes} of ${bound}`);
          await delay(calls % 7, { clock: world.clock });
          if (++calls % failing === 0) throw new Error("Not now");
        };
        const options = {
          lookaheadBytes,
          ordering,
          retry: { maxAttempts: Infinity },
        };
        // A batch that waits for this time has missed that no value comes.
        const done = isBatch
          ? consumer.processBatches(handler, { ...options, maxWaitMs: 1e7 })
          : consumer.process(handler, options);
        const { processed } = await world.run(done);
        assertEquals(processed, sizes.length);
        assertEquals(consumer.status().processing!.unsettledBytes, 0);
      },
    ),
    { seed, numRuns: 40 },
  ).catch((error) => {
    throw new Error(`Seed ${seed}`, { cause: error });
  });
});

Deno.test("Consumer.process and processBatches refuse a 'lookaheadBytes' that is no size", async () => {
  const consumer = new World().consumer();
  for (const method of ["process", "processBatches"] as const) {
    for (const lookaheadBytes of [0, -1, 1.5, NaN]) {
      await assertRejects(
        () => consumer[method](() => {}, { lookaheadBytes }),
        RangeError,
        "'lookaheadBytes' must be an integer 1 or more",
      );
    }
  }
});
