import { assert, assertEquals, assertRejects } from "@std/assert";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import { delay } from "../../_core/clock.ts";
import { KinesisError } from "../../errors.ts";
import type { UnkeyedEvent } from "../../hooks.ts";
import {
  json,
  jsonLines,
  jsonList,
  msgpack,
  type Processor,
} from "../../processors/mod.ts";
import { Producer } from "../../producer.ts";
import { type Item, World } from "./_world.ts";

const NAME = "auto";

/** A stream of one shard with AUTO distribution, and a way to write records with or without keys. */
function setUp() {
  const world = new World({ server: { region: "eu-west-1" } });
  world.server.createStream(NAME, {
    mode: "ON_DEMAND",
    shards: 1,
    recordDistributionStrategy: "AUTO",
  });
  const client = world.client();
  const write = async (
    items: readonly Item[],
    processor: Processor<Item> = json<Item>(),
  ) => {
    for (const item of items) {
      const packer = processor.createPacker({
        emit: (record) => void records.push(record.data),
      });
      const records: Uint8Array<ArrayBuffer>[] = [];
      await packer.push({ value: item, partitionKey: "any" });
      await packer.flush();
      await client.putRecord({
        StreamName: NAME,
        Data: records[0]!,
        PartitionKey: item.key || undefined,
      });
    }
  };
  return { world, write };
}

const items = (...keys: string[]): Item[] => keys.map((key, i) => ({ key, i }));

for (
  const [name, processor] of [
    ["json", json<Item>()],
    ["jsonLines", jsonLines<Item>()],
    ["jsonList", jsonList<Item>()],
    ["msgpack", msgpack<Item>()],
  ] as const
) {
  for (const protocol of ["json", "cbor"] as const) {
    Deno.test(`Consumer gives no partition key for records without one, with ${name} and ${protocol}`, async () => {
      const { world, write } = setUp();
      await write(items("", "a", "", ""), processor);
      const consumer = world.consumer({
        client: world.client(undefined, undefined, { protocol }),
        streamName: NAME,
        processor,
        until: "caught-up",
      });
      const records = await world.drain(consumer);
      assertEquals(
        records.map(({ partitionKey, value }) => [partitionKey, value.i]),
        [[undefined, 0], ["a", 1], [undefined, 2], [undefined, 3]],
      );
      assert(!JSON.stringify(records[0]).includes("partitionKey"));
      const stored = world.server.records(NAME);
      assertEquals(stored.map(({ partitionKey }) => partitionKey), [
        undefined,
        "a",
        undefined,
        undefined,
      ]);
    });
  }
}

for (const batches of [false, true]) {
  const method = batches ? "processBatches" : "process";
  Deno.test(`Consumer.${method} with ordering "key" says that a value has no key to order it by, and loses nothing`, async () => {
    const { world, write } = setUp();
    await write(items("a", "", "b"));
    const checkpointer = new MemoryCheckpointer();
    const seen: number[] = [];
    const consumer = () =>
      world.consumer({
        streamName: NAME,
        processor: json<Item>(),
        checkpointer,
        until: "caught-up",
      });
    const handle = async (records: readonly { value: Item }[]) => {
      await delay(10, { clock: world.clock });
      seen.push(...records.map(({ value }) => value.i));
    };
    const options = { ordering: "key" } as const;
    const working = batches
      ? consumer().processBatches(handle, options)
      : consumer().process((record) => handle([record]), options);
    const error = await assertRejects(() => world.run(working), KinesisError);
    assertEquals(error.code, "NoPartitionKey");
    assert(error.message.includes("AUTO"), error.message);
    assert(error.message.includes("nothing to order it by"), error.message);
    // The values before it may be processed. The value itself and later ones are not.
    assert(!seen.includes(1) && !seen.includes(2), `${seen}`);
    await world.run(consumer().process((record) => handle([record])));
    assertEquals([...new Set(seen)], [0, 1, 2]);
    assertEquals(world.clock.pendingTimers, 0);
  });
}

Deno.test("Consumer.process orders the values with a key, and tells once that others have none", async () => {
  const { world, write } = setUp();
  await write(items("a", "", "a", "", "", "a"));
  const told: UnkeyedEvent[] = [];
  const consumer = world.consumer({
    streamName: NAME,
    processor: json<Item>(),
    until: "caught-up",
    hooks: { onUnkeyed: (event) => void told.push(event) },
  });
  const running = new Map<string, number>();
  const most = new Map<string, number>();
  const ended: number[] = [];
  const { processed } = await world.run(consumer.process(async ({ value }) => {
    const { key, i } = value;
    const now = (running.get(key) ?? 0) + 1;
    running.set(key, now);
    most.set(key, Math.max(most.get(key) ?? 0, now));
    await delay(100, { clock: world.clock });
    running.set(key, running.get(key)! - 1);
    if (key) ended.push(i);
  }));
  assertEquals(processed, 6);
  assertEquals(Object.fromEntries(most), { a: 1, "": 3 });
  assertEquals(ended, [0, 2, 5]);
  const [, first] = world.server.records(NAME);
  assertEquals(told, [{
    stream: NAME,
    shardId: first!.shardId,
    sequenceNumber: first!.sequenceNumber,
  }]);
});

for (const ordering of ["shard", "none"] as const) {
  Deno.test(`Consumer.process with ordering "${ordering}" says nothing about values without a key`, async () => {
    const { world, write } = setUp();
    await write(items("", "", ""));
    let told = 0;
    const seen: number[] = [];
    const consumer = world.consumer({
      streamName: NAME,
      processor: json<Item>(),
      until: "caught-up",
      hooks: { onUnkeyed: () => void told++ },
    });
    await world.run(
      consumer.process(({ value }) => void seen.push(value.i), { ordering }),
    );
    assertEquals([told, seen], [0, [0, 1, 2]]);
  });
}

Deno.test("Consumer.process stores the dead letter of a value without a key in another stream", async () => {
  const { world, write } = setUp();
  await write(items(""));
  world.server.createStream("letters");
  const deadLetter = new Producer({
    client: world.client(),
    streamName: "letters",
    processor: json<unknown>(),
    clock: world.clock,
    partitionKey: "partitionKey" as never,
  });
  const consumer = world.consumer({
    streamName: NAME,
    processor: json<Item>(),
    until: "caught-up",
  });
  const summary = await world.run(consumer.process(() => {
    throw new Error("no");
  }, { deadLetter, retry: { maxAttempts: 1 } }));
  assertEquals(summary.deadLettered, 1);
  await world.run(deadLetter.close());
  const [letter] = world.server.records("letters");
  const data = JSON.parse(new TextDecoder().decode(letter!.data));
  assertEquals([data.value, "partitionKey" in data], [items("")[0], false]);
});
