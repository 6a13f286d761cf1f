import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Producer } from "../../producer.ts";
import { KinesisError, ServiceError } from "../../errors.ts";
import {
  dropStrays,
  type EventShard,
  kinesisHandler,
  type KinesisStreamEvent,
  kinesisWindowHandler,
  type ShardLister,
  type StrayFilter,
} from "../../lambda/mod.ts";
import { kplJson, kplString } from "../../processors/mod.ts";
import { type Item, STREAM, World } from "../consumer/_world.ts";
import { FakeClock } from "../_services/fake_clock.ts";
import { aggregateOf, recordOf, STREAM_ARN, windowOf } from "./_events.ts";

/** Partition keys whose hashes lie in the lower half. Those of "k1" and "k3" lie in the upper one. */
const LOW = ["k0", "k2"];
const HALF = 2n ** 127n;
const LAST = 2n ** 128n - 1n;

function shard(
  id: string,
  [start, end]: [bigint, bigint],
  parent?: string,
  adjacent?: string,
): EventShard {
  return {
    ...{ ShardId: id, ParentShardId: parent, AdjacentParentShardId: adjacent },
    HashKeyRange: {
      StartingHashKey: `${start}`,
      EndingHashKey: `${end}`,
    },
  };
}

const ALL = shard("all", [0n, LAST]);
const LOWER = shard("lower", [0n, HALF - 1n], "all");
const UPPER = shard("upper", [HALF, LAST], "all");
const SHARDS = [ALL, LOWER, UPPER];

/** An event with one aggregated record, whose values are its keys. */
function eventOf(
  keys: readonly string[],
  { shardId = "lower", isResent = false, arn = STREAM_ARN, outer = "" } = {},
): KinesisStreamEvent {
  const { data, partitionKey } = aggregateOf(keys, keys, { isResent });
  const place = { shardId, arn, partitionKey: outer || partitionKey };
  return { Records: [recordOf(data, "8", place)] };
}

/** The values that reach the handler. */
async function read(
  event: KinesisStreamEvent,
  strays?: StrayFilter,
): Promise<string[]> {
  const seen: string[] = [];
  const answer = await kinesisHandler<string>({
    processor: kplString(),
    strays,
    ordering: "shard",
    handler: ({ value }) => void seen.push(value),
  })(event);
  assertEquals(answer, { batchItemFailures: [] });
  return seen;
}

/** A lister that counts its calls. */
function counting(lists: EventShard[][] = [SHARDS]) {
  const calls: unknown[] = [];
  const list: ShardLister = (stream) => {
    calls.push(stream);
    return Promise.resolve(lists[Math.min(calls.length, lists.length) - 1]!);
  };
  return { calls, list };
}

Deno.test("dropStrays drops the values of a KPL record outside of the shard after a split, and only those", async () => {
  const strays = dropStrays(() => SHARDS);
  const mixed = eventOf(["k0", "k1", "k2", "k3"]);
  assertEquals(await read(mixed), ["k0", "k1", "k2", "k3"]);
  assertEquals(await read(mixed, strays), ["k0", "k2"]);
  const upper = eventOf(["k1", "k0", "k3"], { shardId: "upper" });
  assertEquals(await read(upper, strays), ["k1", "k3"]);
  assertEquals(await read(eventOf(LOW), strays), LOW);
});

Deno.test("dropStrays drops a record that its producer sends again as a whole, also with another partition key", async () => {
  const strays = dropStrays(() => SHARDS);
  for (const outer of ["a", "k0"]) {
    const event = eventOf(["k0", "k1"], { isResent: true, outer });
    assertEquals(await read(event, strays), []);
    assertEquals(
      await read(eventOf(LOW, { isResent: true, outer }), strays),
      LOW,
    );
  }
});

Deno.test("dropStrays keeps values that nobody sends again", async () => {
  const strays = dropStrays(() => SHARDS);
  // The partition key is not the KPL's.
  const other = eventOf(["k0", "k1"], { outer: "k0" });
  assertEquals(await read(other, strays), ["k0", "k1"]);
  // The first value lies outside, so it did not place the record.
  assertEquals(await read(eventOf(["k1", "k0"]), strays), ["k1", "k0"]);
  // A shard without parents.
  const root = eventOf(["k0", "k1"], { shardId: "all", isResent: true });
  assertEquals(await read(root, dropStrays(() => [ALL])), ["k0", "k1"]);
  // The ancestor that held all values is not listed any more.
  const orphans = dropStrays(() => [LOWER, UPPER]);
  assertEquals(await read(eventOf(["k0", "k1"]), orphans), ["k0", "k1"]);
  // A record of one value.
  const single = eventOf(["k1"], { isResent: true });
  assertEquals(await read(single, strays), ["k1"]);
});

