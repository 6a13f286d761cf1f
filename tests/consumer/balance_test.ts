/** How workers share shards of unequal load. */
import { assert, assertEquals } from "@std/assert";
import { type Checkpointer, MemoryCheckpointer } from "../../checkpoint/mod.ts";
import type { Consumer } from "../../consumer.ts";
import { seeded } from "../_consumer/leases/_fleet.ts";
import { type Item, STREAM, World } from "./_world.ts";

/** The time between two writes of records, in milliseconds. */
const WRITE_MS = 20_000;
/** The records of a shard in each write, unless it is a busy one. */
const FEW = 20;

/** Consumers that share the shards of a stream, one of which has 10 times the traffic. */
class Workers {
  readonly world = new World({ shards: 8 });
  readonly checkpointer = new MemoryCheckpointer();
  readonly items: Item[] = [];
  readonly #running = new Map<string, [Consumer<Item>, Promise<void>]>();
  /** The takes of leases since the last time that it was set to 0. */
  takes = 0;

  constructor() {
    const take = this.checkpointer.take.bind(this.checkpointer);
    this.checkpointer.take = (...args) => {
      this.takes++;
      return take(...args);
    };
  }

  get hot(): string {
    return this.world.shardIds[0]!;
  }

  start(workerId: string, checkpointer: Checkpointer = this.checkpointer) {
    const consumer = this.world.consumer({
      checkpointer,
      workerId,
      pollIntervalMs: 10_000,
    });
    const work = async () => {
      for await (const { value } of consumer) this.items.push(value);
    };
    this.#running.set(workerId, [consumer, work()]);
    return consumer;
  }

  /** Time passes, and records are written. */
  async pass(ms: number, isHot = (shardId: string) => shardId === this.hot) {
    const { world } = this;
    for (let passed = 0; passed < ms; passed += WRITE_MS) {
      for (const shardId of world.shardIds) {
        const count = isHot(shardId) ? 10 * FEW : FEW;
        await world.put(count, { shardId, keys: [shardId] });
      }
      await world.pass(WRITE_MS);
    }
  }

  /** The shards of each worker, in the order of the shards. */
  async held(): Promise<Record<string, string[]>> {
    const held: Record<string, string[]> = {};
    for (
      const { owner = "nobody", shardId } of await this.checkpointer.list(
        STREAM,
      )
    ) {
      (held[owner] ??= []).push(shardId);
    }
    return held;
  }

  /** The worker with the busy shard. */
  async holderOfHot(): Promise<string> {
    const held = Object.entries(await this.held());
    return held.find(([, shards]) => shards.includes(this.hot))![0];
  }

  async close(): Promise<void> {
    for (const [consumer, working] of this.#running.values()) {
      await this.world.run(consumer.close());
      await working;
    }
    // Each value arrived. A shard that moves may bring some twice.
    const seen = new Set(this.items.map(({ key, i }) => `${key} ${i}`));
    let written = 0;
    for (const count of this.world.written.values()) written += count;
    assertEquals(seen.size, written);
    assertEquals(this.world.clock.pendingTimers, 0);
  }
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

Deno.test("Consumer leaves the worker with a busy shard fewer other shards, and then moves none for an hour", async () => {
  const workers = new Workers();
  workers.start("one");
  workers.start("two");
  // A move that is right by little has to wait until it is so for a minute.
  await workers.pass(15 * MINUTE_MS);
  const held = await workers.held();
  const busy = await workers.holderOfHot();
  const other = busy === "one" ? "two" : "one";
  assert(held[busy]!.length <= 2, `${held[busy]!.length} shards`);
  assertEquals(held[busy]!.length + held[other]!.length, 8);
  workers.takes = 0;
  await workers.pass(HOUR_MS);
  assertEquals(workers.takes, 0);
  assertEquals(await workers.held(), held);
  await workers.close();
});

Deno.test("Consumer shares by load with a third worker, and the shards of a worker that dies are all taken", async () => {
  const workers = new Workers();
  workers.start("one");
  workers.start("two");
  await workers.pass(5 * MINUTE_MS);
  let isDead = false;
  const mortal = new Proxy<Checkpointer>(workers.checkpointer, {
    get: (inner, method: keyof Checkpointer) => (...args: unknown[]) =>
      isDead
        ? new Promise(() => {})
        : (inner[method] as (...args: unknown[]) => unknown)
          .apply(inner, args),
  });
  const third = workers.start("three", mortal);
  await workers.pass(15 * MINUTE_MS);
  const held = await workers.held();
  assertEquals(Object.keys(held).sort(), ["one", "three", "two"]);
  // The busy shard is more than half of the whole load.
  assertEquals(held[await workers.holderOfHot()], [workers.hot]);
  workers.takes = 0;
  await workers.pass(10 * MINUTE_MS);
  assertEquals(workers.takes, 0);
  isDead = true;
  await workers.pass(MINUTE_MS);
  const rest = await workers.held();
  assertEquals(Object.keys(rest).sort(), ["one", "two"]);
  assertEquals(rest.one!.length + rest.two!.length, 8);
  isDead = false;
  await workers.world.run(third.close());
  await workers.close();
});

Deno.test("Consumer shares by number again when the traffic of all shards is the same", async () => {
  const workers = new Workers();
  workers.start("one");
  workers.start("two");
  await workers.pass(5 * MINUTE_MS);
  await workers.pass(10 * MINUTE_MS, () => false);
  const { one, two } = await workers.held();
  assertEquals([one!.length, two!.length], [4, 4]);
  await workers.close();
});

Deno.test("Consumer balances on after single errors of the store, of lists and of takes", async () => {
  const workers = new Workers();
  const random = seeded(1);
  const flaky = new Proxy<Checkpointer>(workers.checkpointer, {
    get: (inner, method: keyof Checkpointer) => (...args: unknown[]) => {
      if ((method === "list" || method === "take") && random() < 0.4) {
        return Promise.reject(new Error("The store is away"));
      }
      return (inner[method] as (...args: unknown[]) => unknown)
        .apply(inner, args);
    },
  });
  workers.start("one");
  await workers.pass(3 * MINUTE_MS);
  workers.start("two", flaky);
  await workers.pass(5 * MINUTE_MS);
  assert(workers.world.errors.length > 5);
  const held = await workers.held();
  const busy = await workers.holderOfHot();
  assert(held[busy]!.length <= 2, `${held[busy]!.length} shards`);
  assertEquals(Object.keys(held).length, 2);
  await workers.close();
});

Deno.test("Consumer.status shows the load of each shard, also of those of other workers", async () => {
  const workers = new Workers();
  const one = workers.start("one");
  const rates = () =>
    one.status().shards.map(({ shardId, recordsPerSecond }) => [
      shardId,
      recordsPerSecond,
    ]);
  await workers.pass(40_000);
  // Not measured for a minute yet.
  assertEquals(rates(), workers.world.shardIds.map((id) => [id, undefined]));
  workers.start("two");
  await workers.pass(5 * MINUTE_MS);
  for (const shard of one.status().shards) {
    const { recordsPerSecond = 0, bytesPerSecond = 0 } = shard;
    // 20 records in 20 seconds, or 10 times as many.
    const expected = shard.shardId === workers.hot ? 10 : 1;
    assert(recordsPerSecond > 0.7 * expected, `${recordsPerSecond}`);
    assert(recordsPerSecond < 1.3 * expected, `${recordsPerSecond}`);
    assert(bytesPerSecond > 20 * recordsPerSecond, `${bytesPerSecond}`);
  }
  const { shards } = one.status();
  assert(shards.some(({ state }) => state === "elsewhere"));
  await workers.close();
});
