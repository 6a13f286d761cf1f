/** One consumer of several streams. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import type { KinesisClient } from "../../client/mod.ts";
import { Consumer, type ManyStreamsOptions } from "../../consumer.ts";
import { CheckpointError, DecodeError, StreamError } from "../../errors.ts";
import { json, jsonLines } from "../../processors/mod.ts";
import { KinesisServer } from "../../testing/mod.ts";
import { collect, type Item, STREAM, values, World } from "./_world.ts";

const until = "caught-up";

/** A world with the stream `orders`, a stream `logs`, and a stream `orders` of another account. */
function setUp({ shards = 2 } = {}) {
  const world = new World({ shards, server: { region: "eu-west-1" } });
  world.server.createStream("logs", { shards });
  const away = new KinesisServer({
    clock: world.clock,
    limits: false,
    region: "eu-west-1",
    accountId: "999999999999",
  });
  const { streamARN } = away.createStream(STREAM, { shards });
  const homeARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders";
  const home = world.client();
  const there = world.client(() => away.fetch);
  const common = {
    client: home,
    processor: jsonLines<Item>(),
    clock: world.clock,
    hooks: world.hooks,
  };
  const consumer = (options: Partial<ManyStreamsOptions<Item>>) =>
    new Consumer<Item>({
      ...common,
      streams: [{ streamName: STREAM }, { streamName: "logs" }],
      ...options,
    });
  const put = async (
    StreamName: string,
    count: number,
    client: KinesisClient = home,
  ) => {
    for (let i = 0; i < count; i++) {
      const text = JSON.stringify({ key: StreamName, i }) + "\n";
      const Data = new TextEncoder().encode(text);
      await client.putRecord({ StreamName, PartitionKey: `${i}`, Data });
    }
  };
  return { world, there, streamARN, homeARN, consumer, put, common };
}

const count = (items: readonly { streamName: string }[], stream: string) =>
  items.filter(({ streamName }) => streamName === stream).length;

