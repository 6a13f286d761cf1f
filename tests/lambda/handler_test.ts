import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DecodeError } from "../../errors.ts";
import {
  type EventFailure,
  kinesisHandler,
  type KinesisHandlerOptions,
  processEvent,
} from "../../lambda/mod.ts";
import { json, jsonLines, kplString, string } from "../../processors/mod.ts";
import { aggregateOf, CAPTURED, eventOf, idsOf, recordOf } from "./_events.ts";

Deno.test("kinesisHandler stops at the first failure and answers the first record that is not processed", async () => {
  for (const ordering of ["shard", "key"] as const) {
    const seen: number[] = [];
    const failures: EventFailure<number>[] = [];
    const handler = kinesisHandler<number>({
      processor: json<number>(),
      ordering,
      handler: ({ value }) => {
        if (value === 3) throw new Error("not 3");
        seen.push(value);
      },
      onFailure: (failure) => failures.push(failure),
    });
    assertEquals(idsOf(await handler(eventOf([0, 1, 2, 3, 4, 5]))), ["103"]);
    assertEquals(seen, [0, 1, 2]);
    assertEquals(failures.length, 1);
    const { record, error, sequenceNumber } = failures[0]!;
    assertEquals([record?.value, (error as Error).message, sequenceNumber], [
      3,
      "not 3",
      "103",
    ]);
  }
});

Deno.test('kinesisHandler with ordering "none" tries all values and answers all records that have failed', async () => {
  const handler = kinesisHandler<number>({
    processor: json<number>(),
    ordering: "none",
    handler: ({ value }) => {
      if (value % 2 === 1) throw new Error("odd");
    },
  });
  assertEquals(idsOf(await handler(eventOf([0, 1, 2, 3]))), ["101", "103"]);
});

Deno.test("kinesisHandler answers the record of a value inside of an aggregate", async () => {
  const { data, partitionKey } = aggregateOf(["1", "2", "x", "4"]);
  const seen: string[] = [];
  const handler = kinesisHandler<string>({
    processor: kplString(),
    handler: ({ value, subSequenceNumber }) => {
      if (value === "x") throw new Error("x");
      seen.push(`${subSequenceNumber}: ${value}`);
    },
  });
  const event = {
    Records: [recordOf("0", "7"), recordOf(data, "8", { partitionKey })],
  };
  assertEquals(idsOf(await handler(event)), ["8"]);
  assertEquals(seen, ["0: 0", "0: 1", "1: 2"]);
});

Deno.test("kinesisHandler follows the policy for values that cannot be decoded", async () => {
  const event = {
    Records: [
      recordOf('{"a":1}\nnope\n{"a":2}\n', "5"),
      recordOf('{"a":3}\n', "6"),
    ],
  };
  const run = async (onPoison?: KinesisHandlerOptions<unknown>["onPoison"]) => {
    const seen: unknown[] = [];
    const failures: unknown[] = [];
    const handler = kinesisHandler({
      processor: jsonLines<{ a: number }>(),
      handler: ({ value }) => void seen.push(value.a),
      onPoison,
      ordering: "shard",
      onFailure: ({ error, record }) => failures.push([error, record]),
    });
    const ids = idsOf(await handler(event));
    return { ids, seen, failures };
  };
  const failing = await run();
  assertEquals([failing.ids, failing.seen], [["5"], [1]]);
  const [[error, record]] = failing.failures as [[unknown, unknown]];
  assert(error instanceof DecodeError);
  assertEquals(record, undefined);
  assertEquals((await run("skip")).seen, [1, 2, 3]);
  const poison: DecodeError[] = [];
  const kept = await run((error) => void poison.push(error));
  assertEquals([kept.ids, kept.seen, poison.length], [[], [1, 2, 3], 1]);
  assertEquals((await run(() => "fail")).ids, ["5"]);
});

Deno.test("kinesisHandler runs as many calls as 'concurrency' allows, and those of a key one after another", async () => {
  const running = new Map<string, number>();
  let now = 0;
  let most = 0;
  const seen: number[] = [];
  const handler = kinesisHandler<number>({
    processor: json<number>(),
    concurrency: 3,
    handler: async ({ value, partitionKey = "" }) => {
      assertEquals(running.get(partitionKey) ?? 0, 0);
      running.set(partitionKey, 1);
      most = Math.max(most, ++now);
      for (let i = 0; i < value % 3; i++) {
        await new Promise((go) => setImmediate(go));
      }
      now--;
      running.set(partitionKey, 0);
      seen.push(value);
    },
  });
  const values = Array.from({ length: 60 }, (_, i) => i);
  assertEquals(
    idsOf(await handler(eventOf(values, (_, i) => `k${i % 5}`))),
    [],
  );
  assertEquals(most, 3);
  for (let key = 0; key < 5; key++) {
    const ofKey = seen.filter((value) => value % 5 === key);
    assertEquals(ofKey, ofKey.toSorted((a, b) => a - b));
  }
});

Deno.test('kinesisHandler with failures "throw" throws, with the first error as cause', async () => {
  const handler = kinesisHandler<number>({
    processor: json<number>(),
    failures: "throw",
    handler: ({ value }) => {
      if (value === 1) throw new Error("not 1");
    },
  });
  assertEquals(await handler(eventOf([0, 2])), { batchItemFailures: [] });
  const error = await assertRejects(
    () => handler(eventOf([0, 1, 2])),
    Error,
    "the first failure is 101",
  );
  assertEquals((error.cause as Error).message, "not 1");
});

