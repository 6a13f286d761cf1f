import { assert, assertEquals } from "@std/assert";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import type { StraysEvent } from "../../hooks.ts";
import {
  gzip,
  kplJson,
  kplString,
  type Processor,
} from "../../processors/mod.ts";
import { Producer } from "../../producer.ts";
import type { EncodedRecord, Put } from "../../records.ts";
import { hideShards } from "./_shard_lists.ts";
import { type Item, STREAM, values, World } from "./_world.ts";

/** Partition keys whose hashes lie in the lower half, and in the upper half. */
const LOW = ["k0", "k2"];
const HIGH = ["k1", "k3"];

/** Packs one value for each key into one record, as a producer does. */
async function pack(
  processor: Processor<string>,
  keys: string[],
  resendsStrays: boolean,
): Promise<EncodedRecord> {
  const records: EncodedRecord[] = [];
  const packer = processor.createPacker<Put<string>>({
    shardOf: () => "the one that was split",
    resendsStrays,
    emit: (record) => void records.push(record),
  });
  for (const key of keys) {
    await packer.push({ value: `of ${key}`, partitionKey: key });
  }
  await packer.flush();
  assertEquals(records.length, 1);
  return records[0]!;
}

async function put(world: World, record: EncodedRecord): Promise<void> {
  await world.client().putRecord({
    StreamName: STREAM,
    Data: record.data,
    PartitionKey: record.partitionKey,
    ExplicitHashKey: record.explicitHashKey,
  });
}

for (
  const [name, processor] of [
    ["kplString", kplString()],
    [
      "an outer key of the first value",
      kplString({ outerPartitionKey: "first" }),
    ],
    ["gzip", gzip(kplString())],
  ] as const
) {
  Deno.test(`Consumer drops a record in the wrong shard that its producer sends again, and says so, with ${name}`, async () => {
    const world = new World();
    world.server.split(STREAM, world.shardIds[0]!);
    const checkpointer = new MemoryCheckpointer();
    await put(world, await pack(processor, [...LOW, ...HIGH, ...LOW], true));
    await put(world, await pack(processor, LOW, true));
    await put(world, await pack(processor, HIGH, true));
    await put(world, await pack(processor, [LOW[0]!, HIGH[0]!], true));
    const reported: StraysEvent[] = [];
    const options = {
      processor,
      checkpointer,
      until: "caught-up",
      hooks: { onStrays: (event: StraysEvent) => void reported.push(event) },
    } as const;
    const consumer = world.consumer<string>(options);
    const records = await world.drain(consumer);
    assertEquals(
      values(records).sort(),
      [...LOW, ...HIGH].map((key) => `of ${key}`).sort(),
    );
    assertEquals(reported.map(({ values }) => values), [6, 2]);
    assertEquals(consumer.status().strayValues, 8);
    assertEquals(consumer.status().unacknowledged, 0);
    assert(reported.every(({ stream }) => stream === STREAM));
    // Dropped values count as processed: the next run does not drop them again.
    await world.drain(world.consumer<string>(options));
    assertEquals(reported.length, 2);
  });
}

Deno.test("Consumer drops a record in the wrong shard also if only the lease of the shard tells its hash keys", async () => {
  const processor = kplString();
  const world = new World();
  const [parent] = world.shardIds;
  const children = world.server.split(STREAM, parent!);
  const checkpointer = new MemoryCheckpointer();
  const half = 2n ** 127n;
  const leases = [
    { shardId: parent!, parentShardIds: [], from: 0n, to: 2n * half - 1n },
    {
      shardId: children[0],
      parentShardIds: [parent!],
      from: 0n,
      to: half - 1n,
    },
    {
      shardId: children[1],
      parentShardIds: [parent!],
      from: half,
      to: 2n * half - 1n,
    },
  ];
  // As another worker has stored them, which has seen the split.
  for (const { from, to, ...lease } of leases) {
    await checkpointer.create({
      ...lease,
      streamName: STREAM,
      checkpoint: {
        type: lease.shardId === parent ? "SHARD_END" : "TRIM_HORIZON",
      },
      hashKeyRange: {
        startingHashKey: String(from),
        endingHashKey: String(to),
      },
    });
  }
  await put(world, await pack(processor, [...LOW, ...HIGH], true));
  await put(world, await pack(processor, LOW, true));
  await put(world, await pack(processor, HIGH, true));
  const consumer = world.consumer<string>({
    // This worker's list of shards is older than the split.
    client: world.client((fetch) => hideShards(fetch, (id) => id !== parent)),
    processor,
    checkpointer,
    until: "caught-up",
  });
  assertEquals(
    values(await world.drain(consumer)).sort(),
    [...LOW, ...HIGH].map((key) => `of ${key}`).sort(),
  );
  assertEquals(consumer.status().strayValues, 4);
});

Deno.test("Consumer keeps the values of a KPL record that belong to the shard, and drops the others after a split only", async () => {
  const processor = kplString();
  const world = new World({ shards: 2 });
  // In a stream without reshards, the writer chose the shard without regard to keys, and does not
  // send the values again.
  await put(world, await pack(processor, [LOW[0]!, HIGH[0]!], false));
  const before = await world.drain(
    world.consumer<string>({ processor, until: "caught-up" }),
  );
  assertEquals(values(before), [`of ${LOW[0]}`, `of ${HIGH[0]}`]);
  const split = new World();
  split.server.split(STREAM, split.shardIds[0]!);
  await put(split, await pack(processor, [...LOW, ...HIGH], false));
  const consumer = split.consumer<string>({ processor, until: "caught-up" });
  assertEquals(
    values(await split.drain(consumer)),
    LOW.map((key) => `of ${key}`),
  );
  assertEquals(consumer.status().strayValues, 2);
});

