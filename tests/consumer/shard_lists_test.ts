/**
 * Order and completeness with lists of shards that are old, lack shards, or name shards that have
 * expired.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import type { Consumer } from "../../consumer.ts";
import { ResponseError } from "../../errors.ts";
import type { ExpiredEvent } from "../../hooks.ts";
import { editLists, hideShards } from "./_shard_lists.ts";
import { assertComplete, type Item, STREAM, values, World } from "./_world.ts";

const HOUR_MS = 3_600_000;

/** Reads `count` values and acknowledges each one before it reads the next. */
async function take(
  world: World,
  reader: ReadableStreamDefaultReader<{ value: Item; ack(): void }>,
  count: number,
): Promise<Item[]> {
  const items: Item[] = [];
  while (items.length < count) {
    const [record] = await world.read(reader, 1);
    if (!record) break;
    record.ack();
    items.push(record.value);
  }
  return items;
}

/** Reads and acknowledges all values until the stream ends. */
async function takeAll(
  world: World,
  reader: ReadableStreamDefaultReader<{ value: Item; ack(): void }>,
  into: Item[],
): Promise<void> {
  for (;;) {
    const items = await take(world, reader, 1);
    if (items.length === 0) return;
    into.push(...items);
  }
}

/** Iterates over all values until the stream ends. */
async function work(consumer: Consumer<Item>, into: Item[]): Promise<void> {
  for await (const { value } of consumer) into.push(value);
}

function typeOf(checkpointer: MemoryCheckpointer, id: string) {
  return checkpointer.list(STREAM).then((leases) =>
    leases.find(({ shardId }) => shardId === id)?.checkpoint.type
  );
}

Deno.test("Consumer opens a child only when its parent is processed, also if the parent has expired", async () => {
  const world = new World();
  const [parent] = world.shardIds as [string];
  const consumer = world.consumer({ checkpointer: new MemoryCheckpointer() });
  await world.put(20, { keys: ["k"] });
  const reader = consumer.getReader();
  const items = await take(world, reader, 1);
  await world.pass(2000);
  world.server.split(STREAM, parent);
  await world.pass(10_000);
  world.server.advance(25 * HOUR_MS);
  await world.put(10, { keys: ["k"] });
  await world.pass(30_000);
  items.push(...await take(world, reader, 29));
  assertComplete(items, world.written);
  assertEquals(consumer.status().expired, []);
  await world.run(consumer.close());
});

Deno.test("Consumer opens a child only when its parent is processed, although a list does not name the parent", async () => {
  const world = new World();
  const [parent] = world.shardIds as [string];
  let isHidden = false;
  const client = world.client((fetch) =>
    hideShards(fetch, (id) => isHidden && id === parent)
  );
  const checkpointer = new MemoryCheckpointer();
  const prefetch = { records: 5 };
  const consumer = world.consumer({ client, checkpointer, prefetch });
  await world.put(20, { keys: ["k"] });
  const reader = consumer.getReader();
  const items = await take(world, reader, 5);
  world.server.split(STREAM, parent);
  await world.put(10, { keys: ["k"] });
  isHidden = true;
  await world.pass(20_000);
  items.push(...await take(world, reader, 25));
  assertComplete(items, world.written);
  // The lease of the finished parent stays, because the parent has not expired.
  await world.pass(20_000);
  assertEquals(await typeOf(checkpointer, parent), "SHARD_END");
  await world.run(consumer.close());
});

for (const merge of [false, true]) {
  const how = merge ? "of a merge" : "of a split";
  Deno.test(`Consumer waits for a parent ${how} that the first list does not name`, async () => {
    const world = new World({ shards: 2 });
    const [a, b] = world.shardIds as [string, string];
    await world.put(20, { keys: ["k"], shardId: b });
    if (merge) world.server.merge(STREAM, a, b);
    else world.server.split(STREAM, b);
    await world.put(10, { keys: ["k"] });
    let isHidden = true;
    const client = world.client((fetch) =>
      hideShards(fetch, (id) => isHidden && id === b)
    );
    const consumer = world.consumer({
      client,
      checkpointer: new MemoryCheckpointer(),
    });
    const reader = consumer.getReader();
    const first = take(world, reader, 30);
    await world.pass(5000);
    assert(
      world.errors.some((error) => `${error}`.includes(b)),
      "no failure was reported",
    );
    isHidden = false;
    assertComplete(await first, world.written);
    await world.run(consumer.close());
  });
}

