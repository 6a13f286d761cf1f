/**
 * What a `FailedValue` says of the tries that a value has had, wherever the value was when it was
 * given up.
 */
import { assertEquals, assertInstanceOf } from "@std/assert";
import fc from "fast-check";
import { delay } from "../../_core/clock.ts";
import { DeliveryError, type KinesisError } from "../../errors.ts";
import {
  gzip,
  json,
  jsonLines,
  kplJson,
  type Processor,
} from "../../processors/mod.ts";
import { Producer, type ProducerOptions } from "../../producer.ts";
import type { FailedValue } from "../../records.ts";
import {
  accessDenied,
  connectionLost,
  FakeClock,
  seeded,
  setUpProducer,
  StubKinesis,
} from "./_set_up.ts";

interface Item {
  key: string;
  self?: Item;
}

function setUp(options: Partial<ProducerOptions<Item>> = {}) {
  const { clock, client, producer } = setUpProducer<Item>({
    processor: jsonLines<Item>(),
    partitionKey: "key",
    ...options,
  });
  client.onPut = (request) =>
    client.storeSome(request, () => "InternalFailure");
  return { clock, client, producer };
}

const itemsOf = (keys: string) => [...keys].map((key) => ({ key }));

/** A failed record in short: key, attempts, entries of the history. */
const brief = ({ partitionKey, attempts, history }: FailedValue<unknown>) =>
  `${partitionKey} ${attempts} ${history?.length ?? 0}`;

const codeOf = ({ error }: FailedValue<unknown>) =>
  (error as KinesisError).code;

Deno.test("FailedValue.attempts is set for every value of a record that expires between attempts and ends the producer", async () => {
  const { clock, producer } = setUp({ recordTtlMs: 50, lingerMs: 0 });
  const writer = producer.getWriter();
  for (const item of itemsOf("aaa")) writer.write(item);
  const error = await clock.runUntil(writer.closed.catch((error) => error));
  assertInstanceOf(error, DeliveryError);
  assertEquals(error.failures.map(brief), ["a 1 1", "a 1 1", "a 1 1"]);
  assertEquals(producer.undelivered().map(brief), error.failures.map(brief));
  assertEquals(producer.stats().failed, 3);
});

Deno.test("FailedValue.attempts stays when an answer says after an abort that nothing was stored", async () => {
  const { clock, client, producer } = setUp({
    maxAttempts: 1,
    lingerMs: 0,
    onAbort: "discard",
  });
  client.onPut = async (request) => {
    await delay(100, { clock });
    return client.storeSome(request, () => "InternalFailure");
  };
  const writer = producer.getWriter();
  for (const item of itemsOf("aa")) writer.write(item).catch(() => {});
  await clock.advance(50);
  writer.abort(new Error("enough"));
  assertEquals(producer.undelivered().map(brief), ["a 1 0", "a 1 0"]);
  await clock.advance(100);
  assertEquals(producer.undelivered().map(brief), ["a 1 1", "a 1 1"]);
  assertEquals(producer.undelivered().map(codeOf), [
    "InternalFailure",
    "InternalFailure",
  ]);
});

/** Values of one aggregate, whose shard is split before the second attempt. */
async function splitBetweenAttempts(options: Partial<ProducerOptions<Item>>) {
  const { clock, client, producer } = setUp({
    processor: kplJson<Item>(),
    lingerMs: 0,
    ...options,
  });
  client.onPut = () => undefined;
  await clock.runUntil(producer.put({ key: "first" }));
  client.split(client.openShardIds[0]!);
  // What was listed so long ago is listed again with the next request.
  await clock.advance(61_000);
  client.latencyMs = 1;
  return { clock, client, producer };
}

Deno.test("FailedValue of a value that cannot be packed again has its attempts, and the other values of its record are delivered", async () => {
  // A processor that cannot take records apart serializes the values again.
  const { clock, client, producer } = await splitBetweenAttempts({
    processor: { ...kplJson<Item>(), itemsOf: undefined },
  });
  const items: Item[] = itemsOf("abcdef");
  client.onPut = (request) => {
    client.onPut = () => undefined;
    items[1]!.self = items[1];
    return client.storeSome(request, () => "InternalFailure");
  };
  const error = await clock.runUntil(
    producer.putAll(items).catch((error) => error),
  );
  assertInstanceOf(error, DeliveryError);
  assertEquals(error.failures.map(brief), ["b 1 1"]);
  assertEquals(error.failures.map(codeOf), ["NotSerializable"]);
  assertEquals(producer.stats().delivered, 6);
  await clock.runUntil(producer.close());
});

