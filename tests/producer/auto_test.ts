import { assert, assertEquals, assertRejects } from "@std/assert";
import type { KinesisClient } from "../../client/mod.ts";
import { DeliveryError } from "../../errors.ts";
import type { DistributionEvent } from "../../hooks.ts";
import {
  json,
  jsonLines,
  kplJson,
  type Processor,
  string,
} from "../../processors/mod.ts";
import {
  type Ordering,
  Producer,
  type ProducerOptions,
} from "../../producer.ts";
import type { FaultRule } from "../../testing/mod.ts";
import { LimitedKinesis } from "./_limited_kinesis.ts";
import { accessDenied, FakeClock, seeded } from "./_set_up.ts";
import { type Item, values, World } from "../consumer/_world.ts";

const NAME = "auto";
const REFUSED: FaultRule = {
  action: "DescribeStreamSummary",
  fault: { type: "error", code: "AccessDeniedException", status: 400 },
};
const PROCESSORS: Record<string, () => Processor<Item>> = {
  json: () => json<Item>(),
  jsonLines: () => jsonLines<Item>(),
  kplJson: () => kplJson<Item>(),
};

interface Setup {
  readonly world: World;
  readonly told: DistributionEvent[];
  make(options?: Partial<ProducerOptions<Item>>): Producer<Item>;
  /** Changes how the stream distributes records. */
  distribute(strategy: "AUTO" | "USER_PARTITION_KEY"): Promise<void>;
  /** The partition keys of the stored records. */
  keys(): (string | undefined)[];
}

/** An on-demand stream of four shards that distributes records by itself, or else by keys. */
function setUp(
  { isAuto = true, rules = [] }: { isAuto?: boolean; rules?: FaultRule[] } = {},
): Setup {
  const world = new World({ rules, server: { region: "eu-west-1" } });
  const { streamARN } = world.server.createStream(NAME, {
    mode: "ON_DEMAND",
    recordDistributionStrategy: isAuto ? "AUTO" : "USER_PARTITION_KEY",
  });
  const told: DistributionEvent[] = [];
  const client: KinesisClient = world.client();
  return {
    world,
    told,
    make: (options = {}) =>
      new Producer<Item>({
        client: world.client(),
        streamName: NAME,
        processor: json<Item>(),
        clock: world.clock,
        lingerMs: 5,
        hooks: { onDistribution: (event) => void told.push(event) },
        ...options,
      }),
    distribute: (RecordDistributionStrategy) =>
      client.updateStreamRecordDistributionStrategy({
        StreamARN: streamARN,
        RecordDistributionStrategy,
      }),
    keys: () =>
      world.server.records(NAME).map(({ partitionKey }) => partitionKey),
  };
}

/** Everything that a consumer reads from the stream. */
async function readAll(
  world: World,
  processor: Processor<Item>,
): Promise<Item[]> {
  const until = "caught-up";
  return values(
    await world.drain(world.consumer({ streamName: NAME, processor, until })),
  );
}

const names = (items: readonly Item[]) =>
  items.map(({ key, i }) => `${key} ${i}`).sort();

for (const name of Object.keys(PROCESSORS)) {
  for (const isDenied of [false, true]) {
    const asked = isDenied ? "must not be asked" : "is asked";
    Deno.test(`Producer lists no shards for answers of a stream with AUTO distribution that ${asked}, with ${name}`, async () => {
      const processor = PROCESSORS[name]!();
      const { world, told, make } = setUp({ rules: isDenied ? [REFUSED] : [] });
      const producer = make({ processor, partitionKey: "key" });
      const minutes = 5;
      for (let i = 0; i < 10 * 60 * minutes; i++) {
        producer.put({ key: `k${i % 50}`, i });
        await world.pass(100);
      }
      await world.run(producer.close());
      const lists = world.asked("ListShards");
      const questions = world.asked("DescribeStreamSummary");
      // One list at the start, and one for the first surprise. Without the strategy, three lists do
      // not explain it, and one a minute shows whether the answers follow the keys again.
      assert(lists <= (isDenied ? 4 + minutes : 2), `${lists} lists`);
      if (!isDenied) assert(questions <= 2 + minutes, `${questions} questions`);
      assertEquals(told, [{
        stream: NAME,
        strategy: "AUTO",
        source: isDenied ? "answers" : "service",
        withoutEffect: name === "kplJson" ? ["aggregation"] : [],
      }]);
      const read = await readAll(world, processor);
      assertEquals(new Set(names(read)).size, 10 * 60 * minutes);
      // What is known before the first value needs no record to be sent again.
      if (!isDenied || name !== "kplJson") {
        assertEquals(read.length, 10 * 60 * minutes);
      }
    });
  }
}

