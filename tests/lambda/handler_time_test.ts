import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  kinesisHandler,
  type KinesisHandlerOptions,
  kinesisWindowHandler,
} from "../../lambda/mod.ts";
import { json, jsonLines } from "../../processors/mod.ts";
import { eventOf, idsOf, recordOf, windowOf } from "./_events.ts";

Deno.test("kinesisHandler stops in time: the signal aborts, and what is not processed comes again", async () => {
  for (const heeds of [true, false]) {
    const started: number[] = [];
    const handler = kinesisHandler<number>({
      processor: json<number>(),
      ordering: "shard",
      reserveMs: 100,
      handler: async ({ value }, { signal }) => {
        started.push(value);
        if (value !== 2) return;
        await new Promise<void>((_, reject) => {
          if (heeds) {
            signal.addEventListener("abort", () => reject(signal.reason));
          }
        });
      },
    });
    const context = { getRemainingTimeInMillis: () => 140 };
    assertEquals(idsOf(await handler(eventOf([0, 1, 2, 3, 4]), context)), [
      "102",
    ]);
    assertEquals(started, [0, 1, 2]);
  }
  const late = kinesisHandler({
    processor: json(),
    handler: () => assert(false),
  });
  const none = { getRemainingTimeInMillis: () => 500 };
  assertEquals(idsOf(await late(eventOf([0, 1]), none)), ["100"]);
});

Deno.test("kinesisHandler stops in time although handlers never wait", async () => {
  for (const ordering of ["shard", "key", "none"] as const) {
    let leftMs = 1000;
    const handler = kinesisHandler({
      processor: json(),
      ordering,
      reserveMs: 500,
      // Timers do not run while such handlers run one after another.
      handler: () => void (leftMs -= 100),
    });
    const context = { getRemainingTimeInMillis: () => leftMs };
    const ids = idsOf(await handler(eventOf([0, 1, 2, 3, 4, 5, 6]), context));
    assertEquals(ids, ordering === "none" ? ["105", "106"] : ["105"]);
  }
});

Deno.test("kinesisHandler reports why records come again when the time is over", async () => {
  const run = async (
    leftMs: number,
    options: Partial<KinesisHandlerOptions<number>> = {},
  ) => {
    const reported: unknown[] = [];
    const handler = kinesisHandler<number>({
      processor: json<number>(),
      ordering: "none",
      reserveMs: 100,
      handler: ({ value }) => value % 2 ? new Promise(() => {}) : undefined,
      onFailure: ({ error, record, sequenceNumber }) => {
        reported.push([(error as Error).name, record?.value, sequenceNumber]);
        return new Promise(() => {});
      },
      ...options,
    });
    const context = { getRemainingTimeInMillis: () => leftMs };
    const ids = idsOf(await handler(eventOf([0, 1, 2, 3]), context));
    return [reported, ids];
  };
  // Handlers that hang.
  assertEquals(await run(130), [
    [["TimeoutError", 1, "101"], ["TimeoutError", 3, "103"]],
    ["101", "103"],
  ]);
  // Handlers that were not started.
  assertEquals(await run(90), [
    [["TimeoutError", 0, "100"]],
    ["100", "101", "102", "103"],
  ]);
  // There is no time to decode the event, or decoding hangs.
  for (const leftMs of [0, 130]) {
    const strays = () => new Promise<never>(() => {});
    assertEquals(await run(leftMs, { strays }), [
      [["TimeoutError", undefined, "100"]],
      ["100", "101", "102", "103"],
    ]);
  }
  const throwing = kinesisHandler({
    processor: json(),
    failures: "throw",
    reserveMs: 100,
    handler: () => new Promise(() => {}),
  });
  const error = await assertRejects(() =>
    throwing(eventOf([0]), { getRemainingTimeInMillis: () => 130 })
  );
  assertEquals(((error as Error).cause as Error).name, "TimeoutError");
});

