import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import { delay } from "../../_core/clock.ts";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import { ProcessingError } from "../../errors.ts";
import { Consumer } from "../../consumer.ts";
import type { ConsumerHooks, HandlerErrorEvent } from "../../hooks.ts";
import { json, jsonLines, kplJson } from "../../processors/mod.ts";
import { Producer } from "../../producer.ts";
import { recordId } from "../../record_id.ts";
import type { DeadLetter } from "../../records.ts";
import { type Item, STREAM, values, World } from "./_world.ts";

/** What the next run gets: the numbers. */
async function rest(world: World, checkpointer: MemoryCheckpointer) {
  const records = await world.drain(
    world.consumer({ until: "caught-up", checkpointer }),
  );
  return values(records).map(({ i }) => i);
}

Deno.test("Consumer.process calls a handler again after growing delays, and reports each failure", async () => {
  const world = new World();
  await world.put(1, { keys: ["k"] });
  const times: number[] = [];
  const reported: HandlerErrorEvent[] = [];
  const errors = [1, 2, 3, 4].map((n) => new Error(`failure ${n}`));
  const consumer = world.consumer({
    until: "caught-up",
    random: () => 0.5,
    hooks: { onHandlerError: (event) => void reported.push(event) },
  });
  await world.run(consumer.process((_, { attempt }) => {
    times.push(world.clock.now());
    if (attempt <= 4) throw errors[attempt - 1];
  }, { retry: { baseDelayMs: 1000, maxDelayMs: 3000 } }));
  const pauses = times.slice(1).map((time, i) => time - times[i]!);
  assertEquals(pauses, [750, 1500, 2250, 2250]);
  assertEquals(reported.map(({ retryDelayMs }) => retryDelayMs), pauses);
  assertEquals(reported.map(({ attempt }) => attempt), [1, 2, 3, 4]);
  assertEquals(reported.map(({ error }) => error), errors);
  assertEquals(reported[0]!.values, 1);
  assertEquals(reported[0]!.shardId, world.shardIds[0]);
});

Deno.test("Consumer.process tells failures to the hooks of the stream of the value, and calls each by its name", async () => {
  const world = new World();
  world.server.createStream("mails");
  await world.put(1, { keys: ["k"] });
  await world.client().putRecord({
    StreamName: "mails",
    PartitionKey: "k",
    Data: new TextEncoder().encode('{"key":"m","i":0}\n'),
  });
  const reported: string[] = [];
  const hooksOf = (name: string): ConsumerHooks => ({
    onHandlerError: ({ stream }) => void reported.push(`${name} ${stream}`),
    onHandlerTimeout: ({ stream }) =>
      void reported.push(`${name} ${stream} late`),
  });
  const consumer = new Consumer<Item>({
    client: world.client(),
    clock: world.clock,
    processor: jsonLines<Item>(),
    until: "caught-up",
    streams: [
      { streamName: STREAM, hooks: hooksOf("first") },
      { streamName: "mails", hooks: hooksOf("second") },
    ],
  });
  const { processed } = await world.run(
    consumer.process(async ({ value }, { attempt }) => {
      if (attempt === 1) throw new Error("not now");
      if (value.key === "m") await delay(2000, { clock: world.clock });
    }, { timeoutMs: 1000 }),
  );
  assertEquals(processed, 2);
  assertEquals(reported.sort(), [
    `first ${STREAM}`,
    "second mails",
    "second mails late",
  ]);
});

Deno.test("Consumer.process fails with the value, the number of attempts and the error, and reads the value again in the next run", async () => {
  for (const thrown of [new Error("no table"), "a text", undefined, null, 0]) {
    const world = new World();
    await world.put(5, { keys: ["k"] });
    const checkpointer = new MemoryCheckpointer();
    const reported: HandlerErrorEvent[] = [];
    const consumer = world.consumer({
      checkpointer,
      hooks: { onHandlerError: (event) => void reported.push(event) },
    });
    const error = await assertRejects(
      () =>
        world.run(consumer.process(({ value }) => {
          if (value.i === 2) throw thrown;
        }, { retry: { maxAttempts: 3 } })),
      ProcessingError<Item>,
      "after 3 attempts: ",
    );
    assertEquals(error.attempts, 3);
    assertEquals(error.record.value, { key: "k", i: 2 });
    assertStrictEquals(error.cause, thrown);
    assertEquals(error.code, "HandlerFailed");
    assertStringIncludes(error.message, world.shardIds[0]!);
    assertStringIncludes(error.message, error.record.sequenceNumber);
    assertEquals(reported.length, 3);
    assertEquals(reported[2]!.retryDelayMs, undefined);
    assertEquals(await rest(world, checkpointer), [2, 3, 4]);
    assertEquals(world.clock.pendingTimers, 0);
  }
});

