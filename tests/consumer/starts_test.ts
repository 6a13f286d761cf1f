/** Where reading starts: positions, times, and shards that need not or cannot be read. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import type { KinesisClient } from "../../client/mod.ts";
import { KinesisError, ServiceError } from "../../errors.ts";
import type { ExpiredEvent } from "../../hooks.ts";
import type { ShardPosition } from "../../records.ts";
import { type Item, STREAM, values, World } from "./_world.ts";

const until = "caught-up";

Deno.test("Consumer starts each shard at its own kind of position", async () => {
  const world = new World();
  const [shardId] = world.shardIds as [string];
  for (let i = 0; i < 4; i++) {
    await world.put(1, { keys: ["k"] });
    await world.pass(1000);
  }
  const records = world.server.records(STREAM);
  const { sequenceNumber, approximateArrivalTimestamp } = records[2]!;
  const cases: [ShardPosition, number[]][] = [
    [{ type: "TRIM_HORIZON" }, [0, 1, 2, 3]],
    [{ type: "LATEST" }, []],
    [{ type: "AT_SEQUENCE_NUMBER", sequenceNumber }, [2, 3]],
    [{ type: "SEQUENCE", sequenceNumber }, [3]],
    [
      { type: "AT_TIMESTAMP", timestamp: approximateArrivalTimestamp! },
      [2, 3],
    ],
  ];
  for (const [position, expected] of cases) {
    const from = { [shardId]: position };
    const got = await world.drain(world.consumer({ from, until }));
    assertEquals(values(got).map(({ i }) => i), expected, position.type);
  }
});

Deno.test("Consumer fails when a position is for a shard that the stream does not have, and reads nothing", async () => {
  const world = new World({ shards: 8 });
  const [first] = world.shardIds as [string];
  await world.put(10);
  const from = {
    [first]: { type: "LATEST" },
    "shardId-000000000077": { type: "LATEST" },
    "shardId-0": { type: "TRIM_HORIZON" },
  } as const;
  const consumer = world.consumer({
    from,
    checkpointer: new MemoryCheckpointer(),
  });
  const error = await assertRejects(
    () => world.drain(consumer),
    KinesisError,
    "Cannot start with orders as 'from' has positions for shardId-000000000077, shardId-0, " +
      "which the stream does not have (any more). It has shardId-000000000000, ",
  );
  assert(error.message.endsWith("shardId-000000000004 and 3 more shards"));
  assertEquals(error.code, "UnknownShard");
  assertEquals(world.asked("GetRecords"), 0);
  assertThrows(
    () => world.consumer({ from: { "shard 0": { type: "LATEST" } } }),
    TypeError,
    "'from' must be an object of positions by shard id: current value is \"shard 0\"",
  );
});

Deno.test("Consumer says which sequence number in its start position is not of the shard", async () => {
  const world = new World({ shards: 2 });
  const [first, second] = world.shardIds as [string, string];
  await world.put(5, { shardId: first });
  const { sequenceNumber } = world.server.records(STREAM)[1]!;
  for (const type of ["SEQUENCE", "AT_SEQUENCE_NUMBER"] as const) {
    const from = { [second]: { type, sequenceNumber } };
    const error = await assertRejects(
      () => world.drain(world.consumer({ from, until })),
      KinesisError,
      `from["${second}"] must have a number of this shard`,
    );
    assertEquals(error.code, "PositionRefused");
  }
});

Deno.test("Consumer goes on by its checkpoints, whatever shards the start position names", async () => {
  const world = new World();
  const checkpointer = new MemoryCheckpointer();
  await world.put(3);
  await world.drain(world.consumer({ checkpointer, until }));
  await world.put(3);
  const from = { "shardId-000000000077": { type: "LATEST" } } as const;
  const rest = await world.drain(
    world.consumer({ checkpointer, from, until }),
  );
  assertEquals(rest.length, 3);
});

Deno.test("Consumer waits for a named shard that the first list does not have", async () => {
  const world = new World({ shards: 2 });
  const [first, second] = world.shardIds as [string, string];
  await world.put(5, { shardId: first });
  await world.put(5, { shardId: second });
  const client = world.client();
  const lists = client.listAllShards.bind(client);
  let calls = 0;
  client.listAllShards = async function* (request, options) {
    const isFirst = calls++ === 0;
    for await (const shard of lists(request, options)) {
      if (!isFirst || shard.ShardId !== second) yield shard;
    }
  };
  const from = { [second]: { type: "LATEST" } } as const;
  const got = await world.drain(world.consumer({ client, from, until }));
  assertEquals(got.map(({ shardId }) => shardId), Array(5).fill(first));
});

Deno.test("Consumer reports that a named shard has expired, and reads its children", async () => {
  const world = new World();
  const [root] = world.shardIds as [string];
  await world.put(5);
  const { sequenceNumber } = world.server.records(STREAM)[1]!;
  world.server.split(STREAM, root);
  await world.pass(25 * 3_600_000);
  await world.put(5);
  const expired: ExpiredEvent[] = [];
  const after = { type: "SEQUENCE", sequenceNumber } as const;
  for (const checkpointer of [undefined, new MemoryCheckpointer()]) {
    const consumer = world.consumer({
      checkpointer,
      from: { [root]: after },
      until,
      hooks: { onExpired: (event) => void expired.push(event) },
    });
    const startedAt = world.clock.now();
    assertEquals((await world.drain(consumer)).length, 5);
    const [event] = expired;
    assertEquals(expired.splice(0), [{
      stream: STREAM,
      shardId: root,
      what: "shard",
      after,
      afterTime: undefined,
      beforeTime: event?.beforeTime,
    }]);
    // The service states whole seconds, and the client adds the real milliseconds since then.
    const noticedAt = event!.beforeTime!.getTime();
    const second = Math.floor(startedAt / 1000) * 1000;
    assert(noticedAt >= second && noticedAt < second + 1000, `${noticedAt}`);
    assertEquals(consumer.status().expired.length, 1);
  }
});

/** A stream with 14 closed shards, of which a consumer of the last minute needs none. */
async function reshardedOften() {
  const world = new World();
  for (let i = 0; i < 7; i++) {
    await world.put(3, { keys: ["old"] });
    const [first, second] = await world.openShards() as [string, string];
    if (second) world.server.merge(STREAM, first, second);
    else world.server.split(STREAM, first);
    await world.pass(60_000);
  }
  await world.put(2, { keys: ["old"] });
  await world.pass(1);
  const from = new Date(world.clock.now());
  await world.put(4, { keys: ["new"] });
  return { world, from };
}

