import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import fc from "fast-check";
import { delay } from "../../_core/clock.ts";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import { ProcessingError } from "../../errors.ts";
import type { HandlerErrorEvent } from "../../hooks.ts";
import type { ConsumerRecord } from "../../records.ts";
import { assertFirstCallsInOrder, Journal } from "./_journal.ts";
import { assertComplete, type Item, STREAM, values, World } from "./_world.ts";

const KEYS = [..."abcdef"];

Deno.test("Consumer.processBatches gives full batches of one shard at once, and the rest after 'maxWaitMs'", async () => {
  const world = new World({ shards: 2 });
  const [a, b] = world.shardIds as [string, string];
  await world.put(7, { shardId: a, keys: ["a"] });
  await world.put(2, { shardId: b, keys: ["b"] });
  const consumer = world.consumer();
  const batches: [number, string[]][] = [];
  const begin = world.clock.now();
  const done = consumer.processBatches((records) => {
    const items = values(records).map(({ key, i }) => `${key}${i}`);
    batches.push([world.clock.now() - begin, items]);
  }, { maxValues: 3, maxWaitMs: 10_000 });
  await world.pass(5000);
  assertEquals(batches.map(([, items]) => items), [
    ["a0", "a1", "a2"],
    ["a3", "a4", "a5"],
  ]);
  await world.pass(5500);
  const rest = batches.slice(2);
  assertEquals(rest.map(([, items]) => items).sort(), [["a6"], ["b0", "b1"]]);
  for (const [at] of rest) assert(at >= 10_000 && at < 10_500);
  await world.run(consumer.close());
  assertEquals((await done).processed, 9);
});

Deno.test("Consumer.processBatches processes what is left at the end of the stream without waiting", async () => {
  const world = new World();
  await world.put(5);
  const begin = world.clock.now();
  const sizes: number[] = [];
  await world.run(
    world.consumer({ until: "caught-up" }).processBatches(
      (records) => void sizes.push(records.length),
      { maxWaitMs: 600_000 },
    ),
  );
  assertEquals(sizes, [5]);
  assert(world.clock.now() - begin < 10_000);
});

Deno.test("Consumer.processBatches tries only the values again that the handler returns, and the next batch waits", async () => {
  const world = new World();
  await world.put(6, { keys: ["k"] });
  const checkpointer = new MemoryCheckpointer();
  const calls: [number, number[]][] = [];
  const reported: HandlerErrorEvent[] = [];
  const broken = new Error("row 2");
  const summary = await world.run(
    world.consumer({
      until: "caught-up",
      checkpointer,
      hooks: { onHandlerError: (event) => void reported.push(event) },
    }).processBatches((records, { attempt }) => {
      calls.push([attempt, values(records).map(({ i }) => i)]);
      if (attempt === 1) {
        // In any order.
        return new Set(
          records.filter(({ value: { i } }) => i % 3 > 0).reverse(),
        );
      }
      return records.filter(({ value: { i } }) => attempt === 2 && i === 2)
        .map((record) => ({ record, error: broken }));
    }, { maxValues: 4 }),
  );
  assertEquals(calls, [
    [1, [0, 1, 2, 3]],
    [2, [1, 2]],
    [3, [2]],
    [1, [4, 5]],
    [2, [4, 5]],
  ]);
  assertEquals(reported.map(({ values, attempt }) => [values, attempt]), [
    [2, 1],
    [1, 2],
    [2, 1],
  ]);
  assertStrictEquals(reported[1]!.error, broken);
  assertEquals([summary.processed, summary.retries], [6, 3]);
});

Deno.test("Consumer.processBatches gives up only the values that fail to the end", async () => {
  const world = new World();
  await world.put(4, { keys: ["k"] });
  const letters: number[] = [];
  const summary = await world.run(
    world.consumer({ until: "caught-up" }).processBatches(
      (records) => records.filter(({ value: { i } }) => i === 1 || i === 3),
      {
        retry: { maxAttempts: 2 },
        deadLetter: new WritableStream({
          write: ({ value: { i } }) => void letters.push(i),
        }),
      },
    ),
  );
  assertEquals(letters, [1, 3]);
  assertEquals(summary, {
    processed: 2,
    retries: 1,
    skipped: 0,
    deadLettered: 2,
  });
});