for (const ordering of ["key", "shard"] as const) {
  Deno.test(`Producer refuses ordering ${ordering} for a stream with AUTO distribution before it sends a value, and says why`, async () => {
    for (const createStream of [false, { onDemand: true }] as const) {
      const { world, told, make } = setUp();
      const producer = make({ ordering, createStream });
      const put = producer.put({ key: "a", i: 1 }).catch((error) => error);
      const error = await world.run(put);
      assert(error instanceof DeliveryError);
      assertEquals(error.code, "OrderingNotSupported");
      assert(error.message.includes("AUTO"), error.message);
      assert(error.message.includes("'ordering' of \"none\""), error.message);
      assertEquals(error.retryable, false);
      assertEquals(error.failures.map(({ value }) => value.i), [1]);
      assertEquals(producer.undelivered().length, 1);
      assertEquals(world.asked("PutRecords"), 0);
      assertEquals(told, []);
      await assertRejects(() => producer.close(), DeliveryError);
      assertEquals(world.clock.pendingTimers, 0);
    }
  });

  Deno.test(`Producer delivers with ordering ${ordering} and warns if it learns of AUTO distribution only from answers`, async () => {
    const { world, told, make } = setUp({ rules: [REFUSED] });
    const producer = make({ ordering, partitionKey: "key" });
    for (let i = 0; i < 200; i++) {
      producer.put({ key: `k${i % 10}`, i });
      await world.pass(50);
    }
    await world.run(producer.close());
    assertEquals(
      told.map(({ source, withoutEffect }) => [source, withoutEffect]),
      [
        ["answers", ["ordering"]],
      ],
    );
    assertEquals((await readAll(world, json<Item>())).length, 200);
  });
}

for (const name of Object.keys(PROCESSORS)) {
  for (const ordering of ["none", "key", "shard"] as Ordering[]) {
    for (const isDenied of [false, true]) {
      for (const isKeyed of ordering === "none" ? [true, false] : [true]) {
        const of = `${name}, ordering ${ordering}, ${
          isKeyed ? "" : "no keys, "
        }${isDenied ? "no permission to ask" : "permission to ask"}`;
        Deno.test(`Producer follows a change of the distribution and back under load without a loss: ${of}`, async () => {
          const processor = PROCESSORS[name]!();
          const { world, told, make, distribute } = setUp({
            isAuto: false,
            rules: isDenied ? [REFUSED] : [],
          });
          const partitionKey = isKeyed ? "key" : undefined;
          const producer = make({ processor, ordering, partitionKey });
          const put: Item[] = [];
          let acknowledged = 0;
          const load = async (seconds: number, rate = 200) => {
            for (let tick = 0; tick < 20 * seconds; tick++) {
              for (let n = 0; n < rate / 20; n++) {
                const item = { key: `k${put.length % 20}`, i: put.length };
                put.push(item);
                producer.put(item).then(() => acknowledged++);
              }
              await world.pass(50);
            }
          };
          await load(2);
          assertEquals(told, []);
          await distribute("AUTO");
          await load(8);
          const source = isDenied ? "answers" : "service";
          const withoutEffect = [
            ...ordering === "none" ? [] : ["ordering"],
            ...name === "kplJson" ? ["aggregation"] : [],
          ];
          assertEquals(
            told.map(({ strategy, source }) => [strategy, source]),
            [["AUTO", source]],
          );
          assertEquals(told[0]!.withoutEffect as string[], withoutEffect);
          await distribute("USER_PARTITION_KEY");
          await load(80, 40);
          assertEquals(told.length, 2, JSON.stringify(told));
          assertEquals(told[1]!.strategy, "USER_PARTITION_KEY");
          assertEquals(told[1]!.withoutEffect, []);
          // Each key is in one shard again.
          const before = new Set(world.server.records(NAME).map(sequence));
          const from = put.length;
          await load(5);
          await world.run(producer.close());
          assertEquals(acknowledged, put.length);
          assertEquals(producer.stats().failed, 0);
          const read = await readAll(world, processor);
          assertEquals(new Set(names(read)), new Set(names(put)));
          const late = world.server.records(NAME)
            .filter((record) => !before.has(sequence(record)));
          assert(late.every(({ partitionKey }) => partitionKey));
          const shardsOfKey = Map.groupBy(
            late,
            ({ partitionKey }) => partitionKey,
          );
          if (isKeyed && name !== "kplJson") {
            for (const records of shardsOfKey.values()) {
              assertEquals(
                new Set(records.map(({ shardId }) => shardId)).size,
                1,
              );
            }
          }
          // What was put after the change back is in order again.
          if (ordering !== "none") {
            const last = read.filter(({ i }) => i >= from);
            for (const items of Map.groupBy(last, ({ key }) => key).values()) {
              assertEquals(items, items.toSorted((a, b) => a.i - b.i));
            }
            // Nothing that was acknowledged was sent again out of order.
            if (name === "json") assertEquals(read.length, put.length);
          }
          assertEquals(world.clock.pendingTimers, 0);
        });
      }
    }
  }
}