Deno.test("kinesisHandler and kinesisWindowHandler count no value as processed whose handler returns because its signal aborts", async () => {
  const stopped = (signal: AbortSignal) =>
    new Promise<void>((resolve) =>
      signal.addEventListener("abort", () => resolve())
    );
  const common = { processor: json<number>(), reserveMs: 200 };
  const context = { getRemainingTimeInMillis: () => 240 };
  const handler = kinesisHandler<number>({
    ...common,
    ordering: "none",
    handler: async ({ value }, context) => {
      // Has not asked for the signal, and so cannot have stopped because of it.
      if (value === 0) return await new Promise((go) => setTimeout(go, 80));
      await stopped(context.signal);
    },
  });
  assertEquals(idsOf(await handler(eventOf([0, 1, 2]), context)), [
    "101",
    "102",
  ]);
  const windows = kinesisWindowHandler<number, { sum: number }>({
    ...common,
    initialState: () => ({ sum: 0 }),
    reduce: async ({ sum }, { value }, { signal }) => {
      if (value === 2) await stopped(signal);
      return signal.aborted ? { sum } : { sum: sum + value };
    },
  });
  const answer = await windows(windowOf(eventOf([1, 2, 3])), context);
  assertEquals(answer.state, { sum: 1 });
  assertEquals(answer.batchItemFailures, [{ itemIdentifier: "101" }]);
});

Deno.test("kinesisHandler and kinesisWindowHandler wait for reports when the time is over, as far as there is time", async () => {
  const stored: string[] = [];
  const onFailure = async ({ sequenceNumber }: { sequenceNumber: string }) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    stored.push(sequenceNumber);
  };
  const never = () => new Promise<never>(() => {});
  const common = { processor: json<number>(), reserveMs: 400, onFailure };
  const context = { getRemainingTimeInMillis: () => 450 };
  await kinesisHandler({ ...common, handler: never })(eventOf([0]), context);
  assertEquals(stored, ["100"]);
  const strays = never; // The event cannot be decoded in time.
  const late = kinesisHandler({ ...common, strays, handler: () => {} });
  await late(eventOf([0]), context);
  assertEquals(stored, ["100", "100"]);
  const windows = kinesisWindowHandler<number, number>({
    ...common,
    initialState: () => 0,
    reduce: never,
  });
  await windows(windowOf(eventOf([0])), context);
  assertEquals(stored, ["100", "100", "100"]);
});

Deno.test("kinesisHandler does not report a value twice whose handler fails after the answer", async () => {
  const gate = Promise.withResolvers<void>();
  const reported: unknown[] = [];
  const handler = kinesisHandler({
    processor: json(),
    reserveMs: 100,
    handler: () => gate.promise,
    onFailure: ({ error }) => void reported.push((error as Error).message),
  });
  await handler(eventOf([0]), { getRemainingTimeInMillis: () => 110 });
  gate.reject(new Error("too late"));
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(reported, ["The function has no more time"]);
});

Deno.test("kinesisHandler has no limit of time without a time from Lambda", async () => {
  const times = [undefined, NaN, Infinity, 2 ** 40];
  const contexts = [
    undefined,
    {},
    ...times.map((ms) => ({ getRemainingTimeInMillis: () => ms as number })),
  ];
  for (const context of contexts) {
    const handler = kinesisHandler({
      processor: json(),
      handler: async (_, { signal }) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        signal.throwIfAborted();
      },
    });
    assertEquals(idsOf(await handler(eventOf([0, 1]), context)), []);
  }
});

Deno.test("kinesisHandler takes time in proportion to the number of values", async () => {
  const timeOf = async (count: number, ordering: "shard" | "none") => {
    const lines = "1\n".repeat(count / 100);
    const Records = Array.from(
      { length: 100 },
      (_, i) => recordOf(lines, `${i}`),
    );
    const handler = kinesisHandler({
      processor: jsonLines(),
      ordering,
      handler: () => {},
    });
    const start = performance.now();
    await handler({ Records });
    return performance.now() - start;
  };
  for (const ordering of ["shard", "none"] as const) {
    await timeOf(10_000, ordering);
    const few = await timeOf(10_000, ordering);
    const many = await timeOf(100_000, ordering);
    // With a queue that copies itself, it was 100 to 200 times as long.
    assert(many < 60 * Math.max(few, 20), `${few} ms, then ${many} ms`);
  }
});