Deno.test("Consumer.processBatches makes the last attempt for each value alone if the handler throws, and gives up only those that fail", async () => {
  for (const when of [undefined, () => false]) {
    const world = new World();
    await world.put(7, { keys: ["k"] });
    const checkpointer = new MemoryCheckpointer();
    const calls: [number, number[]][] = [];
    const given: number[] = [];
    const summary = await world.run(
      world.consumer({ until: "caught-up", checkpointer }).processBatches(
        (records, { attempt }) => {
          const items = values(records).map(({ i }) => i);
          calls.push([attempt, items]);
          if (items.some((i) => i === 1 || i === 3)) throw new Error("bad");
        },
        {
          maxValues: 5,
          retry: { maxAttempts: 3, when },
          onPoison: ({ record }) => void given.push(record.value.i),
        },
      ),
    );
    const last = when ? 2 : 3;
    assertEquals(calls, [
      [1, [0, 1, 2, 3, 4]],
      ...when ? [] : [[2, [0, 1, 2, 3, 4]] as [number, number[]]],
      [last, [0]],
      [last, [1]],
      [last, [2]],
      [last, [3]],
      [last, [4]],
      [1, [5, 6]],
    ]);
    assertEquals(given, [1, 3]);
    assertEquals([summary.processed, summary.skipped], [5, 2]);
  }
});

Deno.test("Consumer.processBatches fails with the first value of a batch that fails to the end", async () => {
  const world = new World();
  await world.put(4, { keys: ["k"] });
  const checkpointer = new MemoryCheckpointer();
  const cause = new Error("no table");
  const error = await assertRejects(
    () =>
      world.run(
        world.consumer({ checkpointer }).processBatches(() => {
          throw cause;
        }, { maxValues: 3, retry: { maxAttempts: 2 } }),
      ),
    ProcessingError<Item>,
  );
  assertEquals(error.record.value.i, 0);
  assertStrictEquals(error.cause, cause);
  const rest = world.consumer({ checkpointer, until: "caught-up" });
  assertEquals((await world.drain(rest)).length, 4);
});

Deno.test("Consumer.processBatches settles all values of a batch, whatever the handler does to its list", async () => {
  const world = new World();
  await world.put(10, { keys: ["k"] });
  const checkpointer = new MemoryCheckpointer();
  const chunks: number[][] = [];
  const summary = await world.run(
    world.consumer({ checkpointer, until: "caught-up" }).processBatches(
      (records, { attempt }) => {
        const rows = records as ConsumerRecord<Item>[];
        const failed = attempt === 1 ? rows.slice(-1) : [];
        while (rows.length > 0) {
          chunks.push(rows.splice(0, 2).map(({ value: { i } }) => i));
        }
        return failed;
      },
      { maxValues: 5, retry: { baseDelayMs: 1 } },
    ),
  );
  assertEquals(chunks, [[0, 1], [2, 3], [4], [4], [5, 6], [7, 8], [9], [9]]);
  assertEquals(summary.processed, 10);
  assertEquals(
    await checkpointer.list(STREAM).then(([it]) => it!.owner),
    undefined,
  );
});

Deno.test("Consumer.processBatches fails if the handler returns something else than failed records", async () => {
  const results: [unknown, string][] = [
    [5, "it has returned 5"],
    ["ab", 'it has returned "ab"'],
    [true, "it has returned true"],
    [{ rowCount: 3 }, "it has returned [object Object]"],
    [[undefined], "it has returned undefined"],
    [[{ record: {} }], "it has returned [object Object]"],
  ];
  for (const [result, message] of results) {
    const world = new World();
    await world.put(2, { keys: ["k"] });
    const checkpointer = new MemoryCheckpointer();
    await assertRejects(
      () =>
        world.run(
          world.consumer({ checkpointer }).processBatches(
            () => Promise.resolve(result as never),
          ),
        ),
      TypeError,
      message,
    );
    const rest = world.consumer({ checkpointer, until: "caught-up" });
    assertEquals((await world.drain(rest)).length, 2);
  }
});

