/** Failures of puts that are not awaited. Each failure is reported once. */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import {
  DeliveryError,
  InvalidRecordError,
  KinesisError,
} from "../../errors.ts";
import { string } from "../../processors/mod.ts";
import type { ProducerOptions } from "../../producer.ts";
import type { FailedValue } from "../../records.ts";
import { unhandledRejections } from "../_services/unhandled_rejections.ts";
import { accessDenied, setUpProducer, textOf } from "./_set_up.ts";

function setUp(options: Partial<ProducerOptions<string>> = {}) {
  const { clock, client, producer } = setUpProducer<string>({
    processor: string(),
    maxAttempts: 1,
    ...options,
  });
  client.onPut = (request) =>
    client.storeSome(
      request,
      (entry) => textOf(entry).includes("bad") ? "InternalFailure" : undefined,
    );
  return { clock, client, producer };
}

const outcome = (promise: Promise<unknown>) =>
  promise.then(() => "fulfilled", (error) => error);

const invalid = { partitionKey: "" };

Deno.test("Producer.put that is not awaited fails in the result of flush", async () => {
  const reasons = await unhandledRejections(async () => {
    const { clock, producer } = setUp();
    producer.put("refused at once", invalid);
    producer.put("bad 1");
    producer.put("good");
    const { delivered, failed } = await clock.runUntil(producer.flush());
    assertEquals(delivered, 1);
    assertEquals(failed.map(({ value }) => value), [
      "refused at once",
      "bad 1",
    ]);
    producer.put("bad 2");
    // It fails before the flush begins, and within the second that it may wait.
    await clock.advance(900);
    assertEquals(producer.stats().failed, 3);
    const again = await clock.runUntil(producer.flush());
    assertEquals(again.failed.map(({ value }) => value), ["bad 2"]);
    assertEquals((await producer.flush()).failed, []);
    await producer.close();
    assertEquals(clock.pendingTimers, 0);
  });
  assertEquals(reasons, []);
});

Deno.test("Producer.close and disposal reject with the failures of puts that are not awaited", async () => {
  const reasons = await unhandledRejections(async () => {
    for (const how of ["close", "dispose"] as const) {
      const { clock, producer } = setUp();
      producer.put("refused at once", invalid);
      producer.put("bad");
      const ending = how === "close"
        ? producer.close()
        : producer[Symbol.asyncDispose]();
      const error = await assertRejects(
        () => clock.runUntil(ending),
        DeliveryError,
      );
      assertEquals(error.failures.map(({ value }) => value), [
        "refused at once",
        "bad",
      ]);
      // Told once.
      await producer[Symbol.asyncDispose]();
      assertEquals(clock.pendingTimers, 0);
    }
  });
  assertEquals(reasons, []);
});

