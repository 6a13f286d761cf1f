/** Streams that were deleted and created again, and streams of the same name. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { KinesisClient } from "../../client/mod.ts";
import {
  type Checkpointer,
  KvCheckpointer,
  type Lease,
  MemoryCheckpointer,
} from "../../checkpoint/mod.ts";
import { Consumer, type ConsumerOptions } from "../../consumer.ts";
import { KinesisError } from "../../errors.ts";
import { json } from "../../processors/mod.ts";
import { KinesisServer } from "../../testing/mod.ts";
import { FakeClock } from "../_services/fake_clock.ts";
import { editLists } from "./_shard_lists.ts";
import {
  assertComplete,
  collect,
  type Item,
  STREAM,
  values,
  World,
} from "./_world.ts";

const UNTIL = { until: "caught-up" } as const;

/** Deletes the stream and creates it again. */
async function recreate(world: World, shards = 1): Promise<void> {
  await world.client().deleteStream({ StreamName: STREAM });
  world.server.advance(60_000);
  world.server.createStream(STREAM, { shards });
}

/** Splits shard 0, processes all records, creates the stream again, and writes 7 records. */
async function splitAndRecreate(world: World, checkpointer: Checkpointer) {
  await world.put(5);
  world.server.split(STREAM, world.shardIds[0]!);
  await world.put(5);
  const options: Partial<ConsumerOptions<Item>> = { checkpointer, ...UNTIL };
  await world.drain(world.consumer(options));
  await recreate(world);
  await world.put(7);
}

function typesOf(leases: Lease[]) {
  return leases.map(({ shardId, checkpoint: { type } }) =>
    `${shardId.slice(-1)} ${type}`
  ).sort();
}

for (const backend of ["memory", "Deno KV"]) {
  Deno.test(`Consumer reads all of a stream that was created again, and reports it, with ${backend}`, async () => {
    using kv = await Deno.openKv(":memory:");
    const world = new World();
    const checkpointer = backend === "memory"
      ? new MemoryCheckpointer()
      : timeless(world, new KvCheckpointer({ kv, name: "app" }));
    await splitAndRecreate(world, checkpointer);
    for (const from of ["LATEST", "TRIM_HORIZON"] as const) {
      const reported: (readonly string[])[] = [];
      const records = await world.drain(world.consumer({
        checkpointer,
        from,
        ...UNTIL,
        hooks: { onRecreated: ({ shardIds }) => void reported.push(shardIds) },
      }));
      // The second consumer finds the leases of the same stream.
      const isFirst = from === "LATEST";
      assertEquals(records.length, isFirst ? 7 : 0);
      assertEquals(reported.flat().length, isFirst ? 3 : 0);
    }
    const leases = await checkpointer.list(STREAM);
    assertEquals(typesOf(leases), ["0 SEQUENCE"]);
  });
}

Deno.test("Consumer fails when a stream was created again, if that is the policy, and leaves the leases", async () => {
  const world = new World();
  const checkpointer = new MemoryCheckpointer();
  await splitAndRecreate(world, checkpointer);
  const before = await checkpointer.list(STREAM);
  const error = await assertRejects(
    () =>
      world.drain(
        world.consumer({ checkpointer, onRecreated: "fail", ...UNTIL }),
      ),
    KinesisError,
    "restart",
  );
  assertEquals(error.code, "StreamRecreated");
  assertEquals(await checkpointer.list(STREAM), before);
});

Deno.test("Consumer keeps to the user's time when a stream was created again", async () => {
  const world = new World();
  const checkpointer = new MemoryCheckpointer();
  await splitAndRecreate(world, checkpointer);
  world.server.advance(60_000);
  const from = new Date(world.server.now());
  await world.put(2);
  const records = await world.drain(
    world.consumer({ checkpointer, from, ...UNTIL }),
  );
  assertEquals(records.length, 2);
});

