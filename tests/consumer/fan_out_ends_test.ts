/** Where reading with enhanced fan-out starts and ends. */
import { assert, assertEquals } from "@std/assert";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import { Consumer } from "../../consumer.ts";
import { jsonLines } from "../../processors/mod.ts";
import { FanOutWorld } from "./_fan_out_world.ts";
import { assertComplete, type Item, STREAM, values } from "./_world.ts";

Deno.test("Consumer with fanOut replays a span exactly, across reshards, and leaves the rest to the next run", async () => {
  const world = new FanOutWorld({ shards: 2 });
  const [first, second] = world.shardIds as [string, string];
  await world.put(20);
  await world.pass(1000);
  const from = new Date(world.clock.now());
  await world.put(20);
  world.server.split(STREAM, first);
  await world.pass(1000);
  await world.put(20);
  await world.pass(1000);
  const until = new Date(world.clock.now());
  await world.put(20, { shardId: second });
  await world.pass(1000);
  world.server.split(STREAM, second);
  await world.put(20);
  await world.pass(60_000);
  const checkpointer = new MemoryCheckpointer();
  const span = await world.drain(world.fanOut({ checkpointer, from, until }));
  assertEquals(
    span.map(({ sequenceNumber }) => sequenceNumber).sort(),
    world.server.records(STREAM).filter((
      { approximateArrivalTimestamp: time = new Date(0) },
    ) => time >= from && time < until).map((it) => it.sequenceNumber).sort(),
  );
  assertEquals(span.length, 40);
  const rest = await world.drain(
    world.fanOut({ checkpointer, until: "caught-up" }),
  );
  assertEquals(rest.length, 40);
});

Deno.test("Consumer with fanOut and a date in until ends 5 seconds after it on an idle shard", async () => {
  const world = new FanOutWorld();
  await world.put(3);
  const started = world.clock.now();
  const until = new Date(started + 20_000);
  const records = await world.drain(world.fanOut({ until }));
  assertEquals(records.length, 3);
  const took = world.clock.now() - started;
  assert(took >= 25_000 && took < 40_000, `${took}`);
});

Deno.test("Consumer with fanOut and maxShards reads all shards one after another", async () => {
  const world = new FanOutWorld({ shards: 3 });
  await world.put(30);
  const consumer = world.fanOut({ maxShards: 1, until: "caught-up" });
  assertComplete(values(await world.drain(consumer)), world.written);
});

Deno.test("Consumer with fanOut and createStream creates the stream before its consumer", async () => {
  const world = new FanOutWorld({ server: { transitionMs: 3000 } });
  const consumer = world.fanOut({
    streamName: "made",
    createStream: { shardCount: 2 },
    from: "LATEST",
  });
  await world.run(consumer.ready);
  const client = world.client();
  const Data = new TextEncoder().encode('{"key":"k","i":0}\n');
  await client.putRecord({ StreamName: "made", PartitionKey: "k", Data });
  const [record] = await world.read(consumer.getReader(), 1);
  assertEquals(record!.streamName, "made");
  assertEquals(world.asked("GetRecords"), 0);
  await world.run(consumer.close());
});

Deno.test("Consumer with fanOut reads several streams, each with a consumer of its own", async () => {
  const world = new FanOutWorld({ shards: 2 });
  world.server.createStream("logs", { shards: 2 });
  await world.put(10);
  const client = world.client();
  const Data = new TextEncoder().encode('{"key":"k","i":0}\n');
  await client.putRecord({ StreamName: "logs", PartitionKey: "k", Data });
  const consumer = new Consumer<Item>({
    client: world.fanOutClient(),
    processor: jsonLines<Item>(),
    clock: world.clock,
    fanOut: { consumerName: "app" },
    until: "caught-up",
    streams: [{ streamName: STREAM }, { streamName: "logs" }],
  });
  const records = await world.drain(consumer);
  const of = (name: string) =>
    records.filter(({ streamName }) => streamName === name).length;
  assertEquals([of(STREAM), of("logs")], [10, 1]);
  assertEquals(world.asked("RegisterStreamConsumer"), 2);
  assertEquals(world.asked("GetRecords"), 0);
});
