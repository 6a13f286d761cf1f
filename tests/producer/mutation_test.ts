/** A value is sent as it was when it was put, whatever the caller does with it later. */
import { assertEquals } from "@std/assert";
import { encodeBase64 } from "../../_core/base64.ts";
import {
  bytes,
  createProcessor,
  deflateRaw,
  gzip,
  json,
  jsonLines,
  jsonList,
  kpl,
  kplBytes,
  kplJson,
  msgpack,
  netstring,
  type Processor,
} from "../../processors/mod.ts";
import type { ProducerOptions } from "../../producer.ts";
import { seeded, setUpProducer } from "./_set_up.ts";

interface Item {
  n: number;
}

const processors: Processor<Item>[] = [
  json<Item>(),
  jsonLines<Item>(),
  jsonList<Item>(),
  msgpack<Item>(),
  kplJson<Item>(),
  createProcessor({ serializer: msgpack<Item>(), framing: kpl() }),
  createProcessor({ serializer: json<Item>(), framing: netstring() }),
];

function setUp<T>(
  processor: Processor<T>,
  options: Partial<ProducerOptions<T>>,
) {
  const { clock, client, producer } = setUpProducer<T>({
    processor,
    partitionKey: () => "k",
    ...options,
  });
  const stored = async () => {
    const values: T[] = [];
    for (const { key, sequenceNumber, data } of client.stored) {
      const record = { streamName: "s", shardId: "s", sequenceNumber, data };
      for (
        const item of await processor.unpack({ ...record, partitionKey: key })
      ) {
        if (item.type === "error") throw item.error;
        values.push(item.value);
      }
    }
    return values;
  };
  return { clock, client, producer, stored };
}

Deno.test("Producer sends values as they were when they were put, with every processor", async () => {
  for (const processor of processors) {
    for (
      const options of [
        {},
        { ordering: "key" as const, lingerMs: 0 },
        { bufferedValues: 2 },
        { bufferedValues: 2, ordering: "shard" as const },
      ]
    ) {
      const { clock, client, producer, stored } = setUp(processor, options);
      client.latencyMs = 50;
      const value: Item = { n: 0 };
      const puts: Promise<unknown>[] = [];
      for (let n = 0; n < 12; n++) {
        value.n = n;
        puts.push(producer.put(value));
        // Some wait behind a request and are packed again to share the next one.
        if (n % 3 === 2) await clock.advance(7);
      }
      await clock.runUntil(producer.close());
      await Promise.all(puts);
      assertEquals(
        (await stored()).map(({ n }) => n),
        Array.from({ length: 12 }, (_, n) => n),
        `${processor.name} ${JSON.stringify(options)}`,
      );
    }
  }
});

Deno.test("Producer sends values as they were when they were put, after a split has them packed again", async () => {
  for (const scope of [kplJson<Item>(), gzip(kplJson<Item>())]) {
    const { clock, client, producer, stored } = setUp(scope, {
      partitionKey: ({ n }) => String(n % 1000),
      lingerMs: 0,
      maxInFlight: 1,
    });
    client.latencyMs = 50;
    await clock.runUntil(producer.put({ n: 0 }));
    // The next request finds that the shard was split, while others are packed for the old one.
    client.split(client.openShardIds[0]!);
    const values = Array.from({ length: 40 }, (_, n) => ({ n: n + 1 }));
    const puts = values.map((value) => producer.put(value));
    await clock.advance(10);
    for (const value of values) value.n += 1000;
    await clock.runUntil(producer.close());
    await Promise.all(puts);
    const seen = new Set((await stored()).map(({ n }) => n));
    assertEquals([...seen].sort((a, b) => a - b), Array.from(Array(41).keys()));
  }
});

Deno.test("Producer copies bytes, so that a buffer can be used again", async () => {
  const framed = createProcessor({ serializer: bytes(), framing: netstring() });
  for (const processor of [bytes(), kplBytes(), framed, gzip(bytes())]) {
    const { clock, producer, stored } = setUp(processor, {});
    const buffer = new Uint8Array(1);
    const puts: Promise<unknown>[] = [];
    for (let n = 0; n < 3; n++) {
      buffer[0] = n;
      puts.push(producer.put(buffer));
    }
    buffer[0] = 9;
    const closing = Promise.all([producer.close(), ...puts]);
    for (let i = 0; i < 50; i++) await clock.advance(10);
    await closing;
    assertEquals((await stored()).map(([byte]) => byte), [0, 1, 2]);
  }
});

Deno.test("Producer sends a large value as it was, although it asks for the limit of the stream first", async () => {
  const { clock, client, producer, stored } = setUp(json<string[]>(), {});
  client.onDescribe = () => 4096;
  const value = ["x".repeat(1_100_000), "before"];
  const put = producer.put(value);
  value[1] = "after";
  await clock.runUntil(put);
  assertEquals((await stored())[0]![1], "before");
  await producer.close();
});

Deno.test("Producer sends a large value as it was through compression, too", async () => {
  // Random bytes are as large after compression as before.
  const pad = encodeBase64(randomBytes(1_200_000));
  const kinds: Processor<[string, number]>[] = [
    gzip(json<[string, number]>()),
    deflateRaw(msgpack<[string, number]>()),
  ];
  for (const processor of kinds) {
    const { clock, client, producer, stored } = setUp(processor, {});
    client.onDescribe = () => 4096;
    const value: [string, number] = [pad, 0];
    let isDone = false;
    const put = producer.put(value).finally(() => isDone = true);
    value[1] = 9;
    // Compression takes turns of the event loop, which the clock does not count.
    while (!isDone) await clock.advance(10);
    await put;
    const seen = (await stored()).map(([, n]) => n);
    assertEquals(seen, [0], processor.name);
    await producer.close();
  }
});

function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  const random = seeded(1);
  return Uint8Array.from({ length }, () => random() * 256);
}
