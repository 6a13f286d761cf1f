import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Checkpointer } from "../../checkpoint/mod.ts";
import type { Consumer } from "../../consumer.ts";
import { KinesisError } from "../../errors.ts";
import { kplString } from "../../processors/mod.ts";
import { Producer } from "../../producer.ts";
import { Tables } from "../checkpoint/_dynamodb_fixtures.ts";
import { assertComplete, type Item, STREAM, values, World } from "./_world.ts";

/** The default of `failoverTimeMs`. */
const FAILOVER_MS = 10_000;

/** A table without rows. */
async function start(): Promise<Tables> {
  const tables = await Tables.start();
  await tables.create("app");
  return tables;
}

/**
 * The calls of a worker. They take real time, so the fake clock stands still until they are done.
 * While the worker is cut off, as if it was killed, they never settle.
 */
class Worker {
  readonly checkpointer: Checkpointer;
  isCut = false;

  constructor(world: World, inner: Checkpointer) {
    const pass =
      <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
      (...args: A): Promise<R> =>
        this.isCut
          ? new Promise(() => {})
          : world.holdTime(() => call.apply(inner, args));
    this.checkpointer = {
      list: pass(inner.list),
      create: pass(inner.create),
      take: pass(inner.take),
      renew: pass(inner.renew),
      checkpoint: pass(inner.checkpoint),
      release: pass(inner.release),
      request: pass(inner.request),
      replace: pass(inner.replace),
      delete: pass(inner.delete),
    };
  }
}

async function work(consumer: Consumer<Item>, into: Item[]): Promise<void> {
  for await (const { value } of consumer) into.push(value);
}

Deno.test("Consumer takes over the shards of a worker that died, through a table in DynamoDB", async () => {
  await using tables = await start();
  const world = new World({ shards: 4 });
  const [one, two] = ["one", "two"].map((workerId) => {
    const worker = new Worker(world, tables.open("app"));
    const { checkpointer } = worker;
    return { worker, consumer: world.consumer({ workerId, checkpointer }) };
  }) as [Part, Part];
  const items: Item[] = [];
  const dead = work(one.consumer, items);
  const alive = work(two.consumer, items);
  await world.pass(40_000);
  const owners = async () =>
    Object.values(await tables.rows("app"))
      .map(({ leaseOwner }) => leaseOwner?.S).sort();
  assertEquals(await owners(), ["one", "one", "two", "two"]);
  await world.put(40, { keys: [..."abcdefghij"] });
  await world.pass(5000);
  one.worker.isCut = true;
  await world.pass(30_000);
  assertEquals(await owners(), ["two", "two", "two", "two"]);
  await world.put(40, { keys: [..."abcdefghij"] });
  await world.pass(5000);
  await world.run(two.consumer.close());
  await alive;
  const distinct = new Set(items.map(({ key, i }) => `${key}${i}`));
  assertEquals(distinct.size, 80);
  assertEquals(await owners(), Array(4).fill(undefined));
  // The dead worker wakes up. It has lost its leases, so it writes nothing.
  one.worker.isCut = false;
  const before = await tables.rows("app");
  await world.run(one.consumer.close());
  await dead;
  assertEquals(await tables.rows("app"), before);
});

/** Asserts that all values were read. Some may be read twice. */
function assertSeenAtLeastOnce(items: readonly Item[], world: World): void {
  const seen = new Map(items.map((item) => [`${item.key} ${item.i}`, item]));
  assertComplete([...seen.values()].sort((x, y) => x.i - y.i), world.written);
}

interface Part {
  readonly worker: Worker;
  readonly consumer: Consumer<Item>;
}

Deno.test("Consumer goes on where a KCL stopped", async () => {
  await using tables = await start();
  const world = new World({ shards: 2 });
  await world.put(40);
  const reader = world.consumer().getReader();
  const all = await world.read(reader, 40);
  await world.run(reader.cancel());
  // The KCL has processed the first 7 records of one shard, and has not begun with the other.
  const [half, rest] = world.shardIds;
  const ofHalf = all.filter(({ shardId }) => shardId === half);
  const kclRow = (leaseKey: string, checkpoint: string) => ({
    leaseKey: { S: leaseKey },
    leaseCounter: { N: "3" },
    checkpoint: { S: checkpoint },
    checkpointSubSequenceNumber: { N: "0" },
    ownerSwitchesSinceCheckpoint: { N: "0" },
  });
  await tables.put("app", kclRow(half!, ofHalf[6]!.sequenceNumber));
  await tables.put("app", kclRow(rest!, "TRIM_HORIZON"));
  const { checkpointer } = new Worker(world, tables.open("app"));
  const read = await world.drain(
    world.consumer({ checkpointer, until: "caught-up", from: "LATEST" }),
  );
  assertEquals(read.length, 33);
  assertEquals(
    values(read.filter(({ shardId }) => shardId === half)),
    values(ofHalf.slice(7)),
  );
});

