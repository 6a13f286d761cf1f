import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { delay } from "../../_core/clock.ts";
import { hashKeyOf } from "../../_aws/hash_key.ts";
import { HashRange } from "../../_shards/hash_range.ts";
import { ServiceError } from "../../errors.ts";
import {
  gzip,
  json,
  jsonLines,
  kplJson,
  type Processor,
} from "../../processors/mod.ts";
import type { Ordering, ProducerOptions } from "../../producer.ts";
import { shardLines } from "./_shard_lines.ts";
import {
  connectionLost,
  seeded,
  setUpProducer,
  type StubKinesis,
  unavailable,
} from "./_set_up.ts";

interface Item {
  key: string;
  n: number;
}

function setUp(options: Partial<ProducerOptions<Item>> = {}, shards = 1) {
  return setUpProducer<Item>({
    processor: json<Item>(),
    partitionKey: "key",
    ...options,
  }, shards);
}

/**
 * The values that the stub has stored, in order, those that were stored twice where they came
 * first.
 */
function firstArrivals(client: StubKinesis): Item[] {
  const lines = client.texts.flatMap((text) => text.trim().split("\n"));
  return firstOf(lines);
}

function firstOf(lines: string[]): Item[] {
  const seen = new Set<string>();
  return lines.filter((line) => !seen.has(line) && seen.add(line))
    .map((line) => JSON.parse(line));
}

/**
 * The values in the order of storing, without records that hold a value of another shard: as the
 * KCL hands them out. What each of its rules does to a record is in `tests/interop/kcl/`; these
 * records are compressed, too.
 */
async function asTheKclSees(
  client: StubKinesis,
  processor: Processor<Item>,
): Promise<{ lines: string[]; dropped: number }> {
  const lines: string[] = [];
  let dropped = 0;
  for (const { data, key, shardId, sequenceNumber } of client.stored) {
    const range = new HashRange(
      client.shards.find((shard) => shard.ShardId === shardId)!,
    );
    const items = await processor.unpack({
      streamName: "s",
      shardId,
      partitionKey: key,
      sequenceNumber,
      data,
    });
    const values = items.map((item) => {
      if (item.type === "error") throw item.error;
      return item;
    });
    const isDropped = values.length > 1 &&
      values.some((value) => !range.holds(value));
    if (isDropped) dropped += values.length;
    else lines.push(...values.map(({ value }) => JSON.stringify(value)));
  }
  return { lines, dropped };
}

function assertOrdered(items: Iterable<Item>, what: string): void {
  const last = new Map<string, number>();
  for (const { key, n } of items) {
    assert(
      n > (last.get(key) ?? -1),
      `${what}: ${n} of ${key} came after ${last.get(key)}`,
    );
    last.set(key, n);
  }
}

const PROCESSORS: Record<Chaos["framing"], Processor<Item>> = {
  single: json<Item>(),
  lines: jsonLines<Item>(),
  shard: shardLines<Item>(),
  kpl: kplJson<Item>({ maxAggregateBytes: 200 }),
  gzip: gzip(kplJson<Item>({ maxAggregateBytes: 200 })),
};

interface Chaos {
  seed: number;
  records: number;
  keys: number;
  shards: number;
  framing: "single" | "lines" | "shard" | "kpl" | "gzip";
  ordering: Ordering;
  maxInFlight: number;
  maxBatchRecords: number;
  bufferedValues: number;
  /** Chances of: a record failing, a request failing before and after it was stored, a reshard. */
  chances: [number, number, number, number];
}

const chaos = (ordering: Ordering): fc.Arbitrary<Chaos> =>
  fc.record({
    seed: fc.integer(),
    records: fc.integer({ min: 1, max: 120 }),
    keys: fc.integer({ min: 1, max: 12 }),
    shards: fc.integer({ min: 1, max: 4 }),
    framing: fc.constantFrom("single", "lines", "shard", "kpl", "gzip"),
    ordering: fc.constant(ordering),
    maxInFlight: fc.integer({ min: 1, max: 6 }),
    maxBatchRecords: fc.integer({ min: 1, max: 20 }),
    bufferedValues: fc.integer({ min: 1, max: 60 }),
    chances: fc.tuple(
      fc.constantFrom(0, 0.1, 0.5),
      fc.constantFrom(0, 0.1, 0.4),
      fc.constantFrom(0, 0.1, 0.4),
      fc.constantFrom(0, 0.05, 0.2),
    ),
  });

