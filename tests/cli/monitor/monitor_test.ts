import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
} from "@std/assert";
import type { Snapshot } from "../../../cli/_monitor/snapshot.ts";
import { Watch } from "./_watch.ts";

const HALF = `${2n ** 127n}`;

Deno.test("monitor measures records and bytes a second of each shard, and its load", async () => {
  await using watch = new Watch(2);
  const { totals, shards } = await watch.after(8, async () => {
    await watch.put(900, 100, "0");
    await watch.put(10, 50_000, HALF);
  });
  const [first, second] = shards;
  assertAlmostEquals(first!.recordsPerSecond!, 900, 50);
  assertAlmostEquals(first!.bytesPerSecond!, 90_000, 5_000);
  assertAlmostEquals(first!.load!, 0.9, 0.05);
  assertAlmostEquals(second!.recordsPerSecond!, 10, 1);
  assertAlmostEquals(second!.load!, 500_000 / 2 ** 20, 0.05);
  assertAlmostEquals(totals.recordsPerSecond!, 910, 50);
  assertEquals(totals.hotShards, 1);
  assertEquals([first!.from, first!.to, second!.to], [0, 0.5, 1]);
});

Deno.test("monitor does not know a rate before the second read, and 0 is a rate", async () => {
  await using watch = new Watch(1);
  const first = await watch.after(1);
  assertEquals(first.shards[0]!.recordsPerSecond, undefined);
  assertEquals(first.totals.recordsPerSecond, undefined);
  const later = await watch.after(3);
  assertEquals(later.totals.recordsPerSecond, 0);
});

Deno.test("monitor shows splits and merges with their time and lineage", async () => {
  await using watch = new Watch(2);
  const before = await watch.after(5);
  assertEquals([before.reshards, before.closedShards], [[], 0]);
  const children = watch.server.split("orders", "shardId-000000000000");
  const split = await watch.after(4);
  assertEquals(split.reshards.map(({ time: _, ...it }) => it), [
    { kind: "split", parents: ["shardId-000000000000"], children },
  ]);
  assertEquals(split.stream.openShards, 3);
  assertEquals(split.shards.map(({ id }) => id), [
    ...children,
    "shardId-000000000001",
    "shardId-000000000000",
  ]);
  const [child, , , parent] = split.shards;
  assertEquals(child!.openedAt, split.reshards[0]!.time);
  assertEquals(parent!.closedAt, split.reshards[0]!.time);
  const merged = watch.server.merge("orders", children[0]!, children[1]!);
  const last = await watch.after(4);
  assertEquals(last.reshards[0]!.kind, "merge");
  assertEquals(last.reshards[0]!.children, [merged]);
  assertEquals([last.stream.openShards, last.closedShards], [2, 3]);
});

Deno.test("monitor measures the children of a split shard", async () => {
  await using watch = new Watch(1);
  await watch.after(3);
  watch.server.split("orders", "shardId-000000000000");
  const { shards } = await watch.after(8, () => watch.put(100, 10, HALF));
  const [lower, upper, parent] = shards;
  assertEquals(lower!.recordsPerSecond, 0);
  assertAlmostEquals(upper!.recordsPerSecond!, 100, 10);
  assertEquals([parent!.isOpen, parent!.recordsPerSecond], [false, undefined]);
});

Deno.test("monitor reads a shard once a second, and at most 50 shards a second in turns", async () => {
  await using small = new Watch(2);
  await small.after(11);
  const reads = small.count("GetRecords") + small.count("GetShardIterator");
  assert(reads >= 18 && reads <= 22, `${reads}`);

  await using large = new Watch(120);
  const { shards, sources } = await large.after(
    10,
    () => large.put(5, 10, "0"),
  );
  const perSecond = new Map<number, number>();
  for (const { action, at } of large.calls) {
    if (action !== "GetRecords" && action !== "GetShardIterator") continue;
    const second = Math.floor(at / 1000);
    perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
  }
  assertEquals(Math.max(...perSecond.values()), 50);
  assertEquals(shards.filter((it) => it.load === undefined), []);
  assertAlmostEquals(shards[0]!.recordsPerSecond!, 5, 1);
  assertMatch(
    sources.find(({ name }) => name === "Sampling")!.note!,
    /1 of the 5 reads.*50 shards a second, in turns/,
  );
});

