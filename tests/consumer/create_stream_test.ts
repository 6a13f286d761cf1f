import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { ConsumerClient, ConsumerOptions } from "../../consumer.ts";
import { KinesisError, ServiceError, WaiterError } from "../../errors.ts";
import { type Item, values, World } from "./_world.ts";

const NAME = "made";
const encoder = new TextEncoder();

/** A world whose streams take 5 seconds to be created. */
function setUp() {
  const world = new World({ server: { transitionMs: 5000 } });
  // Its waits are in the time of the world.
  const client = world.client(undefined, undefined, { clock: world.clock });
  const consumer = (options: Partial<ConsumerOptions<Item>> = {}) =>
    world.consumer({ client, streamName: NAME, ...options });
  return { world, client, consumer };
}

Deno.test("Consumer with createStream creates a missing stream, waits until it is active, and reads it", async () => {
  for (
    const [createStream, shards] of [
      [{ shardCount: 3 }, 3],
      [{ onDemand: true }, 4],
    ] as const
  ) {
    const { world, client, consumer } = setUp();
    const started = world.clock.now();
    const made = consumer({ createStream, from: "LATEST" });
    await world.run(made.ready);
    const took = world.clock.now() - started;
    assert(took >= 5000 && took < 15_000, `${took}`);
    assertEquals(made.status().shards.length, shards);
    const Data = encoder.encode(JSON.stringify({ key: "k", i: 0 }));
    await world.run(
      client.putRecord({ StreamName: NAME, PartitionKey: "k", Data }),
    );
    const reader = made.getReader();
    assertEquals(values(await world.read(reader, 1)), [{ key: "k", i: 0 }]);
    await world.run(made.close());
  }
});

Deno.test("Consumer with createStream reads a stream that is there as it is, and creates none that is deleted later", async () => {
  const { world, consumer } = setUp();
  world.server.createStream(NAME, { shards: 2 });
  const there = consumer({ createStream: { shardCount: 5 } });
  await world.run(there.ready);
  assertEquals(there.status().shards.length, 2);
  assertEquals(world.asked("CreateStream"), 0);
  const reading = there.getReader().read();
  reading.catch(() => {});
  await world.run(world.client().deleteStream({ StreamName: NAME }));
  await world.pass(10_000);
  const error = await assertRejects(() => world.run(reading), ServiceError);
  assertEquals(error.code, "ResourceNotFoundException");
  assertEquals(world.asked("CreateStream"), 0);
});

Deno.test("Consumers that create one stream at the same time share it", async () => {
  const { world, consumer } = setUp();
  const createStream = { shardCount: 2 };
  const all = [consumer({ createStream }), consumer({ createStream })];
  await world.run(Promise.all(all.map(({ ready }) => ready)));
  assertEquals(all.map((it) => it.status().shards.length), [2, 2]);
  await world.run(Promise.all(all.map((it) => it.close())));
});

Deno.test("Consumer with createStream goes on when the new stream is not known everywhere yet", async () => {
  const { world, client, consumer } = setUp();
  const { waitUntilActive } = client;
  let calls = 0;
  client.waitUntilActive = (request, options) => {
    if (calls++ > 0) return waitUntilActive.call(client, request, options);
    return Promise.reject(
      new ServiceError("Not there", {
        code: "ResourceNotFoundException",
        action: "DescribeStreamSummary",
        status: 400,
      }),
    );
  };
  const made = consumer({ createStream: { shardCount: 1 } });
  await world.run(made.ready);
  assertEquals(world.asked("CreateStream"), 1);
  assertEquals(world.errors.length, 1);
  await world.run(made.close());
});

Deno.test("Consumer with createStream ends when the stream is not active in time, and when it is closed or aborted before", async () => {
  const { world, client, consumer } = setUp();
  const { waitUntilActive } = client;
  client.waitUntilActive = (request, options) =>
    waitUntilActive.call(client, request, { ...options, timeoutMs: 1000 });
  const late = consumer({ createStream: { shardCount: 1 } });
  await assertRejects(() => world.run(late.getReader().read()), WaiterError);
  assertEquals(world.clock.pendingTimers, 0);

  const other = setUp();
  const closed = other.consumer({ createStream: { shardCount: 1 } });
  const { ready } = closed;
  await other.world.pass(1000);
  await other.world.run(closed.close());
  await assertRejects(() => ready);
  assertEquals(other.world.clock.pendingTimers, 0);

  const third = setUp();
  const abort = new AbortController();
  const aborted = third.consumer({
    createStream: { shardCount: 1 },
    signal: abort.signal,
  });
  const read = aborted.getReader().read();
  await third.world.pass(1000);
  abort.abort(new Error("enough"));
  await assertRejects(() => read, Error, "enough");
  await third.world.run(aborted.close());
  assertEquals(third.world.clock.pendingTimers, 0);
});

Deno.test("Consumer without createStream fails at a missing stream, and so does one that has no right to create it", async () => {
  const { world, client, consumer } = setUp();
  const error = await assertRejects(
    () => world.run(consumer().getReader().read()),
    ServiceError,
  );
  assertEquals(error.code, "ResourceNotFoundException");
  client.createStream = () =>
    Promise.reject(
      new ServiceError("No", {
        code: "AccessDeniedException",
        action: "CreateStream",
        status: 400,
      }),
    );
  const denied = await assertRejects(
    () =>
      world.run(
        consumer({ createStream: { shardCount: 1 } }).getReader().read(),
      ),
    KinesisError,
  );
  assertEquals(denied.code, "AccessDeniedException");
});

Deno.test("Consumer refuses to create a stream in an unknown way, without its name, or with a client that cannot", () => {
  const { client, consumer } = setUp();
  const { getRecords, getShardIterator, listAllShards, describeStream } =
    client;
  const reading: ConsumerClient = {
    getRecords,
    getShardIterator,
    listAllShards,
    describeStream,
  };
  const createStream = { shardCount: 1 };
  const streamARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/made";
  const cases: [Partial<ConsumerOptions<Item>>, string][] = [
    [{ createStream: {} as never }, "'createStream' must be { shardCount } or"],
    [
      { createStream: { shardCount: 0 } },
      "'createStream.shardCount' must be an integer from 1",
    ],
    [
      { createStream, streamName: undefined, streamARN },
      "'createStream' needs 'streamName' and not 'streamARN'",
    ],
    [
      { createStream, client: reading },
      "'client' must be an object with the methods describeStream, getRecords, getShardIterator, " +
      "listAllShards, createStream, describeStreamSummary, waitUntilActive, waitUntilDeleted",
    ],
  ];
  for (const [options, message] of cases) {
    assertThrows(() => consumer(options), Error, message);
  }
});
