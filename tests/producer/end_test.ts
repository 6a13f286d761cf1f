import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  ClosedError,
  DeliveryError,
  InvalidRecordError,
  KinesisError,
} from "../../errors.ts";
import {
  createProcessor,
  json,
  jsonLines,
  single,
  string,
} from "../../processors/mod.ts";
import { Producer, type ProducerOptions } from "../../producer.ts";
import type { FailedValue } from "../../records.ts";
import {
  accessDenied,
  connectionLost,
  FakeClock,
  setUpProducer,
  StubKinesis,
  textOf,
} from "./_set_up.ts";

function setUp(options: Partial<ProducerOptions<string>> = {}) {
  return setUpProducer<string>({
    processor: string(),
    lingerMs: 10,
    ...options,
  });
}

/** A sink for failed records that takes each one after a delay, or fails. */
function deadLetters(
  options: { clock?: FakeClock; delayMs?: number; failAt?: number } = {},
) {
  const written: FailedValue<string>[] = [];
  const stream = new WritableStream<FailedValue<string>>({
    async write(record) {
      const { clock, delayMs } = options;
      if (clock && delayMs) {
        await new Promise<void>((resolve) =>
          clock.setTimeout(() => resolve(), delayMs)
        );
      }
      if (written.length === options.failAt) throw new Error("disk full");
      written.push(record);
    },
  });
  return { written, stream };
}

const failing = (client: StubKinesis) => {
  client.onPut = (request) =>
    client.storeSome(
      request,
      (entry) => textOf(entry).includes("bad") ? "InternalFailure" : undefined,
    );
};

const outcome = (promise: Promise<unknown>) =>
  promise.then(() => "fulfilled", (error) => error);

Deno.test("Producer.flush reports what was delivered and what was given up since it was called", async () => {
  const { written, stream } = deadLetters();
  const { clock, client, producer } = setUp({
    maxAttempts: 2,
    deadLetter: stream,
  });
  failing(client);
  await clock.runUntil(producer.put("before"));
  const writer = producer.getWriter();
  for (const text of ["a", "bad 1", "b", "bad 2"]) writer.write(text);
  await clock.advance(0);
  const flushing = producer.flush();
  const after = producer.put("after");
  const { delivered, failed } = await clock.runUntil(flushing);
  assertEquals(delivered, 2);
  assertEquals(failed.map(({ value }) => value), ["bad 1", "bad 2"]);
  assertEquals(written, failed);
  await clock.runUntil(after);
  assertEquals(await producer.flush(), { delivered: 0, failed: [] });
  await writer.close();
  assertEquals(await producer.flush(), { delivered: 0, failed: [] });
});

Deno.test("Producer.flush covers writes that wait for room and those the stream has queued", async () => {
  const { clock, client, producer } = setUp({ bufferedValues: 3 });
  client.latencyMs = 50;
  const writer = producer.getWriter();
  for (let i = 0; i < 20; i++) writer.write(`${i}`);
  const { delivered } = await clock.runUntil(producer.flush());
  assertEquals(delivered, 20);
  assertEquals(client.texts.length, 20);
  await writer.close();
});

Deno.test("Producer.flush sends without waiting for lingerMs", async () => {
  const { clock, producer } = setUp({ lingerMs: 3_600_000 });
  const started = clock.now();
  const put = producer.put("a");
  await clock.runUntil(producer.flush());
  await put;
  assertEquals(clock.now(), started);
  await producer.close();
});

