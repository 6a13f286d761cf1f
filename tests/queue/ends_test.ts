/** When a queue counts as idle, and what a value whose handler was told to stop counts as. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { delay } from "../../_core/clock.ts";
import { deferred } from "../../_core/deferred.ts";
import { ConnectionError, DecodeError, KinesisError } from "../../errors.ts";
import { json } from "../../processors/mod.ts";
import type { QueueProcessOptions } from "../../queue.ts";
import { QueueWorld } from "./_world.ts";

const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const IDLE = { idleTimeoutMs: 2000, closeTimeoutMs: 3000 };

Deno.test("QueueConsumer is not idle while the application works on a record, in whatever way it reads", async () => {
  const ways: Record<
    string,
    (world: QueueWorld, done: number[]) => Promise<unknown>
  > = {
    process: (world, done) =>
      world.consumer(IDLE).process(async ({ value }) => {
        await delay(20_000, { clock: world.clock });
        done.push(value);
      }),
    processBatches: (world, done) =>
      world.consumer(IDLE).processBatches(async (records) => {
        await delay(20_000, { clock: world.clock });
        done.push(...records.map(({ value }) => value));
      }),
    acknowledging: (world, done) => {
      const queue = world.consumer(IDLE);
      return queue.pipeTo(queue.acknowledging(
        new WritableStream({
          async write({ value }) {
            await delay(20_000, { clock: world.clock });
            done.push(value);
          },
        }),
      ));
    },
    "shared loops": (world, done) => {
      const values = world.consumer(IDLE).values();
      const loop = async () => {
        for await (const { value } of values) {
          await delay(20_000, { clock: world.clock });
          done.push(value);
        }
      };
      return Promise.all([loop(), loop()]);
    },
  };
  for (const [name, read] of Object.entries(ways)) {
    const world = new QueueWorld();
    await world.put(...range(3));
    const done: number[] = [];
    await world.run(read(world, done));
    assertEquals(done.sort(), [0, 1, 2], name);
    assert(world.isEmpty, name);
    // The pipe resolves while the last poll is still being ended.
    await world.pass(2000);
    assertEquals(world.clock.pendingTimers, 0, name);
  }
});

Deno.test("QueueConsumer does not take an outage for an empty queue", async () => {
  const world = new QueueWorld();
  await world.put(1);
  let isDown = true;
  const { receiveQueueRecords } = world.client;
  const client = {
    ...world.client,
    receiveQueueRecords:
      ((...args: Parameters<typeof receiveQueueRecords>) =>
        isDown
          ? Promise.reject(new ConnectionError("no connection"))
          : receiveQueueRecords(...args)) as typeof receiveQueueRecords,
  };
  const seen: number[] = [];
  const read = async () => {
    for await (const { value } of world.consumer({ client, ...IDLE })) {
      seen.push(value);
    }
  };
  const reading = read();
  await world.pass(8000);
  isDown = false;
  await world.run(reading);
  assertEquals(seen, [1]);
  // One that lasts is an error, and not the end of the queue.
  isDown = true;
  await assertRejects(() => world.run(read()), ConnectionError);
});

/** Handlers that stop when they are told to. */
const STOPPING: Record<string, QueueProcessOptions<number>> = {
  "the processing is aborted": {},
  "its time is over": { timeoutMs: 3000, onPoison: "return" },
};

for (const [name, options] of Object.entries(STOPPING)) {
  Deno.test(`QueueConsumer.process does not acknowledge a value whose handler returns because ${name}`, async () => {
    const world = new QueueWorld();
    await world.put(...range(3));
    const stop = new AbortController();
    const queue = world.consumer();
    let finished = 0;
    const done = queue.process(async (_, { signal }) => {
      await delay(10_000, { clock: world.clock, signal }).catch(() => {});
      if (signal.aborted) return;
      finished++;
    }, { ...options, signal: stop.signal });
    done.catch(() => {});
    await world.pass(5000);
    stop.abort(new Error("deploy"));
    await assertRejects(() => world.run(done), Error, "deploy");
    assertEquals(finished, 0);
    const { visible, inFlight } = world.state;
    assertEquals(visible.length + inFlight.length, 3);
  });
}

Deno.test("QueueConsumer.process acknowledges the late value of a handler that cannot have stopped", async () => {
  const world = new QueueWorld();
  await world.put(1);
  const queue = world.consumer(IDLE);
  const summary = await world.run(
    queue.process(() => delay(10_000, { clock: world.clock }), {
      timeoutMs: 3000,
    }),
  );
  assertEquals(summary.processed, 1);
  assert(world.isEmpty);
});

