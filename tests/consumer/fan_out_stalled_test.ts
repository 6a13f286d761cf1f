/** The watchdog over enhanced fan-out. */
import { assert, assertEquals } from "@std/assert";
import type { SubscribeToShardEvent } from "../../client/mod.ts";
import { TimeoutError } from "../../errors.ts";
import { FanOutWorld } from "./_fan_out_world.ts";
import { assertComplete, collect, values } from "./_world.ts";

const MINUTE_MS = 60_000;
const HEARTBEAT_MS = 5000;

/** A subscription whose events come every 5 seconds and are made by `make`. */
function heartbeats(
  { clock }: FanOutWorld,
  make: () => SubscribeToShardEvent,
): ReadableStream<SubscribeToShardEvent> {
  let timer: unknown;
  return new ReadableStream({
    async pull(controller) {
      await new Promise<void>((resolve) => {
        timer = clock.setTimeout(resolve, HEARTBEAT_MS);
      });
      controller.enqueue(make());
    },
    cancel: () => clock.clearTimeout(timer),
  }, { highWaterMark: 0 });
}

Deno.test("Consumer with fanOut starts anew when events say that records exist, bring none and get no further", async () => {
  const world = new FanOutWorld();
  await world.put(5);
  const client = world.fanOutClient();
  const subscribe = client.subscribeToShard;
  const startedAt = world.clock.now();
  let stuck = 0;
  client.subscribeToShard = (...args) =>
    ++stuck > 2 ? subscribe(...args) : Promise.resolve(
      heartbeats(world, () => ({
        Records: [],
        ContinuationSequenceNumber: "0",
        MillisBehindLatest: world.clock.now() - startedAt + MINUTE_MS,
      })),
    );
  const stalls: unknown[] = [];
  const consumer = world.fanOut({
    client,
    checkpointer: world.checkpointer,
    until: "caught-up",
    hooks: {
      ...world.hooks,
      onStalled: ({ waitsFor, action }) => void stalls.push([waitsFor, action]),
    },
  });
  const records = world.drain(consumer);
  assertComplete(values(await records), world.written);
  assertEquals(stalls, [["records", "restart"], ["records", "release"]]);
  assertEquals(stuck, 3);
});

Deno.test("Consumer with fanOut waits for nothing between the heartbeats of an idle shard", async () => {
  const world = new FanOutWorld({ shards: 2 });
  const stalls: unknown[] = [];
  const consumer = world.fanOut({
    stallTimeoutMs: 10_000,
    hooks: { ...world.hooks, onStalled: (event) => void stalls.push(event) },
  });
  const read = collect(consumer);
  for (let n = 0; n < 300; n++) {
    await world.pass(1300);
    if (n < 10) continue;
    for (const { state, waitsFor } of consumer.status().shards) {
      assertEquals([state, waitsFor], ["caught-up", undefined]);
    }
  }
  assertEquals(stalls, []);
  // One for each shard, and a second one after 5 minutes.
  assertEquals(world.started.length, 4);
  await world.run(consumer.close());
  await read;
});

Deno.test("Consumer with fanOut says that it waits for the service when a connection is silent", async () => {
  const world = new FanOutWorld();
  const client = world.fanOutClient();
  client.subscribeToShard = () => Promise.resolve(new ReadableStream());
  const consumer = world.fanOut({ client });
  const read = collect(consumer);
  await world.pass(20_000);
  const [shard] = consumer.status().shards;
  assertEquals(shard!.waitsFor, "request");
  assert(shard!.waitingMs! < 20_000);
  await world.run(consumer.close());
  await read;
});

Deno.test("Consumer with fanOut looks for its consumer again when a client without time limits is silent", async () => {
  for (
    const method of [
      "describeStreamSummary",
      "describeStreamConsumer",
      "registerStreamConsumer",
    ] as const
  ) {
    const world = new FanOutWorld();
    await world.put(5);
    const client = world.fanOutClient();
    const call = client[method];
    let calls = 0;
    client[method] = (...args: never[]) =>
      calls++ === 0 ? new Promise(() => {}) : Reflect.apply(call, client, args);
    const records = world.drain(world.fanOut({ client, until: "caught-up" }));
    assertComplete(values(await records), world.written);
    assertEquals(world.errors.length, 1);
    assert(world.errors[0] instanceof TimeoutError);
    assertEquals(world.errors[0].timeoutMs, 120_000);
  }
});
