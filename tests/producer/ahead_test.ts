import { assertEquals, assertLess, assertRejects } from "@std/assert";
import { DeliveryError } from "../../errors.ts";
import { json } from "../../processors/mod.ts";
import type { ProducerOptions } from "../../producer.ts";
import { connectionLost, setUpProducer } from "./_set_up.ts";

/** Numbers without end, and how many of them were taken. */
class Source {
  taken = 0;

  *[Symbol.iterator]() {
    for (;;) yield this.taken++;
  }
}

function setUp(options: Partial<ProducerOptions<number>> = {}) {
  const shards = 4;
  return setUpProducer<number>({
    processor: json<number>(),
    partitionKey: (n) => `k${n % 97}`,
    maxInFlight: 4,
    maxBatchRecords: 10,
    shardRates: false,
    ...options,
  }, shards);
}

Deno.test("putAll takes the values of two more batches while all four requests are under way", async () => {
  const { clock, client, producer } = setUp();
  // Until the shards are known, nothing is sent.
  await clock.runUntil(producer.put(0));
  client.latencyMs = 200;
  const source = new Source();
  const putting = producer.putAll(source);
  putting.catch(() => {});
  await clock.advance(100);
  assertEquals(producer.stats().inFlight, 4);
  assertEquals(source.taken, 60);
  await clock.advance(200);
  // The answers to four requests made room for four.
  assertEquals(producer.stats().delivered, 41);
  assertEquals(producer.stats().inFlight, 4);
  assertEquals(source.taken, 100);
  await producer.abort(new Error("enough"));
  await assertRejects(() => putting, DeliveryError);
});

Deno.test("putAll fills the buffer while the records of one shard may not be sent", async () => {
  const bufferedValues = 900;
  const { clock, producer } = setUp({
    bufferedValues,
    partitionKey: () => "one",
    shardRates: { recordsPerSecond: 1, bytesPerSecond: 1000 },
  });
  const source = new Source();
  const putting = producer.putAll(source);
  putting.catch(() => {});
  await clock.advance(500);
  // One shard gets 8/9 of the buffer.
  assertEquals(producer.stats().bufferedValues, 800);
  await producer.abort(new Error("enough"));
  await assertRejects(() => putting, DeliveryError);
});

Deno.test("putAll fills the buffer when no answer comes for a second, and pauses again after the answers", async () => {
  const { clock, client, producer } = setUp({ bufferedValues: 900 });
  await clock.runUntil(producer.put(0));
  client.latencyMs = 1500;
  const source = new Source();
  const putting = producer.putAll(source);
  putting.catch(() => {});
  await clock.advance(900);
  assertEquals(producer.stats().bufferedValues, 60);
  await clock.advance(500);
  // One of the four shards is a little fuller than the others.
  assertLess(800, producer.stats().bufferedValues);
  client.latencyMs = 50;
  await clock.advance(5000);
  assertEquals(producer.stats().bufferedValues, 60);
  await producer.abort(new Error("enough"));
  await assertRejects(() => putting, DeliveryError);
});

Deno.test("A pipe writes no more than is needed while the requests are under way, and its abort delivers", async () => {
  const { clock, client, producer } = setUp();
  client.latencyMs = 1000;
  const source = new Source();
  const values = source[Symbol.iterator]();
  const stop = new AbortController();
  const piping = new ReadableStream<number>({
    pull: (controller) => controller.enqueue(values.next().value!),
  }, { highWaterMark: 0 }).pipeTo(producer, { signal: stop.signal });
  piping.catch(() => {});
  await clock.advance(500);
  assertLess(source.taken, 64);
  stop.abort();
  await clock.advance(5000);
  await assertRejects(() => piping);
  assertEquals(producer.stats().delivered, client.stored.length);
  assertEquals(producer.stats().bufferedValues, 0);
});

Deno.test("Producer resumes after a pause of all requests", async () => {
  const { clock, client, producer } = setUp({ maxInFlight: 1 });
  let requests = 0;
  client.onPut = () => {
    if (++requests > 3) return undefined;
    throw connectionLost();
  };
  const putting = producer.putAll(Array.from({ length: 500 }, (_, i) => i));
  assertEquals(await clock.runUntil(putting), { delivered: 500 });
  await clock.runUntil(producer.close());
});