Deno.test("DeliveryError lists every value of a record in the wrong shard, since readers drop all of it", async () => {
  const { clock, client, producer } = await splitBetweenAttempts({
    maxAttempts: 1,
  });
  const shardId = client.openShardIds[0]!;
  const writer = producer.getWriter();
  const items = itemsOf("abcdef");
  for (const item of items) writer.write(item).catch(() => {});
  const error = await clock.runUntil(writer.closed.catch((error) => error));
  assertInstanceOf(error, DeliveryError);
  assertEquals(error.code, "WrongShard");
  assertEquals(
    error.failures.map(({ partitionKey }) => partitionKey),
    items.map(({ key }) => key),
  );
  assertEquals(error.failures.every(({ attempts }) => attempts === 1), true);
  assertEquals(client.openShardIds.includes(shardId), true);
});

const PROCESSORS: Record<string, () => Processor<number>> = {
  json: () => json<number>(),
  lines: () => jsonLines<number>(),
  kpl: () => kplJson<number>({ maxAggregateBytes: 200 }),
  gzip: () => gzip(jsonLines<number>()),
};

Deno.test("FailedValue.attempts is the number of requests that carried the value, for every outcome", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        seed: fc.integer(),
        processor: fc.constantFrom(...Object.keys(PROCESSORS)),
        ordering: fc.constantFrom(
          "none" as const,
          "key" as const,
          "shard" as const,
        ),
        count: fc.integer({ min: 1, max: 60 }),
        bufferedValues: fc.integer({ min: 1, max: 60 }),
        maxAttempts: fc.integer({ min: 1, max: 6 }),
        recordTtlMs: fc.constantFrom(Infinity, 300, 1500),
        lingerMs: fc.constantFrom(0, 50),
        splits: fc.integer({ min: 0, max: 3 }),
        end: fc.constantFrom("close", "abort", "denied"),
      }),
      async ({ seed, processor: name, count, splits, end, ...options }) => {
        const random = seeded(seed);
        const clock = new FakeClock();
        const client = new StubKinesis(clock);
        const processor = PROCESSORS[name]!();
        let requests = 0;
        client.onPut = async (request) => {
          await delay(random() * 100, { clock });
          if (++requests === 3) {
            for (let i = 0; i < splits; i++) {
              client.split(client.openShardIds[0]!);
            }
          }
          if (end === "denied" && requests === 8) throw accessDenied();
          if (random() < 0.1) throw connectionLost();
          return client.storeSome(
            request,
            () => random() < 0.4 ? "InternalFailure" : undefined,
          );
        };
        const producer = new Producer<number>({
          ...options,
          client,
          streamName: "s",
          processor,
          partitionKey: (n) => `k${n % 9}`,
          clock,
          random,
        });
        const failed = new Map<number, FailedValue<number>>();
        const writer = producer.getWriter();
        writer.closed.catch(() => {});
        const ends: Promise<unknown>[] = [];
        for (let n = 0; n < count;) {
          if (random() < 0.5) writer.write(n++).catch(() => {});
          else {
            const values = Array.from({ length: 3 }, () => n++);
            ends.push(
              producer.putAll(values).catch((error: DeliveryError<number>) => {
                for (const failure of error.failures ?? []) {
                  failed.set(failure.value, failure);
                }
              }),
            );
          }
          if (random() < 0.2) await clock.advance(random() * 200);
        }
        if (end === "abort") {
          await clock.advance(random() * 1000);
          ends.push(writer.abort("enough").catch(() => {}));
        } else ends.push(writer.close().catch(() => {}));
        await clock.runUntil(Promise.all(ends), 1e8);
        await clock.advance(100_000);
        const carried = new Map<number, number>();
        for (const { Records } of client.requests) {
          for (const { Data } of Records) {
            const items = await processor.unpack({
              streamName: "s",
              shardId: "shardId-000000000000",
              partitionKey: "k",
              sequenceNumber: "1",
              data: Data as Uint8Array<ArrayBuffer>,
            });
            for (const item of items) {
              if (item.type === "error") throw item.error;
              carried.set(item.value, (carried.get(item.value) ?? 0) + 1);
            }
          }
        }
        // Those that were unsettled at the end as they are now, answers that came after it
        // included.
        for (const failure of producer.undelivered()) {
          failed.set(failure.value, failure);
        }
        for (const [value, { attempts, history }] of failed) {
          assertEquals(
            [value, attempts],
            [value, carried.get(value) ?? 0],
          );
          assertEquals((history?.length ?? 0) <= attempts, true);
        }
      },
    ),
    { numRuns: 150 },
  );
});
