/** What the status and the hook of it say about each shard. */
import { assert, assertEquals } from "@std/assert";
import type { Clock } from "../../_core/clock.ts";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import type { Consumer, Moment } from "../../consumer.ts";
import { KinesisError, ServiceError } from "../../errors.ts";
import type { StatusEvent } from "../../hooks.ts";
import { type Item, World } from "./_world.ts";

async function work(consumer: Consumer<Item>, into: Item[]): Promise<void> {
  for await (const { value } of consumer) into.push(value);
}

/** That it was at `at`, give or take the second between two looks. */
function assertAround(world: World, moment: Moment | undefined, at: number) {
  assert(moment, "there is no such moment");
  const off = moment.at.getTime() - at;
  assert(off >= 0 && off <= 1000, `${off} ms off`);
  assertEquals(moment.ageMs, world.clock.now() - moment.at.getTime());
}

Deno.test("Consumer.status tells when a shard was read, and when its values were taken and acknowledged", async () => {
  const world = new World();
  const consumer = world.consumer({ checkpointer: new MemoryCheckpointer() });
  const reader = consumer.getReader();
  const shard = () => consumer.status().shards[0]!;
  await world.put(3);
  const takenAt = world.clock.now();
  const records = await world.read(reader, 3);
  await world.pass(30_000);
  assertAround(world, shard().lastHandedOut, takenAt);
  assertAround(world, shard().lastRead, world.clock.now() - 1000);
  assertEquals(shard().lastAcknowledged, undefined);
  assertEquals([shard().waitsFor, shard().waitingMs], [undefined, undefined]);
  const ackedAt = world.clock.now();
  // Also one that does not move the checkpoint.
  records[2]!.ack();
  await world.pass(10_000);
  assertAround(world, shard().lastAcknowledged, ackedAt);
  assertAround(world, shard().lastHandedOut, takenAt);
  await world.put(1);
  await world.pass(20_000);
  assertEquals(shard().waitsFor, "application");
  const { waitingMs = 0 } = shard();
  assert(waitingMs >= 18_000 && waitingMs <= 20_000, `${waitingMs}`);
  await world.run(consumer.close());
});

Deno.test("Consumer.status measures ages that do not change when the clock is set", async () => {
  const world = new World();
  let offset = 0;
  const clock: Clock = {
    now: () => world.clock.now() + offset,
    monotonic: () => world.clock.now(),
    setTimeout: (callback, ms) => world.clock.setTimeout(callback, ms),
    clearTimeout: (handle) => world.clock.clearTimeout(handle),
  };
  const consumer = world.consumer({ clock, pollIntervalMs: 60_000 });
  const reading = consumer.getReader().read();
  await world.pass(10_000);
  const before = consumer.status().shards[0]!.lastRead!;
  offset = -3_600_000;
  const after = consumer.status().shards[0]!.lastRead!;
  assertEquals(after.ageMs, before.ageMs);
  assertEquals(after.at.getTime(), before.at.getTime() - 3_600_000);
  await world.run(consumer.close());
  await reading;
});

Deno.test("Consumer.status keeps the last error of each shard, and calls the hooks with their own this", async () => {
  const world = new World({ shards: 2 });
  const [a, b] = world.shardIds as [string, string];
  const client = world.client();
  const { getShardIterator } = client;
  let failures = 3;
  client.getShardIterator = (request, options) => {
    if (request.ShardId !== a || failures-- <= 0) {
      return getShardIterator(request, options);
    }
    return Promise.reject(
      new ServiceError("slow", {
        code: "LimitExceededException",
        action: "GetShardIterator",
        status: 400,
        retryable: true,
      }),
    );
  };
  class Metrics {
    #errors = 0;
    #reads = 0;
    onReadError() {
      this.#errors++;
    }
    onRead() {
      this.#reads++;
    }
    get counts() {
      return [this.#errors, this.#reads > 0];
    }
  }
  const hooks = new Metrics();
  const consumer = world.consumer({ client, hooks });
  const reading = consumer.getReader().read();
  await world.pass(20_000);
  const { shards: [first, second], streams } = consumer.status();
  assertEquals([first!.shardId, second!.shardId], [a, b]);
  const { error, attempt, ageMs, at } = first!.lastError!;
  assert(error instanceof KinesisError);
  assertEquals(attempt, 3);
  assert(ageMs > first!.lastRead!.ageMs);
  assertEquals(at.getTime(), world.clock.now() - ageMs);
  assertEquals(second!.lastError, undefined);
  assertEquals(streams[0]!.lastError, undefined);
  assertEquals(hooks.counts, [3, true]);
  await world.run(consumer.close());
  await reading;
});

Deno.test("Consumer.status tells who holds a shard, and when the counter of its lease moved", async () => {
  const world = new World({ shards: 2 });
  const checkpointer = new MemoryCheckpointer();
  const consumers = ["one", "two"].map((workerId) =>
    world.consumer({ checkpointer, workerId })
  );
  const working = consumers.map((consumer) => work(consumer, []));
  await world.pass(60_000);
  const [one, two] = consumers as [Consumer<Item>, Consumer<Item>];
  const other = one.status().shards.find(({ owner }) => owner === "two")!;
  assertEquals(other.state, "elsewhere");
  // Renewed every third of the failover time, and seen every half of it.
  assert(other.leaseMoved!.ageMs <= 5000, `${other.leaseMoved!.ageMs}`);
  assertEquals(other.lastRead, undefined);
  const [own] = one.status().shards.filter(({ owner }) => owner === "one");
  assertEquals(own!.leaseMoved, undefined);
  // The other worker dies: the counter stands still.
  const { renew } = checkpointer;
  checkpointer.renew = (lease, options) =>
    lease.owner === "two"
      ? new Promise(() => {})
      : renew.call(checkpointer, lease, options);
  // Not for so long that the other worker gives the lease up, and takes it anew.
  await world.pass(5000);
  const { leaseMoved } = one.status().shards
    .find(({ shardId }) => shardId === other.shardId)!;
  assert(leaseMoved!.ageMs >= 3000, `${leaseMoved!.ageMs}`);
  checkpointer.renew = renew;
  await world.run(Promise.all([one.close(), two.close()]));
  await Promise.all(working);
});

Deno.test("Consumer calls onStatus once a minute while it reads, and not after it has closed", async () => {
  const world = new World({ shards: 2 });
  const reported: StatusEvent[] = [];
  const consumer = world.consumer({
    hooks: { onStatus: (event) => void reported.push(event) },
  });
  const items: Item[] = [];
  const working = work(consumer, items);
  await world.put(10);
  await world.pass(181_000);
  assertEquals(reported.length, 3);
  const { shards, coverage } = reported[0]!;
  assertEquals(shards.map(({ shardId }) => shardId), world.shardIds);
  assert(shards.every(({ lastRead }) => lastRead!.ageMs <= 1000));
  assertEquals(coverage.problems, []);
  await world.run(consumer.close());
  await world.pass(120_000);
  assertEquals(reported.length, 3);
  await working;
});
