/**
 * Random histories of workers that start and close: no value is processed twice, none is lost, the
 * values of a key stay in order across the workers, and no shard is left without a reader.
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { delay } from "../../_core/clock.ts";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import type { Consumer } from "../../consumer.ts";
import { type Item, STREAM, World } from "./_world.ts";

const KEYS = Array.from({ length: 24 }, (_, n) => `key-${n}`);
const FAILOVER_MS = 10_000;

type Shape = (
  consumer: Consumer<Item>,
  handle: (item: Item) => Promise<void>,
) => Promise<unknown>;

const SHAPES: readonly Shape[] = [
  async (consumer, handle) => {
    for await (const { value } of consumer) await handle(value);
  },
  async (consumer, handle) => {
    const values = consumer.values();
    const loop = async () => {
      for await (const { value } of values) await handle(value);
    };
    await Promise.all([loop(), loop()]);
  },
  (consumer, handle) => consumer.process(({ value }) => handle(value)),
  (consumer, handle) =>
    consumer.processBatches(async (records) => {
      for (const { value } of records) await handle(value);
    }, { maxValues: 3, maxWaitMs: 5000 }),
  (consumer, handle) =>
    consumer.pipeTo(consumer.acknowledging(
      new WritableStream({ write: ({ value }) => handle(value) }),
    )),
];

const history = fc.record({
  shards: fc.integer({ min: 1, max: 6 }),
  steps: fc.array(
    fc.record({
      /** The worker that starts or closes. */
      worker: fc.nat({ max: 3 }),
      shape: fc.nat({ max: SHAPES.length - 1 }),
      values: fc.nat({ max: 30 }),
      handleMs: fc.nat({ max: 120 }),
      pauseMs: fc.nat({ max: 9000 }),
    }),
    { minLength: 3, maxLength: 10 },
  ),
});

/** Notes for how long each shard has had no owner, by looking at the leases every second. */
class Owners {
  readonly #since = new Map<string, number>();
  longestMs = 0;

  async look(world: World, checkpointer: MemoryCheckpointer, running: number) {
    const now = world.clock.now();
    for (const { shardId, owner } of await checkpointer.list(STREAM)) {
      if (owner !== undefined || running === 0) this.#since.set(shardId, now);
      const since = this.#since.get(shardId) ?? now;
      this.longestMs = Math.max(this.longestMs, now - since);
    }
  }
}

Deno.test("Consumer processes each value once and in order, whenever workers start and close", async () => {
  await fc.assert(
    fc.asyncProperty(history, async ({ shards, steps }) => {
      const world = new World({ shards });
      const checkpointer = new MemoryCheckpointer();
      const items: Item[] = [];
      const owners = new Owners();
      const workers = new Map<
        number,
        { consumer: Consumer<Item>; done: Promise<unknown> }
      >();
      const closing: Promise<unknown>[] = [];
      let count = 0;
      const startOne = (worker: number, shape: number, handleMs: number) => {
        const consumer = world.consumer<Item>({
          checkpointer,
          failoverTimeMs: FAILOVER_MS,
          workerId: `${worker}-${count++}`,
        });
        const done = SHAPES[shape]!(consumer, async (item) => {
          await delay(handleMs, { clock: world.clock });
          items.push(item);
        });
        workers.set(worker, { consumer, done });
      };
      const pass = async (ms: number) => {
        for (let left = ms; left > 0; left -= 1000) {
          await world.pass(Math.min(left, 1000));
          await owners.look(world, checkpointer, workers.size);
        }
      };
      for (const { worker, shape, values, handleMs, pauseMs } of steps) {
        const running = workers.get(worker);
        if (running) {
          workers.delete(worker);
          closing.push(running.consumer.close(), running.done);
        } else startOne(worker, shape, handleMs);
        await world.put(values, { keys: KEYS });
        await pass(pauseMs);
      }
      if (workers.size === 0) startOne(0, 0, 0);
      await pass(60_000);
      for (const { consumer, done } of workers.values()) {
        closing.push(consumer.close(), done);
      }
      await world.run(Promise.all(closing));
      const seen = new Map<string, number[]>();
      for (const { key, i } of items) {
        seen.set(key, [...seen.get(key) ?? [], i]);
      }
      for (const [key, written] of world.written) {
        assertEquals(
          seen.get(key) ?? [],
          Array.from({ length: written }, (_, i) => i),
          `the values of ${key}`,
        );
      }
      assert(
        owners.longestMs <= 2 * FAILOVER_MS,
        `no reader for ${owners.longestMs} ms`,
      );
      assertEquals(
        world.events.filter((event) => event.startsWith("lost")),
        [],
      );
      assertEquals(world.clock.pendingTimers, 0);
    }),
    { numRuns: 40 },
  );
});
