/** Bounded replays: `until` with a time. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import type { ConsumerOptions } from "../../consumer.ts";
import { KinesisError } from "../../errors.ts";
import { kplString } from "../../processors/mod.ts";
import { Producer } from "../../producer.ts";
import type { ConsumerRecord } from "../../records.ts";
import type { Fault, FaultRule } from "../../testing/mod.ts";
import {
  assertComplete,
  type Item,
  STREAM,
  values,
  World as PlainWorld,
  type WorldOptions,
} from "./_world.ts";

/** A world in which the clients, too, know the time that has passed since the last answer. */
class World extends PlainWorld {
  constructor(options?: WorldOptions) {
    super(options);
    const make = this.client.bind(this);
    this.client = (wrap, keys, options) =>
      make(wrap, keys, { clock: this.clock, ...options });
  }
}

const indexes = (records: readonly ConsumerRecord<Item>[]) =>
  values(records).map(({ i }) => i);

/** The time of a world that many milliseconds from now. */
const after = (world: World, ms = 0) => new Date(world.clock.now() + ms);

Deno.test("Consumer with a date in until hands out what arrived before that millisecond, and nothing of it or later", async () => {
  const world = new World();
  for (let i = 0; i < 5; i++) {
    await world.put(1, { keys: ["k"] });
    await world.pass(1);
  }
  const start = world.clock.now() - 5;
  await world.pass(60_000);
  for (let ms = 0; ms <= 6; ms++) {
    const until = new Date(start + ms);
    const records = await world.drain(world.consumer({ until }));
    const expected = [0, 1, 2, 3, 4].slice(0, ms);
    assertEquals(indexes(records), expected, `${ms}`);
    // The next span begins where this one ends.
    const rest = await world.drain(
      world.consumer({ from: until, until: "caught-up" }),
    );
    assertEquals(indexes(rest), [0, 1, 2, 3, 4].slice(ms), `from ${ms}`);
  }
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("Consumer with a date in until ends at once on a busy shard, and 5 seconds after the date on idle and empty ones", async () => {
  const world = new World({ shards: 3 });
  const [busy, idle] = world.shardIds as [string, string];
  await world.put(3, { keys: ["idle"], shardId: idle });
  await world.put(3, { keys: ["busy"], shardId: busy });
  await world.pass(1000);
  const until = after(world);
  await world.put(3, { keys: ["busy"], shardId: busy });
  const started = world.clock.now();
  const consumer = world.consumer({ until });
  const reading = world.drain(consumer);
  const records = await reading;
  assertEquals(indexes(records).sort(), [0, 0, 1, 1, 2, 2]);
  const took = world.clock.now() - started;
  assert(took >= 5000 && took < 8000, `${took}`);
  // The shard whose end was seen in its records is not read further.
  const reads = world.asked("GetRecords");
  assert(reads < 40, `${reads}`);

  // Long after the date nothing is waited for.
  await world.pass(60_000);
  const later = world.clock.now();
  assertEquals((await world.drain(world.consumer({ until }))).length, 6);
  assert(world.clock.now() - later < 1000);
});

Deno.test("Consumer with a date in until that has not come reads until then", async () => {
  const world = new World({ shards: 2 });
  const until = after(world, 30_000);
  const consumer = world.consumer({ until });
  const items: Item[] = [];
  const done = (async () => {
    for await (const { value } of consumer) items.push(value);
  })();
  for (let second = 0; second < 60; second++) {
    await world.put(2, { keys: ["a", "b"] });
    await world.pass(1000);
  }
  await world.run(done);
  assertEquals(items.length, 60);
  assertEquals(new Set(items.map(({ i }) => i)).size, 30);
  // A busy shard is polled at its interval while the time has not come.
  assert(world.asked("GetRecords") < 2 * 45, `${world.asked("GetRecords")}`);
});

Deno.test("Consumer with a date in until ends in time although its shards are read seldom", async () => {
  const world = new World({ shards: 2 });
  const until = after(world, 40_000);
  const started = world.clock.now();
  await world.drain(world.consumer({ until, pollIntervalMs: 30_000 }));
  const took = world.clock.now() - started;
  assert(took >= 45_000 && took < 47_000, `${took}`);
  assert(world.asked("GetRecords") <= 2 * 4, `${world.asked("GetRecords")}`);
});

Deno.test("Consumer with a date in until leaves the rest to the next run, whatever was acknowledged", async () => {
  const world = new World({ shards: 2 });
  const checkpointer = new MemoryCheckpointer();
  await world.put(10);
  await world.pass(1000);
  const until = after(world);
  await world.put(10);
  await world.pass(60_000);
  const run = (options: Partial<ConsumerOptions<Item>>) =>
    world.drain(world.consumer({ checkpointer, ...options }));
  const first = values(await run({ until }));
  assertEquals(first.length, 10);
  // The checkpoint is at the end of the span already.
  assertEquals(await run({ until }), []);
  const rest = values(await run({ until: "caught-up" }));
  assertComplete([...first, ...rest], world.written);
});

Deno.test("Consumer with a date in until keeps the start of a shard of which it handed out nothing", async () => {
  const world = new World();
  const checkpointer = new MemoryCheckpointer();
  const until = after(world, -1000);
  await world.put(3);
  await world.pass(60_000);
  assertEquals(
    await world.drain(world.consumer({ checkpointer, until })),
    [],
  );
  const rest = await world.drain(
    world.consumer({ checkpointer, until: "caught-up" }),
  );
  assertEquals(rest.length, 3);
});

Deno.test("Consumer with a date in until reads parents and children up to the date, and no child of a shard that goes beyond it", async () => {
  const world = new World();
  const [root] = world.shardIds as [string];
  const checkpointer = new MemoryCheckpointer();
  await world.put(20);
  await world.pass(1000);
  world.server.split(STREAM, root);
  await world.pass(1000);
  await world.put(20);
  await world.pass(1000);
  const until = after(world);
  const [left, right] = await world.openShards() as [string, string];
  // One child goes beyond the date, the other one is closed by the merge without a record of then.
  await world.put(20, { shardId: left, keys: ["late"] });
  await world.pass(1000);
  world.server.merge(STREAM, left, right);
  await world.put(20, { keys: ["late"] });
  await world.pass(60_000);
  const first = await world.drain(world.consumer({ checkpointer, until }));
  assertEquals(first.length, 40);
  assert(values(first).every(({ key }) => key !== "late"));
  const [merged] = await world.openShards() as [string];
  assert(!world.events.includes(`opened ${merged}`));
  const rest = await world.drain(
    world.consumer({ checkpointer, until: "caught-up" }),
  );
  assertComplete(values([...first, ...rest]), world.written);
});

Deno.test("Consumer with a date in until hands out every value of an aggregate that arrived before, and none of a later one", async () => {
  const world = new World();
  const write = async (texts: string[]) => {
    const producer = new Producer<string>({
      client: world.client(),
      streamName: STREAM,
      processor: kplString(),
      clock: world.clock,
    });
    for (const text of texts) producer.put(text, { partitionKey: "k" });
    await world.run(producer.close());
  };
  await write(["a", "b", "c"]);
  await world.pass(10);
  const until = after(world);
  await write(["d", "e"]);
  await world.pass(60_000);
  const checkpointer = new MemoryCheckpointer();
  const read = (options: Partial<ConsumerOptions<string>>) =>
    world.drain(
      world.consumer<string>({
        processor: kplString(),
        checkpointer,
        ...options,
      }),
    );
  assertEquals(values(await read({ until })), ["a", "b", "c"]);
  assertEquals(values(await read({ until: "caught-up" })), ["d", "e"]);
});

Deno.test("Consumer with a date in until holds its bounds while the values are taken slowly", async () => {
  const world = new World();
  await world.put(100, { keys });
  await world.pass(1000);
  const until = after(world);
  await world.put(100, { keys });
  await world.pass(60_000);
  for (const prefetch of [{ records: 7 }, { bytes: 300 }, { bytes: 1 }]) {
    const records = await world.drain(world.consumer({ until, prefetch }));
    assertEquals(records.length, 100);
  }
});

Deno.test("Consumer with a date in until shows shards that have reached it, and acknowledges late", async () => {
  const world = new World({ shards: 2 });
  const checkpointer = new MemoryCheckpointer();
  await world.put(10);
  await world.pass(60_000);
  const consumer = world.consumer({ checkpointer, until: after(world, -1) });
  const reader = consumer.getReader();
  const records = await world.read(reader, 10);
  await world.pass(7000);
  const { shards } = consumer.status();
  assertEquals(shards.map(({ state }) => state), ["past-until", "past-until"]);
  assertEquals((await world.run(reader.read())).done, true);
  for (const record of records) record.ack();
  await world.pass(2000);
  const rest = await world.drain(
    world.consumer({ checkpointer, until: "caught-up" }),
  );
  assertEquals(rest, []);
});

Deno.test("Consumer with a date in until ends for each of several workers, and all of them together read the whole span", async () => {
  for (const apartMs of [0, 15_000]) {
    const world = new World({ shards: 5 });
    const checkpointer = new MemoryCheckpointer();
    const until = after(world, 40_000);
    const items: Item[] = [];
    const work = async (workerId: string) => {
      const consumer = world.consumer({ checkpointer, until, workerId });
      for await (const { value } of consumer) items.push(value);
    };
    const workers = [work("one")];
    const all = (async () => {
      await world.pass(apartMs);
      workers.push(work("two"));
      for (let second = 0; second < 60; second++) {
        await world.put(5);
        await world.pass(1000);
        if (second === 10) world.server.split(STREAM, world.shardIds[0]!);
        if (second === 50) world.server.split(STREAM, world.shardIds[1]!);
      }
    })();
    await all;
    await world.run(Promise.all(workers));
    const seconds = 40 - apartMs / 1000;
    // A value that is not acknowledged when its shard changes hands comes again.
    const seen = new Set(items.map(({ key, i }) => `${key}${i}`));
    const expected = [..."abcde"].flatMap((key) =>
      Array.from({ length: seconds }, (_, i) => `${key}${i}`)
    );
    assertEquals([...seen].sort(), expected.sort());
    assert(items.length < expected.length + 5, `${items.length}`);
  }
});

Deno.test("Consumer with a date in until and no shard of its own stands by until then", async () => {
  const world = new World();
  const checkpointer = new MemoryCheckpointer();
  const cut = new Proxy(checkpointer, {
    get: (target, name) => {
      const method = Reflect.get(target, name).bind(target);
      return (...args: unknown[]) =>
        isDead ? new Promise(() => {}) : method(...args);
    },
  });
  let isDead = false;
  const until = after(world, 60_000);
  const start = (workerId: string, checkpointer: MemoryCheckpointer) => {
    const consumer = world.consumer({ checkpointer, until, workerId });
    const items: Item[] = [];
    const done = (async () => {
      for await (const { value } of consumer) items.push(value);
    })();
    return { consumer, items, done };
  };
  const first = start("first", cut);
  await world.pass(2000);
  const second = start("second", checkpointer);
  await world.pass(18_000);
  isDead = true;
  await world.put(5);
  await world.run(second.done);
  assertEquals(second.items.length, 5);
  assert(world.clock.now() >= until.getTime());
  await world.run(first.consumer.close().catch(() => {}));
  await first.done;
});

Deno.test("Consumer with a date in until goes by the clock of the service", async () => {
  const world = new World();
  await world.put(3);
  const clock = {
    now: () => world.clock.now() + 3_600_000,
    monotonic: () => world.clock.now(),
    setTimeout: (callback: () => void, ms: number) =>
      world.clock.setTimeout(callback, ms),
    clearTimeout: (handle: unknown) => world.clock.clearTimeout(handle),
  };
  const until = after(world, 10_000);
  const consumer = world.consumer({ clock, until });
  const items: Item[] = [];
  const done = (async () => {
    for await (const { value } of consumer) items.push(value);
  })();
  await world.pass(9000);
  await world.put(3);
  await world.pass(9000);
  await done;
  assertEquals(items.length, 6);
});

Deno.test("Consumer with a date in until misses no record that can be read only seconds after it arrived", async () => {
  const world = new World();
  const client = world.client();
  const { getRecords } = client;
  client.getRecords = async (request, options) => {
    const answer = await getRecords.call(client, request, options);
    const isVisible = answer.Records.every((record) =>
      world.clock.now() - record.ApproximateArrivalTimestamp!.getTime() > 3000
    );
    return isVisible ? answer : {
      Records: [],
      MillisBehindLatest: 0,
      NextShardIterator: request.ShardIterator,
    };
  };
  const until = after(world, 2000);
  const reading = world.drain(world.consumer({ client, until }));
  await world.put(3);
  assertEquals((await reading).length, 3);
});

Deno.test("Consumer with a date in until fails at a record without an arrival time", async () => {
  const world = new World();
  await world.put(3);
  const client = world.client();
  const { getRecords } = client;
  client.getRecords = async (request, options) => {
    const answer = await getRecords.call(client, request, options);
    return {
      ...answer,
      Records: answer.Records.map((record) => ({
        ...record,
        ApproximateArrivalTimestamp: undefined,
      })),
    };
  };
  const error = await assertRejects(
    () => world.drain(world.consumer({ client, until: after(world, 1) })),
    KinesisError,
    "has no arrival time",
  );
  assertEquals(error.code, "ArrivalTimeMissing");
});

Deno.test("Consumer refuses an end that is no date, or not after the start", () => {
  const world = new World();
  const cases: [Partial<ConsumerOptions<Item>>, string][] = [
    [{ until: new Date(NaN) }, `'until' must be "caught-up" or a valid Date`],
    [{ until: 5 as never }, `'until' must be "caught-up" or a valid Date`],
    [
      { from: new Date(5), until: new Date(5) },
      "'until' must be later than 'from', which is 1970-01-01T00:00:00.005Z",
    ],
  ];
  for (const [options, message] of cases) {
    let error: unknown;
    try {
      world.consumer(options);
    } catch (thrown) {
      error = thrown;
    }
    assert(String(error).includes(message), String(error));
  }
});

/** Of different lengths: answers are larger than expected, and their rest is read again. */
const keys = ["a", "b".repeat(50), "c".repeat(150)];

/** Writes and reshards for some seconds. Resolves with the times between the steps. */
async function happen(world: World, steps: readonly Step[]): Promise<number[]> {
  const times = [world.clock.now()];
  for (const { waitMs, puts, reshard } of steps) {
    if (puts > 0) await world.put(puts, { keys });
    const open = await world.openShards();
    if (reshard === "split") world.server.split(STREAM, open[0]!);
    if (reshard === "merge" && open.length > 1) {
      world.server.merge(STREAM, open[0]!, open[1]!);
    }
    await world.pass(waitMs);
    times.push(world.clock.now());
  }
  await world.pass(10_000);
  return times;
}

interface Step {
  readonly waitMs: number;
  readonly puts: number;
  readonly reshard: string;
}

const steps = fc.array(
  fc.record({
    waitMs: fc.constantFrom(0, 1, 500, 3000),
    puts: fc.integer({ min: 0, max: 3 }),
    reshard: fc.constantFrom("no", "no", "no", "split", "merge"),
  }),
  { minLength: 1, maxLength: 12 },
);

/** The sequence numbers of the records that arrived in a span, sorted. */
const storedIn = (world: World, from: Date, until: Date) =>
  world.server.records(STREAM).filter((
    { approximateArrivalTimestamp: time = new Date(0) },
  ) => time >= from && time < until).map((it) => it.sequenceNumber).sort();

Deno.test("Consumer replays any span exactly, of streams that are written to and resharded at any time", async () => {
  const index = fc.integer({ min: 0, max: 12 });
  await fc.assert(
    fc.asyncProperty(steps, index, index, async (steps, first, length) => {
      const world = new World({ shards: 2 });
      const times = await happen(world, steps);
      const timeAt = (i: number) => times[Math.min(i, times.length - 1)]!;
      const from = new Date(timeAt(first));
      const until = new Date(Math.max(timeAt(first + length), +from + 1));
      const got = await world.drain(world.consumer({ from, until }));
      assertEquals(
        got.map(({ sequenceNumber }) => sequenceNumber).sort(),
        storedIn(world, from, until),
      );
      assertEquals(world.clock.pendingTimers, 0);
    }),
    { numRuns: 40 },
  );
});

Deno.test("Consumer reads one span after another with each record in one of them, whatever fails and however little it may hold", async () => {
  const fault = (type: Fault, probability: number): FaultRule => ({
    action: ["GetRecords", "GetShardIterator", "ListShards"],
    fault: type,
    probability,
  });
  const expired = { type: "error", code: "ExpiredIteratorException" } as const;
  const rules: FaultRule[] = [
    fault({ type: "throttle" }, 0.1),
    fault({ type: "reset" }, 0.1),
    fault({ type: "error", code: "InternalFailure", status: 500 }, 0.1),
    {
      action: "GetRecords",
      fault: { ...expired, status: 400 },
      probability: 0.1,
    },
  ];
  const maxShards = fc.constantFrom(1, 2, Infinity);
  const prefetch = fc.record({
    records: fc.constantFrom(1, 3, 1000),
    bytes: fc.constantFrom(1, 300, 1_000_000),
  });
  await fc.assert(
    fc.asyncProperty(
      steps,
      maxShards,
      prefetch,
      async (steps, maxShards, prefetch) => {
        const world = new World({ shards: 2, rules });
        const times = [...new Set(await happen(world, steps))];
        const checkpointer = new MemoryCheckpointer();
        let from = new Date(0);
        for (const time of [...times, world.clock.now()]) {
          const until = new Date(time);
          const got = await world.drain(
            world.consumer({
              checkpointer,
              until,
              maxShards,
              prefetch,
              maxFailuresInARow: 50,
            }),
          );
          assertEquals(
            got.map(({ sequenceNumber }) => sequenceNumber).sort(),
            storedIn(world, from, until),
            `until ${time}`,
          );
          from = until;
        }
      },
    ),
    { numRuns: 20 },
  );
});