Deno.test("Consumer with a date does not read shards that were closed before it", async () => {
  const { world, from } = await reshardedOften();
  world.server.clearLog();
  const started = world.clock.now();
  const open = await world.openShards();
  const checkpointer = new MemoryCheckpointer();
  const records = await world.drain(
    world.consumer({ checkpointer, from, until }),
  );
  assertEquals(values(records).map(({ i }) => i), [0, 1, 2, 3]);
  assert(world.clock.now() - started < 1000);
  assertEquals(world.asked("GetShardIterator"), open.length);
  assert(world.asked("GetRecords") <= 2 * open.length);
  // A reshard afterwards is read from the oldest record on.
  world.server.split(STREAM, open[0]!);
  await world.put(4, { keys: ["new"] });
  const rest = await world.drain(
    world.consumer({ checkpointer, from, until }),
  );
  assertEquals(values(rest).map(({ i }) => i), [4, 5, 6, 7]);
});

Deno.test("Consumer with a date reads the same records from servers that do not tell which shards were closed before it", async () => {
  type List = KinesisClient["listAllShards"];
  const servers: Record<string, (list: List) => List> = {
    "ignores the filter": (list) => (request, options) =>
      list({ ...request, ShardFilter: undefined }, options),
    "refuses the filter": (list) => (request, options) => {
      if (!request.ShardFilter) return list(request, options);
      throw new ServiceError("No", {
        code: "ValidationException",
        action: "ListShards",
        status: 400,
      });
    },
    "answers with an empty list": (list) =>
      async function* (request, options) {
        if (!request.ShardFilter) yield* list(request, options);
      },
  };
  for (const [name, serve] of Object.entries(servers)) {
    const { world, from } = await reshardedOften();
    const client = world.client();
    client.listAllShards = serve(client.listAllShards.bind(client));
    const records = await world.drain(world.consumer({ client, from, until }));
    assertEquals(values(records).map(({ i }) => i), [0, 1, 2, 3], name);
  }
});

Deno.test("Consumer with a date in the future hands out nothing older of shards that open before it", async () => {
  const world = new World();
  const from = new Date(world.clock.now() + 30_000);
  const checkpointer = new MemoryCheckpointer();
  const consumer = world.consumer({ checkpointer, from });
  const items: Item[] = [];
  const done = (async () => {
    for await (const { value } of consumer) items.push(value);
  })();
  await world.pass(5000);
  world.server.split(STREAM, world.shardIds[0]!);
  await world.put(10, { keys: [..."abcdefghij"] });
  await world.pass(60_000);
  assertEquals(items, []);
  await world.put(10, { keys: [..."abcdefghij"] });
  await world.pass(5000);
  assertEquals(items.map(({ i }) => i), Array(10).fill(1));
  await world.run(consumer.close());
  await done;
});