Deno.test("Consumer reads a stream that was created again with fewer or more shards from its start", async () => {
  for (const [earlier, later] of [[3, 1], [1, 3]] as const) {
    const world = new World({ shards: earlier });
    const checkpointer = new MemoryCheckpointer();
    await world.put(20);
    await world.drain(world.consumer({ checkpointer, ...UNTIL }));
    await recreate(world, later);
    await world.put(20);
    const reported: unknown[] = [];
    const records = await world.drain(world.consumer({
      checkpointer,
      from: "LATEST",
      ...UNTIL,
      hooks: { onExpired: (event) => void reported.push(event) },
    }));
    assertEquals([records.length, reported], [20, []]);
    assertEquals((await checkpointer.list(STREAM)).length, later);
  }
});

Deno.test("Consumer reads a stream that was created again from its start when none of its shards has a lease", async () => {
  const world = new World();
  const checkpointer = new MemoryCheckpointer();
  await splitAndRecreate(world, checkpointer);
  const leases = await checkpointer.list(STREAM);
  // Shard 0 of the earlier stream had expired, so its lease was deleted.
  await checkpointer.delete(leases.find((it) => it.shardId.endsWith("0"))!);
  const records = await world.drain(
    world.consumer({ checkpointer, from: "LATEST", ...UNTIL }),
  );
  assertEquals(records.length, 7);
  assertEquals(typesOf(await checkpointer.list(STREAM)), ["0 SEQUENCE"]);
});

Deno.test("Consumer knows a lease of an earlier stream by its checkpoint, where the lease does not say where its shard begins", async () => {
  const world = new World();
  const checkpointer = new MemoryCheckpointer();
  await world.put(5);
  await world.drain(world.consumer({ checkpointer, ...UNTIL }));
  // An older release stored no starting sequence number.
  const [lease] = await checkpointer.list(STREAM);
  await checkpointer.replace(lease!, {
    ...lease!,
    startingSequenceNumber: undefined,
  });
  assertEquals(
    (await world.drain(world.consumer({ checkpointer, ...UNTIL }))).length,
    0,
  );
  const [taken] = await checkpointer.list(STREAM);
  assert(taken!.startingSequenceNumber, "it was not added");
  await checkpointer.replace(taken!, {
    ...taken!,
    startingSequenceNumber: undefined,
  });
  await recreate(world);
  await world.put(7);
  const records = await world.drain(world.consumer({ checkpointer, ...UNTIL }));
  assertEquals(records.length, 7);
});

/** Wraps a checkpointer whose calls take real time: the clock stands still during each call. */
function timeless(world: World, inner: Checkpointer): Checkpointer {
  return new Proxy(inner, {
    get(target, name: keyof Checkpointer) {
      const call = target[name].bind(target) as (...a: unknown[]) => unknown;
      return (...given: unknown[]) =>
        world.holdTime(async () => await call(...given));
    },
  });
}

/** Wraps a checkpointer for a worker that dies: after `writes` calls, all further writes fail. */
function mortal(inner: Checkpointer, writes: number): Checkpointer {
  let left = writes;
  return new Proxy(inner, {
    get(target, name: keyof Checkpointer) {
      const call = target[name].bind(target) as (...a: unknown[]) => unknown;
      if (name === "list") return call;
      return async (...given: unknown[]) => {
        if (left-- > 0) return await call(...given);
        throw new KinesisError("dead", { code: "Dead" });
      };
    },
  });
}

Deno.test("Consumer loses nothing of a stream that was created again when it dies between any two writes", async () => {
  let hasDied = true;
  for (let writes = 0; hasDied; writes++) {
    const world = new World({ shards: 2 });
    const checkpointer = new MemoryCheckpointer();
    await world.put(20);
    await world.drain(world.consumer({ checkpointer, ...UNTIL }));
    await recreate(world, 3);
    await world.put(20);
    const options = { from: "LATEST", ...UNTIL } as const;
    const seen = new Set<string>();
    const read = (checkpointer: Checkpointer) =>
      world.run((async () => {
        const consumer = world.consumer({ checkpointer, ...options });
        for await (const { sequenceNumber } of consumer) {
          seen.add(sequenceNumber);
        }
      })());
    hasDied = await read(mortal(checkpointer, writes)).then(
      () => false,
      () => true,
    );
    await read(checkpointer);
    assertEquals(seen.size, 20, `after ${writes} writes`);
  }
});

