import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { delay } from "../../_core/clock.ts";
import { KinesisError } from "../../errors.ts";
import { bytes, jsonLines } from "../../processors/mod.ts";
import type { RedriveProgress } from "../../queue.ts";
import type { DeadLetterRecord } from "../../records.ts";
import { QueueWorld, type QueueWorldOptions } from "./_world.ts";

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/** A queue whose records are all dead letters. */
async function withLetters(
  values: readonly unknown[],
  options: QueueWorldOptions = {},
): Promise<QueueWorld> {
  const world = new QueueWorld({
    ...options,
    queue: { maxReceiveCount: 1, ...options.queue },
  });
  await world.put(...values);
  const queue = world.consumer<unknown>({ idleTimeoutMs: 5_000 });
  await world.run(queue.process(() => {
    throw new Error("bad");
  }, { retry: { baseDelayMs: 1 } }));
  assertEquals(world.state.deadLetters.length, values.length);
  world.requests.length = 0;
  return world;
}

Deno.test("QueueConsumer.deadLetters reads dead letters, deletes those that are acknowledged and restores others", async () => {
  const world = await withLetters(range(30));
  const letters = world.consumer().deadLetters({ idleTimeoutMs: 2_000 });
  const seen: number[] = [];
  await world.run((async () => {
    for await (const letter of letters) {
      seen.push(letter.value);
      if (letter.value % 3 === 0) letter.restore();
      if (letter.value % 3 === 1) letter.retry({ delaySeconds: 600 });
    }
  })());
  assertEquals(seen.sort((a, b) => a - b), range(30));
  const { visible, deadLetters } = world.state;
  assertEquals([visible.length, deadLetters.length], [10, 10]);
  assertEquals(visible[0]!.receiveCount, 0);
  const status = letters.status();
  assertEquals(status.part, "dead-letters");
  assertEquals(
    [status.acknowledged, status.returned, status.restored],
    [10, 10, 10],
  );
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("QueueConsumer.deadLetters reads letters with another processor", async () => {
  const world = new QueueWorld({ queue: { maxReceiveCount: 1 } });
  await world.putRaw(new TextEncoder().encode("no JSON"));
  const queue = world.consumer({ idleTimeoutMs: 3_000 });
  await world.run((async () => {
    for await (const { value } of queue) throw new Error(`${value}`);
  })());
  assertEquals(world.state.deadLetters.length, 1);
  const letters = world.consumer().deadLetters({ processor: bytes() });
  const reader = letters.getReader();
  const { value } = await world.run(reader.read());
  assertEquals(new TextDecoder().decode(value!.value), "no JSON");
  value!.ack();
  await world.run(letters.close());
  assert(world.isEmpty);
});

Deno.test("DeadLetterRecord.restore restores a record when all of its values are settled, and giving back comes first", async () => {
  const world = new QueueWorld({ queue: { maxReceiveCount: 1 } });
  const text = new TextEncoder().encode("1\n2\n");
  await world.putRaw(text);
  await world.putRaw(text);
  const processor = jsonLines<number>();
  const queue = world.consumer<number>({ processor, idleTimeoutMs: 3_000 });
  await world.run(queue.process(() => {
    throw new Error("bad");
  }, { retry: { baseDelayMs: 1 } }));
  const letters = world.consumer<number>({ processor }).deadLetters();
  const reader = letters.getReader();
  const records: DeadLetterRecord<number>[] = [];
  while (records.length < 4) {
    records.push((await world.run(reader.read())).value!);
  }
  records[0]!.restore();
  await world.run(letters.flush());
  assertEquals(world.state.visible.length, 0);
  records[1]!.ack();
  records[2]!.restore();
  records[3]!.retry({ delaySeconds: 100 });
  await world.run(letters.flush());
  assertEquals(world.state.visible.length, 1);
  assertEquals(world.state.deadLetters.length, 1);
  await world.run(letters.close());
});

Deno.test("QueueConsumer.redrive restores all dead letters without decoding them", async () => {
  const world = await withLetters(range(45));
  const progress: RedriveProgress[] = [];
  const summary = await world.run(
    world.consumer().redrive({
      onProgress: (event) => void progress.push(event),
    }),
  );
  assertEquals(summary, { restored: 45, kept: 0, failed: 0 });
  assertEquals(world.state.visible.length, 45);
  assertEquals(progress.map(({ restored }) => restored), [10, 20, 30, 40, 45]);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("QueueConsumer.redrive restores chosen dead letters at a rate, and the others stay visible dead letters", async () => {
  const world = await withLetters(range(60));
  const at = world.clock.now();
  const summary = await world.run(
    world.consumer().redrive({
      where: ({ value, receiveCount, id }) => {
        assert(receiveCount >= 1 && id.endsWith("-0"));
        return value % 2 === 0;
      },
      ratePerSecond: 5,
    }),
  );
  assertEquals(summary, { restored: 30, kept: 30, failed: 0 });
  const seconds = (world.clock.now() - at) / 1000;
  assert(seconds >= 4 && seconds < 9, `${seconds}`);
  const { visible, deadLetters } = world.state;
  assertEquals(visible.length, 30);
  assertEquals(deadLetters.filter(({ visibleAt }) => !visibleAt).length, 30);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("QueueConsumer.redrive ends when kept letters become visible again before it has seen all", async () => {
  const world = await withLetters(range(30));
  const summary = await world.run(
    world.consumer().redrive({ where: () => false }),
  );
  assertEquals(summary, { restored: 0, kept: 30, failed: 0 });
  // Each of these takes longer than the visibility of a letter.
  const slow = await world.run(
    world.consumer().redrive({
      where: async () => {
        await delay(100_000, { clock: world.clock });
        return false;
      },
    }),
    24 * 3_600_000,
  );
  assertEquals(slow.restored, 0);
  await world.pass(300_000);
  assertEquals(
    world.state.deadLetters.filter(({ visibleAt }) => !visibleAt).length,
    30,
  );
});

Deno.test("QueueConsumer.redrive keeps to its limit, ends with its signal, and passes errors on", async () => {
  const world = await withLetters(range(40));
  const queue = world.consumer();
  assertEquals(await world.run(queue.redrive({ limit: 15 })), {
    restored: 15,
    kept: 0,
    failed: 0,
  });
  const stop = new AbortController();
  const stopped = queue.redrive({
    ratePerSecond: 1,
    signal: stop.signal,
    onProgress: () => stop.abort(new Error("enough")),
  });
  await assertRejects(() => world.run(stopped), Error, "enough");
  await assertRejects(
    () =>
      world.run(queue.redrive({
        where: ({ value }) => {
          if (value >= 0) throw new Error("broken predicate");
          return true;
        },
      })),
    Error,
    "broken predicate",
  );
  const { visible, deadLetters } = world.state;
  assertEquals(visible.length + deadLetters.length, 40);
  assertEquals(deadLetters.filter(({ visibleAt }) => visibleAt).length, 0);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("QueueConsumer.redrive sends entries again that the service could not serve", async () => {
  const world = await withLetters(range(30), {
    rules: [{
      action: "RestoreDeadLetterQueueRecords",
      fault: { type: "partial", fail: 0.4, code: "InternalFailureException" },
      times: 4,
    }],
  });
  const summary = await world.run(world.consumer().redrive());
  assertEquals(summary, { restored: 30, kept: 0, failed: 0 });
  assertEquals(world.state.visible.length, 30);
});

Deno.test("QueueConsumer.redrive and deadLetters refuse wrong options and clients without dead letters", async () => {
  const world = new QueueWorld();
  const queue = world.consumer();
  await assertRejects(
    () => queue.redrive({ rate: 5 } as object),
    TypeError,
    "rate",
  );
  await assertRejects(
    () => queue.redrive({ ratePerSecond: 0 }),
    RangeError,
    "ratePerSecond",
  );
  assertThrows(
    () => queue.deadLetters({ maxPolls: 0 }),
    RangeError,
    "maxPolls",
  );
  const {
    receiveQueueRecords,
    acknowledgeQueueRecords,
    updateQueueRecordsVisibility,
  } = world.client;
  const bare = world.consumer({
    client: {
      receiveQueueRecords,
      acknowledgeQueueRecords,
      updateQueueRecordsVisibility,
    },
  });
  assertThrows(
    () => bare.deadLetters(),
    TypeError,
    "receiveDeadLetterQueueRecords",
  );
  // A record that is no dead letter has no restore(); called anyway, nothing is lost.
  await world.put(1);
  const reader = queue.getReader();
  const { value } = await world.run(reader.read());
  (value as DeadLetterRecord<number>).restore();
  const error = await assertRejects(
    () => world.run(reader.read()),
    KinesisError,
  );
  assertEquals(error.code, "NotDeadLetter");
  await world.pass(40_000);
  assertEquals(world.state.visible.length, 1);
});

Deno.test("QueueConsumer.redrive tries a letter once that the service refuses to restore", async () => {
  const world = await withLetters(range(15), {
    rules: [{
      action: "RestoreDeadLetterQueueRecords",
      fault: { type: "partial", fail: 10, code: "InvalidArgumentException" },
    }],
  });
  const summary = await world.run(world.consumer().redrive());
  assertEquals(summary, { restored: 0, kept: 0, failed: 15 });
  assert(world.requests.length < 20, `${world.requests.length} requests`);
  assertEquals(world.state.deadLetters.length, 15);
});

Deno.test("QueueConsumer.redrive ends with its signal, or that of the consumer, while the service serves no entry", async () => {
  for (const whose of ["redrive", "consumer"]) {
    const world = await withLetters(range(5), {
      rules: [{
        action: "RestoreDeadLetterQueueRecords",
        fault: { type: "partial", fail: 10 },
      }],
    });
    const stop = new AbortController();
    const { signal } = stop;
    const queue = world.consumer(whose === "consumer" ? { signal } : {});
    const redriving = queue.redrive(whose === "redrive" ? { signal } : {});
    redriving.catch(() => {});
    await world.pass(3000);
    stop.abort(new Error("enough"));
    const start = world.clock.now();
    await assertRejects(() => world.run(redriving), Error, "enough");
    assert(world.clock.now() - start <= 10_000);
    assertEquals(world.clock.pendingTimers, 0);
  }
});

Deno.test("QueueConsumer.redrive restores slowly, one after another, whatever the rate", async () => {
  const world = await withLetters(range(4));
  const times: number[] = [];
  const summary = await world.run(
    world.consumer().redrive({
      ratePerSecond: 0.005,
      onProgress: () => void times.push(world.clock.now()),
    }),
    3_600_000,
  );
  assertEquals(summary, { restored: 4, kept: 0, failed: 0 });
  for (let i = 1; i < times.length; i++) {
    assert(times[i]! - times[i - 1]! >= 200_000, `${times}`);
  }
});

Deno.test("QueueConsumer.redrive restores a letter once, although it becomes a dead letter again", async () => {
  const world = await withLetters(range(20));
  const queue = world.consumer();
  const failing = queue.process(() => {
    throw new Error("still bad");
  }, { retry: { baseDelayMs: 1 } });
  const summary = await world.run(
    world.consumer().redrive({ ratePerSecond: 10 }),
  );
  assertEquals(summary.restored, 20);
  await world.run(queue.close());
  await failing;
  const restores = world.entriesOf("RestoreDeadLetterQueueRecords");
  assertEquals(restores.reduce((sum, count) => sum + count, 0), 20);
});

Deno.test("QueueConsumer.redrive goes on after errors that pass", async () => {
  const world = await withLetters(range(12), {
    rules: [{
      action: "ReceiveDeadLetterQueueRecords",
      times: 5,
      fault: { type: "throttle" },
    }],
  });
  const summary = await world.run(world.consumer().redrive());
  assertEquals(summary, { restored: 12, kept: 0, failed: 0 });
});