Deno.test("monitor leaves a throttled shard alone for longer and longer, and says so", async () => {
  let isThrottling = true;
  await using watch = new Watch(1, {}, (fetch) => async (input, init) => {
    const target = new Headers(init?.headers).get("x-amz-target")!;
    if (!isThrottling || !target.endsWith("GetRecords")) {
      return await fetch(input, init);
    }
    return Response.json(
      { __type: "ProvisionedThroughputExceededException" },
      { status: 400 },
    );
  });
  const { sources, totals } = await watch.after(60);
  assertEquals(totals.recordsPerSecond, undefined);
  const reads = watch.count("GetRecords");
  assert(reads >= 4 && reads <= 7, `${reads}`);
  const note = () => sources.find(({ name }) => name === "Sampling")!.note!;
  assertMatch(note(), new RegExp(`throttled ${reads} times`));
  isThrottling = false;
  assertEquals((await watch.after(40)).totals.recordsPerSecond, 0);
});

Deno.test("monitor passes over records that exceed its budget, and the rate is right nevertheless", async () => {
  let hold: Promise<void> | undefined;
  const answers: number[] = [];
  await using watch = new Watch(1, {}, (fetch) => async (input, init) => {
    const target = new Headers(init?.headers).get("x-amz-target")!;
    if (!target.endsWith("GetRecords")) return await fetch(input, init);
    await hold;
    const response = await fetch(input, init);
    const { Records, MillisBehindLatest } = await response.clone().json();
    if (MillisBehindLatest > 0) answers.push(Records.length);
    return response;
  });
  const write = () => watch.put(900, 10, "0");
  await watch.after(5, write);
  const release = Promise.withResolvers<void>();
  hold = release.promise;
  await watch.after(4, write);
  hold = undefined;
  release.resolve();
  const { shards } = await watch.after(2, write);
  assertEquals(answers, [1_000]);
  assertAlmostEquals(shards[0]!.recordsPerSecond!, 900, 100);
});

Deno.test("monitor with sampling off reads no records", async () => {
  await using watch = new Watch(2, { sample: false });
  const { sources, totals } = await watch.after(5);
  assertEquals(watch.count("GetRecords") + watch.count("GetShardIterator"), 0);
  assertEquals(totals.recordsPerSecond, undefined);
  assertEquals(sources.find(({ name }) => name === "Sampling"), {
    name: "Sampling",
    state: "off",
    note: "--no-sample",
  });
});

Deno.test("monitor goes on when Kinesis fails, and keeps what it knows", async () => {
  let isFailing = false;
  await using watch = new Watch(
    2,
    {},
    (fetch) => async (input, init) =>
      isFailing
        ? Response.json({ __type: "AccessDeniedException", message: "no" }, {
          status: 400,
        })
        : await fetch(input, init),
  );
  await watch.after(4);
  isFailing = true;
  const failing = await watch.after(10);
  assertEquals(failing.shards.length, 2);
  const list = failing.sources.find(({ name }) => name === "Shards")!;
  assertEquals(list.state, "failing");
  assertMatch(list.note!, /AccessDenied/);
  assert(failing.time - list.at! >= 6_000);
  const error = failing.errors.find(({ source }) => source === "Shards")!;
  assert(error.count >= 1 && error.count <= 4, `${error.count}`);
  isFailing = false;
  const again = await watch.after(30);
  assertEquals(
    again.sources.filter(({ state }) => state !== "off").map(({ state }) =>
      state
    ),
    ["on", "on", "on"],
  );
});