async function run(options: Chaos) {
  const { seed, records, keys, shards, framing, ordering, chances } = options;
  const [recordFails, requestFails, answerLost, reshards] = chances;
  const random = seeded(seed);
  const processor = PROCESSORS[framing];
  const { clock, client, producer } = setUpProducer<Item>({
    processor,
    partitionKey: "key",
    ordering,
    random,
    maxAttempts: 1_000_000,
    lingerMs: Math.floor(random() * 200),
    maxInFlight: options.maxInFlight,
    maxBatchRecords: options.maxBatchRecords,
    bufferedValues: options.bufferedValues,
  }, shards);
  client.onPut = async (request) => {
    await delay(Math.floor(random() * 300), { clock });
    if (random() < requestFails) {
      throw random() < 0.5 ? connectionLost() : unavailable();
    }
    if (random() < reshards) {
      const open = client.openShardIds;
      const at = Math.floor(random() * open.length);
      if (open.length > 1 && random() < 0.5) {
        const i = Math.min(at, open.length - 2);
        client.merge(open[i]!, open[i + 1]!);
      } else client.split(open[at]!);
    }
    const answer = client.storeSome(request, () => {
      if (random() >= recordFails) return undefined;
      return random() < 0.5
        ? "ProvisionedThroughputExceededException"
        : "InternalFailure";
    });
    if (random() < answerLost) throw connectionLost();
    return answer;
  };
  const writer = producer.getWriter();
  const counts = new Map<string, number>();
  const acknowledged: string[] = [];
  const items: Item[] = [];
  let written = 0;
  const work = (async () => {
    for (; written < records; written++) {
      const key = `k${Math.floor(random() * keys)}`;
      const n = counts.get(key) ?? 0;
      counts.set(key, n + 1);
      const item = { key, n };
      items.push(item);
      if (random() < 0.3) {
        producer.put(item).then(() => acknowledged.push(JSON.stringify(item)));
      } else writer.write(item);
      // Only what has arrived is in order between the two ways to write.
      await writer.ready;
      if (random() < 0.1) await delay(random() * 100, { clock });
      if (random() < 0.02) producer.flush();
      assert(producer.stats().bufferedValues <= options.bufferedValues);
    }
    await writer.close();
  })();
  await clock.runUntil(work, 1e9);
  assertEquals(clock.pendingTimers, 0);
  const { delivered, failed, bufferedBytes, bufferedValues } = producer
    .stats();
  assertEquals([delivered, failed], [records, 0]);
  assertEquals([bufferedBytes, bufferedValues], [0, 0]);
  const aggregated = framing === "kpl" || framing === "gzip";
  const { lines, dropped } = aggregated
    ? await asTheKclSees(client, processor)
    : {
      lines: client.texts.flatMap((text) => text.trim().split("\n")),
      dropped: 0,
    };
  const stored = firstOf(lines);
  const text = (list: Item[]) => list.map((item) => JSON.stringify(item));
  assertEquals(text(stored).sort(), text(items).sort());
  const all = new Set(text(stored));
  assert(acknowledged.every((line) => all.has(line)));
  const isSeenAsStored = framing === "shard" && reshards > 0;
  if (answerLost === 0 && !isSeenAsStored) {
    // Nothing is handed out twice unless an answer was lost: a record in the wrong shard is dropped
    // as a whole.
    assertEquals(lines.length, records);
  }
  if (reshards === 0) assertEquals(dropped, 0);
  return { stored, items, client };
}

for (const ordering of ["none", "key", "shard"] as const) {
  Deno.test(`Producer loses nothing and keeps its promise of order when ordering is "${ordering}" and everything fails at random`, async () => {
    await fc.assert(
      fc.asyncProperty(chaos(ordering), async (options) => {
        const { stored, items } = await run(options);
        if (ordering === "none") return;
        assertOrdered(stored, "per key");
        if (ordering !== "shard" || options.chances[3] > 0) return;
        // Across keys: each shard has its values in the order of writing. Lines are regrouped by
        // key before that.
        if (options.framing === "lines") return;
        const place = new Map(
          items.map((item, i) => [JSON.stringify(item), i]),
        );
        const width = 2n ** 128n / BigInt(options.shards);
        const last = new Map<bigint, number>();
        for (const item of stored) {
          const shard = hashKeyOf(item.key) / width;
          const at = place.get(JSON.stringify(item))!;
          assert(at > (last.get(shard) ?? -1), "order of a shard");
          last.set(shard, at);
        }
      }),
      { numRuns: 150 },
    );
  });
}

Deno.test("Producer sends values of different keys together when ordering is key", async () => {
  const { clock, client, producer } = setUp({ ordering: "key" });
  const writer = producer.getWriter();
  for (let i = 0; i < 30; i++) writer.write({ key: `k${i % 10}`, n: i });
  await clock.runUntil(writer.close());
  assertEquals(client.requests.map(({ Records }) => Records.length), [
    10,
    10,
    10,
  ]);
});

Deno.test("Producer holds a key up that fails and no other when ordering is key", async () => {
  const { clock, client, producer } = setUp({
    ordering: "key",
    shardRates: false,
  });
  let failures = 10;
  client.onPut = (request) =>
    client.storeSome(
      request,
      ({ PartitionKey }) =>
        PartitionKey === "slow" && failures-- > 0
          ? "ProvisionedThroughputExceededException"
          : undefined,
    );
  const started = clock.now();
  let fastDone = 0;
  for (let n = 0; n < 5; n++) {
    producer.put({ key: "slow", n });
    producer.put({ key: "fast", n }).then(() => fastDone = clock.now());
  }
  await clock.runUntil(producer.close());
  assert(fastDone - started < 1500, `${fastDone - started}`);
  assert(clock.now() - started > 5000);
  assertOrdered(firstArrivals(client), "per key");
});