Deno.test("Consumer.process lets running handlers end when another one fails, and stores what they did", async () => {
  const world = new World();
  await world.put(4, { keys: ["a", "b", "c", "d"] });
  const checkpointer = new MemoryCheckpointer();
  const ended: string[] = [];
  await assertRejects(
    () =>
      world.run(
        world.consumer({ checkpointer }).process(
          async ({ value: { key } }, { signal }) => {
            if (key === "d") throw new Error("d");
            await delay(5000, { clock: world.clock });
            assert(!signal.aborted);
            ended.push(key);
          },
          { retry: { maxAttempts: 1 } },
        ),
      ),
    ProcessingError,
    "after 1 attempt: Error: d",
  );
  assertEquals(ended, ["a", "b", "c"]);
  const records = await world.drain(
    world.consumer({ until: "caught-up", checkpointer }),
  );
  assertEquals(values(records).map(({ key }) => key), ["d"]);
});

Deno.test("Consumer.process loses and skips nothing when the handler fails at any value of an aggregate", async () => {
  for (let bad = 0; bad < 6; bad++) {
    for (const ordering of ["shard", "key", "none"] as const) {
      const world = new World();
      const client = world.client();
      const producer = new Producer<Item>({
        client,
        streamName: STREAM,
        processor: kplJson(),
        clock: world.clock,
        partitionKey: "key",
      });
      await world.run(
        producer.putAll(
          [0, 1, 2, 3, 4, 5].map((i) => ({ key: `k${i % 2}`, i })),
        ),
      );
      await world.run(producer.close());
      assertEquals(world.server.records(STREAM).length, 1);
      const checkpointer = new MemoryCheckpointer();
      const options = { processor: kplJson<Item>(), checkpointer };
      const seen = new Set<number>();
      await assertRejects(() =>
        world.run(
          world.consumer(options).process(({ value: { i } }) => {
            if (i === bad) throw new Error("bad");
            seen.add(i);
          }, { ordering, concurrency: 2, retry: { maxAttempts: 2 } }),
        )
      );
      assert(!seen.has(bad));
      const again = world.consumer({ ...options, until: "caught-up" });
      for (const { i } of values(await world.drain(again))) seen.add(i);
      assertEquals(seen.size, 6);
    }
  }
});

Deno.test("Consumer.process does not repeat a call whose error 'retry.when' refuses", async () => {
  const world = new World();
  await world.put(1, { keys: ["k"] });
  const asked: unknown[] = [];
  let calls = 0;
  const summary = await world.run(
    world.consumer({ until: "caught-up" }).process(() => {
      throw ++calls;
    }, {
      onPoison: "skip",
      retry: {
        when: (error, attempt) => {
          asked.push([error, attempt]);
          return attempt < 2;
        },
      },
    }),
  );
  assertEquals(asked, [[1, 1], [2, 2]]);
  assertEquals(summary, {
    processed: 0,
    retries: 1,
    skipped: 1,
    deadLettered: 0,
  });
});

Deno.test("Consumer.process fails with the error of a 'retry.when' that throws", async () => {
  const world = new World();
  await world.put(2, { keys: ["k"] });
  const broken = new Error("broken");
  const error = await assertRejects(() =>
    world.run(
      world.consumer().process(() => Promise.reject(1), {
        retry: {
          when() {
            throw broken;
          },
        },
      }),
    )
  );
  assertStrictEquals(error, broken);
});

Deno.test("Consumer.process fails if 'retry.when' returns a promise, which would always mean true", async () => {
  for (const when of [() => Promise.resolve(false), () => Promise.reject(1)]) {
    const world = new World();
    await world.put(2, { keys: ["k"] });
    const checkpointer = new MemoryCheckpointer();
    await assertRejects(
      () =>
        world.run(
          world.consumer({ checkpointer }).process(() => Promise.reject(1), {
            retry: { when: when as never },
            onPoison: "skip",
          }),
        ),
      TypeError,
      "'retry.when' must be a function that returns true or false, not a promise",
    );
    assertEquals(await rest(world, checkpointer), [0, 1]);
  }
});

Deno.test("Consumer.process acknowledges a skipped value, and one that a function has taken", async () => {
  const world = new World();
  await world.put(6, { keys: ["k"] });
  const checkpointer = new MemoryCheckpointer();
  const taken: number[] = [];
  const summary = await world.run(
    world.consumer({ until: "caught-up", checkpointer }).process(
      ({ value: { i } }) => {
        if (i % 2 === 0) throw new Error("even");
      },
      {
        retry: { maxAttempts: 1 },
        onPoison: async (error: ProcessingError<Item>) => {
          await delay(1000, { clock: world.clock });
          taken.push(error.record.value.i);
        },
      },
    ),
  );
  assertEquals(taken, [0, 2, 4]);
  assertEquals([summary.processed, summary.skipped], [3, 3]);
  assertEquals(await rest(world, checkpointer), []);
});