Deno.test("monitor shows sampling as failing until a shard that failed is read again", async () => {
  let isFailing = false;
  await using watch = new Watch(2, {}, (fetch) => async (input, init) => {
    const target = new Headers(init?.headers).get("x-amz-target")!;
    const isRead = target.endsWith("GetRecords") ||
      target.endsWith("GetShardIterator");
    return isFailing && isRead
      ? Response.json({ __type: "AccessDeniedException", message: "no" }, {
        status: 400,
      })
      : await fetch(input, init);
  });
  const samplingOf = ({ sources }: Snapshot) =>
    sources.find(({ name }) => name === "Sampling")!;
  const before = samplingOf(await watch.after(4));
  assertEquals(before.state, "on");
  isFailing = true;
  await watch.after(2);
  for (let second = 0; second < 20; second++) {
    const { state, note, at } = samplingOf(await watch.after(1));
    assertEquals(state, "failing");
    assertMatch(note!, /AccessDenied/);
    assert(at! - before.at! <= 2_000);
  }
  isFailing = false;
  assertEquals(samplingOf(await watch.after(31)).state, "on");
});

Deno.test("monitor reads the other shards at their pace while one fails", async () => {
  let failing: string | undefined;
  await using watch = new Watch(2, {}, (fetch) => async (input, init) => {
    const response = await fetch(input, init);
    const body = new TextDecoder().decode(init!.body as Uint8Array);
    const { ShardId, ShardIterator } = JSON.parse(body);
    if (ShardId === "shardId-000000000000") {
      failing = (await response.clone().json()).ShardIterator;
    }
    if (!ShardIterator || ShardIterator !== failing) return response;
    await response.body?.cancel();
    return Response.json({ __type: "AccessDeniedException", message: "no" }, {
      status: 400,
    });
  });
  const { shards, sources } = await watch.after(
    40,
    () => watch.put(10, 10, HALF),
  );
  assertEquals(shards[0]!.recordsPerSecond, undefined);
  assertAlmostEquals(shards[1]!.recordsPerSecond!, 10, 1);
  const reads = watch.count("GetRecords");
  assert(reads >= 35, `${reads}`);
  const sampling = sources.find(({ name }) => name === "Sampling")!;
  assertEquals(sampling.state, "failing");
});

Deno.test("monitor shows the age of what was read while all shards are throttled", async () => {
  let isThrottling = false;
  await using watch = new Watch(2, {}, (fetch) => async (input, init) => {
    const target = new Headers(init?.headers).get("x-amz-target")!;
    return isThrottling && target.endsWith("GetRecords")
      ? Response.json(
        { __type: "ProvisionedThroughputExceededException" },
        { status: 400 },
      )
      : await fetch(input, init);
  });
  await watch.after(4);
  isThrottling = true;
  const { sources, time } = await watch.after(10);
  const { state, at } = sources.find(({ name }) => name === "Sampling")!;
  assertEquals(state, "on");
  // The reads of iterators are answered between the throttles.
  assert(time - at! >= 8_000, `${time - at!}`);
});

Deno.test("monitor forgets the rates before a time without answers", async () => {
  let isFailing = false;
  await using watch = new Watch(
    1,
    {},
    (fetch) => async (input, init) =>
      isFailing
        ? Response.json({ __type: "AccessDeniedException", message: "no" }, {
          status: 400,
        })
        : await fetch(input, init),
  );
  const writing = await watch.after(6, () => watch.put(200, 10, "0"));
  assertAlmostEquals(writing.totals.recordsPerSecond!, 200, 20);
  isFailing = true;
  assertEquals((await watch.after(20)).totals.recordsPerSecond, undefined);
  isFailing = false;
  for (let second = 0; second < 40; second++) {
    const { recordsPerSecond = 0 } = (await watch.after(1)).totals;
    assertEquals(recordsPerSecond, 0);
  }
});

Deno.test("monitor takes the holders of leases from a store", async () => {
  await using watch = new Watch(2, {
    leases: () => Promise.resolve(new Map([["shardId-000000000001", "w-1"]])),
  });
  const { shards, workers } = await watch.after(2);
  assertEquals(shards.map(({ worker }) => worker), [undefined, "w-1"]);
  assertEquals(workers.map((it) => [it.name, it.heldShards, it.state]), [
    ["w-1", 1, "on"],
  ]);
});