Deno.test("Consumer keeps every value of libraries that aggregate without regard to shards, after a split too", async () => {
  const processor = kplString();
  const world = new World();
  world.server.split(STREAM, world.shardIds[0]!);
  // The bytes of aws-kinesis-agg (the interop tests compare them). It uses the partition key of the
  // first value for the record.
  const writer = kplString({ outerPartitionKey: "first" });
  await put(world, await pack(writer, [...LOW, ...HIGH], false));
  const consumer = world.consumer<string>({ processor, until: "caught-up" });
  assertEquals(
    values(await world.drain(consumer)),
    [...LOW, ...HIGH].map((key) => `of ${key}`),
  );
  assertEquals(consumer.status().strayValues, 0);
});

Deno.test("Consumer never drops a plain record, whatever shard its writer chose for it", async () => {
  const world = new World();
  const [lower] = world.server.split(STREAM, world.shardIds[0]!);
  for (const key of HIGH) {
    await put(world, {
      data: new TextEncoder().encode(`of ${key}`),
      partitionKey: key,
      explicitHashKey: "0",
      size: 0,
      puts: [],
    });
  }
  const consumer = world.consumer<string>({
    processor: kplString(),
    until: "caught-up",
  });
  const records = await world.drain(consumer);
  assertEquals(values(records), HIGH.map((key) => `of ${key}`));
  assert(records.every(({ shardId }) => shardId === lower));
});

/** A producer that writes to the stream of the world. */
function producerOf(
  world: World,
  options: Partial<ConstructorParameters<typeof Producer<Item>>[0]> = {},
): Producer<Item> {
  return new Producer<Item>({
    client: world.client(),
    streamName: STREAM,
    processor: kplJson<Item>(),
    partitionKey: "key",
    clock: world.clock,
    lingerMs: 5,
    ...options,
  });
}

Deno.test("Consumer reads each value of a producer once and in order while the stream is split and merged", async () => {
  const world = new World({ shards: 2 });
  const producer = producerOf(world, { ordering: "key" });
  const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
  for (let round = 0; round < 8; round++) {
    for (let i = 0; i < 10; i++) {
      for (const key of keys) producer.put({ key, i: 10 * round + i });
    }
    const [first, second] = await world.openShards();
    if (round % 3 === 2) world.server.merge(STREAM, first!, second!);
    else world.server.split(STREAM, first!);
    await world.pass(1000);
  }
  await world.run(producer.close());
  const consumer = world.consumer({
    processor: kplJson<Item>(),
    until: "caught-up",
  });
  const read = Map.groupBy(
    values(await world.drain(consumer)),
    ({ key }) => key,
  );
  assert(consumer.status().strayValues > 0);
  for (const key of keys) {
    assertEquals(
      read.get(key)!.map(({ i }) => i),
      Array.from({ length: 80 }, (_, i) => i),
    );
  }
});

Deno.test("Consumer hands out values once when their producer dies before it sends them again, and another sends them", async () => {
  const world = new World();
  const client = world.client();
  const list = client.listAllShards.bind(client);
  let hangs = false;
  client.listAllShards = async function* (...call) {
    if (hangs) await new Promise(() => {});
    yield* list(...call);
  };
  const dying = producerOf(world, { client });
  await world.run(dying.put({ key: "k0", i: 0 }));
  world.server.split(STREAM, world.shardIds[0]!);
  hangs = true;
  const items = [...LOW, ...HIGH].map((key): Item => ({ key, i: 1 }));
  for (const item of items) dying.put(item).catch(() => {});
  await world.pass(1000);
  // The record is stored in the wrong shard, and its answer is lost.
  assertEquals(world.server.records(STREAM).length, 2);
  await dying.abort();
  const left = dying.undelivered().map(({ value }) => value);
  assertEquals(left, items);
  const producer = producerOf(world);
  await world.run(producer.putAll(left));
  await world.run(producer.close());
  const consumer = world.consumer({
    processor: kplJson<Item>(),
    until: "caught-up",
  });
  const read = values(await world.drain(consumer));
  const sorted = (list: Item[]) =>
    list.map((item) => JSON.stringify(item)).sort();
  assertEquals(sorted(read), sorted([{ key: "k0", i: 0 }, ...items]));
});

for (const isAuto of [true, false]) {
  Deno.test(`Consumer reads everything that a producer was told is stored on a stream that ${isAuto ? "distributes records by itself" : "begins to in the middle"}`, async () => {
    const world = new World({ server: { region: "eu-west-1" } });
    const name = "auto";
    const { streamARN, shardIds } = world.server.createStream(name, {
      mode: "ON_DEMAND",
      recordDistributionStrategy: isAuto ? "AUTO" : "USER_PARTITION_KEY",
    });
    const client = world.client();
    // Shards with parents, in which a consumer looks for strays.
    for (const shardId of shardIds) world.server.split(name, shardId);
    const acknowledged: number[] = [];
    const producer = producerOf(world, { streamName: name });
    for (let i = 0; i < 400; i++) {
      producer.put({ key: `k${i % 50}`, i }).then(() => acknowledged.push(i));
      if (i % 40 === 39) await world.pass(100);
      if (i === 200) {
        await client.updateStreamRecordDistributionStrategy({
          StreamARN: streamARN,
          RecordDistributionStrategy: "AUTO",
        });
      }
    }
    await world.run(producer.close());
    assertEquals(acknowledged.length, 400);
    const consumer = world.consumer({
      streamName: name,
      processor: kplJson<Item>(),
      until: "caught-up",
    });
    const read = values(await world.drain(consumer)).map(({ i }) => i);
    assertEquals(new Set(read), new Set(acknowledged));
    assertEquals(producer.stats().failed, 0);
  });
}