Deno.test("Consumer reads on when its stream is deleted and created again while it runs", async () => {
  for (const shards of [1, 2]) {
    const world = new World();
    const checkpointer = new MemoryCheckpointer();
    const reported: unknown[] = [];
    const consumers = ["one", "two"].map((workerId) =>
      world.consumer({
        checkpointer,
        workerId,
        hooks: {
          onRecreated: (event) => void reported.push(event),
          onExpired: (event) => void reported.push(event),
        },
      })
    );
    const seen = new Set<string>();
    const working = consumers.map(async (consumer) => {
      for await (const { sequenceNumber } of consumer) seen.add(sequenceNumber);
    });
    await world.put(5);
    world.server.split(STREAM, world.shardIds[0]!);
    await world.put(5);
    await world.pass(30_000);
    assertEquals(seen.size, 10);
    await world.client().deleteStream({ StreamName: STREAM });
    world.server.advance(10);
    world.server.createStream(STREAM, { shards });
    await world.put(7);
    await world.pass(60_000);
    assertEquals(seen.size, 17);
    assert(reported.length > 0);
    assertEquals((await checkpointer.list(STREAM)).length, shards);
    await world.run(Promise.all(consumers.map((consumer) => consumer.close())));
    await Promise.all(working);
  }
});

Deno.test("Consumer does not take an old list for a new stream", async () => {
  const world = new World();
  const checkpointer = new MemoryCheckpointer();
  await splitAndRecreate(world, checkpointer);
  await world.drain(world.consumer({ checkpointer, ...UNTIL }));
  const before = await checkpointer.list(STREAM);
  let isOld = true;
  const client = world.client((fetch) =>
    editLists(
      fetch,
      (shards) =>
        shards.map((shard) =>
          isOld
            ? { ...shard, SequenceNumberRange: { StartingSequenceNumber: "1" } }
            : shard
        ),
    )
  );
  const consumer = world.consumer({ client, checkpointer });
  const reader = consumer.getReader();
  const reading = reader.read();
  await world.pass(2000);
  assertEquals(await checkpointer.list(STREAM), before);
  assert(`${world.errors[0]}`.includes("created later"));
  isOld = false;
  await world.put(1);
  assertEquals((await world.run(reading)).value?.value.i !== undefined, true);
  await world.run(consumer.close());
});

Deno.test("Consumer says what to do about a checkpoint that the service refuses", async () => {
  const world = new World();
  const checkpointer = new MemoryCheckpointer();
  await checkpointer.create({
    streamName: STREAM,
    shardId: world.shardIds[0]!,
    checkpoint: { type: "SEQUENCE", sequenceNumber: "9".repeat(56) },
    parentShardIds: [],
  });
  const error = await assertRejects(
    () => world.drain(world.consumer({ checkpointer, ...UNTIL })),
    KinesisError,
    "Delete the lease",
  );
  assertEquals(error.code, "CheckpointRefused");
});

const NOW = 1_700_000_000_000;

/** A stream `orders` in a region, with one value in each of its two shards. */
async function regional(region: string, createdAt: number) {
  const clock = new FakeClock(createdAt);
  const server = new KinesisServer({ region, limits: false, clock });
  const { streamARN } = server.createStream("orders", { shards: 2 });
  const client = new KinesisClient(server.connection);
  for await (
    const { HashKeyRange } of client.listAllShards({ StreamName: "orders" })
  ) {
    await client.putRecord({
      StreamName: "orders",
      PartitionKey: "k",
      ExplicitHashKey: HashKeyRange.StartingHashKey,
      Data: new TextEncoder().encode(JSON.stringify(region)),
    });
  }
  return { client, streamARN };
}

