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

/** Ends with an error if the promise hangs. */
async function inTime<R>(promise: Promise<R>): Promise<R> {
  let timer: ReturnType<typeof setTimeout>;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("It hangs")), 2000);
  });
  return await Promise.race([promise, limit]).finally(() =>
    clearTimeout(timer)
  );
}

const NEVER = () => new Promise<never>(() => {});
/** 150 ms from now, of which 100 ms are kept. */
const SHORT = { getRemainingTimeInMillis: () => 150 };

Deno.test("kinesisWindowHandler answers in time although reduce hangs, with the state before the record, and reports it", async () => {
  const reported: unknown[] = [];
  const handler = kinesisWindowHandler<number, number[]>({
    processor: jsonLines<number>(),
    initialState: () => [],
    reserveMs: 100,
    reduce: (state, { value }) => value === 3 ? NEVER() : [...state, value],
    onFailure: ({ error, record }) => {
      reported.push([(error as Error).name, record?.value]);
      return NEVER();
    },
  });
  const Records = [recordOf("1\n", "1"), recordOf("2\n3\n4\n", "2")];
  assertEquals(await inTime(handler(windowOf({ Records }), SHORT)), {
    state: [1],
    batchItemFailures: [{ itemIdentifier: "2" }],
  });
  assertEquals(reported, [["TimeoutError", 3]]);
});

Deno.test("kinesisWindowHandler adds nothing after the answer was given", async () => {
  const gate = Promise.withResolvers<ReadonlySet<number>>();
  const added: unknown[] = [];
  const handler = kinesisWindowHandler<unknown, number>({
    processor: json(),
    initialState: () => 0,
    reserveMs: 100,
    strays: (_, { sequenceNumber }) =>
      sequenceNumber === "101" ? gate.promise : new Set(),
    reduce: (state, { value }) => (added.push(value), state + 1),
  });
  const event = windowOf(eventOf(["a", "b", "c"]));
  assertEquals(await inTime(handler(event, SHORT)), {
    state: 0,
    batchItemFailures: [{ itemIdentifier: "100" }],
  });
  gate.resolve(new Set());
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(added, ["a"]);
});

Deno.test("kinesisWindowHandler stops in time although reduce never waits", async () => {
  let leftMs = 1000;
  const handler = kinesisWindowHandler<number, number>({
    processor: json<number>(),
    initialState: () => 0,
    reserveMs: 500,
    reduce: (state) => (leftMs -= 100, state + 1),
  });
  const event = windowOf(eventOf([0, 1, 2, 3, 4, 5, 6, 7]));
  const context = { getRemainingTimeInMillis: () => leftMs };
  assertEquals(await handler(event, context), {
    state: 5,
    batchItemFailures: [{ itemIdentifier: "105" }],
  });
});

Deno.test("kinesisWindowHandler fails the call when onWindowEnd throws, hangs, or has no time left", async () => {
  const last = windowOf(NONE, {
    ...{ state: { sum: 5 }, isFinalInvokeForWindow: true },
  });
  const options = {
    processor: json<number>(),
    initialState: () => ({ sum: 0 }),
    reduce: (state: { sum: number }) => state,
    reserveMs: 100,
  };
  const throwing = kinesisWindowHandler({
    ...options,
    onWindowEnd: () => {
      throw new Error("the table is locked");
    },
  });
  await assertRejects(() => throwing(last), Error, "the table is locked");
  const hanging = kinesisWindowHandler({ ...options, onWindowEnd: NEVER });
  const error = await assertRejects(
    () => inTime(hanging(last, SHORT)),
    Error,
    "'onWindowEnd' has not ended",
  );
  assertEquals((error.cause as Error).name, "TimeoutError");
  const late = kinesisWindowHandler({
    ...options,
    onWindowEnd: () => assert(false),
  });
  await assertRejects(
    () => late(last, { getRemainingTimeInMillis: () => 90 }),
    Error,
    "Cannot end the window in the time of the function",
  );
  const idle = kinesisWindowHandler(options);
  const { state } = await idle(last, { getRemainingTimeInMillis: () => 90 });
  assertEquals(state, { sum: 5 });
});

Deno.test("kinesisWindowHandler answers although onFailure throws or rejects", async () => {
  const failing: (() => unknown)[] = [
    () => {
      throw new Error("the logger is broken");
    },
    () => Promise.reject(new Error("the logger is broken")),
  ];
  for (const onFailure of failing) {
    const handler = kinesisWindowHandler<number, number>({
      processor: json<number>(),
      initialState: () => 0,
      reduce: () => {
        throw new Error("no");
      },
      onFailure,
    });
    assertEquals(await handler(windowOf(eventOf([1]))), {
      state: 0,
      batchItemFailures: [{ itemIdentifier: "100" }],
    });
  }
});

/** Lists in lists. */
function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

