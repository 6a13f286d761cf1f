import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertLessOrEqual,
} from "@std/assert";
import { turn } from "../../_core/turn.ts";
import { createProcessor, string } from "../../processors/mod.ts";
import type { Processor } from "../../processors/mod.ts";
import { Producer, type ProducerOptions } from "../../producer.ts";
import { FakeClock, seeded, setUpProducer, StubKinesis } from "./_set_up.ts";

function setUp(options: Partial<ProducerOptions<string>> = {}) {
  return setUpProducer<string>({
    processor: string(),
    shardRates: false,
    ...options,
  });
}

Deno.test("Producer never lets more than bufferedValues in while the server is slow", async () => {
  const { clock, client, producer } = setUp({
    bufferedValues: 100,
    maxBatchRecords: 10,
  });
  client.latencyMs = 1000;
  let pulled = 0, most = 0;
  const source = new ReadableStream<string>({
    pull(out) {
      most = Math.max(most, producer.stats().bufferedValues);
      if (++pulled === 1000) out.close();
      else out.enqueue(`${pulled}`);
    },
  }, { highWaterMark: 0 });
  const piping = source.pipeTo(producer);
  await clock.advance(500);
  // One waits in the stream, and one in the sink.
  assertLessOrEqual(pulled, 103);
  await clock.runUntil(piping);
  assertEquals(most, 100);
  assertEquals(client.stored.length, 999);
});

Deno.test("Producer never lets in much more than bufferedBytes", async () => {
  const { clock, client, producer } = setUp({ bufferedBytes: 10_000 });
  client.latencyMs = 1000;
  const writer = producer.getWriter();
  let most = 0;
  const work = (async () => {
    for (let i = 0; i < 100; i++) {
      await writer.ready;
      writer.write("x".repeat(1000));
      most = Math.max(most, producer.stats().bufferedBytes);
    }
    await writer.close();
  })();
  await clock.runUntil(work);
  assertLessOrEqual(most, 10_000 + 1036);
  assertEquals(client.stored.length, 100);
});

Deno.test("Producer counts the bytes inside a packer that reports them", async () => {
  let pendingBytes = 0;
  const inner = createProcessor<string>({
    serializer: string(),
    framing: {
      name: "held",
      scope: "key",
      createPacker(_serializer, { emit }) {
        // deno-lint-ignore no-explicit-any
        let puts: any[] = [];
        return {
          get pending() {
            return puts.length;
          },
          get pendingBytes() {
            return pendingBytes;
          },
          push(put) {
            puts.push(put);
            pendingBytes += 1000;
          },
          flush() {
            for (const put of puts) {
              emit({
                data: new Uint8Array(1000),
                partitionKey: put.partitionKey,
                size: 1000,
                puts: [put],
              });
            }
            puts = [];
            pendingBytes = 0;
          },
        };
      },
      unpack: () => [],
    },
  });
  const { clock, client, producer } = setUp({
    processor: inner,
    bufferedBytes: 5000,
    lingerMs: 60_000,
  });
  client.latencyMs = 1000;
  const writer = producer.getWriter();
  await writer.write("0");
  await clock.advance(0);
  for (let i = 1; i < 20; i++) writer.write(`${i}`);
  await clock.advance(0);
  assertEquals(producer.stats().bufferedValues, 5);
  assertEquals(producer.stats().bufferedBytes, 5000);
  await clock.runUntil(writer.close());
  assertEquals(client.stored.length, 20);
});

Deno.test("Producer shows backpressure to its writer and takes it away", async () => {
  const { clock, client, producer } = setUp({ bufferedValues: 2 });
  client.latencyMs = 1000;
  const writer = producer.getWriter();
  for (const text of ["a", "b"]) {
    await writer.ready;
    assertEquals(writer.desiredSize, 1);
    await writer.write(text);
  }
  writer.write("c");
  await clock.advance(0);
  assertEquals(writer.desiredSize, 0);
  let ready = false;
  writer.ready.then(() => ready = true);
  await clock.advance(999);
  assert(!ready);
  await clock.advance(1);
  assert(ready);
  assertEquals(writer.desiredSize, 1);
  await clock.runUntil(writer.close());
});