Deno.test("Producer.flush rejects after an abort, in place of waiting for ever", async () => {
  const { clock, producer } = setUp();
  const put = outcome(producer.put("a"));
  await producer.abort("enough");
  await assertRejects(() => producer.flush(), ClosedError, "aborted");
  assertInstanceOf(await put, DeliveryError);
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("Producer.close waits for the acknowledgement of everything and a second call for the same", async () => {
  const { clock, client, producer } = setUp();
  client.latencyMs = 1000;
  const put = producer.put("a");
  const [first, second] = [producer.close(), producer.close()];
  let closed = false;
  first.then(() => closed = true);
  await clock.advance(500);
  assert(!closed);
  await clock.runUntil(second);
  await first;
  assertEquals((await put).sequenceNumber, "1");
  assertEquals(client.texts, ["a"]);
  assertEquals(clock.pendingTimers, 0);
  await producer.close();
});

Deno.test("Producer.put and write reject after close", async () => {
  const { clock, client, producer } = setUp();
  const closing = producer.close();
  await assertRejects(() => producer.put("late"), ClosedError, "closed");
  await clock.runUntil(closing);
  await assertRejects(() => producer.put("later"), ClosedError, "closed");
  await assertRejects(() => producer.getWriter().write("x"), TypeError);
  assertEquals(client.requests.length, 0);
});

Deno.test("Producer.close rejects with the DeliveryError when the producer has failed", async () => {
  const { clock, client, producer } = setUp();
  client.onPut = () => {
    throw accessDenied();
  };
  const writer = producer.getWriter();
  await writer.write("a");
  await clock.advance(10);
  writer.releaseLock();
  const error = await assertRejects(() => producer.close(), DeliveryError);
  assertEquals(error.failures.map(({ value }) => value), ["a"]);
  await assertRejects(() => producer.flush(), DeliveryError);
  await assertRejects(() => producer.put("b"), DeliveryError);
  // Told above: with `await using` it would hide the error of the block.
  await producer[Symbol.asyncDispose]();
});

Deno.test("Producer.close rejects with the DeliveryError when the failure comes while it waits", async () => {
  const { clock, client, producer } = setUp({ maxAttempts: 2 });
  failing(client);
  const writer = producer.getWriter();
  writer.write("bad").catch(() => {});
  writer.releaseLock();
  const error = await assertRejects(
    () => clock.runUntil(producer.close()),
    DeliveryError,
  );
  assertEquals(error.code, "InternalFailure");
  assertEquals(error.failures[0]!.attempts, 2);
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("Producer is disposed of after a pipe has closed it, and after an abort", async () => {
  const { clock, client, producer } = setUp();
  const source = new Blob(["a"]).stream().pipeThrough(new TextDecoderStream());
  await clock.runUntil(source.pipeTo(producer));
  await producer[Symbol.asyncDispose]();
  assertEquals(client.texts, ["a"]);
  await producer.close();

  const aborted = setUp().producer;
  await aborted.abort("enough");
  await aborted[Symbol.asyncDispose]();
  await assertRejects(() => aborted.close(), ClosedError, "aborted");
});

Deno.test("Producer sends the remaining values when it is disposed of", async () => {
  const { clock, client, producer } = setUp();
  const put = producer.put("a");
  await clock.runUntil(producer[Symbol.asyncDispose]());
  await put;
  assertEquals(client.texts, ["a"]);
});

Deno.test("Producer.abort ends requests at once and keeps the undelivered values in order", async () => {
  const { clock, client, producer } = setUp({
    bufferedValues: 3,
    onAbort: "discard",
  });
  client.latencyMs = 60_000;
  const puts = ["a", "b"].map((text) => outcome(producer.put(text)));
  const writer = producer.getWriter();
  await clock.advance(0);
  const writes = ["c", "d"].map((text) => outcome(writer.write(text)));
  await clock.advance(0);
  const waiting = outcome(producer.put("e"));
  const flush = outcome(producer.flush());
  await clock.advance(1000);
  assertEquals(client.inFlight, 1);
  const reason = new Error("enough");
  // Must not wait for the write that waits for room.
  await writer.abort(reason);
  await clock.advance(0);
  assertEquals([client.inFlight, clock.pendingTimers], [0, 0]);
  for (const put of [...puts, waiting, flush]) {
    const error = await put;
    assertInstanceOf(error, DeliveryError);
    assertEquals([error.code, error.cause], ["Aborted", reason]);
    assertEquals(error.failures.length, 5);
  }
  assertEquals(await writes[0], "fulfilled");
  assertStrictEquals(await writes[1], reason);
  const undelivered = producer.undelivered();
  assertEquals(
    undelivered.map(({ value, attempts }) => `${value} ${attempts}`),
    ["a 1", "b 1", "c 1", "d 0", "e 0"],
  );
  assertStrictEquals(undelivered[0]!.error, reason);
  await assertRejects(() => producer.put("f"), ClosedError, "aborted");
});

Deno.test("Producer.abort ends a close that waits, and a flush", async () => {
  const { clock, client, producer } = setUp();
  client.latencyMs = 60_000;
  const put = outcome(producer.put("a"));
  const flush = outcome(producer.flush());
  const close = outcome(producer.close());
  await clock.advance(1000);
  const reason = new Error("enough");
  const abort = outcome(producer.abort(reason));
  await clock.advance(0);
  for (const ended of [put, flush, close]) {
    assertInstanceOf(await ended, KinesisError);
  }
  await abort;
  assertEquals([client.inFlight, clock.pendingTimers], [0, 0]);
  assertEquals(producer.undelivered().map(({ value }) => value), ["a"]);
});

Deno.test("Producer.close delivers what waits for room", async () => {
  const { clock, client, producer } = setUp({ bufferedValues: 2 });
  client.latencyMs = 100;
  const puts = Array.from({ length: 9 }, (_, i) => producer.put(`${i}`));
  await clock.runUntil(producer.close());
  assertEquals((await Promise.all(puts)).length, 9);
  assertEquals(client.texts.length, 9);
});

Deno.test("Producer settles every put and write when it fails while writers wait for room", async () => {
  const { clock, client, producer } = setUp({ bufferedValues: 2 });
  client.latencyMs = 100;
  client.onPut = () => {
    throw accessDenied();
  };
  const writer = producer.getWriter();
  await clock.advance(0);
  const ends = [
    ...["a", "b", "c"].map((text) => outcome(producer.put(text))),
    outcome(writer.write("d")),
    outcome(producer.flush()),
  ];
  const errors = await clock.runUntil(Promise.all(ends));
  for (const error of errors) {
    assertInstanceOf(error, DeliveryError);
    assertEquals(error.failures.map(({ value }) => value), [
      "a",
      "b",
      "c",
      "d",
    ]);
  }
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("Producer aborts with its signal, before and while it works", async () => {
  const reason = new Error("enough");
  const early = setUp({ signal: AbortSignal.abort(reason) });
  await assertRejects(() => early.producer.put("a"), ClosedError, "aborted");
  assertStrictEquals(
    await outcome(early.producer.getWriter().closed),
    reason,
  );

  const controller = new AbortController();
  const { clock, client, producer } = setUp({ signal: controller.signal });
  client.latencyMs = 1000;
  const put = outcome(producer.put("a"));
  const pipe = outcome(
    new ReadableStream({ start: (out) => out.enqueue("b") }).pipeTo(producer),
  );
  await clock.advance(100);
  controller.abort(reason);
  assertStrictEquals(await pipe, reason);
  assertInstanceOf(await put, DeliveryError);
  await clock.advance(0);
  assertEquals([client.inFlight, clock.pendingTimers], [0, 0]);
  assertEquals(producer.undelivered().map(({ value }) => value), ["a", "b"]);
});

Deno.test("Producer forgets its signal when it has ended", async () => {
  const controller = new AbortController();
  const { clock, producer } = setUp({ signal: controller.signal });
  const put = producer.put("a");
  await clock.runUntil(producer.close());
  await put;
  controller.abort();
  assertEquals(producer.undelivered(), []);
  assertEquals(await producer.flush(), { delivered: 0, failed: [] });
});

Deno.test("Producer.put rejects for a value that cannot become a record and goes on", async () => {
  const clock = new FakeClock();
  const client = new StubKinesis(clock);
  const producer = new Producer<unknown>({
    client,
    streamName: "s",
    processor: json<unknown>(),
    clock,
    partitionKey: (value) => (value as { key: string }).key,
  });
  const large = { key: "k", text: "x".repeat(1024 * 1024) };
  const cycle: Record<string, unknown> = { key: "k" };
  cycle.self = cycle;
  for (
    const [value, keys, code] of [
      [large, {}, "RecordTooLarge"],
      [cycle, {}, "NotSerializable"],
      [{ key: "" }, {}, "InvalidPartitionKey"],
      [{ key: "x".repeat(257) }, {}, "InvalidPartitionKey"],
      [{ key: 7 }, {}, "InvalidPartitionKey"],
      [null, {}, "InvalidPartitionKey"],
      [{ key: "k" }, { explicitHashKey: "-1" }, "InvalidExplicitHashKey"],
    ] as const
  ) {
    const error = await assertRejects(
      () => producer.put(value, keys),
      InvalidRecordError,
    );
    assertEquals(error.code, code);
  }
  assertEquals(producer.stats().bufferedValues, 0);
  const good = producer.put({ key: "x".repeat(256) });
  await clock.runUntil(good);
  assertEquals(client.stored.length, 1);
  await producer.close();
});

Deno.test("Producer errors when a written value cannot become a record and lists it with what was not sent", async () => {
  const { clock, client, producer } = setUp();
  const writer = producer.getWriter();
  await writer.write("a");
  await clock.advance(10);
  await writer.write("b");
  await writer.write("x".repeat(1024 * 1024 + 1)).catch(() => {});
  const error = await outcome(writer.closed);
  assertInstanceOf(error, DeliveryError);
  assertEquals(error.code, "RecordTooLarge");
  assertEquals(error.failures.map(({ value }) => String(value).length), [
    1,
    1024 * 1024 + 1,
  ]);
  assertMatch(error.message, /^Cannot deliver 2 values to \w+, as one of them/);
  // The value that was only not sent does not have the error of the other one.
  assertEquals(
    error.failures.map(({ error }) => (error as KinesisError).code),
    [
      "NotAcknowledged",
      "RecordTooLarge",
    ],
  );
  assertEquals(
    producer.undelivered().map(({ error }) =>
      (error as KinesisError).retryable
    ),
    [true, false],
  );
  assertEquals(client.texts, ["a"]);
});

Deno.test("Producer hands given up values to the dead letters and goes on", async () => {
  const { written, stream } = deadLetters();
  const { clock, client, producer } = setUp({
    maxAttempts: 3,
    deadLetter: stream,
    partitionKey: (text) => text.slice(0, 3),
  });
  failing(client);
  const writer = producer.getWriter();
  for (const text of ["a", "bad", "b", "x".repeat(2 ** 21)]) writer.write(text);
  await clock.runUntil(writer.close());
  assertEquals(client.texts, ["a", "b"]);
  assertEquals(
    written.map(({ partitionKey, attempts, error }) => [
      partitionKey,
      attempts,
      (error as KinesisError).code,
    ]),
    [["xxx", 0, "RecordTooLarge"], ["bad", 3, "InternalFailure"]],
  );
  // It belongs to the caller again.
  assert(!stream.locked);
  await stream.close();
});

Deno.test("Producer slows writers down while the dead letters are slow, and closes after them", async () => {
  const clock = new FakeClock();
  const { written, stream } = deadLetters({ clock, delayMs: 1000 });
  const { client, producer } = setUp({
    clock,
    client: new StubKinesis(clock),
    maxAttempts: 1,
    bufferedValues: 4,
    deadLetter: stream,
    processor: string(),
  });
  assertEquals(client.requests.length, 0);
  const writer = producer.getWriter();
  let accepted = 0;
  for (let i = 0; i < 12; i++) {
    writer.write("x".repeat(2 ** 21)).then(() => accepted++);
  }
  await clock.advance(500);
  assertEquals(accepted, 4);
  await clock.advance(2000);
  assertEquals([accepted, written.length], [6, 2]);
  await clock.runUntil(writer.close());
  assertEquals(written.length, 12);
});

Deno.test("Producer fails when the dead letters do, and lists what they did not take", async () => {
  const { written, stream } = deadLetters({ failAt: 1 });
  const { clock, client, producer } = setUp({
    maxAttempts: 1,
    deadLetter: stream,
  });
  failing(client);
  const writer = producer.getWriter();
  for (const text of ["bad 1", "a", "bad 2", "bad 3", "b"]) {
    writer.write(text).catch(() => {});
  }
  const error = await clock.runUntil(outcome(writer.closed));
  assertInstanceOf(error, DeliveryError);
  assertEquals(error.code, "DeadLetterFailed");
  assertEquals(written.map(({ value }) => value), ["bad 1"]);
  assertEquals(error.failures.map(({ value }) => value), ["bad 2", "bad 3"]);
  assertEquals(
    error.failures.map(({ error }) => (error as KinesisError).code),
    ["InternalFailure", "InternalFailure"],
  );
  assertEquals(client.texts, ["a", "b"]);
});

Deno.test("Producer lists values that are being written to the dead letters when it is aborted", async () => {
  const clock = new FakeClock();
  const { written, stream } = deadLetters({ clock, delayMs: 1000 });
  const client = new StubKinesis(clock);
  const { producer } = setUp({
    clock,
    client,
    maxAttempts: 1,
    deadLetter: stream,
    onAbort: "discard",
  });
  failing(client);
  const writer = producer.getWriter();
  for (const text of ["bad 1", "bad 2"]) writer.write(text);
  await clock.advance(500);
  await writer.abort("enough");
  assertEquals(producer.undelivered().map(({ value }) => value), [
    "bad 1",
    "bad 2",
  ]);
  assert(!stream.locked);
  await clock.runUntil(stream.close());
  assertEquals(written.length, 2);
  assertEquals(producer.undelivered(), []);
});

Deno.test("Producer waits for the dead letters before it fails, so that no value ends twice", async () => {
  const clock = new FakeClock();
  const { written, stream } = deadLetters({ clock, delayMs: 1000 });
  const client = new StubKinesis(clock);
  const { producer } = setUp({
    clock,
    client,
    maxAttempts: 1,
    deadLetter: stream,
    maxBatchRecords: 1,
    maxInFlight: 1,
  });
  client.onPut = (request, n) => {
    if (n === 1) throw accessDenied();
    return client.storeSome(request, () => "InternalFailure");
  };
  const writer = producer.getWriter();
  for (const text of ["bad", "denied"]) writer.write(text).catch(() => {});
  const error = await clock.runUntil(outcome(writer.closed));
  assertInstanceOf(error, DeliveryError);
  assertEquals(error.failures.map(({ value }) => value), ["denied"]);
  assertEquals(written.map(({ value }) => value), ["bad"]);
});

Deno.test("Producer.undelivered lists the values under way while the producer works", async () => {
  const { clock, client, producer } = setUp();
  client.latencyMs = 100;
  const put = producer.put("a");
  const [record] = producer.undelivered();
  assertEquals(record!.value, "a");
  assertEquals((record!.error as KinesisError).code, "NotAcknowledged");
  await clock.runUntil(put);
  assertEquals(producer.undelivered(), []);
  await producer.close();
});

Deno.test("Producer keeps failing requests out of sight until the attempts are used up", async () => {
  const { clock, client, producer } = setUp({ maxAttempts: 4 });
  client.onPut = () => {
    throw connectionLost();
  };
  const error = await assertRejects(
    () => clock.runUntil(producer.put("a")),
    KinesisError,
  );
  assertEquals([error.code, client.requests.length], ["ConnectionFailed", 4]);
  await producer.close();
});

Deno.test("Producer refuses options that cannot work and names them", () => {
  const client = new StubKinesis(new FakeClock());
  const good = { client, streamName: "s", processor: jsonLines() };
  const locked = new WritableStream();
  locked.getWriter();
  for (
    const [options, type, text] of [
      [{ streamName: undefined }, TypeError, "exactly one of 'streamName'"],
      [{ streamARN: "arn" }, TypeError, "exactly one of 'streamName'"],
      [{ streamName: "" }, TypeError, "not empty"],
      [{ processor: undefined }, TypeError, "'processor'"],
      [{ ordering: "strict" }, TypeError, '"strict"'],
      [{ onAbort: "drop" }, TypeError, '"drop"'],
      [{ abortTimeoutMs: -1 }, RangeError, "'abortTimeoutMs'"],
      [{ deadLetter: locked }, TypeError, "'deadLetter'"],
      [{ maxBatchRecords: 501 }, RangeError, "'maxBatchRecords'"],
      [{ maxBatchRecords: 0 }, RangeError, "current value is 0"],
      [{ maxBatchRecords: 1.5 }, RangeError, "integer from 1 to 500"],
      [{ maxBatchBytes: 11 * 2 ** 20 }, RangeError, "'maxBatchBytes'"],
      [{ maxRecordBytes: 11 * 2 ** 20 }, RangeError, "'maxRecordBytes'"],
      [{ lingerMs: -1 }, RangeError, "'lingerMs'"],
      [{ lingerMs: NaN }, RangeError, "current value is NaN"],
      [{ lingerMs: "5" }, RangeError, "'lingerMs'"],
      [{ maxInFlight: 0 }, RangeError, "'maxInFlight'"],
      [{ bufferedValues: 0 }, RangeError, "'bufferedValues'"],
      [{ bufferedBytes: 0 }, RangeError, "'bufferedBytes'"],
      [{ maxAttempts: 0 }, RangeError, "'maxAttempts'"],
      [{ recordTtlMs: 0 }, RangeError, "'recordTtlMs'"],
      [
        { shardRates: { recordsPerSecond: 0 } },
        RangeError,
        "'shardRates.recordsPerSecond'",
      ],
    ] as const
  ) {
    assertThrows(
      () => new Producer({ ...good, ...options } as never),
      type,
      text,
    );
  }
});

Deno.test("Producer refuses a value whose serializer makes no bytes of it, and goes on", async () => {
  const { clock, client, producer } = setUp({
    processor: createProcessor<string>({
      serializer: {
        name: "odd",
        serialize: (value) => {
          const bytes = new TextEncoder().encode(value);
          const odd: Record<string, unknown> = {
            text: value,
            buffer: bytes.buffer,
            view: new DataView(bytes.buffer),
            list: [...bytes],
            nothing: undefined,
          };
          return (value in odd ? odd[value] : bytes) as typeof bytes;
        },
        deserialize: (bytes) => new TextDecoder().decode(bytes),
      },
      framing: single(),
    }),
  });
  for (const value of ["text", "buffer", "view", "list", "nothing"]) {
    const error = await clock.runUntil(outcome(producer.put(value)));
    assertInstanceOf(error, InvalidRecordError);
    assertEquals(error.code, "NotSerializable");
  }
  assertEquals(producer.stats().bufferedBytes, 0);
  await clock.runUntil(producer.put("good"));
  assertEquals(client.texts, ["good"]);
  await producer.close();
});
