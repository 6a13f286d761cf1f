/** How values are settled while answers are lost, slow, refused or malformed, and at the end. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { delay } from "../../_core/clock.ts";
import { KinesisError } from "../../errors.ts";
import type { QueueRecord } from "../../records.ts";
import type { QueueClient } from "../../queue.ts";
import { QueueWorld } from "./_world.ts";

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Reads the next values. */
async function read(
  world: QueueWorld,
  reader: ReadableStreamDefaultReader<QueueRecord<number>>,
  count: number,
): Promise<QueueRecord<number>[]> {
  const records: QueueRecord<number>[] = [];
  while (records.length < count) {
    records.push((await world.run(reader.read())).value!);
  }
  return records;
}

Deno.test("QueueConsumer hands out nothing after close(), although values were received", async () => {
  const world = new QueueWorld();
  await world.put(...range(10));
  const queue = world.consumer();
  let seen = 0;
  await world.run((async () => {
    for await (const _ of queue) {
      seen++;
      if (seen === 3) queue.close();
    }
  })());
  assertEquals(seen, 3);
  // When the poll that was under way is over.
  await world.pass(12_000);
  assertEquals(world.state.visible.length, 7);
});

Deno.test("QueueConsumer gives back what arrives while it closes only when its other polls are over", async () => {
  const world = new QueueWorld({
    rules: [200, 600].map((ms) => ({
      action: "ReceiveQueueRecords",
      fault: { type: "delay", ms },
      probability: 0.5,
    })),
  });
  await world.put(...range(120));
  const queue = world.consumer();
  // Full answers for an application that waits: several polls are under way at a time.
  let seen = 0;
  const reading = (async () => {
    for await (const _ of queue) seen++;
  })();
  while (world.polls < 3) await world.pass(50);
  await world.run(queue.close());
  await reading;
  await world.pass(15_000);
  const { visible, inFlight } = world.state;
  assertEquals([visible.length + seen, inFlight.length], [120, 0]);
  const counts = visible.map(({ receiveCount }) => receiveCount);
  assert(counts.every((count) => count <= 1), `${counts}`);
  assert(counts.includes(1), `${counts}`);
});

Deno.test("QueueRecord.retry keeps to its delay although an extension is under way", async () => {
  for (const delaySeconds of [0, 600]) {
    const world = new QueueWorld({
      rules: [{
        action: "UpdateQueueRecordsVisibility",
        fault: { type: "delay", ms: 3_000 },
        times: 1,
      }],
    });
    await world.put(1);
    const queue = world.consumer();
    const [record] = await read(world, queue.getReader(), 1);
    while (world.entriesOf("UpdateQueueRecordsVisibility").length === 0) {
      await world.pass(100);
    }
    record!.retry({ delaySeconds });
    const at = world.clock.now();
    await world.run(queue.flush());
    await world.run(queue.close());
    await world.pass(at + 4_000 - world.clock.now());
    assertEquals(world.state.visible.length, delaySeconds === 0 ? 1 : 0);
    if (delaySeconds > 0) {
      await world.pass(590_000);
      assertEquals(world.state.visible.length, 0);
    }
  }
});

Deno.test("QueueConsumer counts a record as acknowledged whose first answer was lost", async () => {
  const world = new QueueWorld({
    rules: [{
      action: "AcknowledgeQueueRecords",
      fault: {
        type: "error",
        code: "InternalFailureException",
        status: 500,
        when: "after",
      },
      times: 2,
    }],
  });
  await world.put(...range(5));
  const queue = world.consumer({ idleTimeoutMs: 2_000 });
  await world.run((async () => {
    for await (const _ of queue);
  })());
  assert(world.isEmpty);
  assertEquals(world.lost, []);
  assertEquals(queue.status().acknowledged, 5);
  assertEquals(queue.status().lost, 0);
});

Deno.test("QueueConsumer goes on when a client throws, or gives an answer without a list", async () => {
  const world = new QueueWorld();
  await world.put(...range(3));
  let calls = 0;
  const { acknowledgeQueueRecords } = world.client;
  const client: QueueClient = {
    ...world.client,
    acknowledgeQueueRecords(
      ...args: Parameters<typeof acknowledgeQueueRecords>
    ) {
      calls++;
      if (calls === 1) {
        throw new KinesisError("thrown", { code: "X", retryable: true });
      }
      if (calls === 2) return Promise.resolve(undefined as never);
      return acknowledgeQueueRecords(...args);
    },
  };
  const queue = world.consumer({ client });
  for (const record of await read(world, queue.getReader(), 3)) record.ack();
  await world.run(queue.flush());
  assertEquals(calls, 3);
  assert(world.isEmpty);
  await world.run(queue.close());
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("QueueConsumer.flush resolves while further values are acknowledged all the time", async () => {
  const world = new QueueWorld({
    rules: [{
      action: "AcknowledgeQueueRecords",
      fault: { type: "delay", ms: 50 },
      times: Infinity,
    }],
  });
  await world.put(...range(2_000));
  const queue = world.consumer();
  let seen = 0;
  const reading = (async () => {
    for await (const _ of queue) {
      seen++;
      await delay(5, { clock: world.clock });
    }
  })();
  await world.pass(300);
  await world.run(queue.flush());
  assert(seen < 1_000, `${seen}`);
  await world.run(queue.close());
  await reading;
});

Deno.test("QueueConsumer.close rejects if the last acknowledgements are refused", async () => {
  const world = new QueueWorld();
  await world.put(1);
  const client: QueueClient = {
    ...world.client,
    acknowledgeQueueRecords: () =>
      Promise.reject(
        new KinesisError("Cannot AcknowledgeQueueRecords", {
          code: "AccessDeniedException",
        }),
      ),
  };
  const queue = world.consumer({ client });
  const [record] = await read(world, queue.getReader(), 1);
  record!.ack();
  const error = await assertRejects(
    () => world.run(queue.close()),
    KinesisError,
  );
  assertEquals(error.code, "AccessDeniedException");
  const processing = world.consumer({ client });
  let calls = 0;
  await world.pass(30_000);
  await assertRejects(
    () =>
      world.run(processing.process(() => {
        calls++;
        processing.close().catch(() => {});
      })),
    KinesisError,
    "AcknowledgeQueueRecords",
  );
  assertEquals(calls, 1);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("QueueConsumer.redrive ends within seconds of its signal, although letters cannot be given back", async () => {
  const world = new QueueWorld({ queue: { maxReceiveCount: 1 } });
  await world.put(...range(3));
  const queue = world.consumer({ idleTimeoutMs: 3_000 });
  await world.run(queue.process(() => {
    throw new Error("bad");
  }, { retry: { baseDelayMs: 1 } }));
  const client: QueueClient = {
    ...world.client,
    updateDeadLetterQueueRecordsVisibility: () =>
      Promise.reject(
        new KinesisError("unavailable", { code: "X", retryable: true }),
      ),
  };
  const started = world.clock.now();
  const summary = await world.run(
    world.consumer({ client }).redrive({ where: () => false }),
  );
  assertEquals(summary.kept, 3);
  const took = world.clock.now() - started;
  assert(took < 20_000, `${took}`);
  assertEquals(world.clock.pendingTimers, 0);
});