Deno.test("Producer serves put and write in the order they came when the buffer is full", async () => {
  const { clock, client, producer } = setUp({ bufferedValues: 1 });
  client.latencyMs = 100;
  const writer = producer.getWriter();
  const order: string[] = [];
  producer.put("0");
  await clock.advance(0);
  for (let i = 0; i < 5; i++) {
    producer.put(`put ${i}`).then(() => order.push(`put ${i}`));
    writer.write(`write ${i}`).then(() => order.push(`write ${i}`));
    await clock.advance(1);
  }
  await clock.runUntil(writer.close());
  // A stream hands over one write at a time, so each joins the line when the previous one was let in.
  assertEquals(client.texts.slice(0, 4), ["0", "put 0", "write 0", "put 1"]);
  assertEquals(client.stored.length, 11);
  const writes = client.texts.filter((text) => text.startsWith("write"));
  assertEquals(writes, [0, 1, 2, 3, 4].map((i) => `write ${i}`));
});

Deno.test("Producer does not wait for lingerMs while writers wait for room", async () => {
  const { clock, client, producer } = setUp({
    bufferedValues: 50,
    lingerMs: 10_000,
  });
  client.latencyMs = 100;
  const started = clock.now();
  const writer = producer.getWriter();
  for (let i = 0; i < 500; i++) writer.write(`${i}`);
  await clock.runUntil(writer.close());
  assertLessOrEqual(clock.now() - started, 11 * 100);
  // Full buffers, not single records.
  assertLessOrEqual(client.requests.length, 12);
});

/** Packs like `string()`, after `before` has resolved for each value. */
function slowPacking(
  before: (value: string) => Promise<void>,
  onFlush: () => void = () => {},
): Processor<string> {
  const inner = string();
  return {
    ...inner,
    createPacker(options) {
      const packer = inner.createPacker(options);
      return {
        pending: 0,
        async push(put) {
          await before(put.value);
          packer.push(put);
        },
        flush: onFlush,
      };
    },
  };
}

Deno.test("Producer gives a packer that takes time one value after another, and no flush in between", async () => {
  const clock = new FakeClock();
  let busy = 0, most = 0;
  const processor = slowPacking(async () => {
    most = Math.max(most, ++busy);
    await new Promise<void>((resolve) => clock.setTimeout(() => resolve(), 10));
    busy--;
  }, () => assertEquals(busy, 0));
  const client = new StubKinesis(clock);
  const { producer } = setUp({ clock, client, processor, lingerMs: 5 });
  const writer = producer.getWriter();
  const texts = Array.from({ length: 20 }, (_, i) => `${i}`);
  for (const text of texts) writer.write(text);
  await clock.runUntil(writer.close());
  assertEquals([most, client.texts], [1, texts]);
});

Deno.test("Producer refuses a value when a packer that takes time fails, and goes on", async () => {
  const { clock, producer } = setUp({
    processor: slowPacking(async (value) => {
      await undefined;
      if (value === "bad") throw new Error("cannot compress");
    }),
  });
  const puts = ["a", "bad", "b"].map((text) =>
    producer.put(text).then(() => "stored", (error) => error.code)
  );
  await clock.runUntil(producer.close());
  assertEquals(await Promise.all(puts), [
    "stored",
    "NotSerializable",
    "stored",
  ]);
});

Deno.test("Producer takes time in proportion to the values that wait", async () => {
  const timeOf = async (count: number) => {
    const { clock, client, producer } = setUp({ bufferedValues: 10 });
    const started = performance.now();
    const puts = Array.from({ length: count }, (_, i) => producer.put(`${i}`));
    await clock.runUntil(Promise.all(puts));
    await producer.close();
    assertEquals(client.stored.length, count);
    return performance.now() - started;
  };
  // The best of three: other work on the machine only ever adds.
  const bestOf = async (count: number) =>
    Math.min(await timeOf(count), await timeOf(count), await timeOf(count));
  await timeOf(2_000);
  const [few, many] = [await bestOf(5_000), await bestOf(20_000)];
  // Four times as many; what is quadratic would take sixteen times as long.
  assertLessOrEqual(many / few, 10);
});