Deno.test("Consumer of several streams reads all of them, and each record says of which stream it is", async () => {
  const { world, there, streamARN, homeARN, consumer, put } = setUp();
  await put(STREAM, 5);
  await put("logs", 6);
  await put(STREAM, 7, there);
  const checkpointer = new MemoryCheckpointer();
  const streams = [
    { streamARN: homeARN },
    { streamName: "logs" },
    { client: there, streamARN },
  ];
  const records = await world.drain(
    consumer({ streams, checkpointer, until }),
  );
  const of = (name: string, arn?: string) =>
    records.filter((record) =>
      record.streamName === name && record.streamARN === arn
    );
  assertEquals(of(STREAM, homeARN).length, 5);
  assertEquals(of("logs").length, 6);
  assertEquals(of(STREAM, streamARN).length, 7);
  // Progress is kept for each stream.
  await put("logs", 2);
  const rest = await world.drain(consumer({ streams, checkpointer, until }));
  assertEquals(rest.map(({ streamName }) => streamName), ["logs", "logs"]);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("Consumer of several streams gives each its own start, end and processor", async () => {
  const { world, consumer, put } = setUp();
  await put(STREAM, 3);
  await put("logs", 3);
  await world.pass(60_000);
  const mixed = consumer({
    until,
    streams: [
      {
        streamName: STREAM,
        from: "LATEST",
        until: new Date(world.clock.now()),
      },
      { streamName: "logs", processor: json<Item>() },
    ],
  });
  const records = await world.drain(mixed);
  assertEquals(
    records.map(({ streamName }) => streamName),
    Array(3).fill("logs"),
  );
});

Deno.test("Consumer of several streams is ready when all are, shows the shards of all, and ends when all have", async () => {
  const { world, consumer, put } = setUp();
  const many = consumer({ from: "LATEST" });
  await world.run(many.ready);
  await put(STREAM, 2);
  await put("logs", 2);
  const reader = many.getReader();
  assertEquals((await world.read(reader, 4)).length, 4);
  const { shards, delivered } = many.status();
  assertEquals(shards.map(({ stream }) => stream), [
    STREAM,
    STREAM,
    "logs",
    "logs",
  ]);
  assertEquals(delivered, 4);
  await world.run(many.close());
  assertEquals((await reader.read()).done, true);

  const oneEnds = consumer({
    streams: [
      { streamName: STREAM, until },
      { streamName: "logs", until: new Date(world.clock.now() + 60_000) },
    ],
  });
  const started = world.clock.now();
  const ending = world.drain(oneEnds);
  assertEquals((await ending).length, 4);
  assert(world.clock.now() - started >= 60_000);
});

Deno.test("Consumer of several streams has one bound for what it reads ahead, and one for what is not acknowledged", async () => {
  const { world, consumer, put } = setUp({ shards: 1 });
  await put(STREAM, 100);
  await put("logs", 100);
  const many = consumer({
    prefetch: { records: 20 },
    maxUnacknowledged: 30,
    checkpointer: new MemoryCheckpointer(),
  });
  const reader = many.getReader();
  const first = await world.run(reader.read());
  await world.pass(2000);
  const buffered = () =>
    many.status().shards.reduce(
      (sum, it) => sum + (it.bufferedRecords ?? 0),
      0,
    );
  // The second stream opens later, which may take half as much in addition.
  assert(buffered() > 10 && buffered() <= 30, `${buffered()}`);
  first.value!.ack();
  // Nothing further is acknowledged: the stream pauses.
  let isDone = false;
  const reading = (async () => {
    while (!(await reader.read()).done);
    isDone = true;
  })();
  await world.pass(5000);
  assert(!isDone);
  const { unacknowledged } = many.status();
  assert(unacknowledged > 15 && unacknowledged <= 30, `${unacknowledged}`);
  await world.run(many.close());
  await reading;
});

Deno.test("Consumer of several streams counts limit and idleTimeoutMs over all of them", async () => {
  const { world, consumer, put } = setUp();
  await put(STREAM, 10);
  await put("logs", 10);
  const checkpointer = new MemoryCheckpointer();
  const first = await world.drain(consumer({ checkpointer, limit: 7 }));
  assertEquals(first.length, 7);
  const rest = await world.drain(
    consumer({ checkpointer, idleTimeoutMs: 5000 }),
  );
  assertEquals(rest.length, 13);
});

Deno.test("Consumer of several streams hands out a quiet stream beside a busy one", async () => {
  const { world, consumer, put } = setUp({ shards: 1 });
  await put(STREAM, 300);
  const many = consumer({});
  const reader = many.getReader();
  await world.read(reader, 10);
  await put("logs", 5);
  await world.pass(2000);
  const next = await world.read(reader, 12);
  assertEquals(count(next, "logs"), 5);
  reader.releaseLock();
  await world.run(many.close());
});

Deno.test("Consumer of several streams acknowledges by a loop, a sink and both branches of tee", async () => {
  const { world, consumer, put } = setUp();
  const checkpointer = new MemoryCheckpointer();
  const rest = async () => {
    const again = consumer({ checkpointer, until });
    const reader = again.getReader();
    const left = [];
    for (;;) {
      const { done, value } = await world.run(reader.read());
      if (done) break;
      left.push(value);
    }
    await world.run(again.close());
    return left.length;
  };
  await put(STREAM, 4);
  await put("logs", 4);
  const piped = consumer({ checkpointer, until });
  const written: Item[] = [];
  const sink = () =>
    new WritableStream<{ value: Item }>({
      write: ({ value }) => void written.push(value),
    });
  await world.run(piped.pipeTo(piped.acknowledging(sink())));
  assertEquals(written.length, 8);
  assertEquals(await rest(), 0);

  await put(STREAM, 4);
  await put("logs", 4);
  const split = consumer({ checkpointer, until });
  const [a, b] = split.tee();
  await world.run(Promise.all([
    a.pipeTo(split.acknowledging(sink())),
    b.pipeTo(split.acknowledging(sink())),
  ]));
  assertEquals(written.length, 24);
  assertEquals(await rest(), 0);
});

Deno.test("Consumer.process and processBatches process several streams, and each value says of which stream it is", async () => {
  const { world, consumer, put } = setUp({ shards: 1 });
  const checkpointer = new MemoryCheckpointer();
  await put(STREAM, 20);
  await put("logs", 20);
  const seen: Record<string, number[]> = { [STREAM]: [], logs: [] };
  const one = consumer({ checkpointer, until });
  const { processed } = await world.run(
    one.process(({ value, streamName }) => {
      assertEquals(value.key, streamName);
      seen[streamName]!.push(value.i);
    }, { concurrency: 8, ordering: "shard" }),
  );
  assertEquals(processed, 40);
  // The shards of both streams have the same id, and each is in order.
  const inOrder = Array.from({ length: 20 }, (_, i) => i);
  assertEquals(seen, { [STREAM]: inOrder, logs: inOrder });

  await put(STREAM, 5);
  await put("logs", 5);
  const streams = new Set<string>();
  const summary = await world.run(
    consumer({ checkpointer, until }).processBatches((records) => {
      for (const { streamName } of records) streams.add(streamName);
    }, { maxValues: 5 }),
  );
  assertEquals(summary.processed, 10);
  assertEquals([...streams].sort(), ["logs", STREAM]);
});

Deno.test("Consumer of several streams fails as a whole when one fails, says which, and keeps the progress of the others", async () => {
  const { world, consumer, put, there, streamARN, homeARN } = setUp();
  await put(STREAM, 5);
  const checkpointer = new MemoryCheckpointer();
  const streams = [{ streamARN: homeARN }, { client: there, streamARN }];
  const many = consumer({ checkpointer, streams });
  const items: Item[] = [];
  const reading = (async () => {
    for await (const { value } of many) items.push(value);
  })();
  reading.catch(() => {});
  await world.pass(3000);
  await there.deleteStream({ StreamName: STREAM });
  await world.pass(20_000);
  const error = await assertRejects(() => reading, StreamError);
  assertEquals(error.stream, streamARN);
  assertEquals(error.code, "ResourceNotFoundException");
  assert(error.message.startsWith(`Cannot read ${streamARN}: `));
  await world.run(many.close().catch(() => {}));
  assertEquals(items.length, 5);
  const rest = consumer({
    checkpointer,
    streams: [{ streamARN: homeARN }],
    until,
  });
  assertEquals(await world.drain(rest), []);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("Consumer of several streams rejects ready with the stream that fails, also while others are ready", async () => {
  const { world, consumer } = setUp();
  const many = consumer({
    streams: [{ streamName: STREAM }, { streamName: "missing" }],
  });
  const error = await assertRejects(() => world.run(many.ready), StreamError);
  assertEquals(error.stream, "missing");
  await assertRejects(() => world.run(many.getReader().read()), StreamError);
  const closed = consumer({});
  const { ready } = closed;
  await world.run(closed.close());
  const reason = await assertRejects(() => ready, Error, "closed");
  assert(!(reason instanceof StreamError));
});

Deno.test("Consumer of several streams names the stream of a value that cannot be decoded", async () => {
  const { world, consumer, there, streamARN, homeARN } = setUp();
  const Data = new TextEncoder().encode("{");
  await there.putRecord({ StreamName: STREAM, PartitionKey: "k", Data });
  const many = consumer({
    streams: [{ streamARN: homeARN }, { client: there, streamARN }],
  });
  const error = await assertRejects(() => world.drain(many), StreamError);
  assertEquals(error.stream, streamARN);
  assert(error.cause instanceof DecodeError);
  assertEquals(error.cause.record.streamARN, streamARN);
});

Deno.test("Consumer of several streams names stream and shard of progress that could not be stored", async () => {
  const { world, consumer, put } = setUp({ shards: 1 });
  await put(STREAM, 2);
  await put("logs", 2);
  const checkpointer = new MemoryCheckpointer();
  const many = consumer({ checkpointer, checkpointIntervalMs: Infinity });
  const reader = many.getReader();
  for (const record of await world.read(reader, 4)) record.ack();
  checkpointer.checkpoint = () => Promise.reject(new Error("full"));
  const error = await assertRejects(
    () => world.run(many.checkpoint()),
    CheckpointError,
  );
  assertEquals([...error.failures.keys()], [
    `${STREAM} shardId-000000000000`,
    "logs shardId-000000000000",
  ]);
  await assertRejects(() => world.run(many.close()), CheckpointError);
});

Deno.test("Consumer.addStream adds a stream while others are read", async () => {
  const { world, consumer, put, there, streamARN, homeARN } = setUp();
  await put(STREAM, 3);
  await put("logs", 3);
  const checkpointer = new MemoryCheckpointer();
  const many = new Consumer<Item>({
    client: world.client(),
    streamARN: homeARN,
    processor: jsonLines(),
    checkpointer,
    clock: world.clock,
  });
  const records: { streamName: string; streamARN?: string }[] = [];
  const done = (async () => {
    for await (const record of many) records.push(record);
  })();
  await world.pass(3000);
  assertEquals(records.length, 3);
  await world.run(many.addStream({ streamName: "logs" }));
  await world.run(
    many.addStream({ client: there, streamARN, from: "LATEST" }),
  );
  await put(STREAM, 2, there);
  await world.pass(3000);
  assertEquals(count(records, "logs"), 3);
  assertEquals(
    records.filter((record) => record.streamARN === streamARN).length,
    2,
  );
  assertEquals(many.status().shards.length, 6);
  await assertRejects(
    () => many.addStream({ streamName: "logs" }),
    TypeError,
    "Cannot add the stream logs as the consumer reads one of that name already",
  );
  await assertRejects(
    () => many.addStream({ streamName: STREAM }),
    TypeError,
    "Cannot add the stream orders as the consumer reads one of that name already",
  );
  await assertRejects(
    () => many.addStream({ streamName: "x", limit: 5 } as never),
    TypeError,
    "'limit' is common to all streams",
  );
  await world.run(many.close());
  await done;
  await assertRejects(
    () => many.addStream({ streamName: "other" }),
    Error,
    "Cannot add the stream other as the consumer has ended",
  );
  // Everything is stored under each stream.
  const again = consumer({
    checkpointer,
    until,
    streams: [{ streamARN: homeARN }, { streamName: "logs" }],
  });
  assertEquals(await world.drain(again), []);
});

Deno.test("Consumer.addStream starts reading, and fails with the stream that does not exist", async () => {
  const { world, consumer } = setUp();
  const many = consumer({ streams: [{ streamName: STREAM }] });
  await world.run(many.addStream({ streamName: "logs" }));
  assertEquals(many.status().shards.length, 4);
  const error = await assertRejects(
    () => world.run(many.addStream({ streamName: "missing" })),
    StreamError,
  );
  assertEquals(error.stream, "missing");
  await assertRejects(() => many.getReader().read(), StreamError);
});

Deno.test("Consumer of several streams follows the reshards of each", async () => {
  const { world, consumer, put } = setUp({ shards: 1 });
  const checkpointer = new MemoryCheckpointer();
  const records: { streamName: string; value: Item }[] = [];
  const many = consumer({ checkpointer });
  const done = (async () => {
    for await (const record of many) records.push(record);
  })();
  await put("logs", 5);
  await world.pass(3000);
  const [shardId] = world.shardIds as [string];
  world.server.split("logs", shardId);
  world.server.split(STREAM, shardId);
  await put("logs", 5);
  await put(STREAM, 5);
  await world.pass(3000);
  assertEquals([count(records, "logs"), count(records, STREAM)], [10, 5]);
  await world.run(many.close());
  await done;
});

Deno.test("Consumer refuses streams that are none, are the same, or have options of the whole", () => {
  const { consumer, common, homeARN } = setUp();
  const a = { streamName: "a" };
  const cases: [unknown, string][] = [
    [[], "'streams' must be an array of one stream or more"],
    [a, "'streams' must be an array of one stream or more"],
    [[a, a], "streams[0] and streams[1] have the same name"],
    [
      [
        { streamName: STREAM },
        { streamARN: homeARN },
      ],
      "streams[0] and streams[1] have the same name",
    ],
    [
      [{ streamARN: homeARN }, { streamARN: homeARN }],
      "streams[0] and streams[1] have the same name",
    ],
    [[a, null], "'streams[1]' must be an object"],
    [[a, {}], "of streams[1] as exactly one of 'streamName' and 'streamARN'"],
    [[a, { streamName: "b", from: 5 }], "of streams[1] as 'from' must be"],
    [
      [{ streamName: "b", maxShards: 0 }],
      "of streams[0] as 'maxShards' must be an integer 1 or more",
    ],
    [
      [{ streamName: "b", prefetch: { records: 5 } }],
      "of streams[0] as 'prefetch' is common to all streams",
    ],
  ];
  for (const [streams, message] of cases) {
    assertThrows(
      () => consumer({ streams: streams as never }),
      Error,
      `Cannot create Consumer`,
    );
    assertThrows(() => consumer({ streams: streams as never }), Error, message);
  }
  for (const option of ["client", "workerId"]) {
    const wrong = { [option]: null };
    for (const streams of [{ streams: [a] }, a]) {
      assertThrows(
        () => new Consumer({ ...common, ...streams, ...wrong } as never),
        TypeError,
        `'${option}' must be`,
      );
    }
  }
  assertThrows(
    () => new Consumer({ ...common, streamName: "a", streams: [a] } as never),
    TypeError,
    "'streams' replaces 'streamName' and 'streamARN'",
  );
});

Deno.test("Consumer of several streams takes an option that a stream gives as undefined from the consumer", async () => {
  const { world, consumer, put } = setUp();
  await put(STREAM, 3);
  await put("logs", 4);
  const checkpointer = new MemoryCheckpointer();
  const nothing = {
    streamARN: undefined,
    client: undefined,
    processor: undefined,
    checkpointer: undefined,
    until: undefined,
    maxFailuresInARow: undefined,
    limit: undefined,
  };
  const options = {
    streamName: undefined,
    checkpointer,
    until,
    streams: [
      { ...nothing, streamName: STREAM },
      { ...nothing, streamName: "logs" },
    ],
  } as const;
  const records = await world.drain(consumer(options as never));
  assertEquals(records.length, 7);
  // The progress is stored: nothing is left for the next run.
  assertEquals(await world.drain(consumer(options as never)), []);
});

Deno.test("Consumer.addStream takes the leases of the new stream under the name of the worker", async () => {
  const { world, consumer } = setUp();
  const checkpointer = new MemoryCheckpointer();
  const one = world.consumer({ checkpointer });
  await world.run(one.addStream({ streamName: "logs" }));
  await world.run(one.ready);
  const owners = one.status().shards.map(({ owner }) => owner);
  assertEquals(owners.length, 4);
  assertEquals(new Set(owners).size, 1);
  await world.run(one.close());
  const several = consumer({ checkpointer });
  await world.run(several.ready);
  assertEquals(
    new Set(several.status().shards.map(({ owner }) => owner)).size,
    1,
  );
  await world.run(several.close());
});

Deno.test("Consumer of one stream in streams is like one of that stream alone", async () => {
  const { world, consumer, put } = setUp();
  await put(STREAM, 3);
  const checkpointer = new MemoryCheckpointer();
  const streams = [{ streamName: STREAM }];
  const records = await world.drain(consumer({ checkpointer, streams, until }));
  assertEquals(values(records).length, 3);
  const single = world.consumer({ checkpointer, until });
  assertEquals(await world.run(collect(single)), []);
});
