import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertLessOrEqual,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import fc from "fast-check";
import { delay } from "../../_core/clock.ts";
import { ClosedError, DeliveryError, KinesisError } from "../../errors.ts";
import { json } from "../../processors/mod.ts";
import type { ProducerOptions } from "../../producer.ts";
import { accessDenied, seeded, setUpProducer } from "./_set_up.ts";

function setUp(options: Partial<ProducerOptions<number>> = {}) {
  const { clock, client, producer } = setUpProducer<number>({
    processor: json<number>(),
    partitionKey: (n) => `k${n % 7}`,
    ...options,
  }, 2);
  const numbers = () => client.stored.map(({ text }) => Number(text));
  return { clock, client, producer, numbers };
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

Deno.test("putAll resolves when everything is acknowledged, and keeps the order of keys", async () => {
  const { clock, client, producer, numbers } = setUp({ ordering: "key" });
  client.latencyMs = 20;
  let done = false;
  const all = producer.putAll(upTo(1200)).finally(() => done = true);
  await clock.advance(10);
  assert(!done);
  assertEquals(await clock.runUntil(all), { delivered: 1200 });
  assertEquals(numbers().toSorted((a, b) => a - b), upTo(1200));
  for (let key = 0; key < 7; key++) {
    assertEquals(
      numbers().filter((n) => n % 7 === key),
      upTo(1200).filter((n) => n % 7 === key),
    );
  }
  await clock.runUntil(producer.close());
});

Deno.test("putAll takes from its source only what there is room for", async () => {
  const { clock, client, producer } = setUp({ bufferedValues: 10 });
  client.latencyMs = 50;
  let taken = 0;
  let settled = 0;
  client.onPut = ({ Records }) => {
    settled += Records.length;
    return undefined;
  };
  async function* source() {
    for (const n of upTo(100)) {
      taken++;
      // One is in the hand, one waits for room.
      assertLessOrEqual(taken - settled, 12);
      assertLessOrEqual(producer.stats().bufferedValues, 10);
      yield await n;
    }
  }
  assertEquals(await clock.runUntil(producer.putAll(source())), {
    delivered: 100,
  });
  await clock.runUntil(producer.close());
});

Deno.test("putAll sends nothing for nothing, and uses the keys that it is given", async () => {
  const { clock, client, producer } = setUp();
  assertEquals(await producer.putAll([]), { delivered: 0 });
  assertEquals(client.requests.length, 0);
  await clock.runUntil(producer.putAll([1, 2], { partitionKey: "own" }));
  assertEquals(client.stored.map(({ key }) => key), ["own", "own"]);
  await clock.runUntil(producer.close());
});

Deno.test("putAll rejects values that it cannot iterate over", async () => {
  const { producer } = setUp();
  for (const values of [undefined, null, 7, "text", {}, () => {}]) {
    await assertRejects(
      () => producer.putAll(values as unknown as number[]),
      TypeError,
      "'values' must be an iterable",
    );
  }
  await producer.close();
});

Deno.test("putAll names the values that were given up, and the producer goes on", async () => {
  const { clock, client, producer, numbers } = setUp({ maxAttempts: 2 });
  client.onPut = (request) =>
    client.storeSome(
      request,
      ({ Data }) =>
        new TextDecoder().decode(Data) === "3" ? "InternalFailure" : undefined,
    );
  const values = [1, 2, 3n as unknown as number, 3, 4];
  const error = await clock.runUntil(
    assertRejects(() => producer.putAll(values), DeliveryError),
  );
  assertEquals(error.failures.map(({ value }) => value), [3n, 3]);
  assertEquals(error.failures.map(({ attempts }) => attempts), [0, 2]);
  assertEquals(error.failures[1]!.history?.length, 2);
  assertStringIncludes(error.message, "2 of 5 values");
  assertEquals(numbers(), [1, 2, 4]);
  assertEquals(await clock.runUntil(producer.putAll([5])), { delivered: 1 });
  await clock.runUntil(producer.close());
});

Deno.test("putAll delivers what came before its source failed", async () => {
  for (const isAsync of [false, true]) {
    const { clock, producer, numbers } = setUp();
    const problem = new Error("no more");
    const source = function* () {
      yield 1;
      yield 2;
      throw problem;
    };
    const slowly = async function* () {
      for (const n of source()) yield await n;
    };
    const thrown = await clock.runUntil(
      producer.putAll(isAsync ? slowly() : source()).catch((error) => error),
    );
    assertStrictEquals(thrown, problem);
    assertEquals(numbers(), [1, 2]);
    await clock.runUntil(producer.close());
  }
});

Deno.test("putAll stops when the producer is closed, and what was written is delivered", async () => {
  const { clock, client, producer, numbers } = setUp();
  // The source yields once more while the producer is being closed.
  client.latencyMs = 20;
  let ended = false;
  async function* source() {
    try {
      for (let n = 0;; n++) {
        yield n;
        await delay(10, { clock });
      }
    } finally {
      ended = true;
    }
  }
  const all = producer.putAll(source()).catch((error) => error);
  await clock.advance(35);
  await clock.runUntil(producer.close());
  const error = await clock.runUntil(all);
  assertEquals(numbers(), [0, 1, 2, 3]);
  // The source does not yield it again.
  assertInstanceOf(error, DeliveryError);
  assertInstanceOf(error.cause, ClosedError);
  assertEquals(error.code, "Closed");
  assertEquals(
    error.failures.map(({ value, partitionKey }) => [value, partitionKey]),
    [[4, "k4"]],
  );
  assert(ended);
});

Deno.test("putAll takes nothing from its source when the producer has ended before", async () => {
  for (const end of ["closed", "aborted", "denied"]) {
    const { clock, client, producer } = setUp({ lingerMs: 0 });
    client.onPut = () => {
      throw accessDenied();
    };
    if (end === "closed") await producer.close();
    else if (end === "aborted") await producer.abort(new Error("enough"));
    else await clock.runUntil(producer.put(1).catch(() => {}));
    const source = upTo(3).values();
    const error = await producer.putAll(source).catch((error) => error);
    assertInstanceOf(error, end === "denied" ? DeliveryError : ClosedError);
    assertEquals([...source], [0, 1, 2]);
  }
});

Deno.test("putAll rejects at once when the producer fails or is aborted, however slow its source is", async () => {
  for (const end of ["denied", "aborted"]) {
    const { clock, client, producer } = setUp();
    client.onPut = () => {
      throw accessDenied();
    };
    let more = (_: number) => {};
    const source = async function* () {
      yield 1;
      yield await new Promise<number>((resolve) => more = resolve);
    };
    const all = producer.putAll(source()).catch((error) => error);
    await clock.advance(0);
    if (end === "aborted") await producer.abort(new Error("enough"));
    const error = await clock.runUntil(all);
    assertInstanceOf(error, DeliveryError);
    assertEquals(error.failures.map(({ value }) => value), [1]);
    assertEquals(producer.undelivered().map(({ value }) => value), [1]);
    more(2);
    await clock.advance(0);
    assertEquals(producer.undelivered().map(({ value }) => value), [1, 2]);
  }
});

Deno.test("putAll names what was given up before the producer failed or was aborted, too", async () => {
  for (const end of ["denied", "aborted"]) {
    const { clock, client, producer } = setUp();
    client.latencyMs = 100;
    client.onPut = () => {
      throw accessDenied();
    };
    const values = [1, 2n as unknown as number, 3];
    const all = producer.putAll(values).catch((error) => error);
    await clock.advance(50);
    if (end === "aborted") await producer.abort(new Error("enough"));
    const error = await clock.runUntil(all);
    assertInstanceOf(error, DeliveryError);
    assertEquals(error.failures.map(({ value }) => value), [2n, 1, 3]);
    assertEquals(
      error.code,
      end === "denied" ? "AccessDeniedException" : "Aborted",
    );
    assertEquals(producer.undelivered().map(({ value }) => value), [1, 3]);
  }
});

Deno.test("putAll accounts for every value after any failure", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        seed: fc.integer(),
        count: fc.integer({ min: 0, max: 80 }),
        bufferedValues: fc.integer({ min: 1, max: 30 }),
        maxAttempts: fc.integer({ min: 1, max: 3 }),
      }),
      async ({ seed, count, ...options }) => {
        const { clock, client, producer, numbers } = setUp(options);
        const random = seeded(seed);
        client.onPut = async (request) => {
          await delay(random() * 300, { clock });
          return client.storeSome(
            request,
            () => random() < 0.3 ? "InternalFailure" : undefined,
          );
        };
        const puts = upTo(20).map((n) =>
          producer.put(1000 + n).then(() => 1, () => 0)
        );
        const result = await clock.runUntil(
          producer.putAll(upTo(count)).catch((error) => error),
        );
        const stored = numbers().filter((n) => n < 1000);
        const failed: number[] = result instanceof DeliveryError
          ? result.failures.map(({ value }) => value as number)
          : [];
        const byNumber = (a: number, b: number) => a - b;
        assertEquals([...stored, ...failed].toSorted(byNumber), upTo(count));
        if (failed.length === 0) assertEquals(result, { delivered: count });
        await clock.runUntil(producer.close());
        const delivered = await Promise.all(puts);
        assertEquals(
          numbers().length - stored.length,
          delivered.reduce((sum, n) => sum + n, 0),
        );
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("putAll accounts for every value that it took, however the producer ends", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        seed: fc.integer(),
        end: fc.constantFrom("close", "abort", "denied"),
        isAsync: fc.boolean(),
        bufferedValues: fc.integer({ min: 1, max: 30 }),
        maxAttempts: fc.integer({ min: 1, max: 3 }),
        recordTtlMs: fc.constantFrom(Infinity, 200),
        lingerMs: fc.constantFrom(0, 50),
      }),
      async ({ seed, end, isAsync, ...options }) => {
        const { clock, client, producer, numbers } = setUp(options);
        const random = seeded(seed);
        let requests = 0;
        client.onPut = async (request) => {
          await delay(random() * 100, { clock });
          if (end === "denied" && ++requests === 4) throw accessDenied();
          return client.storeSome(
            request,
            () => random() < 0.3 ? "InternalFailure" : undefined,
          );
        };
        const taken: number[] = [];
        const source = function* () {
          for (let n = 0; n < 100; n++) {
            taken.push(n);
            yield n;
          }
        };
        const slowly = async function* () {
          for (const n of source()) {
            if (random() < 0.2) await delay(random() * 50, { clock });
            yield n;
          }
        };
        const all = producer.putAll(isAsync ? slowly() : source())
          .catch((error) => error);
        await clock.advance(random() * 400);
        if (end === "close") await clock.runUntil(producer.close());
        else if (end === "abort") producer.abort(new Error("enough"));
        const result = await clock.runUntil(all);
        const failed: number[] = result instanceof DeliveryError
          ? result.failures.map(({ value }) => value as number)
          : [];
        assertEquals(failed.length, new Set(failed).size);
        // One may be in the hands of a source that takes its time when the producer ends.
        await clock.advance(10_000);
        const late = producer.undelivered().map(({ value }) => value);
        const ended = new Set([...numbers(), ...failed, ...late]);
        assertEquals(taken.filter((n) => !ended.has(n)), []);
        if (!(result instanceof Error)) {
          assertEquals(ended.size, result.delivered);
        }
        assertEquals(clock.pendingTimers, 0);
      },
    ),
    { numRuns: 100 },
  );
});