Deno.test("Consumer forgets no finished shard for one list that does not name it, and reads it once", async () => {
  const world = new World();
  const [parent] = world.shardIds as [string];
  await world.put(10, { keys: ["k"] });
  world.server.split(STREAM, parent);
  let isHidden = false;
  const client = world.client((fetch) =>
    hideShards(fetch, (id) => isHidden && id === parent)
  );
  const checkpointer = new MemoryCheckpointer();
  const consumer = world.consumer({ client, checkpointer });
  const items: Item[] = [];
  const working = work(consumer, items);
  await world.pass(20_000);
  for (isHidden of [true, false]) await world.pass(20_000);
  assertComplete(items, world.written);
  assertEquals(await typeOf(checkpointer, parent), "SHARD_END");
  await world.run(consumer.close());
  await working;
});

Deno.test("Consumer reads both children when a list names only one of them", async () => {
  for (const tells of [true, false]) {
    const world = new World();
    const [parent] = world.shardIds as [string];
    await world.put(10);
    const [, upper] = world.server.split(STREAM, parent);
    await world.put(30);
    let isHidden = true;
    const client = world.client((fetch) =>
      hideShards(fetch, (id) => isHidden && id === upper)
    );
    if (!tells) {
      // An older server does not name the children.
      const { getRecords } = client;
      client.getRecords = async (...given) => {
        const { ChildShards: _, ...answer } = await getRecords(...given);
        return answer;
      };
    }
    const consumer = world.consumer({
      client,
      checkpointer: new MemoryCheckpointer(),
      from: new Date(world.clock.now() - HOUR_MS),
    });
    const items: Item[] = [];
    const working = work(consumer, items);
    await world.pass(20_000);
    isHidden = false;
    await world.pass(20_000);
    assertComplete(items, world.written);
    await world.run(consumer.close());
    await working;
  }
});

Deno.test("Consumer opens no child while another worker works on the parent, although that has expired", async () => {
  const world = new World();
  const [parent] = world.shardIds as [string];
  const checkpointer = new MemoryCheckpointer();
  const holder = world.consumer({ checkpointer, workerId: "holder" });
  await world.put(20, { keys: ["k"] });
  const reader = holder.getReader();
  const items = await take(world, reader, 1);
  world.server.split(STREAM, parent);
  await world.pass(10_000);
  world.server.advance(25 * HOUR_MS);
  await world.put(10, { keys: ["k"] });
  const other = world.consumer({ checkpointer, workerId: "other" });
  const working = work(other, items);
  await world.pass(60_000);
  assertEquals(items.length, 1);
  const rest = take(world, reader, 19);
  items.push(...await rest);
  // Either worker may take the child, so both read.
  const holding = takeAll(world, reader, items);
  await world.pass(60_000);
  assertEquals(items.length, 30);
  assertComplete(items, world.written);
  await world.run(Promise.all([holder.close(), other.close()]));
  await Promise.all([working, holding]);
});

/** Processes 3 of 10 records. Then no worker runs until the shard has expired. */
async function expireUnread(world: World, checkpointer: MemoryCheckpointer) {
  const [parent] = world.shardIds as [string];
  await world.put(10);
  await world.drain(world.consumer({ checkpointer, limit: 3 }));
  const children = world.server.split(STREAM, parent);
  await world.clock.advance(26 * HOUR_MS);
  await world.put(10);
  return { parent, children };
}

Deno.test("Consumer reports which shard has expired unread and from which position, and reads its children", async () => {
  const world = new World();
  const checkpointer = new MemoryCheckpointer();
  const { parent, children } = await expireUnread(world, checkpointer);
  const [lease] = await checkpointer.list(STREAM);
  const events: ExpiredEvent[] = [];
  const consumer = world.consumer({
    checkpointer,
    hooks: { onExpired: (event) => void events.push(event) },
  });
  const items: Item[] = [];
  const startedAt = world.clock.now();
  const working = work(consumer, items);
  await world.pass(60_000);
  assertEquals(items.length, 10);
  assert(lease?.checkpoint.type === "SEQUENCE");
  assertEquals(events, [{
    stream: STREAM,
    shardId: parent,
    what: "shard",
    after: lease.checkpoint,
    afterTime: undefined,
    beforeTime: events[0]?.beforeTime,
  }]);
  // Noticed when the reader was refused, at the start. The client adds the real milliseconds since
  // its last answer to the time of the service.
  const noticedAt = events[0]!.beforeTime!.getTime();
  assert(noticedAt >= startedAt && noticedAt < startedAt + 1000);
  assertEquals(consumer.status().expired, events);
  assertEquals(
    consumer.status().shards.map(({ shardId }) => shardId),
    children,
  );
  const stored = await checkpointer.list(STREAM);
  assertEquals(stored.map(({ shardId }) => shardId), children);
  await world.run(consumer.close());
  await working;
});