Deno.test("Producer takes values for other shards while one shard has filled its share of the buffer", async () => {
  const clock = new FakeClock();
  const client = new StubKinesis(clock, 2);
  const producer = new Producer<string>({
    client,
    streamName: "s",
    processor: string(),
    partitionKey: (text) => text.split(" ")[0]!,
    clock,
    random: seeded(1),
    lingerMs: 10,
    bufferedValues: 100,
    maxAttempts: 1000,
  });
  const [hot, cold] = client.openShardIds;
  const keyOf = (shardId: string) => {
    for (let i = 0;; i++) {
      if (client.shardOf(`k${i}`) === shardId) return `k${i}`;
    }
  };
  const [hotKey, coldKey] = [keyOf(hot!), keyOf(cold!)];
  let stuck = true;
  client.onPut = (request) =>
    client.storeSome(
      request,
      ({ PartitionKey }) =>
        stuck && PartitionKey === hotKey
          ? "ProvisionedThroughputExceededException"
          : undefined,
    );
  let hotDone = 0, coldDone = 0;
  for (let n = 0; n < 1000; n++) {
    producer.put(`${hotKey} ${n}`).then(() => hotDone++);
  }
  await clock.advance(1000);
  assertEquals(producer.stats().bufferedValues, 89);
  for (let n = 0; n < 1000; n++) {
    producer.put(`${coldKey} ${n}`).then(() => coldDone++);
  }
  await clock.advance(3000);
  assertEquals([hotDone, coldDone], [0, 1000]);
  assertEquals(producer.stats().bufferedValues, 89);
  stuck = false;
  await clock.runUntil(producer.close(), 1e9);
  assertEquals(hotDone, 1000);
  for (const key of [hotKey, coldKey]) {
    assertEquals(
      client.texts.filter((text) => text.startsWith(`${key} `)).length,
      1000,
    );
  }
});

Deno.test("Producer shows backpressure to its writer while bufferedBytes are full", async () => {
  const { clock, client, producer } = setUp({ bufferedBytes: 2000 });
  client.latencyMs = 1000;
  const writer = producer.getWriter();
  for (let i = 0; i < 2; i++) {
    await writer.ready;
    writer.write("x".repeat(1000));
  }
  await clock.advance(1);
  assert(producer.stats().bufferedBytes >= 2000);
  assertEquals(writer.desiredSize, 1);
  writer.write("x");
  await clock.advance(1);
  assertEquals(writer.desiredSize, 0);
  assertEquals(producer.stats().bufferedValues, 2);
  await clock.advance(1000);
  assertEquals(writer.desiredSize, 1);
  await clock.runUntil(writer.close());
  assertEquals(client.stored.length, 3);
});

Deno.test("Producer lets the event loop go round while a source always has a value", async () => {
  for (const how of ["pipeTo", "putAll"] as const) {
    const { clock, client, producer } = setUp();
    const count = 20_000;
    let turns = 0;
    let done = false;
    const others = (async () => {
      for (; !done; turns++) await turn();
    })();
    const values = function* () {
      for (let i = 0; i < count; i++) yield `${i}`;
    };
    const iterator = values();
    const source = new ReadableStream<string>({
      pull(out) {
        const { value, done } = iterator.next();
        if (done) out.close();
        else out.enqueue(value);
      },
    });
    await (how === "putAll"
      ? producer.putAll(values())
      : source.pipeTo(producer, { preventClose: true }));
    const during = turns;
    await clock.runUntil(producer.close());
    done = true;
    await others;
    assertEquals(client.stored.length, count);
    assertGreaterOrEqual(during, count / 1000 / 2);
  }
});
