/** What a `FailedRecord` says of the tries that a value has had, wherever the value was when it was given up. */
import { assertEquals, assertInstanceOf } from "@std/assert";
import { delay } from "../_core/clock.ts";
import { DeliveryError, KinesisError } from "../errors.ts";
import { jsonLines, kplJson } from "../processors/mod.ts";
import { Producer, type ProducerOptions } from "../producer.ts";
import type { FailedRecord } from "../records.ts";
import { seeded, StubKinesis } from "./_producer/stub_kinesis.ts";
import { FakeClock } from "./_services/fake_clock.ts";

interface Item {
  key: string;
  self?: Item;
}

function setUp(options: Partial<ProducerOptions<Item>> = {}) {
  const clock = new FakeClock();
  const client = new StubKinesis(clock);
  client.onPut = (request) =>
    client.storeSome(request, () => "InternalFailure");
  const producer = new Producer<Item>({
    client,
    streamName: "s",
    processor: jsonLines<Item>(),
    partitionKey: "key",
    clock,
    random: seeded(1),
    ...options,
  });
  return { clock, client, producer };
}

const itemsOf = (keys: string) => [...keys].map((key) => ({ key }));

/** A failed record in short: key, attempts, entries of the history. */
const brief = ({ partitionKey, attempts, history }: FailedRecord<unknown>) =>
  `${partitionKey} ${attempts} ${history?.length ?? 0}`;

const codeOf = ({ error }: FailedRecord<unknown>) =>
  (error as KinesisError).code;

Deno.test("FailedRecord.attempts is told of every value of a record that expires between attempts and ends the producer", async () => {
  const { clock, producer } = setUp({ recordTtlMs: 50, lingerMs: 0 });
  const writer = producer.getWriter();
  for (const item of itemsOf("aaa")) writer.write(item);
  const error = await clock.runUntil(writer.closed.catch((error) => error));
  assertInstanceOf(error, DeliveryError);
  assertEquals(error.failures.map(brief), ["a 1 1", "a 1 1", "a 1 1"]);
  assertEquals(producer.undelivered().map(brief), error.failures.map(brief));
  assertEquals(producer.stats().failed, 3);
});

Deno.test("FailedRecord.attempts stays when an answer says after an abort that nothing was stored", async () => {
  const { clock, client, producer } = setUp({ maxAttempts: 1, lingerMs: 0 });
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

Deno.test("FailedRecord of a value that cannot be packed again tells its attempts, and others of its record are delivered", async () => {
  const { clock, client, producer } = await splitBetweenAttempts({});
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

Deno.test("DeliveryError does not list what was stored of a record whose other values were given up", async () => {
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
  const stray = error.failures.map(({ partitionKey }) => partitionKey);
  const stored = client.stored.at(-1)!.shardId;
  assertEquals(
    stray,
    items.map(({ key }) => key).filter((key) => client.shardOf(key) !== stored),
  );
  assertEquals(error.failures.every(({ attempts }) => attempts === 1), true);
  assertEquals(client.openShardIds.includes(shardId), true);
});
