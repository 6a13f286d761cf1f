import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { kinesisWindowHandler, type WindowContext } from "../../lambda/mod.ts";
import { json, jsonLines } from "../../processors/mod.ts";
import { eventOf, recordOf, windowOf } from "./_events.ts";

const NONE = { Records: [] };

function sums(ends: [number, WindowContext][] = []) {
  return kinesisWindowHandler<number, { sum: number }>({
    processor: json<number>(),
    initialState: () => ({ sum: 0 }),
    reduce: ({ sum }, { value }) => {
      if (value < 0) throw new Error("negative");
      return { sum: sum + value };
    },
    onWindowEnd: ({ sum }, context) => void ends.push([sum, context]),
  });
}

Deno.test("kinesisWindowHandler carries the state from call to call, and hands out the last one at the end of the window", async () => {
  const ends: [number, WindowContext][] = [];
  const handler = sums(ends);
  const first = await handler(windowOf(eventOf([1, 2, 3])));
  assertEquals(first, { state: { sum: 6 }, batchItemFailures: [] });
  const second = await handler(windowOf(eventOf([10]), { state: first.state }));
  assertEquals(second.state, { sum: 16 });
  assertEquals(ends, []);
  const last = windowOf(NONE, {
    state: second.state,
    isFinalInvokeForWindow: true,
  });
  assertEquals((await handler(last)).batchItemFailures, []);
  const [[sum, context]] = ends as [[number, WindowContext]];
  assertEquals(sum, 16);
  assertEquals(context.start, new Date("2020-12-09T07:04:00Z"));
  assertEquals(context.end, new Date("2020-12-09T07:06:00Z"));
  assertEquals([context.shardId, context.isTerminatedEarly], [
    "shardId-000000000006",
    false,
  ]);
});

Deno.test("kinesisWindowHandler answers a failure with the state before its record", async () => {
  const ends: [number, WindowContext][] = [];
  const handler = sums(ends);
  const event = windowOf(eventOf([1, 2, -1, 4]), {
    isFinalInvokeForWindow: true,
  });
  assertEquals(await handler(event), {
    state: { sum: 3 },
    batchItemFailures: [{ itemIdentifier: "102" }],
  });
  assertEquals(ends, []);

  // The record has three values: those before the failure are added again with the record.
  const lines = kinesisWindowHandler<number, number[]>({
    processor: jsonLines<number>(),
    initialState: () => [],
    reduce: (state, { value }) => {
      if (value < 0) throw new Error("negative");
      return [...state, value];
    },
  });
  const Records = [recordOf("1\n", "1"), recordOf("2\n-1\n3\n", "2")];
  const answer = await lines(windowOf({ Records }));
  assertEquals(answer, {
    state: [1],
    batchItemFailures: [{ itemIdentifier: "2" }],
  });
});

Deno.test("kinesisWindowHandler tells that a window ended early", async () => {
  const ends: [number, WindowContext][] = [];
  await sums(ends)(
    windowOf(NONE, { state: { sum: 5 }, isWindowTerminatedEarly: true }),
  );
  assertEquals(
    ends.map(([sum, { isTerminatedEarly }]) => [sum, isTerminatedEarly]),
    [[5, true]],
  );
});

Deno.test("kinesisWindowHandler stops in time", async () => {
  const handler = kinesisWindowHandler<number, number>({
    processor: json<number>(),
    initialState: () => 0,
    reserveMs: 1000,
    reduce: () => Promise.reject(new Error("nothing may be added")),
    onFailure: ({ error }) => assert((error as Error).name === "TimeoutError"),
  });
  const answer = await handler(windowOf(eventOf([1])), {
    getRemainingTimeInMillis: () => 900,
  });
  assertEquals(answer.batchItemFailures, [{ itemIdentifier: "100" }]);
});

Deno.test("kinesisWindowHandler says what is wrong: no window, a state that is too large, wrong options", async () => {
  await assertRejects(
    () => sums()(eventOf([1])),
    TypeError,
    "set TumblingWindowInSeconds in the mapping",
  );
  const large = kinesisWindowHandler({
    processor: json(),
    initialState: () => "",
    reduce: () => "ü".repeat(600_000),
  });
  await assertRejects(
    () => large(windowOf(eventOf([1]))),
    RangeError,
    "Cannot answer with a state of 1200002 bytes",
  );
  assertThrows(
    () => kinesisWindowHandler({ processor: json() } as never),
    TypeError,
    "'initialState'",
  );
});
