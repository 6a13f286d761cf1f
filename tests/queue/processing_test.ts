import { assert, assertEquals, assertRejects } from "@std/assert";
import { delay } from "../../_core/clock.ts";
import { DecodeError, KinesisError, ProcessingError } from "../../errors.ts";
import type { QueueHandlerErrorEvent } from "../../queue_hooks.ts";
import { jsonLines } from "../../processors/mod.ts";
import type { QueueRecord } from "../../records.ts";
import { QueueWorld } from "./_world.ts";

const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("QueueConsumer.process calls the handler for many values at a time, and acknowledges each", async () => {
  const world = new QueueWorld();
  await world.put(...range(200));
  const queue = world.consumer({ idleTimeoutMs: 2_000 });
  let running = 0;
  let most = 0;
  const seen: number[] = [];
  const summary = await world.run(queue.process(async ({ value }) => {
    most = Math.max(most, ++running);
    await delay(1_000, { clock: world.clock });
    seen.push(value);
    running--;
  }, { concurrency: 20 }));
  assertEquals(seen.sort((a, b) => a - b), range(200));
  assertEquals(most, 20);
  assertEquals(summary, {
    processed: 200,
    retries: 0,
    returned: 0,
    skipped: 0,
  });
  assert(world.isEmpty);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("QueueConsumer.process gives a failing value back with growing delays until it is a dead letter", async () => {
  const world = new QueueWorld({ queue: { maxReceiveCount: 4 } });
  await world.put(1, 2, 3);
  const events: QueueHandlerErrorEvent[] = [];
  const queue = world.consumer({
    hooks: {
      ...world.hooks,
      onQueueHandlerError: (event) => void events.push(event),
    },
  });
  const times: number[] = [];
  const processing = queue.process(({ value }) => {
    if (value !== 2) return;
    times.push(world.clock.now());
    throw new Error("bad");
  });
  await world.pass(60_000);
  assertEquals(world.state.deadLetters.length, 1);
  assertEquals(world.state.visible.length, 0);
  const waits = times.slice(1).map((at, i) =>
    Math.round((at - times[i]!) / 1000)
  );
  assertEquals(waits, [1, 2, 4]);
  assertEquals(events.map(({ receiveCount }) => receiveCount), [1, 2, 3, 4]);
  const status = queue.status();
  assertEquals(status.processing!.returned, 4);
  assertEquals(status.processing!.processed, 2);
  await world.run(queue.close());
  assertEquals((await processing).returned, 4);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("QueueConsumer.process repeats a failing call here if it may", async () => {
  const world = new QueueWorld();
  await world.put(1);
  const queue = world.consumer({ idleTimeoutMs: 60_000 });
  const attempts: number[] = [];
  const summary = await world.run(queue.process((_, { attempt }) => {
    attempts.push(attempt);
    if (attempt < 3) throw new Error("later");
  }, { retry: { maxAttempts: 5 } }));
  assertEquals(attempts, [1, 2, 3]);
  assertEquals(summary, { processed: 1, retries: 2, returned: 0, skipped: 0 });
  assert(world.isEmpty);
});

Deno.test("QueueConsumer.process keeps records invisible while their handlers work, for hours", async () => {
  const world = new QueueWorld();
  await world.put(1);
  const queue = world.consumer({ maxHoldMs: Infinity });
  let calls = 0;
  const processing = queue.process(async () => {
    calls++;
    await delay(7_200_000, { clock: world.clock });
  }, { timeoutMs: Infinity });
  await world.pass(7_199_000);
  assertEquals([calls, world.state.inFlight.length], [1, 1]);
  await world.pass(2_000);
  assert(world.isEmpty);
  await world.run(queue.close());
  assertEquals((await processing).processed, 1);
});

Deno.test("QueueConsumer.process aborts the handler of a record that is lost, and ignores its result", async () => {
  const world = new QueueWorld({
    rules: [{
      action: "UpdateQueueRecordsVisibility",
      fault: {
        type: "error",
        code: "InternalFailureException",
        status: 500,
        when: "before",
      },
      times: Infinity,
    }],
  });
  await world.put(1);
  const queue = world.consumer();
  const reasons: string[] = [];
  const counts: number[] = [];
  const processing = queue.process(async (record, { signal }) => {
    counts.push(record.receiveCount);
    if (record.receiveCount > 1) return;
    await new Promise<void>((resolve) =>
      signal.addEventListener("abort", () => {
        reasons.push((signal.reason as KinesisError).code);
        resolve();
      })
    );
  });
  await world.pass(40_000);
  assertEquals(reasons, ["VisibilityLost"]);
  assertEquals(counts, [1, 2]);
  assert(world.isEmpty);
  assertEquals(world.lost.length, 1);
  await world.run(queue.close());
  assertEquals((await processing).processed, 1);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("QueueConsumer.process gives up a call that does not end, and others go on", async () => {
  const world = new QueueWorld();
  await world.put(...range(30));
  const queue = world.consumer();
  const states: string[] = [];
  let second = 0;
  const options = { timeoutMs: 5_000, graceMs: 2_000, concurrency: 4 };
  const hanging = world.consumer({
    hooks: {
      ...world.hooks,
      onQueueHandlerTimeout: ({ state }) => void states.push(state),
    },
  });
  const processing = hanging.process(({ value, receiveCount }) => {
    if (value !== 3) return;
    if (receiveCount > 1) return void second++;
    return new Promise(() => {});
  }, options);
  await world.pass(60_000);
  assertEquals(states, ["late", "given-up"]);
  assertEquals(second, 1);
  assert(world.isEmpty);
  await world.run(Promise.all([hanging.close(), queue.close()]));
  assertEquals((await processing).processed, 30);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("QueueConsumer.process follows onPoison", async () => {
  for (
    const policy of ["skip", "fail", "function", "thrown", "wrong"] as const
  ) {
    const world = new QueueWorld();
    await world.put(1, 2);
    const queue = world.consumer({ idleTimeoutMs: 1_000 });
    const errors: ProcessingError<number, QueueRecord<number>>[] = [];
    const processing = queue.process(({ value }) => {
      if (value === 2) throw new Error("bad");
    }, {
      onPoison: policy === "skip" || policy === "fail"
        ? policy
        : (error: ProcessingError<number, QueueRecord<number>>) => {
          errors.push(error);
          if (policy === "thrown") throw new Error("no disk");
          return policy === "wrong" ? "drop" : undefined;
        },
    });
    processing.catch(() => {});
    if (policy === "skip" || policy === "function") {
      const summary = await world.run(processing);
      assertEquals([summary.processed, summary.skipped], [1, 1]);
      assert(world.isEmpty);
    } else {
      const error = await assertRejects(() => world.run(processing), Error);
      if (policy === "fail") {
        assert(error instanceof ProcessingError);
        assertEquals(error.record.value, 2);
        assertEquals(
          Object.keys(JSON.parse(JSON.stringify(error)).record),
          ["queueARN", "recordId", "partitionKey"],
        );
      } else if (policy === "thrown") assertEquals(error.message, "no disk");
      else assert(error instanceof TypeError, `${error}`);
      // When the poll that was under way is over.
      await world.pass(12_000);
      assertEquals(world.state.visible.length, 1);
    }
    if (policy === "function") assertEquals(errors[0]!.record.value, 2);
    assertEquals(world.clock.pendingTimers, 0);
  }
});

Deno.test("QueueConsumer.process stops with close() when the handlers have ended, and at once with its signal", async () => {
  const world = new QueueWorld();
  await world.put(...range(50));
  const queue = world.consumer();
  let done = 0;
  const processing = queue.process(async () => {
    await delay(3_000, { clock: world.clock });
    done++;
  }, { concurrency: 5 });
  await world.pass(1_000);
  await world.run(queue.close());
  assertEquals(done, 5);
  assertEquals((await processing).processed, 5);
  assertEquals(world.state.visible.length, 45);
  const stop = new AbortController();
  const again = world.consumer();
  const aborted = again.process(async (_, { signal }) => {
    await delay(3_000, { clock: world.clock, signal });
  }, { signal: stop.signal });
  aborted.catch(() => {});
  await world.pass(1_000);
  stop.abort(new Error("enough"));
  await assertRejects(() => world.run(aborted), Error, "enough");
  assertEquals(world.state.visible.length, 45);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("QueueConsumer.process refuses a second reader, a generator and wrong options", async () => {
  const world = new QueueWorld();
  const queue = world.consumer();
  const processing = queue.process(() => {});
  await assertRejects(() => queue.process(() => {}), TypeError, "locked");
  await world.run(queue.close());
  await processing;
  await assertRejects(() => queue.process(() => {}), KinesisError, "ended");
  const fresh = world.consumer();
  await assertRejects(
    () => fresh.process(function* () {}),
    TypeError,
    "generator",
  );
  await assertRejects(
    () => fresh.process(() => {}, { concurrency: 0 }),
    RangeError,
    "concurrency",
  );
  await assertRejects(
    () => fresh.process(() => {}, { onPoison: "dead-letter" as "skip" }),
    TypeError,
    "onPoison",
  );
  await world.run(fresh.close());
});

Deno.test("QueueConsumer.processBatches makes batches of values of all records, and gives back only what failed", async () => {
  const world = new QueueWorld();
  await world.put(...range(95));
  const queue = world.consumer({ idleTimeoutMs: 5_000 });
  const sizes: number[] = [];
  const stored: number[] = [];
  const summary = await world.run(queue.processBatches((records) => {
    sizes.push(records.length);
    const failed = records.filter(({ value, receiveCount }) =>
      value % 10 === 0 && receiveCount === 1
    );
    for (const record of records) {
      if (!failed.includes(record)) stored.push(record.value);
    }
    return failed.map((record) => ({ record, error: new Error("refused") }));
  }, { maxValues: 40 }));
  assertEquals(stored.sort((a, b) => a - b), range(95));
  assert(Math.max(...sizes) === 40, `${sizes}`);
  assertEquals(summary.returned, 10);
  assertEquals(summary.processed, 95);
  assert(world.isEmpty);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("QueueConsumer.processBatches goes on when the handler of one batch does not end", async () => {
  const world = new QueueWorld();
  await world.put(...range(40));
  const queue = world.consumer();
  const stored = new Set<number>();
  const processing = queue.processBatches((records) => {
    const isFirst = records.some(({ value, receiveCount }) =>
      value === 7 && receiveCount === 1
    );
    if (isFirst) return new Promise<void>(() => {});
    for (const { value } of records) stored.add(value);
  }, { maxValues: 10, timeoutMs: 5_000, graceMs: 1_000 });
  await world.pass(60_000);
  assertEquals(stored.size, 40);
  assert(world.isEmpty);
  await world.run(queue.close());
  await processing;
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("QueueConsumer follows onPoison for values that cannot be decoded", async () => {
  for (const policy of ["return", "skip", "fail", "function"] as const) {
    const world = new QueueWorld({ queue: { maxReceiveCount: 2 } });
    await world.putRaw(encode('1\n{"\n3\n'));
    const errors: DecodeError[] = [];
    const queue = world.consumer<number>({
      processor: jsonLines<number>(),
      idleTimeoutMs: 10_000,
      onPoison: policy === "function"
        ? (error) => void errors.push(error)
        : policy,
    });
    const seen: number[] = [];
    const reading = (async () => {
      for await (const { value } of queue) seen.push(value);
    })();
    reading.catch(() => {});
    if (policy === "fail") {
      await assertRejects(() => world.run(reading), DecodeError);
      await world.pass(2_000);
      assertEquals(world.state.visible.length, 1);
      continue;
    }
    await world.run(reading);
    if (policy === "return") {
      assertEquals(seen, [1, 3, 1, 3]);
      assertEquals(world.state.deadLetters.length, 1);
      assertEquals(queue.status().undecodable, 2);
    } else {
      assertEquals(seen, [1, 3]);
      assert(world.isEmpty);
    }
    if (policy === "function") {
      assertEquals(errors[0]!.record.shardId, world.arn.split(":").at(-1));
    }
    assertEquals(world.clock.pendingTimers, 0);
  }
});