const plans = fc.record({
  shards: fc.integer({ min: 1, max: 3 }),
  records: fc.integer({ min: 0, max: 40 }),
  perRecord: fc.integer({ min: 1, max: 3 }),
  concurrency: fc.integer({ min: 1, max: 5 }),
  maxValues: fc.integer({ min: 1, max: 9 }),
  maxWaitMs: fc.constantFrom(1, 100, 3000),
  durable: fc.boolean(),
  /** How often a value fails before it is processed. */
  failures: fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constant(0) },
      fc.integer({ min: 1, max: 2 }),
    ),
    { minLength: 1, maxLength: 20 },
  ),
  /** The time of a call; 0: the handler returns no promise. */
  ms: fc.array(fc.constantFrom(0, 1, 100, 2000), {
    minLength: 1,
    maxLength: 9,
  }),
  /** Which calls throw, without having processed a value. */
  throws: fc.array(fc.constantFrom(false, false, true), {
    minLength: 3,
    maxLength: 9,
  }),
});

const groups = {
  shard: ({ shardId }: ConsumerRecord<Item>) => shardId,
  key: ({ value }: ConsumerRecord<Item>) => value.key,
  none: undefined,
};

for (const ordering of ["shard", "key", "none"] as const) {
  Deno.test(`Consumer.processBatches with ordering "${ordering}" processes every value once and in order, whatever fails`, async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const world = new World({ shards: plan.shards });
        const journal = new Journal();
        await world.put(plan.records, {
          keys: KEYS,
          perRecord: plan.perRecord,
        });
        let values = 0;
        let calls = 0;
        const failuresOf = new Map<ConsumerRecord<Item>, number>();
        const summary = await world.run(
          world.consumer({
            until: "caught-up",
            checkpointer: plan.durable ? journal.checkpointer() : undefined,
          }).processBatches((records, { attempt }) => {
            const [first] = records;
            assert(records.length <= plan.maxValues);
            assert(records.every((it) => it.shardId === first!.shardId));
            const call = journal.start(records, attempt, groups[ordering]);
            const n = calls++;
            const finish = () => {
              if (plan.throws[n % plan.throws.length] && attempt < 3) {
                journal.end(call, []);
                throw n;
              }
              const failed = records.filter((record) => {
                const left = failuresOf.get(record) ??
                  plan.failures[values++ % plan.failures.length]!;
                failuresOf.set(record, left - 1);
                return left > 0;
              });
              journal.end(call, records.filter((it) => !failed.includes(it)));
              return failed;
            };
            const ms = plan.ms[n % plan.ms.length]!;
            return ms === 0
              ? finish()
              : delay(ms, { clock: world.clock }).then(finish);
          }, {
            ordering,
            concurrency: plan.concurrency,
            maxValues: plan.maxValues,
            maxWaitMs: plan.maxWaitMs,
            retry: { maxAttempts: 10 },
          }),
        );
        journal.assertNoFaults();
        assert(journal.mostRunning <= plan.concurrency);
        const total = [...world.written.values()].reduce((a, b) => a + b, 0);
        assertEquals(summary.processed, total);
        assertEquals(journal.processed.length, total);
        const groupOf = groups[ordering];
        if (groupOf) assertFirstCallsInOrder(journal.calls, groupOf);
        if (plan.failures.every((n) => n === 0)) {
          if (groupOf) assertComplete(journal.processed, world.written);
        }
        assertEquals(world.clock.pendingTimers, 0);
      }),
      { numRuns: 60 },
    );
  });
}