Deno.test("putAll ends with the producer while its source is silent and everything is acknowledged", async () => {
  const reason = new Error("stop");
  type Set = ReturnType<typeof setUp> & { controller: AbortController };
  const ends: Record<string, (set: Set) => Promise<unknown>> = {
    signal: ({ controller }) => Promise.resolve(controller.abort(reason)),
    abort: ({ producer }) => producer.abort(reason),
    "abort of a writer": ({ producer }) => producer.getWriter().abort(reason),
    failure: ({ client, producer }) => {
      client.onPut = () => {
        throw accessDenied();
      };
      return producer.put(2).catch(() => {});
    },
    close: ({ producer }) => producer.close(),
    dispose: ({ producer }) => producer[Symbol.asyncDispose](),
  };
  const codes: Record<string, string> = {};
  for (const [name, end] of Object.entries(ends)) {
    for (const gaveUp of [false, true]) {
      const controller = new AbortController();
      const set = setUp({ signal: controller.signal });
      const { clock, client, producer } = set;
      const source = async function* () {
        if (gaveUp) yield NaN;
        yield 1;
        await new Promise(() => {});
      };
      const all = producer.putAll(source()).catch((error) => error);
      await clock.advance(1000);
      assertEquals(client.texts, ["1"]);
      await clock.runUntil(end({ ...set, controller }));
      const error = await clock.runUntil(all);
      assertInstanceOf(error, KinesisError);
      codes[name] = error.code;
      // The error also lists the values that were given up before.
      const failures = error instanceof DeliveryError ? error.failures : [];
      assertEquals(
        failures.filter(({ value }) => value !== 2).map(({ value }) => value),
        gaveUp ? [NaN] : [],
        name,
      );
    }
  }
  assertEquals(codes, {
    signal: "Aborted",
    abort: "Aborted",
    "abort of a writer": "Closed",
    failure: "AccessDeniedException",
    close: "Closed",
    dispose: "Closed",
  });
});