const sequence = (
  { shardId, sequenceNumber }: { shardId: string; sequenceNumber: string },
) => `${shardId} ${sequenceNumber}`;

Deno.test("Producer sends no key to a stream with AUTO distribution unless the value has one", async () => {
  const { world, make, keys } = setUp();
  const producer = make();
  await world.run(producer.put({ key: "", i: 0 }, { partitionKey: "first" }));
  // Until the stream has said how it distributes records, random keys are sent.
  for (let i = 1; i < 40; i++) {
    producer.put({ key: "", i });
    await world.pass(100);
  }
  const from = keys().length;
  for (let i = 0; i < 10; i++) producer.put({ key: "", i });
  producer.put({ key: "", i: 10 }, { partitionKey: "mine" });
  await world.run(producer.close());
  const before = keys();
  assertEquals(before.length, from + 11);
  const late = before.filter((key) => key === undefined || key === "mine");
  assert(late.length >= 11, `${late.length}`);
  assertEquals(late.filter((key) => key === "mine").length, 1);
});

Deno.test("Producer packs values of all keys into one record of a stream with AUTO distribution", async () => {
  for (const kind of ["plain", "one key"] as const) {
    const { world, told, make, keys } = setUp();
    const producer = make({ processor: jsonLines<Item>() });
    for (let i = 0; told.length === 0; i++) {
      assert(i < 1000);
      await world.run(producer.put({ key: "", i }));
    }
    const before = keys().length;
    const puts = Array.from({ length: 1000 }, (_, i) => {
      const key = kind === "plain" ? `k${i}` : "k";
      return producer.put({ key, i: 10_000 + i }, { partitionKey: key });
    });
    const receipts = await world.run(Promise.all(puts));
    assertEquals(new Set(receipts.map(sequence)).size, 1);
    assertEquals(keys().length, before + 1);
    // A record of one key has it.
    assertEquals(
      keys().filter((key) => key === "k").length,
      kind === "plain" ? 0 : 1,
    );
    await world.run(producer.close());
    const read = await readAll(world, jsonLines<Item>());
    assertEquals(
      read.filter(({ i }) => i >= 10_000).map(({ i }) => i),
      Array.from({ length: 1000 }, (_, i) => 10_000 + i),
    );
  }
});

for (const maxAttempts of [1, 20]) {
  Deno.test(`Producer sends records again with keys when the stream refuses records without, with maxAttempts ${maxAttempts}`, async () => {
    const { world, told, make, keys, distribute } = setUp();
    const producer = make({ processor: jsonLines<Item>(), maxAttempts });
    for (let i = 0; told.length === 0; i++) {
      assert(i < 1000);
      await world.run(producer.put({ key: "", i }));
    }
    const before = keys().length;
    await distribute("USER_PARTITION_KEY");
    const puts = Array.from(
      { length: 100 },
      (_, i) =>
        producer.put({ key: `k${i % 4}`, i }, { partitionKey: `k${i % 4}` }),
    );
    await world.run(Promise.all(puts));
    assertEquals(keys().filter((key) => /^k\d$/.test(key ?? "")).length, 4);
    assertEquals(keys().length, before + 4);
    assertEquals(
      told.map(({ strategy }) => strategy),
      ["AUTO", "USER_PARTITION_KEY"],
    );
    // It follows the next change as well.
    await world.run(producer.put({ key: "", i: 0 }));
    await world.pass(1000);
    await distribute("AUTO");
    for (let i = 0; told.length === 2; i++) {
      assert(i < 1000);
      await world.run(producer.put({ key: "", i: 1000 + i }));
      await world.pass(50);
    }
    const last = keys().length;
    await world.run(Promise.all(Array.from(
      { length: 100 },
      (_, i) => producer.put({ key: `z${i}`, i }, { partitionKey: `z${i}` }),
    )));
    assertEquals(keys().length, last + 1);
    await world.run(producer.close());
    assertEquals(producer.stats().failed, 0);
  });
}