Deno.test("Consumer that ends when caught up deals with a shard that has expired unread first", async () => {
  const world = new World();
  const checkpointer = new MemoryCheckpointer();
  const { parent } = await expireUnread(world, checkpointer);
  // Another worker held the lease when it died.
  const [lease] = await checkpointer.list(STREAM);
  await checkpointer.take(lease!, "dead");
  const events: string[] = [];
  const records = await world.drain(world.consumer({
    checkpointer,
    until: "caught-up",
    hooks: { onExpired: ({ shardId }) => void events.push(shardId) },
  }));
  assertEquals([records.length, events], [10, [parent]]);
  const stored = await typeOf(checkpointer, parent);
  assert(stored === undefined || stored === "SHARD_END");
});

Deno.test("Consumer does not take a shard that it cannot find in one list for expired", async () => {
  const world = new World();
  const [parent] = world.shardIds as [string];
  const checkpointer = new MemoryCheckpointer();
  await world.put(10, { keys: ["k"] });
  await world.drain(world.consumer({ checkpointer, limit: 3 }));
  world.server.split(STREAM, parent);
  await world.put(10, { keys: ["k"] });
  const client = world.client((fetch) =>
    hideShards(fetch, (id) => id === parent)
  );
  const reported: unknown[] = [];
  const consumer = world.consumer({
    client,
    checkpointer,
    hooks: { onExpired: (event) => void reported.push(event) },
  });
  const items: Item[] = [];
  const working = work(consumer, items);
  await world.pass(60_000);
  assertEquals(
    items.map(({ i }) => i),
    Array.from({ length: 17 }, (_, i) => i + 3),
  );
  assertEquals(reported, []);
  await world.run(consumer.close());
  await working;
});

Deno.test("Consumer with LATEST reads shards that opened while no worker ran from their oldest record, also if their parents have expired", async () => {
  const world = new World();
  const [first] = world.shardIds as [string];
  const checkpointer = new MemoryCheckpointer();
  const from = "LATEST";
  const consumer = world.consumer({ checkpointer, from });
  await world.run(consumer.ready);
  await world.run(consumer.close());
  const [lower, upper] = world.server.split(STREAM, first);
  await world.pass(1000);
  const merged = world.server.merge(STREAM, lower, upper);
  await world.clock.advance(26 * HOUR_MS);
  await world.put(10, { shardId: merged });
  await world.pass(60_000);
  const records = await world.drain(
    world.consumer({ checkpointer, from, until: "caught-up" }),
  );
  assertEquals(values(records).length, 10);
});

Deno.test("Consumer with LATEST loses nothing of a shard that the first list does not name", async () => {
  const world = new World({ shards: 2 });
  const [, b] = world.shardIds as [string, string];
  let isHidden = true;
  const client = world.client((fetch) =>
    hideShards(fetch, (id) => isHidden && id === b)
  );
  await world.put(5, { keys: ["old"], shardId: b });
  await world.pass(20_000);
  const consumer = world.consumer({
    client,
    checkpointer: new MemoryCheckpointer(),
    from: "LATEST",
  });
  await world.run(consumer.ready);
  await world.put(10, { keys: ["k"], shardId: b });
  const items: Item[] = [];
  const working = work(consumer, items);
  await world.pass(20_000);
  isHidden = false;
  await world.pass(20_000);
  assertComplete(items, new Map([["k", 10]]));
  assertEquals(items.length, 10);
  await world.run(consumer.close());
  await working;
});

Deno.test("Consumer reports that the oldest records of a shard expired before they were read", async () => {
  const world = new World();
  const [shardId] = world.shardIds as [string];
  const checkpointer = new MemoryCheckpointer();
  await world.put(10);
  await world.drain(world.consumer({ checkpointer, limit: 3 }));
  await world.clock.advance(25 * HOUR_MS);
  await world.put(2);
  await world.pass(60_000);
  const events: ExpiredEvent[] = [];
  const run = () =>
    world.drain(world.consumer({
      checkpointer,
      until: "caught-up",
      hooks: { onExpired: (event) => void events.push(event) },
    }));
  const records = await run();
  assertEquals(records.length, 2);
  const [{ sequenceNumber, approximateArrivalTimestamp }] = records as [
    typeof records[number],
  ];
  assertEquals(events.map(({ after: _, ...event }) => event), [{
    stream: STREAM,
    shardId,
    what: "records",
    afterTime: undefined,
    before: sequenceNumber,
    beforeTime: approximateArrivalTimestamp,
  }]);
  assertEquals((await run()).length, 0);
  assertEquals(events.length, 1);
});