Deno.test("kinesisHandler answers although onFailure throws, and rejects what is no event", async () => {
  const handler = kinesisHandler({
    processor: string(),
    handler: () => Promise.reject(new Error("no")),
    onFailure: () => {
      throw new Error("the logger is broken");
    },
  });
  assertEquals(idsOf(await handler(CAPTURED)).length, 1);
  for (
    const event of [undefined, {}, {
      Records: [{ eventSourceARN: "arn:aws:sqs:us-east-2:1:q" }],
    }]
  ) {
    await assertRejects(
      () => handler(event as never),
      TypeError,
      "Cannot decode the event",
    );
  }
});

Deno.test("kinesisHandler waits for onFailure, and answers if it rejects", async () => {
  let isStored = false;
  const handler = kinesisHandler({
    processor: json(),
    handler: () => {
      throw new Error("no");
    },
    onFailure: async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      isStored = true;
      throw new Error("the logger is broken");
    },
  });
  assertEquals(idsOf(await handler(eventOf([0]))), ["100"]);
  assert(isStored);
});

Deno.test("kinesisHandler answers the lowest failed record when values of several keys fail", async () => {
  const failures: number[] = [];
  const handler = kinesisHandler<number>({
    processor: json<number>(),
    handler: async ({ value }) => {
      // The last one fails first.
      await new Promise((resolve) => setTimeout(resolve, 12 - 2 * value));
      if (value > 2) throw new Error("no");
    },
    onFailure: ({ record }) => failures.push(record!.value),
  });
  const event = eventOf([0, 1, 2, 3, 4, 5], (value) => `k${value}`);
  assertEquals(idsOf(await handler(event)), ["103"]);
  assertEquals(failures, [5, 4, 3]);
});

Deno.test("kinesisHandler refuses wrong options when it is made", () => {
  const good = { processor: string(), handler: () => {} };
  const cases: [object | undefined, string][] = [
    [undefined, "'options' must be an object"],
    [
      { handler: () => {} },
      "'processor' must be an object with the methods unpack",
    ],
    [{ processor: string() }, "'handler' must be a function"],
    [{ ...good, concurrency: 0 }, "'concurrency' must be an integer 1 or more"],
    [{ ...good, ordering: "all" }, "'ordering' must be"],
    [{ ...good, onPoison: "drop" }, "'onPoison' must be"],
    [{ ...good, failures: "ignore" }, "'failures' must be"],
    [{ ...good, reserveMs: -1 }, "'reserveMs' must be"],
    [{ ...good, strays: [] }, "'strays' must be a function"],
    [{ ...good, onFailure: "log" }, "'onFailure' must be a function"],
    [{ ...good, onfailure: () => {} }, "it has 'onfailure'"],
  ];
  for (const [options, message] of cases) {
    assertThrows(() => kinesisHandler(options as never), Error, message);
  }
});

/** Lambda: sends a batch again from the lowest sequence number that was answered. */
Deno.test("kinesisHandler loses no value and keeps the order of each key, whatever fails, when Lambda sends again what was not processed", async () => {
  const plans = fc.record({
    values: fc.array(fc.nat({ max: 4 }), { maxLength: 30 }),
    ordering: fc.constantFrom(
      "shard" as const,
      "key" as const,
      "none" as const,
    ),
    concurrency: fc.integer({ min: 1, max: 6 }),
    failures: fc.array(fc.nat({ max: 40 }), { maxLength: 6 }),
    turns: fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 7 }),
  });
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      const { values, ordering, concurrency, failures, turns } = plan;
      let calls = 0;
      const done: [key: number, index: number][] = [];
      const options: KinesisHandlerOptions<[number, number]> = {
        processor: json<[number, number]>(),
        ordering,
        concurrency,
        handler: async ({ value }) => {
          const call = calls++;
          for (let i = 0; i < turns[call % turns.length]!; i++) {
            await Promise.resolve();
          }
          if (failures.includes(call)) throw new Error("not now");
          done.push(value);
        },
      };
      const items = values.map((key, index) =>
        [key, index] as [number, number]
      );
      let from = 0;
      for (let attempt = 0; from < items.length; attempt++) {
        assert(attempt < 20);
        const Records = items.slice(from).map((item) =>
          recordOf(JSON.stringify(item), `${100 + item[1]}`, {
            partitionKey: `k${item[0]}`,
          })
        );
        const ids = idsOf(await processEvent({ Records }, undefined, options))
          .map(Number);
        from = ids.length === 0 ? items.length : Math.min(...ids) - 100;
      }
      assertEquals(new Set(done.map(([, index]) => index)).size, values.length);
      if (ordering === "none") return;
      // The first time of each value, in order: a value is not done before its predecessors.
      for (let key = 0; key < 5; key++) {
        const firsts = [
          ...new Set(done.filter((it) => it[0] === key).map((it) => it[1])),
        ];
        assertEquals(firsts, firsts.toSorted((a, b) => a - b));
      }
    }),
    { numRuns: 300 },
  );
});