Deno.test("dropStrays finds all ancestors: those of a merge, and those before the parents", async () => {
  const merged = shard("merged", [0n, LAST], "lower", "upper");
  const child = shard("child", [0n, HALF - 1n], "merged");
  const event = eventOf(["k0", "k1"], { shardId: "child" });
  const lists = [[ALL, LOWER, UPPER, merged, child], [merged, child]];
  for (const shards of lists) {
    assertEquals(await read(event, dropStrays(() => shards)), ["k0"]);
  }
  // "merged" has no list entry: the chain ends there, and nothing proves that the KPL wrote this.
  const gap = dropStrays(() => [ALL, LOWER, UPPER, child]);
  assertEquals(await read(event, gap), ["k0", "k1"]);
});

Deno.test("dropStrays lists no shards for records that cannot have strays, and once for the others", async () => {
  const { calls, list } = counting();
  const strays = dropStrays(list);
  await read({ Records: [recordOf("plain", "1")] }, strays);
  await read(eventOf(["k0", "k1"], { outer: "k0" }), strays);
  assertEquals(calls, []);
  for (let i = 0; i < 3; i++) await read(eventOf(LOW), strays);
  assertEquals(calls, [{
    streamName: "lambda-stream",
    streamARN: STREAM_ARN,
  }]);
});

Deno.test("dropStrays takes the shards from an array, a promise, or an async iterable", async () => {
  const event = eventOf(["k0", "k1"]);
  const listers: ShardLister[] = [
    () => SHARDS,
    () => Promise.resolve(new Set(SHARDS)),
    async function* () {
      for (const shard of SHARDS) yield await Promise.resolve(shard);
    },
  ];
  for (const list of listers) {
    assertEquals(await read(event, dropStrays(list)), ["k0"]);
  }
});

Deno.test("dropStrays looks an unknown shard up again, but not within 'maxListAgeMs', and keeps its values", async () => {
  const clock = new FakeClock();
  const { calls, list } = counting([[ALL], [ALL], SHARDS]);
  const strays = dropStrays(list, { clock, maxListAgeMs: 5000 });
  const record = eventOf(["k0", "k1"]).Records[0]!;
  const event = { Records: Array.from({ length: 50 }, () => record) };
  for (let i = 0; i < 3; i++) {
    assertEquals((await read(event, strays)).length, 100);
  }
  assertEquals(calls.length, 1);
  await clock.advance(5000);
  assertEquals((await read(event, strays)).length, 100);
  assertEquals(calls.length, 2);
  await clock.advance(5000);
  assertEquals((await read(event, strays)).length, 50);
  assertEquals(calls.length, 3);
});

Deno.test("dropStrays lists the shards again at once for the first record of a new shard", async () => {
  const clock = new FakeClock();
  const { calls, list } = counting([[ALL], SHARDS]);
  const strays = dropStrays(list, { clock });
  await read(eventOf(LOW, { shardId: "all" }), strays);
  assertEquals(await read(eventOf(["k0", "k1"]), strays), ["k0"]);
  assertEquals(calls.length, 2);
});

Deno.test("dropStrays drops nothing by the list of a stream that was deleted and created again", async () => {
  const clock = new FakeClock();
  // In the new stream, "lower" holds all hash keys and has no parents.
  const { calls, list } = counting([SHARDS, [shard("lower", [0n, LAST])]]);
  const strays = dropStrays(list, { clock });
  const event = eventOf(["k0", "k1"], { isResent: true });
  assertEquals(await read(event, strays), []);
  await clock.advance(60_000);
  assertEquals(await read(event, strays), ["k0", "k1"]);
  assertEquals(calls.length, 2);
});

Deno.test("dropStrays keeps the shards of several streams apart", async () => {
  const other = "arn:aws-cn:kinesis:cn-north-1:123456789012:stream/other";
  const strays = dropStrays(({ streamName }) =>
    streamName === "other" ? [shard("lower", [0n, LAST])] : SHARDS
  );
  assertEquals(await read(eventOf(["k0", "k1"]), strays), ["k0"]);
  const event = eventOf(["k0", "k1"], { arn: other });
  assertEquals(await read(event, strays), ["k0", "k1"]);
  assertEquals(await read(eventOf(["k0", "k1"]), strays), ["k0"]);
});

Deno.test("dropStrays makes one list for records that ask at the same time", async () => {
  const { calls, list } = counting();
  const strays = dropStrays(list);
  const event = eventOf(["k0", "k1"]);
  const reads = await Promise.all([read(event, strays), read(event, strays)]);
  assertEquals(reads, [["k0"], ["k0"]]);
  assertEquals(calls.length, 1);
});