Deno.test("Consumer.process fails if 'onPoison' throws or says so", async () => {
  const broken = new Error("broken");
  const policies: [() => unknown, (error: unknown) => void][] = [
    [
      () => Promise.reject(broken),
      (error) => assertStrictEquals(error, broken),
    ],
    [() => "fail", (error) => assertInstanceOf(error, ProcessingError)],
    [() => "dead-letter", (error) => {
      assertEquals((error as ProcessingError).code, "DeadLetterFailed");
    }],
    // A slip of the pen must not skip the value.
    [() => Promise.resolve("deadLetter"), (error) => {
      assertInstanceOf(error, TypeError);
      assertStringIncludes(error.message, 'it has returned "deadLetter"');
    }],
  ];
  for (const [onPoison, check] of policies) {
    const world = new World();
    await world.put(3, { keys: ["k"] });
    const checkpointer = new MemoryCheckpointer();
    check(
      await assertRejects(() =>
        world.run(
          world.consumer({ checkpointer }).process(({ value: { i } }) => {
            if (i === 1) throw new Error("bad");
          }, { onPoison, retry: { maxAttempts: 1 } }),
        )
      ),
    );
    assertEquals(await rest(world, checkpointer), [1, 2]);
  }
});

Deno.test("Consumer.process acknowledges a value after its dead letter is written, and holds back only its key", async () => {
  const world = new World();
  await world.put(6, { keys: ["a", "b"] });
  const checkpointer = new MemoryCheckpointer();
  const log: string[] = [];
  const letters: DeadLetter<Item>[] = [];
  const deadLetter = new WritableStream<DeadLetter<Item>>({
    async write(letter) {
      await delay(60_000, { clock: world.clock });
      log.push("letter");
      letters.push(letter);
    },
  });
  const cause = new Error("bad");
  const summary = await world.run(
    world.consumer({ until: "caught-up", checkpointer }).process(
      ({ value: { key, i } }) => {
        if (key === "a" && i === 0) throw cause;
        log.push(`${key}${i}`);
      },
      { deadLetter, retry: { maxAttempts: 2 } },
    ),
  );
  assertEquals(log, ["b0", "b1", "b2", "letter", "a1", "a2"]);
  assertEquals(summary, {
    processed: 5,
    retries: 1,
    skipped: 0,
    deadLettered: 1,
  });
  const [letter] = letters;
  assertEquals(letter!.value, { key: "a", i: 0 });
  assertEquals(letter!.partitionKey, "a");
  assertEquals(letter!.id, recordId(letter!));
  assertEquals(letter!.shardId, world.shardIds[0]);
  assertEquals(letter!.streamName, STREAM);
  assertEquals(letter!.attempts, 2);
  assertStrictEquals(letter!.error, cause);
  assertEquals(deadLetter.locked, false);
  assertEquals(await rest(world, checkpointer), []);
});

Deno.test("Consumer.process fails if a dead letter cannot be written, and the value is read again", async () => {
  const world = new World();
  await world.put(3, { keys: ["k"] });
  const checkpointer = new MemoryCheckpointer();
  const full = new Error("disk full");
  const deadLetter = new WritableStream({
    write: () => Promise.reject(full),
  });
  const error = await assertRejects(
    () =>
      world.run(
        world.consumer({ checkpointer }).process(({ value: { i } }) => {
          if (i === 1) throw new Error("bad");
        }, { deadLetter, retry: { maxAttempts: 1 } }),
      ),
    Error,
    "Cannot write to the dead-letter stream: Error: disk full",
  );
  assertStrictEquals(error.cause, full);
  assertEquals(await rest(world, checkpointer), [1, 2]);
});

Deno.test("Consumer.process writes dead letters into another stream, also values that its processor cannot write", async () => {
  const world = new World();
  world.server.createStream("dead");
  await world.put(2, { keys: ["k"] });
  const producer = new Producer<DeadLetter<unknown>>({
    client: world.client(),
    streamName: "dead",
    processor: json<DeadLetter<unknown>>(),
    clock: world.clock,
  });
  const consumer = world.consumer<unknown>({
    until: "caught-up",
    checkpointer: new MemoryCheckpointer(),
  });
  const summary = await world.run(
    consumer.process((record) => {
      const { value } = record as { value: Item | { self: unknown } };
      // Makes a cycle, which JSON cannot write.
      if ("i" in value && value.i === 1) Object.assign(value, { self: value });
      throw new TypeError("bad", { cause: new Error("why") });
    }, { deadLetter: producer, retry: { maxAttempts: 1 } }),
  );
  assertEquals(summary.deadLettered, 2);
  await world.run(producer.close());
  const letters = world.server.records("dead").map(({ data }) =>
    JSON.parse(new TextDecoder().decode(data))
  );
  assertEquals(letters.length, 2);
  const [first, second] = letters;
  assertEquals(first.value, { key: "k", i: 0 });
  assertEquals(first.error, { name: "TypeError", message: "bad" });
  assertEquals(first.shardId, world.shardIds[0]);
  assertEquals(first.attempts, 1);
  assertEquals("value" in second, false);
  assertEquals(second.valueText, "[object Object]");
});