Deno.test("Producer keeps the order of a key while its shard is split and the old record fails", async () => {
  const { clock, client, producer } = setUp({ ordering: "shard", lingerMs: 0 });
  let failOld = true;
  client.onPut = (request) =>
    client.storeSome(request, ({ PartitionKey, Data }) => {
      const { n } = JSON.parse(new TextDecoder().decode(Data));
      return failOld && PartitionKey === "a" && n === 0
        ? "InternalFailure"
        : undefined;
    });
  const settled = producer.put({ key: "warm", n: 0 });
  await clock.runUntil(settled);
  producer.put({ key: "a", n: 0 });
  await clock.advance(1);
  for (let n = 1; n < 5; n++) producer.put({ key: "a", n });
  client.split(client.openShardIds[0]!);
  // A record with an explicit hash key shows the split while "a" is being tried again.
  await clock.advance(2000);
  assertEquals(firstArrivals(client).length, 1);
  failOld = false;
  await clock.runUntil(producer.close());
  assertEquals(firstArrivals(client).map(({ n }) => n), [0, 0, 1, 2, 3, 4]);
});

Deno.test("Producer sends values of an aggregate again whose shard is not the one that stored it, before later ones", async () => {
  const processor = kplJson<Item>({ maxAggregateBytes: 300 });
  const { clock, client, producer } = setUp({
    processor,
    ordering: "key",
  });
  await clock.runUntil(producer.put({ key: "k0", n: 0 }));
  client.latencyMs = 50;
  client.split(client.openShardIds[0]!);
  const receipts: string[] = [];
  const shards = new Map<string, string>();
  for (let n = 1; n <= 50; n++) {
    for (let k = 0; k < 8; k++) {
      const key = `k${k}`;
      producer.put({ key, n }).then(({ shardId }) => {
        receipts.push(key);
        shards.set(key, shardId);
      });
    }
  }
  await clock.runUntil(producer.close());
  assertEquals(receipts.length, 400);
  for (const [key, shardId] of shards) {
    assertEquals(shardId, client.shardOf(key));
  }
  const { lines, dropped } = await asTheKclSees(client, processor);
  // One aggregate was under way under the old map; all others were packed again before they were
  // sent.
  assert(dropped > 0 && dropped < 20, `${dropped}`);
  assertEquals(lines.length, 401);
  assertOrdered(firstOf(lines), "per key");
  assertEquals(producer.stats().bufferedBytes, 0);
});

Deno.test("Producer gives up all values of a record that lies in the wrong shard after maxAttempts", async () => {
  const { clock, client, producer } = setUp({
    processor: kplJson<Item>(),
    maxAttempts: 1,
  });
  await clock.runUntil(producer.put({ key: "k0", n: 0 }));
  client.split(client.openShardIds[0]!);
  const puts = ["k0", "k1", "k2", "k3", "k4", "k5"].map((key) =>
    producer.put({ key, n: 1 }).then(() => "stored", ({ code }) => code)
  );
  await clock.runUntil(producer.flush());
  const outcomes = await Promise.all(puts);
  // None is acknowledged, since the KCL drops the whole record.
  assertEquals([...new Set(outcomes)], ["WrongShard"]);
  const { delivered, failed, bufferedBytes } = producer.stats();
  assertEquals([delivered, failed, bufferedBytes], [1, 6, 0]);
  await clock.runUntil(producer.close());
});

Deno.test("Producer learns of a reshard once, however many records show it", async () => {
  const { clock, client, producer } = setUp({ maxBatchRecords: 10 }, 2);
  await clock.runUntil(producer.put({ key: "k", n: 0 }));
  assertEquals(client.listings, 1);
  for (const shardId of client.openShardIds) client.split(shardId);
  for (let n = 0; n < 500; n++) producer.put({ key: `k${n}`, n });
  await clock.runUntil(producer.flush());
  await clock.advance(5000);
  assertEquals(client.listings, 2);
  await clock.runUntil(producer.close());
});

Deno.test("Producer survives a ListShards that fails, or lags behind, after a reshard", async () => {
  const { clock, client, producer } = setUp({ lingerMs: 10 });
  await clock.runUntil(producer.put({ key: "k", n: 0 }));
  client.split(client.openShardIds[0]!);
  client.onList = () => {
    throw new ServiceError("Cannot ListShards: LimitExceededException", {
      code: "LimitExceededException",
      action: "ListShards",
      status: 400,
      retryable: true,
      throttled: true,
    });
  };
  for (let n = 0; n < 100; n++) {
    producer.put({ key: `k${n}`, n });
    await clock.advance(100);
  }
  // Once a second, not once a record.
  assert(client.listings <= 12, `${client.listings}`);
  client.onList = () => {};
  producer.put({ key: "k", n: 1 });
  await clock.advance(5000);
  await clock.runUntil(producer.close());
  assertEquals(client.stored.length, 102);
});