Deno.test("QueueConsumer.processBatches trusts a list of failed values also after its signal has aborted", async () => {
  const world = new QueueWorld();
  await world.put(...range(4));
  const queue = world.consumer();
  const stop = new AbortController();
  const done = queue.processBatches(async (records, { signal }) => {
    await delay(10_000, { clock: world.clock, signal }).catch(() => {});
    return records.slice(1);
  }, { signal: stop.signal, maxWaitMs: 100 });
  done.catch(() => {});
  await world.pass(5000);
  stop.abort(new Error("deploy"));
  await assertRejects(() => world.run(done), Error, "deploy");
  const { visible, inFlight } = world.state;
  assertEquals(visible.length + inFlight.length, 3);
});

Deno.test("QueueConsumer holds at most maxInFlight records, and asks for several at a time", async () => {
  for (const maxInFlight of [12, 20, 50]) {
    const world = new QueueWorld();
    await world.put(...range(200));
    let most = 0;
    const queue = world.consumer({ maxInFlight, ...IDLE });
    await world.run(queue.process(async () => {
      most = Math.max(most, queue.status().inFlight);
      await delay(500 + 1000 * Math.random(), { clock: world.clock });
    }, { concurrency: 100 }));
    assert(most <= maxInFlight, `${most} of ${maxInFlight}`);
    const receives = world.entriesOf("ReceiveQueueRecords").length;
    assert(receives < 120, `${receives} requests for 200 records`);
    assert(world.isEmpty);
  }
});

Deno.test("QueueConsumer keeps at most ten records from others while a slow loop works", async () => {
  const world = new QueueWorld();
  await world.put(...range(40));
  let most = 0;
  let count = 0;
  await world.run((async () => {
    for await (const _ of world.consumer()) {
      await delay(2000, { clock: world.clock });
      most = Math.max(most, world.state.inFlight.length);
      if (++count === 25) break;
    }
  })());
  assert(most <= 10, `${most}`);
});

Deno.test("QueueConsumer fails if the function 'onPoison' returns a misspelled policy, and keeps the record", async () => {
  const world = new QueueWorld();
  await world.putRaw(new TextEncoder().encode("no JSON"));
  const queue = world.consumer({
    processor: json<number>(),
    onPoison: () => Promise.resolve("retrun"),
  });
  const error = await assertRejects(
    () => world.run(queue.process(() => {})),
    TypeError,
    'it has returned "retrun"',
  );
  assert(error.cause instanceof DecodeError);
  assertEquals(world.state.visible.length + world.state.inFlight.length, 1);
});

Deno.test("QueueConsumer.process rejects if the last acknowledgements are not served", async () => {
  const world = new QueueWorld({
    rules: [{
      action: "AcknowledgeQueueRecords",
      fault: { type: "partial", fail: 10 },
    }],
  });
  await world.put(...range(5));
  const queue = world.consumer({ ...IDLE, visibilityTimeoutSeconds: 600 });
  const error = await assertRejects(
    () => world.run(queue.process(() => {})),
    KinesisError,
    "Cannot acknowledge 5 records",
  );
  assertEquals([error.code, error.retryable], ["NotAcknowledged", true]);
});

Deno.test("QueueConsumer.process ends although the last acknowledgement gets no answer", async () => {
  const world = new QueueWorld();
  await world.put(...range(5));
  const unanswered = deferred<never>();
  const client = {
    ...world.client,
    acknowledgeQueueRecords: () => unanswered.promise,
  };
  const queue = world.consumer({ client, ...IDLE });
  let failure: unknown;
  queue.process(() => {}).catch((error) => failure = error);
  await world.pass(30_000);
  assert(failure instanceof KinesisError, String(failure));
  assertEquals(failure.code, "NotAcknowledged");
  assertEquals(queue.status().acknowledged, 0);
  // An answer that comes after the end changes nothing.
  unanswered.reject(new ConnectionError("no connection"));
  await world.pass(30_000);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("QueueConsumer.close needs no catch in a loop that it ends", async () => {
  const world = new QueueWorld({
    rules: [{
      action: "AcknowledgeQueueRecords",
      fault: { type: "error", code: "AccessDeniedException", status: 400 },
    }],
  });
  await world.put(1);
  const queue = world.consumer();
  await world.run((async () => {
    for await (const _ of queue) queue.close();
  })());
  // An unhandled rejection would end this process.
  await world.pass(60_000);
  await assertRejects(() => queue.close(), KinesisError);
});