Deno.test("Consumer reports that records expired while the application processed one value", async () => {
  const world = new World();
  const events: ExpiredEvent[] = [];
  const consumer = world.consumer({
    checkpointer: new MemoryCheckpointer(),
    prefetch: { records: 1 },
    hooks: { onExpired: (event) => void events.push(event) },
  });
  await world.put(10, { keys: ["k"] });
  const reader = consumer.getReader();
  const items = await take(world, reader, 1);
  await world.pass(1000);
  world.server.advance(25 * HOUR_MS);
  await world.put(5, { keys: ["k"] });
  world.server.advance(60_000);
  items.push(...await take(world, reader, 6));
  assertEquals(items.map(({ i }) => i), [0, 1, 10, 11, 12, 13, 14]);
  assertEquals(events.map(({ what }) => what), ["records"]);
  assert(events[0]!.afterTime && events[0]!.beforeTime);
  await world.run(consumer.close());
});

Deno.test("Consumer reads from a server without ListShards, and from one that does not say where shards begin", async () => {
  const world = new World();
  const [parent] = world.shardIds as [string];
  await world.put(10);
  world.server.split(STREAM, parent);
  await world.put(10);
  const old = world.client((fetch) => async (input, init) => {
    const action = new Headers(init?.headers).get("x-amz-target");
    if (!action?.endsWith(".ListShards")) return await fetch(input, init);
    return Response.json({ __type: "UnknownOperationException" }, {
      status: 400,
    });
  });
  const vague = world.client((fetch) =>
    editLists(
      fetch,
      (shards) =>
        shards.map(({ SequenceNumberRange: _, ...shard }) =>
          shard as typeof shard & {
            SequenceNumberRange: { StartingSequenceNumber: string };
          }
        ),
    )
  );
  for (const client of [old, vague]) {
    const checkpointer = new MemoryCheckpointer();
    const options = { client, checkpointer, until: "caught-up" } as const;
    const records = await world.drain(world.consumer(options));
    assertComplete(values(records), world.written);
    assertEquals((await world.drain(world.consumer(options))).length, 0);
  }
});

Deno.test("Consumer fails when the pages of ListShards or DescribeStream lead in a circle", async () => {
  for (const action of ["ListShards", "DescribeStream"]) {
    const world = new World();
    const shards = await world.client((fetch) => fetch)
      .listShards({ StreamName: STREAM });
    let requests = 0;
    const client = world.client((fetch) => (input, init) => {
      const asked = new Headers(init?.headers).get("x-amz-target")
        ?.split(".")[1];
      if (asked !== "ListShards" && asked !== "DescribeStream") {
        return fetch(input, init);
      }
      if (asked !== action) {
        const body = { __type: "UnknownOperationException" };
        return Promise.resolve(Response.json(body, { status: 400 }));
      }
      requests++;
      const page = { ...shards, NextToken: "same", HasMoreShards: true };
      return Promise.resolve(
        Response.json({ ...page, StreamDescription: page }),
      );
    });
    const consumer = world.consumer({ client });
    const error = await assertRejects(
      () => world.run(consumer.getReader().read()),
      ResponseError,
      `Cannot ${action} to the end: the same next page was named twice`,
    );
    assertEquals(error.retryable, false);
    assertEquals(requests, 2);
  }
});

/** A client whose ListShards succeeds `after` times and then fails once with each of `codes`. */
function refusing(world: World, after: number, ...codes: string[]) {
  let calls = 0;
  return world.client((fetch) => async (input, init) => {
    const action = new Headers(init?.headers).get("x-amz-target");
    if (!action?.endsWith(".ListShards") || calls++ < after) {
      return await fetch(input, init);
    }
    const __type = codes.shift();
    if (!__type) return await fetch(input, init);
    return Response.json({ __type, message: "no" }, { status: 400 });
  });
}

Deno.test("Consumer waits for a stream that is being created", async () => {
  const world = new World();
  await world.put(5);
  const code = "ResourceInUseException";
  const consumer = world.consumer({
    client: refusing(world, 0, code, code, code),
    until: "caught-up",
  });
  assertEquals((await world.drain(consumer)).length, 5);
  assertEquals(world.errors.length, 3);
});

Deno.test("Consumer asks again when it could not find out whether a shard has expired", async () => {
  for (const code of ["LimitExceededException", "ResourceInUseException"]) {
    const world = new World();
    const checkpointer = new MemoryCheckpointer();
    await expireUnread(world, checkpointer);
    const reported: string[] = [];
    const records = await world.drain(world.consumer({
      client: refusing(world, 1, code),
      checkpointer,
      until: "caught-up",
      hooks: { onExpired: ({ shardId }) => void reported.push(shardId) },
    }));
    assertEquals([records.length, reported], [10, world.shardIds]);
  }
});