Deno.test("Producer.close resolves when every failed put was awaited, early or late", async () => {
  const { clock, producer } = setUp();
  const late = producer.put("bad 1");
  await assertRejects(
    () => clock.runUntil(producer.put("bad 2")),
    KinesisError,
  );
  await assertRejects(() => late, KinesisError);
  await assertRejects(() => producer.put("x", invalid), InvalidRecordError);
  const [put, closed] = await clock.runUntil(
    Promise.allSettled([producer.put("y", invalid), producer.close()]),
  );
  assertEquals([put.status, closed.status], ["rejected", "fulfilled"]);
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("Producer.put that is not awaited is an unhandled rejection when its failure is not reported otherwise", async () => {
  const reasons = await unhandledRejections(async () => {
    const { clock, producer } = setUp();
    producer.put("refused at once", invalid);
    producer.put("bad");
    await clock.advance(2500);
    assertEquals(clock.pendingTimers, 0);
    // The failure was reported, so the producer goes on and closes without it.
    await clock.runUntil(producer.close());
  });
  assertEquals(reasons.map((reason) => (reason as KinesisError).code), [
    "InvalidPartitionKey",
    "InternalFailure",
  ]);
});

Deno.test("Producer.put that is not awaited goes to the dead letters, and is reported once", async () => {
  const letters: FailedValue<string>[] = [];
  const reasons = await unhandledRejections(async () => {
    const { clock, producer } = setUp({
      deadLetter: new WritableStream({
        write: (letter) => void letters.push(letter),
      }),
    });
    await assertRejects(
      () => clock.runUntil(producer.put("bad, awaited")),
      KinesisError,
    );
    producer.put("bad 1");
    await clock.advance(2500);
    assertEquals(letters.map(({ value }) => value), ["bad 1"]);
    producer.put("bad 2");
    await clock.runUntil(producer.close());
  });
  assertEquals(letters.map(({ value }) => value), ["bad 1", "bad 2"]);
  assertEquals(reasons, []);
});

Deno.test("Producer that fails reports it once: to puts, to a flush, to a close, or as one unhandled rejection", async () => {
  const denied = () => {
    const all = setUp();
    all.client.onPut = () => {
      throw accessDenied();
    };
    return all;
  };
  const closed = await unhandledRejections(async () => {
    const { clock, producer } = denied();
    for (const text of ["a", "b"]) producer.put(text);
    await clock.advance(500);
    const error = await assertRejects(() => producer.close(), DeliveryError);
    assertEquals(error.failures.length, 2);
    await clock.advance(5000);
    await producer[Symbol.asyncDispose]();
  });
  assertEquals(closed, []);

  const alone = await unhandledRejections(async () => {
    const { clock, producer } = denied();
    for (const text of ["a", "b"]) producer.put(text);
    await clock.advance(2500);
    assertEquals(clock.pendingTimers, 0);
  });
  assertEquals(alone.length, 1);
  assertInstanceOf(alone[0], DeliveryError);

  const refused = await unhandledRejections(async () => {
    const { clock, producer } = denied();
    await outcome(clock.runUntil(producer.put("a")));
    // Nothing else would ever name this value.
    producer.put("b");
    await undefined;
  });
  assertEquals(refused.length, 1);
});

Deno.test("Producer that is aborted leaves its puts to undelivered()", async () => {
  const reasons = await unhandledRejections(async () => {
    const { clock, producer } = setUp();
    const put = producer.put("a");
    await producer.abort("enough");
    await clock.advance(5000);
    assertEquals(producer.undelivered().length, 1);
    assertInstanceOf(await outcome(put), DeliveryError);
    await producer[Symbol.asyncDispose]();
  });
  assertEquals(reasons, []);
});

Deno.test("Producer disposed of throws a failure that was not reported, and no failure twice", async () => {
  const { clock, client, producer } = setUp();
  client.onPut = () => {
    throw accessDenied();
  };
  const writer = producer.getWriter();
  await writer.write("a");
  writer.releaseLock();
  await clock.advance(500);
  const error = await assertRejects(
    () => producer[Symbol.asyncDispose](),
    DeliveryError,
  );
  await producer[Symbol.asyncDispose]();
  assertStrictEquals(await outcome(producer.close()), error);

  const piped = setUp();
  piped.client.onPut = () => {
    throw accessDenied();
  };
  const piping = outcome(
    new ReadableStream({ start: (out) => out.enqueue("a") })
      .pipeTo(piped.producer),
  );
  assertInstanceOf(await piped.clock.runUntil(piping), DeliveryError);
  await piped.producer[Symbol.asyncDispose]();

  const put = setUp();
  put.client.onPut = client.onPut;
  assertInstanceOf(
    await put.clock.runUntil(outcome(put.producer.put("a"))),
    DeliveryError,
  );
  await put.producer[Symbol.asyncDispose]();

  const all = setUp();
  all.client.onPut = client.onPut;
  assertInstanceOf(
    await all.clock.runUntil(outcome(all.producer.putAll(["a"]))),
    DeliveryError,
  );
  await all.producer[Symbol.asyncDispose]();
});

Deno.test("Producer disposed of delivers what a writer that still holds it has written, and ends", async () => {
  const { clock, client, producer } = setUp({ bufferedValues: 2 });
  client.latencyMs = 50;
  const writer = producer.getWriter();
  for (const text of ["a", "b", "c", "d"]) writer.write(text);
  await clock.runUntil(producer[Symbol.asyncDispose]());
  assertEquals(client.texts, ["a", "b", "c", "d"]);
  await assertRejects(() => writer.write("e"), KinesisError, "closed");
  assert(clock.pendingTimers === 0);
});

Deno.test("Producer.put is a promise like any other", async () => {
  const { clock, producer } = setUp();
  const put = producer.put("a");
  assertInstanceOf(put, Promise);
  const steps: string[] = [];
  const derived = put.then(({ attempts }) => attempts)
    .finally(() => steps.push("finally"));
  assertEquals(await clock.runUntil(derived), 1);
  assertEquals(derived.constructor, Promise);
  const bad = producer.put("bad");
  assertEquals(
    await clock.runUntil(bad.catch(({ code }) => code)),
    [
      "InternalFailure",
    ][0],
  );
  await producer.close();
});

Deno.test("Producer.put knows that it is awaited, in whichever way", async () => {
  const ways: Record<string, (put: Promise<unknown>) => Promise<unknown>> = {
    await: async (put) => await put,
    then: (put) => put.then(() => {}),
    catch: (put) => put.catch((error) => Promise.reject(error)),
    finally: (put) => put.finally(() => {}),
    all: (put) => Promise.all([put]),
    race: (put) => Promise.race([put]),
    resolve: (put) => Promise.resolve(put).then(() => {}),
    "async function": (put) => (async () => await Promise.any([put]))(),
  };
  for (const [name, way] of Object.entries(ways)) {
    for (const isLate of [false, true]) {
      const reasons = await unhandledRejections(async () => {
        const { clock, producer } = setUp();
        const put = producer.put("bad");
        if (isLate) await clock.advance(500);
        const told = outcome(way(put));
        assertInstanceOf(await clock.runUntil(told), Error, name);
        await clock.runUntil(producer.close());
        assertEquals(clock.pendingTimers, 0);
      });
      assertEquals(reasons, [], name);
    }
  }
});