Deno.test("dropStrays fails the event when the shards cannot be listed, before a value is processed, and lists again for the next event", async () => {
  const broken: [ShardLister, string][] = [
    [() => Promise.reject(new Error("no network")), "no network"],
    [() => {
      throw new Error("not now");
    }, "not now"],
    [() => ({ Shards: SHARDS }) as never, "must return the shards"],
    [() => undefined as never, "must return the shards"],
    [() => [{ ShardId: "lower" }], 'it is {"ShardId":"lower"}'],
    [
      () => [{ HashKeyRange: ALL.HashKeyRange }],
      "A listed shard must have a ShardId and a HashKeyRange",
    ],
  ];
  for (const [list, message] of broken) {
    let calls = 0;
    const strays = dropStrays((stream) =>
      calls++ === 0 ? list(stream) : SHARDS
    );
    const { Records } = eventOf(["k0", "k1"]);
    const event = { Records: [recordOf("plain", "7"), ...Records] };
    const seen: string[] = [];
    const handler = kinesisHandler<string>({
      processor: kplString(),
      strays,
      handler: ({ value }) => void seen.push(value),
    });
    const error = await assertRejects(
      () => handler(event),
      KinesisError,
      `Cannot find the strays of "${STREAM_ARN}"`,
    );
    assertEquals(error.code, "ShardsNotListed");
    assert((error.cause as Error).message.includes(message));
    assertEquals(seen, []);
    await handler(event);
    assertEquals(seen, ["plain", "k0"]);
  }
  const throttled = new ServiceError("slow down", {
    ...{ code: "LimitExceededException", action: "ListShards", status: 400 },
    retryable: true,
  });
  const strays = dropStrays(() => Promise.reject(throttled));
  const error = await assertRejects(
    () => read(eventOf(LOW), strays),
    KinesisError,
  );
  assertEquals(error.retryable, true);
});

Deno.test("dropStrays works in windows too, and a list that fails ends neither window nor state", async () => {
  let calls = 0;
  const handler = kinesisWindowHandler<string, string[]>({
    processor: kplString(),
    strays: dropStrays(() => {
      if (calls++ === 0) throw new Error("not now");
      return SHARDS;
    }),
    initialState: () => [],
    reduce: (state, { value }) => [...state, value],
  });
  const event = windowOf(eventOf(["k0", "k1", "k2"]), { shardId: "lower" });
  await assertRejects(() => handler(event), KinesisError);
  assertEquals((await handler(event)).state, ["k0", "k2"]);
});

Deno.test("dropStrays refuses wrong options", () => {
  assertThrows(
    () => dropStrays(SHARDS as never),
    TypeError,
    "'list' must be a function",
  );
  assertThrows(
    () => dropStrays(() => SHARDS, { maxListAgeMs: -1 }),
    RangeError,
    "Cannot drop strays as 'maxListAgeMs' must be 0 or more",
  );
});

Deno.test("dropStrays keeps what a Consumer keeps, for producers and the KPL, over splits and merges, with a list of many pages", async () => {
  const world = new World({ shards: 2 });
  const processor = kplJson<Item>();
  const client = world.client();
  const producer = new Producer<Item>({
    ...{ client, processor, streamName: STREAM, clock: world.clock },
    ...{ partitionKey: "key", lingerMs: 5 },
  });
  const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
  for (let round = 0; round < 6; round++) {
    for (const key of keys) producer.put({ key, i: round });
    const [first, second] = await world.openShards();
    if (round % 3 === 2) world.server.merge(STREAM, first!, second!);
    else world.server.split(STREAM, first!);
    // What the KPL writes before it notices the change.
    const packer = processor.createPacker({
      shardOf: () => "as before",
      emit: ({ data, partitionKey, explicitHashKey }) =>
        void client.putRecord({
          StreamName: STREAM,
          Data: data,
          PartitionKey: partitionKey,
          ExplicitHashKey: explicitHashKey,
        }),
    });
    for (const key of ["k0", "k1", "k2", "k3"]) {
      packer.push({ value: { key, i: 100 + round }, partitionKey: key });
    }
    packer.flush();
    await world.pass(1000);
  }
  await world.run(producer.close());
  const consumer = world.consumer<Item>({ processor, until: "caught-up" });
  const consumed = (await world.drain(consumer)).map(({ id }) => id);
  assert(consumer.status().strayValues > 0);

  const seen: string[] = [];
  const handler = kinesisHandler<Item>({
    processor,
    strays: dropStrays(({ streamName }) =>
      client.listAllShards({ StreamName: streamName, MaxResults: 1 })
    ),
    handler: ({ id }) => void seen.push(id),
  });
  for (const record of world.server.records(STREAM)) {
    const { shardId, partitionKey, data, sequenceNumber } = record;
    const arn = `arn:aws:kinesis:eu-west-1:123456789012:stream/${STREAM}`;
    const place = { shardId, partitionKey, arn };
    const Records = [recordOf(data, sequenceNumber, place)];
    assertEquals(await handler({ Records }), { batchItemFailures: [] });
  }
  assertEquals(seen.sort(), consumed.sort());
});
