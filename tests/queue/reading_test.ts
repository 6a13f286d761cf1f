import { assert, assertEquals, assertRejects } from "@std/assert";
import { KinesisError } from "../../errors.ts";
import { jsonLines } from "../../processors/mod.ts";
import type { QueueRecord } from "../../records.ts";
import { QueueWorld } from "./_world.ts";

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

Deno.test("QueueConsumer hands out every record once and acknowledges it in a for await loop", async () => {
  const world = new QueueWorld();
  await world.put(...range(95));
  const queue = world.consumer();
  const seen: number[] = [];
  const reading = (async () => {
    for await (const { value } of queue) {
      seen.push(value);
      if (seen.length === 95) queue.close();
    }
  })();
  await world.run(reading);
  assertEquals(seen.sort((a, b) => a - b), range(95));
  assert(world.isEmpty);
  // Requests of ten.
  const acknowledged = world.entriesOf("AcknowledgeQueueRecords");
  assertEquals(acknowledged.reduce((a, b) => a + b), 95);
  const { received, inFlight } = queue.status();
  assertEquals([received, queue.status().acknowledged, inFlight], [95, 95, 0]);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("QueueConsumer gives the last record of a loop that is left, and all that were not taken, back at once", async () => {
  const world = new QueueWorld();
  await world.put(...range(25));
  const queue = world.consumer();
  let seen = 0;
  await world.run((async () => {
    for await (const _ of queue) if (++seen === 3) break;
  })());
  assertEquals(seen, 3);
  const { visible, inFlight } = world.state;
  assertEquals([visible.length, inFlight.length], [23, 0]);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("QueueRecord has the facts of its delivery, and JSON of them without methods", async () => {
  const world = new QueueWorld();
  await world.put({ a: 1 });
  const queue = world.consumer<{ a: number }>();
  const reader = queue.getReader();
  const { value: record } = await world.run(reader.read());
  assertEquals(record!.value, { a: 1 });
  assertEquals(record!.queueARN, world.arn);
  assertEquals(record!.partitionKey, "k");
  assertEquals(record!.receiveCount, 1);
  assertEquals(record!.id, `${record!.recordId}-0`);
  assertEquals(record!.signal.aborted, false);
  const plain = JSON.parse(JSON.stringify(record));
  assertEquals(plain.id, record!.id);
  assertEquals(plain.firstReceiveTimestamp, "2023-11-14T22:13:20.000Z");
  assertEquals(
    Object.keys(plain).filter((key) => /ack|retry|signal/.test(key)),
    [],
  );
  record!.ack();
  record!.ack();
  await world.run(queue.flush());
  assert(world.isEmpty);
  await world.run(queue.close());
});

Deno.test("QueueConsumer keeps a record invisible for as long as the application has it, and gives it up after maxHoldMs", async () => {
  const world = new QueueWorld();
  await world.put(1);
  const queue = world.consumer({ maxHoldMs: 300_000 });
  const other = world.consumer();
  const reader = queue.getReader();
  const { value: record } = await world.run(reader.read());
  const otherReader = other.getReader();
  let second: QueueRecord<number> | undefined;
  const waiting = otherReader.read().then(({ value }) => second = value);
  await world.pass(299_000);
  assertEquals(second, undefined);
  assertEquals(world.state.inFlight.length, 1);
  // Every 15 seconds of the 300.
  const extensions = world.entriesOf("UpdateQueueRecordsVisibility").length;
  assert(extensions >= 15 && extensions <= 21, `${extensions}`);
  await world.run(waiting);
  assertEquals(second!.receiveCount, 2);
  assert(record!.signal.aborted);
  assertEquals((record!.signal.reason as KinesisError).code, "VisibilityLost");
  assertEquals(world.lost, [record!.recordId]);
  // An acknowledgement that comes too late does nothing.
  record!.ack();
  second!.ack();
  await world.run(Promise.all([queue.close(), other.close()]));
  assert(world.isEmpty);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("QueueConsumer aborts the signal of a record before others can see it, if it cannot be extended", async () => {
  const world = new QueueWorld({
    rules: [{
      action: "UpdateQueueRecordsVisibility",
      fault: {
        type: "error",
        code: "InternalFailure",
        status: 500,
        when: "before",
      },
      times: Infinity,
    }],
  });
  await world.put(1);
  const queue = world.consumer();
  const reader = queue.getReader();
  const { value: record } = await world.run(reader.read());
  const receivedAt = world.clock.now();
  let visibleWhenLost = -1;
  let lostAfter = -1;
  record!.signal.addEventListener("abort", () => {
    visibleWhenLost = world.state.visible.length;
    lostAfter = world.clock.now() - receivedAt;
  });
  await world.pass(31_000);
  assertEquals(visibleWhenLost, 0);
  assert(lostAfter > 25_000 && lostAfter <= 30_000, `${lostAfter}`);
  await world.run(queue.close());
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("QueueRecord.retry gives the record back with its delay, and refuses other delays", async () => {
  const world = new QueueWorld();
  await world.put(7);
  const queue = world.consumer();
  const reader = queue.getReader();
  const { value: first } = await world.run(reader.read());
  for (const delaySeconds of [-1, 1.5, 43_201, NaN]) {
    try {
      first!.retry({ delaySeconds });
      throw new Error("not refused");
    } catch (error) {
      assert(error instanceof RangeError, `${error}`);
      assert(error.message.includes("43200"), error.message);
    }
  }
  first!.retry({ delaySeconds: 90 });
  first!.ack();
  const at = world.clock.now();
  const { value: second } = await world.run(reader.read());
  assertEquals(second!.value, 7);
  assertEquals(second!.receiveCount, 2);
  const waited = world.clock.now() - at;
  assert(waited >= 90_000 && waited < 91_000, `${waited}`);
  second!.ack();
  await world.run(queue.close());
  assert(world.isEmpty);
});

Deno.test("QueueConsumer acknowledges a record of several values when all of them are", async () => {
  const world = new QueueWorld();
  const lines = (text: string) => new TextEncoder().encode(text);
  await world.putRaw(lines("1\n2\n3\n"));
  await world.putRaw(lines(""));
  const queue = world.consumer<number>({ processor: jsonLines<number>() });
  const reader = queue.getReader();
  const records: QueueRecord<number>[] = [];
  while (records.length < 3) {
    records.push((await world.run(reader.read())).value!);
  }
  assertEquals(records.map(({ value }) => value), [1, 2, 3]);
  assertEquals(records.map(({ subSequenceNumber: n }) => n), [0, 1, 2]);
  assertEquals(new Set(records.map(({ id }) => id)).size, 3);
  await world.run(queue.flush());
  // The empty record is done; the other one is not.
  assertEquals(world.state.inFlight.length, 1);
  records[0]!.ack();
  records[2]!.ack();
  await world.run(queue.flush());
  assertEquals(world.state.inFlight.length, 1);
  records[1]!.retry();
  await world.run(queue.flush());
  assertEquals(queue.status().returned, 1);
  const again: QueueRecord<number>[] = [];
  while (again.length < 3) {
    again.push((await world.run(reader.read())).value!);
  }
  assertEquals(again.map(({ receiveCount }) => receiveCount), [2, 2, 2]);
  for (const record of again) record.ack();
  await world.run(queue.close());
  assert(world.isEmpty);
});

Deno.test("QueueConsumer judges entries one by one: those that fail for a while are sent again, and the others are not", async () => {
  const world = new QueueWorld({
    rules: [{
      action: "AcknowledgeQueueRecords",
      fault: { type: "partial", fail: 0.5, code: "ThrottlingException" },
      times: 5,
    }],
  });
  await world.put(...range(40));
  const queue = world.consumer();
  let seen = 0;
  await world.run((async () => {
    for await (const _ of queue) if (++seen === 40) queue.close();
  })());
  assertEquals(seen, 40);
  assert(world.isEmpty);
  assertEquals(world.lost, []);
  const sent = world.entriesOf("AcknowledgeQueueRecords")
    .reduce((a, b) => a + b);
  assert(sent > 40 && sent < 80, `${sent}`);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("QueueConsumer polls more while answers are full, and once when the queue is empty", async () => {
  const world = new QueueWorld();
  await world.put(...range(800));
  const queue = world.consumer();
  let seen = 0;
  let polls = 0;
  const reading = (async () => {
    for await (const _ of queue) {
      seen++;
      polls = Math.max(polls, queue.status().polls);
    }
  })();
  await world.pass(100);
  assertEquals(seen, 800);
  await world.pass(60_000);
  assertEquals(world.polls, 1);
  const before = world.entriesOf("ReceiveQueueRecords").length;
  await world.pass(60_000);
  // One long poll of 10 seconds after another.
  assertEquals(world.entriesOf("ReceiveQueueRecords").length - before, 6);
  await world.run(queue.close());
  await reading;
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("QueueConsumer holds no more records than it may, and takes no more than the application asks for", async () => {
  const world = new QueueWorld();
  await world.put(...range(300));
  const queue = world.consumer({ maxInFlight: 25 });
  const reader = queue.getReader();
  const records: QueueRecord<number>[] = [];
  for (let i = 0; i < 25; i++) {
    records.push((await world.run(reader.read())).value!);
  }
  const further = reader.read();
  await world.pass(60_000);
  assertEquals(world.state.inFlight.length, 25);
  records[0]!.ack();
  assertEquals((await world.run(further)).done, false);
  await world.run(queue.close());
  assertEquals(world.state.visible.length, 299);
  // An application that takes one value and works on it keeps few records from the others.
  const slow = world.consumer();
  const slowReader = slow.getReader();
  await world.run(slowReader.read());
  await world.pass(60_000);
  assert(world.state.inFlight.length <= 20, `${world.state.inFlight.length}`);
  await world.run(slow.close());
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("QueueConsumer fails with an error that no retry can change, and gives back what it has", async () => {
  const world = new QueueWorld();
  await world.put(...range(5));
  let isDenied = false;
  const { receiveQueueRecords } = world.client;
  const client = {
    ...world.client,
    receiveQueueRecords:
      ((...args: Parameters<typeof receiveQueueRecords>) =>
        isDenied
          ? Promise.reject(
            new KinesisError(
              "Cannot ReceiveQueueRecords: AccessDeniedException",
              {
                code: "AccessDeniedException",
              },
            ),
          )
          : receiveQueueRecords(...args)) as typeof receiveQueueRecords,
  };
  const queue = world.consumer({ client });
  const reader = queue.getReader();
  await world.run(reader.read());
  isDenied = true;
  for (let i = 0; i < 4; i++) await world.run(reader.read());
  const error = await assertRejects(
    () => world.run(reader.read()),
    KinesisError,
  );
  assertEquals(error.code, "AccessDeniedException");
  await world.run(queue.close().catch(() => {}));
  assertEquals(world.state.visible.length, 5);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("QueueConsumer repeats receive requests that fail, with pauses, and fails after maxFailuresInARow", async () => {
  const world = new QueueWorld({
    rules: [{
      action: "ReceiveQueueRecords",
      fault: {
        type: "error",
        code: "InternalFailureException",
        status: 500,
        when: "before",
      },
      times: 3,
    }],
  });
  await world.put(1);
  const queue = world.consumer();
  const reader = queue.getReader();
  assertEquals((await world.run(reader.read())).value!.value, 1);
  assertEquals(world.errors.length, 3);
  await world.run(queue.close());
  const broken = new QueueWorld({
    rules: [{
      action: "ReceiveQueueRecords",
      fault: {
        type: "error",
        code: "InternalFailureException",
        status: 500,
        when: "before",
      },
      times: Infinity,
    }],
  });
  const failing = broken.consumer({ maxFailuresInARow: 4 });
  const started = broken.clock.now();
  await assertRejects(() => broken.run(failing.getReader().read()));
  assertEquals(broken.entriesOf("ReceiveQueueRecords").length, 4);
  assert(broken.clock.now() - started > 500);
  assertEquals(broken.clock.pendingTimers, 0);
});

Deno.test("QueueConsumer does not ask a server in a hot loop that does not wait", async () => {
  const world = new QueueWorld();
  let requests = 0;
  const client = {
    ...world.client,
    receiveQueueRecords: () => {
      requests++;
      return Promise.resolve({ QueueRecords: [] });
    },
  };
  const queue = world.consumer({ client });
  const reading = queue.getReader().read();
  await world.pass(60_000);
  assert(requests <= 62, `${requests}`);
  await world.run(queue.close());
  assertEquals((await reading).done, true);
});

Deno.test("QueueConsumer ends after idleTimeoutMs, and when its signal aborts", async () => {
  const world = new QueueWorld();
  await world.put(1, 2);
  const seen: number[] = [];
  await world.run((async () => {
    for await (const { value } of world.consumer({ idleTimeoutMs: 5_000 })) {
      seen.push(value);
    }
  })());
  assertEquals(seen.sort(), [1, 2]);
  assert(world.isEmpty);
  await world.put(3);
  const stop = new AbortController();
  const queue = world.consumer({ signal: stop.signal });
  const reader = queue.getReader();
  await world.run(reader.read());
  const next = reader.read();
  await world.quiet();
  stop.abort(new Error("enough"));
  await assertRejects(() => world.run(next), Error, "enough");
  await world.pass(12_000);
  assertEquals(world.state.visible.length, 1);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("QueueConsumer.close waits for the values that the application has", async () => {
  const world = new QueueWorld();
  await world.put(...range(12));
  const queue = world.consumer();
  const reader = queue.getReader();
  const { value: record } = await world.run(reader.read());
  const { value: forgotten } = await world.run(reader.read());
  const closing = queue.close();
  await world.pass(5_000);
  assertEquals(world.state.inFlight.length, 2);
  record!.ack();
  const at = world.clock.now();
  await world.run(closing);
  assert(world.clock.now() - at >= 5_000);
  assertEquals(world.state.visible.length, 11);
  forgotten!.ack();
  assertEquals((await reader.read()).done, true);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("QueueConsumer pipes into a sink and acknowledges what the sink has written", async () => {
  const world = new QueueWorld();
  await world.put(...range(30));
  const queue = world.consumer({ idleTimeoutMs: 1_000 });
  const written: number[] = [];
  await world.run(queue.pipeTo(queue.acknowledging(
    new WritableStream<QueueRecord<number>>({
      write: ({ value }) => void written.push(value),
    }),
  )));
  assertEquals(written.length, 30);
  assert(world.isEmpty);
  await world.put(...range(30));
  const failing = world.consumer();
  await assertRejects(
    () =>
      world.run(failing.pipeTo(failing.acknowledging(
        new WritableStream({
          write: () => Promise.reject(new Error("disk full")),
        }),
      ))),
    Error,
    "disk full",
  );
  await world.pass(3_000);
  assertEquals(world.state.visible.length, 30);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("QueueConsumer.tee acknowledges a value when both copies are, and gives it back when one is", async () => {
  const world = new QueueWorld();
  await world.put(1, 2);
  const queue = world.consumer();
  const [left, right] = queue.tee();
  const leftReader = left.getReader();
  const rightReader = right.getReader();
  const byValue = new Map<number, QueueRecord<number>[]>();
  for (const reader of [leftReader, leftReader, rightReader, rightReader]) {
    const { value } = await world.run(reader.read());
    const copies = byValue.get(value!.value) ?? [];
    byValue.set(value!.value, [...copies, value!]);
  }
  const [one, otherOne] = byValue.get(1)!;
  one!.ack();
  one!.ack();
  await world.run(queue.flush());
  assertEquals(world.state.inFlight.length, 2);
  otherOne!.ack();
  const [two, otherTwo] = byValue.get(2)!;
  two!.retry({ delaySeconds: 600 });
  otherTwo!.ack();
  await world.run(queue.flush());
  assertEquals(queue.status().acknowledged, 1);
  assertEquals(queue.status().returned, 1);
  await world.run(queue.close());
  await Promise.all([leftReader.cancel(), rightReader.cancel()]);
});

Deno.test("QueueConsumer gives records back so that no answer to its own abandoned polls takes them", async () => {
  const world = new QueueWorld({ queue: { maxReceiveCount: 2 } });
  await world.put(1, 2, 3);
  // A service that does not notice that a poll was given up, and answers it.
  const { receiveQueueRecords } = world.client;
  const client = {
    ...world.client,
    receiveQueueRecords: ((
      request: Parameters<typeof receiveQueueRecords>[0],
      options: Parameters<typeof receiveQueueRecords>[1],
    ) => {
      const { signal } = options!;
      const answer = receiveQueueRecords(request);
      return new Promise((resolve, reject) => {
        answer.then(resolve, reject);
        signal!.addEventListener("abort", () => reject(signal!.reason));
      });
    }) as typeof receiveQueueRecords,
  };
  const queue = world.consumer({ client });
  const reader = queue.getReader();
  for (let i = 0; i < 3; i++) await world.run(reader.read());
  // This poll waits for records that do not come.
  const next = reader.read();
  await world.pass(4_000);
  await world.run(reader.cancel());
  assertEquals((await next).done, true);
  await world.pass(30_000);
  const { visible, deadLetters } = world.state;
  assertEquals([visible.length, deadLetters.length], [3, 0]);
  assertEquals(visible.map(({ receiveCount }) => receiveCount), [1, 1, 1]);
});

Deno.test("QueueConsumer acknowledges a record that arrives late in a wait longer than the visibility timeout", async () => {
  const world = new QueueWorld();
  const queue = world.consumer({
    visibilityTimeoutSeconds: 5,
    waitTimeSeconds: 20,
  });
  const seen: number[] = [];
  const reading = queue.process(({ value }) => void seen.push(value));
  for (const value of range(10)) {
    await world.pass(7_700);
    await world.put(value);
  }
  await world.pass(10_000);
  assertEquals(seen, range(10));
  assert(world.isEmpty);
  await world.run(queue.close());
  await reading;
});

Deno.test("QueueConsumer does not hand out a record whose answer took longer than the visibility timeout", async () => {
  const world = new QueueWorld({
    rules: [{
      action: "ReceiveQueueRecords",
      times: 1,
      fault: { type: "delay", ms: 5_100, when: "after" },
    }],
  });
  await world.put(1);
  const queue = world.consumer({ visibilityTimeoutSeconds: 5 });
  const seen: number[] = [];
  const reading = queue.process((record) =>
    void seen.push(record.receiveCount)
  );
  await world.pass(20_000);
  assertEquals(seen, [2]);
  assert(world.isEmpty);
  assertEquals(queue.status().lost, 1);
  await world.run(queue.close());
  await reading;
});