Deno.test("Producer keeps sending keys to a service that says AUTO and refuses records without a key", async () => {
  const refusal: FaultRule = {
    action: "PutRecords",
    fault: { type: "error", code: "ValidationException", status: 400 },
    match: ({ input }) =>
      (input.Records as { PartitionKey?: string }[])
        .some(({ PartitionKey }) => PartitionKey === undefined),
  };
  const { world, told, make } = setUp({ rules: [refusal] });
  const producer = make({ processor: jsonLines<Item>(), maxAttempts: 3 });
  for (let i = 0; i < 1000; i++) {
    producer.put({ key: `k${i % 7}`, i }, { partitionKey: `k${i % 7}` });
    producer.put({ key: "", i: 1000 + i });
    await world.pass(100);
  }
  await world.run(producer.close());
  assertEquals(producer.stats().failed, 0);
  assertEquals(world.fetch.counts.error ?? 0, 1);
  assertEquals(
    told.map(({ strategy }) => strategy),
    ["AUTO", "USER_PARTITION_KEY", "AUTO"],
  );
  const read = await readAll(world, jsonLines<Item>());
  assertEquals(new Set(read.map(({ i }) => i)).size, 2000);
});

for (const isDenied of [false, true]) {
  Deno.test(
    `Producer sends what four shards take when more is written to a stream with AUTO distribution that ${
      isDenied ? "must not be" : "is"
    } asked, and gives nothing up`,
    async () => {
      const clock = new FakeClock();
      const random = seeded(3);
      const kinesis = new LimitedKinesis(clock, 4, random, true);
      const client = kinesis.client();
      if (isDenied) {
        client.describeStreamSummary = () => Promise.reject(accessDenied());
      }
      const producer = new Producer<string>({
        client,
        streamName: "s",
        processor: string(),
        bufferedValues: 10_000,
        clock,
        random,
      });
      const seconds = 20;
      const end = clock.now() + 1000 * seconds;
      const source = new ReadableStream<string>({
        pull(out) {
          if (clock.now() < end) out.enqueue("x".repeat(90));
          else out.close();
        },
      }, { highWaterMark: 0 });
      // Without a limit, most records are throttled again and again, until some are given up.
      await clock.runUntil(source.pipeTo(producer), 120_000);
      const { delivered, failed, throttled } = producer.stats();
      assertEquals(failed, 0);
      const perSecond = delivered / ((clock.now() - end) / 1000 + seconds);
      assert(perSecond > 3600, `${perSecond} a second`);
      assert(throttled < delivered / 20, `${throttled} of ${delivered}`);
    },
  );
}

Deno.test("Producer starts within 3 seconds if the question for the distribution is not answered", async () => {
  const { world, make, told } = setUp({
    isAuto: false,
    rules: [{
      action: "DescribeStreamSummary",
      fault: { type: "delay", ms: 20_000 },
    }],
  });
  // The clock of this world stands still during a request, so the question has a client of its own.
  const client = world.client();
  const ask = client.describeStreamSummary;
  let asked = 0;
  client.describeStreamSummary = () => {
    asked++;
    return new Promise((_, reject) => {
      world.clock.setTimeout(() => reject(new Error("late")), 20_000);
    });
  };
  assert(ask !== client.describeStreamSummary);
  const producer = make({ client, ordering: "key", partitionKey: "key" });
  const started = world.clock.now();
  await world.run(producer.put({ key: "a", i: 1 }));
  assert(world.clock.now() - started <= 3200, `${world.clock.now() - started}`);
  assertEquals(asked, 1);
  await world.run(producer.close());
  await world.pass(20_000);
  assertEquals(told, []);
});