Deno.test("Consumer goes on inside an aggregated record where a KCL stopped", async () => {
  await using tables = await start();
  const world = new World();
  const client = world.client();
  const processor = kplString();
  const producer = new Producer({ client, streamName: STREAM, processor });
  await producer.putAll([..."abcdefgh"]);
  await producer.close();
  const options = { processor: kplString(), until: "caught-up" } as const;
  const [first] = await world.drain(world.consumer<string>(options));
  await tables.put("app", {
    leaseKey: { S: world.shardIds[0] },
    leaseCounter: { N: "3" },
    checkpoint: { S: first!.sequenceNumber },
    checkpointSubSequenceNumber: { N: "2" },
  });
  const { checkpointer } = new Worker(world, tables.open("app"));
  const read = await world.drain(
    world.consumer<string>({ ...options, checkpointer }),
  );
  assertEquals(values(read).join(""), "defgh");
  // A KCL skips every value of the record now, however many there are.
  const { [world.shardIds[0]!]: row } = await tables.rows("app");
  assertEquals(row.checkpoint, { S: first!.sequenceNumber });
  assertEquals(row.checkpointSubSequenceNumber, { N: `${2n ** 63n - 1n}` });
});

Deno.test("Consumer reads a shard that a KCL 3 left in the middle of a handoff", async () => {
  await using tables = await start();
  const world = new World();
  await world.put(5);
  await tables.put("app", {
    leaseKey: { S: world.shardIds[0] },
    leaseCounter: { N: "3" },
    leaseOwner: { S: "kcl-2" },
    checkpointOwner: { S: "kcl-1" },
    checkpoint: { S: "TRIM_HORIZON" },
  });
  const { checkpointer } = new Worker(world, tables.open("app"));
  const items: Item[] = [];
  const consumer = world.consumer({ checkpointer });
  const working = work(consumer, items);
  await world.pass(30_000);
  assertComplete(items, world.written);
  await world.run(consumer.close());
  await working;
});

for (const isBusy of [false, true]) {
  const how = isBusy ? "busy" : "idle";
  Deno.test(`Consumer goes on with a shard whose row gets a 'checkpointOwner' that no worker clears, while it reads: ${how}`, async () => {
    await using tables = await start();
    const world = new World();
    const [shardId] = world.shardIds as [string];
    const { checkpointer } = new Worker(world, tables.open("app"));
    const items: Item[] = [];
    const consumer = world.consumer({ checkpointer });
    const working = work(consumer, items);
    const putFor = async (seconds: number) => {
      for (let second = 0; second < seconds; second++) {
        if (isBusy) await world.put(2);
        await world.pass(1000);
      }
    };
    await putFor(15);
    await world.holdTime(() =>
      tables.call("UpdateItem", {
        TableName: "app",
        Key: { leaseKey: { S: shardId } },
        UpdateExpression: "SET checkpointOwner = :kcl",
        ExpressionAttributeValues: { ":kcl": { S: "kcl-1" } },
      })
    );
    await putFor(30);
    await world.put(5);
    await world.pass(5000);
    assertSeenAtLeastOnce(items, world);
    await world.run(consumer.close());
    await working;
    const { [shardId]: row } = await tables.rows("app");
    assertEquals(row.checkpointOwner, undefined);
    assertEquals(row.leaseOwner, undefined);
    const rest = world.consumer({ checkpointer, until: "caught-up" });
    assertEquals(values(await world.drain(rest)), []);
  });
}

Deno.test("Consumer fails when its table is deleted while it reads, and says what to check", async () => {
  await using tables = await start();
  const world = new World({ shards: 2 });
  const { checkpointer } = new Worker(world, tables.open("app"));
  const items: Item[] = [];
  const consumer = world.consumer({ checkpointer });
  const failed = assertRejects(() => work(consumer, items), KinesisError);
  await world.put(10);
  await world.pass(5000);
  assertEquals(items.length, 10);
  await world.holdTime(() => tables.drop("app"));
  await world.put(10);
  await world.pass(FAILOVER_MS);
  const error = await world.run(failed, 0);
  assertEquals(error.code, "ResourceNotFoundException");
  assert(error.message.includes("Check the name of the table"));
  await world.run(consumer.close().catch(() => {}));
});

