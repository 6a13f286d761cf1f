/** What becomes of accepted values when a pipe or a writer aborts the stream. */
import {
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { ClosedError, DeliveryError, KinesisError } from "../../errors.ts";
import {
  gzip,
  jsonLines,
  kplJson,
  type Processor,
} from "../../processors/mod.ts";
import type { ProducerOptions } from "../../producer.ts";
import type { FailedValue } from "../../records.ts";
import { accessDenied, setUpProducer } from "./_set_up.ts";

interface Item {
  n: number;
}

function setUp(options: Partial<ProducerOptions<Item>> = {}) {
  const { clock, client, producer } = setUpProducer<Item>({
    processor: jsonLines<Item>(),
    partitionKey: () => "k",
    ...options,
  });
  client.latencyMs = 50;
  const stored = () =>
    client.texts.flatMap((text) => text.match(/"n":\d+/g) ?? []).length;
  return { clock, client, producer, stored };
}

const reason = new Error("line 1001 is no JSON");

async function* lines(count = 1000): AsyncGenerator<Item, void> {
  for (let n = 0; n < count; n++) yield { n };
  await undefined;
  throw reason;
}

/** A source that yields values and fails, without a queue of its own. */
function source(count?: number): ReadableStream<Item> {
  const iterator = lines(count);
  return new ReadableStream({
    async pull(out) {
      const { value, done } = await iterator.next();
      if (done) out.close();
      else out.enqueue(value);
    },
  }, { highWaterMark: 0 });
}

const outcome = (promise: Promise<unknown>) =>
  promise.then(() => "fulfilled", (error) => error);

Deno.test("Producer delivers what a pipe has written before its source fails, and the pipe rejects with that", async () => {
  for (
    const options of [
      {},
      { processor: kplJson<Item>() },
      { bufferedValues: 7 },
      { ordering: "key" as const },
    ]
  ) {
    const { clock, producer, stored } = setUp(options);
    const error = await clock.runUntil(outcome(source().pipeTo(producer)));
    assertStrictEquals(error, reason);
    assertEquals([stored(), producer.stats().delivered], [1000, 1000]);
    assertEquals([producer.undelivered(), clock.pendingTimers], [[], 0]);
    await assertRejects(() => producer.put({ n: 1 }), ClosedError, "aborted");
    await producer[Symbol.asyncDispose]();
  }
});

Deno.test("Producer delivers compressed values before an abort ends it", async () => {
  const { clock, producer } = setUp({
    processor: gzip(jsonLines<Item>()) as Processor<Item>,
    lingerMs: 0,
  });
  const piping = outcome(source(50).pipeTo(producer));
  // Compression waits for the runtime and not for the clock.
  let error: unknown;
  piping.then((end) => error = end);
  for (let i = 0; error === undefined && i < 1000; i++) await clock.advance(50);
  assertStrictEquals(error, reason);
  assertEquals(producer.stats().delivered, 50);
});

Deno.test("Producer delivers what came through a TransformStream, and what a writer has written, before an abort ends it", async () => {
  const piped = setUp();
  const through = source().pipeThrough(
    new TransformStream<Item, Item>(undefined, undefined, { highWaterMark: 0 }),
  );
  assertStrictEquals(
    await piped.clock.runUntil(outcome(through.pipeTo(piped.producer))),
    reason,
  );
  assertEquals(piped.producer.undelivered(), []);
  assertEquals(piped.stored(), piped.producer.stats().delivered);

  const { clock, producer, stored } = setUp({ bufferedValues: 3 });
  const writer = producer.getWriter();
  const put = producer.put({ n: 0 });
  for (let n = 1; n < 5; n++) await clock.runUntil(writer.write({ n }));
  const waiting = [producer.put({ n: 5 }), producer.put({ n: 6 })];
  const aborting = outcome(writer.abort(reason));
  await assertRejects(() => producer.put({ n: 7 }), ClosedError, "aborted");
  assertEquals(await clock.runUntil(aborting), "fulfilled");
  await Promise.all([put, ...waiting]);
  assertEquals(stored(), 7);
});

Deno.test("Producer names the values that it cannot deliver in the error of the pipe, with the error of the source as its cause", async () => {
  const { clock, client, producer } = setUp({ maxAttempts: 1 });
  client.onPut = (request, n) =>
    n === 0 ? undefined : client.storeSome(request, () => "InternalFailure");
  await clock.runUntil(producer.put({ n: -1 }));
  const error = await clock.runUntil(outcome(source(3).pipeTo(producer)));
  assertInstanceOf(error, DeliveryError);
  assertEquals([error.code, error.cause], ["InternalFailure", reason]);
  assertEquals(error.failures.map(({ value }) => value), [
    { n: 0 },
    { n: 1 },
    { n: 2 },
  ]);
  await producer[Symbol.asyncDispose]();

  const denied = setUp();
  denied.client.onPut = () => {
    throw accessDenied();
  };
  const refused = await denied.clock.runUntil(
    outcome(source(3).pipeTo(denied.producer)),
  );
  assertInstanceOf(refused, DeliveryError);
  assertEquals([refused.code, refused.cause], [
    "AccessDeniedException",
    reason,
  ]);
  assertEquals(refused.failures.length, 3);
});

Deno.test("Producer writes values that it gives up after an abort to the dead letters", async () => {
  const letters: FailedValue<Item>[] = [];
  const { clock, client, producer } = setUp({
    maxAttempts: 1,
    deadLetter: new WritableStream({ write: (it) => void letters.push(it) }),
  });
  client.onPut = (request) =>
    client.storeSome(request, () => "InternalFailure");
  assertStrictEquals(
    await clock.runUntil(outcome(source(3).pipeTo(producer))),
    reason,
  );
  assertEquals(letters.map(({ value }) => value.n), [0, 1, 2]);
});

Deno.test("Producer ends an abort after abortTimeoutMs and names the values that are not acknowledged", async () => {
  const failed: number[] = [];
  const { clock, client, producer } = setUp({
    abortTimeoutMs: 5000,
    hooks: { onValueFailed: ({ attempts }) => failed.push(attempts) },
  });
  client.latencyMs = 3_600_000;
  const put = producer.put({ n: -1 });
  const started = clock.now();
  const error = await clock.runUntil(outcome(source(3).pipeTo(producer)));
  assertEquals(clock.now() - started, 5000);
  assertInstanceOf(error, DeliveryError);
  assertEquals([error.code, error.retryable], ["AbortTimedOut", true]);
  assertStrictEquals(error.cause, reason);
  assertEquals(error.failures.map(({ attempts }) => attempts), [1, 1, 1, 1]);
  assertEquals(failed, [1, 1, 1, 1]);
  assertInstanceOf(await outcome(put), DeliveryError);
  assertEquals(producer.undelivered().length, 4);
  assertEquals([client.inFlight, clock.pendingTimers], [0, 0]);
});

Deno.test("Producer with onAbort discard ends with the pipe and keeps the undelivered values", async () => {
  const { clock, client, producer } = setUp({ onAbort: "discard" });
  const error = await outcome(source(3).pipeTo(producer));
  assertStrictEquals(error, reason);
  assertEquals([client.texts, clock.pendingTimers], [[], 0]);
  assertEquals(producer.undelivered().map(({ value }) => value.n), [0, 1, 2]);
});

Deno.test("Producer ends at once by its signal and by its own abort, in the middle of another abort too", async () => {
  for (const how of ["signal", "abort"] as const) {
    const controller = new AbortController();
    const { clock, client, producer } = setUp({ signal: controller.signal });
    client.latencyMs = 3_600_000;
    const writer = producer.getWriter();
    await writer.write({ n: 1 });
    await clock.advance(200);
    const aborting = outcome(writer.abort(reason));
    writer.releaseLock();
    await clock.advance(1000);
    assertEquals(client.inFlight, 1);
    const stop = new Error("now");
    const stopping = how === "signal"
      ? controller.abort(stop)
      : outcome(producer.abort(stop));
    const error = await aborting;
    assertInstanceOf(error, DeliveryError);
    assertEquals([error.code, error.failures.length], ["Aborted", 1]);
    await stopping;
    await clock.advance(0);
    assertEquals([client.inFlight, clock.pendingTimers], [0, 0]);
  }
});

Deno.test("Producer.flush and close see what an abort delivers", async () => {
  const { clock, producer } = setUp();
  const writer = producer.getWriter();
  await writer.write({ n: 1 });
  const flushing = producer.flush();
  const aborting = writer.abort(reason);
  writer.releaseLock();
  const closing = outcome(producer.close());
  assertEquals(await clock.runUntil(flushing), { delivered: 1, failed: [] });
  await clock.runUntil(aborting);
  assertInstanceOf(await closing, Error);
  assertInstanceOf(await outcome(producer.close()), KinesisError);
});

Deno.test("Producer with its own signal ends a pipe whose write waits for room, and names every value", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const { clock, client, producer } = setUp({ bufferedValues: 10, signal });
  client.onPut = () => new Promise(() => {});
  const failing = new ReadableStream<Item>({
    start(out) {
      for (let n = 0; n < 15; n++) out.enqueue({ n });
    },
  });
  const pipe = new AbortController();
  const piping = outcome(failing.pipeTo(producer, { signal: pipe.signal }));
  await clock.advance(1000);
  pipe.abort(reason);
  await clock.advance(1000);
  controller.abort(new Error("stop"));
  assertStrictEquals(await piping, reason);
  // Ten are in the buffer, and one waits for room.
  assertEquals(producer.undelivered().length, 11);
});