Deno.test("kinesisWindowHandler refuses a state that would come back from Lambda in another form, before the window ends", async () => {
  const circular: unknown[] = [];
  circular.push({ circular });
  const cases: [unknown, string][] = [
    [nested(20_000), "'state' has more than 500 levels"],
    [undefined, "'state' is undefined"],
    [new Map([["a", 1]]), "'state' is a Map"],
    [{ users: new Set() }, "'state.users' is a Set"],
    [{ total: NaN }, "'state.total' is the number NaN"],
    [{ total: 1n }, "'state.total' is the bigint 1"],
    [{ at: [new Date()] }, "'state.at.0' is a Date"],
    [[undefined], "'state.0' is undefined"],
    [Promise.resolve({}), "'state' is a Promise"],
    [{ next: () => 1 }, "'state.next' is function"],
    [circular, "'state.0.circular' contains itself"],
  ];
  for (const [state, problem] of cases) {
    const handler = kinesisWindowHandler({
      processor: json(),
      initialState: () => state,
      reduce: (state) => state,
      onWindowEnd: () => assert(false),
    });
    await assertRejects(
      () => handler(windowOf(NONE, { isFinalInvokeForWindow: true })),
      TypeError,
      `Cannot answer with the state as ${problem}: `,
    );
  }
  const shared = { a: 1 };
  const good = {
    shared: [shared, shared],
    none: null,
    no: false,
    x: "",
    y: -0,
  };
  const optional = { ...good, left: undefined };
  for (const state of [good, optional, 7, "text", [[]], Object.create(null)]) {
    const handler = kinesisWindowHandler({
      processor: json(),
      initialState: () => 0,
      reduce: (): unknown => state,
    });
    assertEquals((await handler(windowOf(eventOf([1])))).state, state);
  }
});

Deno.test("kinesisWindowHandler answers with a state over 1 MB, so that Lambda ends the window early", async () => {
  const ends: unknown[] = [];
  const handler = kinesisWindowHandler<unknown, string>({
    processor: json(),
    initialState: () => "",
    reduce: () => "ü".repeat(600_000),
    onWindowEnd: (state, { isTerminatedEarly }) =>
      void ends.push([state.length, isTerminatedEarly]),
  });
  const { state, batchItemFailures } = await handler(windowOf(eventOf([1])));
  assertEquals([state?.length, batchItemFailures], [600_000, []]);
  await handler(windowOf(NONE, { state, isWindowTerminatedEarly: true }));
  assertEquals(ends, [[600_000, true]]);
});

Deno.test("kinesisWindowHandler ends a window whose last event has no 'Records'", async () => {
  const ends: [number, WindowContext][] = [];
  const last = windowOf(NONE, {
    ...{ state: { sum: 5 }, isFinalInvokeForWindow: true },
  });
  const { Records: _, ...bare } = last;
  await sums(ends)(bare as typeof last);
  assertEquals(ends.length, 1);
  await assertRejects(
    () => sums()({ ...bare, isFinalInvokeForWindow: false } as typeof last),
    TypeError,
    "it has no 'Records'",
  );
});

Deno.test("kinesisWindowHandler keeps its options when the object is changed later", async () => {
  const options = {
    processor: json<number>(),
    initialState: () => 1,
    reduce: (state: number, { value }: { value: number }) => state + value,
  };
  const handler = kinesisWindowHandler<number, number>(options);
  options.reduce = () => 0;
  assertEquals((await handler(windowOf(eventOf([2])))).state, 3);
});

Deno.test("kinesisWindowHandler says what is wrong: no window, wrong options", async () => {
  for (const event of [eventOf([1]), undefined, null, { Records: [] }]) {
    await assertRejects(
      () => sums()(event as never),
      TypeError,
      "set TumblingWindowInSeconds in the mapping",
    );
  }
  const good = {
    processor: json(),
    initialState: () => 0,
    reduce: () => 0,
  };
  const cases: [object | undefined, string][] = [
    [undefined, "'options' must be an object"],
    [{ ...good, processor: {} }, "'processor'"],
    [{ ...good, initialState: 0 }, "'initialState' must be a function"],
    [{ processor: json(), initialState: () => 0 }, "'reduce'"],
    [{ ...good, onWindowEnd: 1 }, "'onWindowEnd' must be a function"],
    [{ ...good, onPoison: "drop" }, "'onPoison' must be"],
    [{ ...good, onFailure: "log" }, "'onFailure' must be a function"],
    [{ ...good, onWindowends: () => {} }, "it has 'onWindowends'"],
    [{ ...good, strays: [] }, "'strays' must be a function"],
    [{ ...good, reserveMs: NaN }, "'reserveMs' must be"],
  ];
  for (const [options, message] of cases) {
    assertThrows(() => kinesisWindowHandler(options as never), Error, message);
  }
});