Deno.test("Consumer stores the lineage of a reshard as the KCL does", async () => {
  await using tables = await start();
  const world = new World({ shards: 1 });
  const [parent] = world.shardIds as [string];
  await world.put(5);
  const { checkpointer } = new Worker(world, tables.open("app"));
  const items: Item[] = [];
  const consumer = world.consumer({ checkpointer });
  const working = work(consumer, items);
  await world.pass(5000);
  world.server.split(STREAM, parent);
  await world.put(5);
  await world.pass(60_000);
  const { [parent]: ended, ...children } = await tables.rows("app");
  assertEquals(ended.checkpoint, { S: "SHARD_END" });
  assertEquals(ended.checkpointSubSequenceNumber, { N: "0" });
  assertEquals(Object.values(children).length, 2);
  for (const child of Object.values(children)) {
    assertEquals(child.parentShardId, { SS: [parent] });
  }
  assertComplete(items, world.written);
  await world.run(consumer.close());
  await working;
});

Deno.test("Consumer fails at once when it may not use the table", async () => {
  await using tables = await start();
  await tables.create("app-CoordinatorState", "key");
  const world = new World();
  const cases: [code: string, prepare: () => Promise<void>][] = [
    ["TableOfOtherStream", () =>
      tables.put("app", {
        leaseKey: { S: world.shardIds[0] },
        leaseCounter: { N: "0" },
        checkpoint: { S: "LATEST" },
        webstreamsStreamName: { S: "users" },
      })],
    ["LeaseTableOfKcl3", () =>
      tables.put("app-CoordinatorState", {
        key: { S: "Migration3.0" },
        cv: { S: "CLIENT_VERSION_3X" },
      })],
  ];
  for (const [code, prepare] of cases) {
    await prepare();
    const { checkpointer } = new Worker(world, tables.open("app"));
    const from = world.clock.now();
    const error = await assertRejects(
      () => world.drain(world.consumer({ checkpointer })),
      KinesisError,
    );
    assertEquals(error.code, code);
    assert(world.clock.now() - from < 1000, "it waits for nothing");
  }
});

Deno.test("Consumer does not read a finished shard again whose lease a KCL has deleted", async () => {
  await using tables = await start();
  const world = new World();
  const [parent] = world.shardIds as [string];
  await world.put(20);
  const children = world.server.split(STREAM, parent);
  await world.put(20);
  const all = await world.drain(world.consumer({ until: "caught-up" }));
  // The KCL deletes the lease of a finished shard when its children have progress.
  for (const child of children) {
    const [first] = all.filter(({ shardId }) => shardId === child);
    await tables.put("app", {
      leaseKey: { S: child },
      leaseCounter: { N: "3" },
      checkpoint: { S: first!.sequenceNumber },
      checkpointSubSequenceNumber: { N: "0" },
      parentShardId: { SS: [parent] },
    });
  }
  const { checkpointer } = new Worker(world, tables.open("app"));
  const read = await world.drain(
    world.consumer({ checkpointer, until: "caught-up" }),
  );
  assertEquals(
    read.filter(({ shardId }) => shardId === parent).length,
    0,
    "values of the parent were read again",
  );
  assertEquals(read.length, 18);
});

Deno.test("Consumer goes on in its table when it is given the ARN in place of the name", async () => {
  await using tables = await start();
  const world = new World({ shards: 2, server: { region: "eu-west-1" } });
  const { StreamDescriptionSummary: { StreamARN: streamARN } } = await world
    .client().describeStreamSummary({ StreamName: STREAM });
  for (
    const stream of [
      { streamName: STREAM },
      { streamName: undefined, streamARN },
      { streamName: STREAM },
    ]
  ) {
    await world.put(10);
    const { checkpointer } = new Worker(world, tables.open("app"));
    const read = await world.drain(
      world.consumer({ ...stream, checkpointer, until: "caught-up" }),
    );
    assertEquals(read.length, 10);
  }
});

Deno.test("Consumer fails at once when the table in DynamoDB has another key", async () => {
  await using tables = await Tables.start();
  await tables.create("app", "id");
  const world = new World({ shards: 2 });
  const { checkpointer } = new Worker(world, tables.open("app"));
  const consumer = world.consumer({ checkpointer });
  const error = await assertRejects(
    () => world.run(consumer.ready),
    KinesisError,
  );
  assertEquals(error.retryable, false);
  await world.run(consumer.close());
});