Deno.test("Consumer keeps the leases of streams apart that share a name and not an ARN", async () => {
  const checkpointer = new MemoryCheckpointer();
  for (const region of ["eu-west-1", "us-east-1"]) {
    const { client, streamARN } = await regional(region, NOW);
    const options = {
      ...{ client, streamARN, checkpointer, readsPerSecond: Infinity },
      processor: json<string>(),
      ...UNTIL,
    };
    for (const expected of [[region, region], []]) {
      const records = await collect(new Consumer(options));
      assertEquals(records.map(({ value }) => value), expected);
    }
    const leases = await checkpointer.list(streamARN);
    assertEquals(leases.map(({ streamName }) => streamName), [
      streamARN,
      streamARN,
    ]);
  }
  assertEquals(await checkpointer.list("orders"), []);
});

Deno.test("Consumer does not pass over progress under the name when it is given the ARN", async () => {
  const checkpointer = new MemoryCheckpointer();
  const { client, streamARN } = await regional("eu-west-1", NOW);
  const options = {
    ...{ client, checkpointer, readsPerSecond: Infinity },
    processor: json<string>(),
    ...UNTIL,
  };
  const read = async (stream: { streamName: string } | { streamARN: string }) =>
    (await collect(new Consumer({ ...options, ...stream }))).length;
  assertEquals(await read({ streamName: "orders" }), 2);
  const error = await assertRejects(
    () => read({ streamARN }),
    KinesisError,
    "copy the leases",
  );
  assertEquals(error.code, "ProgressUnderName");
  for (const lease of await checkpointer.list("orders")) {
    await checkpointer.create({ ...lease, streamName: streamARN });
  }
  assertEquals(await read({ streamARN }), 0);
  // A stream of the same name in another region ignores this progress.
  const other = await regional("us-east-1", NOW + 5000);
  options.client = other.client;
  assertEquals(await read({ streamARN: other.streamARN }), 2);
});

Deno.test("Consumer takes leases without a beginning for those of an earlier stream once that is proven", async () => {
  const world = new World({ shards: 3 });
  const checkpointer = new MemoryCheckpointer();
  const checkpoints = [
    // An open shard cannot be at SHARD_END, so this lease is of an earlier stream.
    { type: "SHARD_END" },
    { type: "SEQUENCE", sequenceNumber: "1" },
    { type: "AT_TIMESTAMP", timestamp: new Date(world.clock.now() + 60_000) },
  ] as const;
  for (const [i, checkpoint] of checkpoints.entries()) {
    await checkpointer.create({
      streamName: STREAM,
      shardId: world.shardIds[i]!,
      checkpoint,
      parentShardIds: [],
    });
  }
  await world.put(20);
  const consumer = world.consumer({ checkpointer, until: "caught-up" });
  assertComplete(values(await world.drain(consumer)), world.written);
});

Deno.test("Consumer starts at the oldest record if the named sequence number is of an earlier stream", async () => {
  const world = new World({ shards: 1 });
  const checkpointer = new MemoryCheckpointer();
  await world.put(3);
  const records = await world.drain(world.consumer({ until: "caught-up" }));
  const { sequenceNumber } = records[0]!;
  const options = {
    checkpointer,
    until: "caught-up",
    from: {
      [world.shardIds[0]!]: { type: "AT_SEQUENCE_NUMBER", sequenceNumber },
    },
  } as const;
  assertEquals((await world.drain(world.consumer(options))).length, 3);
  await world.client().deleteStream({ StreamName: STREAM });
  world.server.advance(60_000);
  world.server.createStream(STREAM, { shards: 1 });
  await world.put(5);
  assertEquals((await world.drain(world.consumer(options))).length, 5);
});
