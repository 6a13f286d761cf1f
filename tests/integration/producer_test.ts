import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { KinesisClient } from "../../client/mod.ts";
import {
  ClosedError,
  ConnectionError,
  DeliveryError,
  InvalidRecordError,
  ServiceError,
} from "../../errors.ts";
import { json, jsonLines, string } from "../../processors/mod.ts";
import { Producer } from "../../producer.ts";
import { startInMemory } from "../_services/in_memory.ts";
import { startKinesalite } from "../_services/kinesalite.ts";
import { startKinesisLocal } from "../_services/kinesis_local.ts";
import type { Service } from "../_services/service.ts";

const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
const clientOf = (endpoint: string) =>
  new KinesisClient({ endpoint, region: "us-east-1", credentials });

const decoder = new TextDecoder();

interface Item {
  key: string;
  n: number;
}

async function createStream(
  client: KinesisClient,
  StreamName: string,
  ShardCount: number,
): Promise<void> {
  await client.createStream({ StreamName, ShardCount });
  await client.waitUntilActive({ StreamName });
}

/** All records of a stream, shard by shard, parents first. */
async function readAll(
  client: KinesisClient,
  StreamName: string,
): Promise<{ shardId: string; key: string; text: string; seq: string }[]> {
  const records = [];
  // Shards are listed by id, and children have higher ids than their parents.
  for await (const { ShardId } of client.listAllShards({ StreamName })) {
    const { ShardIterator } = await client.getShardIterator({
      StreamName,
      ShardId,
      ShardIteratorType: "TRIM_HORIZON",
    });
    let next: string | undefined = ShardIterator;
    for (let empty = 0; next && empty < 2;) {
      const answer = await client.getRecords({ ShardIterator: next });
      for (const { Data, PartitionKey, SequenceNumber } of answer.Records) {
        records.push({
          shardId: ShardId,
          key: PartitionKey ?? "",
          text: decoder.decode(Data),
          seq: SequenceNumber,
        });
      }
      empty = answer.Records.length === 0 ? empty + 1 : 0;
      next = answer.NextShardIterator;
    }
  }
  return records;
}

/** Several requests, of up to 500 records each, before the flush and after it. */
const RECORDS = 1600;
const emulators: [name: string, start: () => Promise<Service>][] = [
  ["kinesalite", () => startKinesalite()],
  ["kinesis-local", () => startKinesisLocal()],
  // Without limits: the emulators do not throttle either.
  ["KinesisServer", () => startInMemory({ limits: false })],
];

for (const [name, start] of emulators) {
  Deno.test(`Producer against ${name}`, async (t) => {
    await using service = await start();
    const client = clientOf(service.endpoint);

    await t.step("put resolves with the position of the record", async () => {
      const streamName = "put";
      await createStream(client, streamName, 2);
      await using producer = new Producer<string>({
        client,
        streamName,
        processor: string(),
        lingerMs: 0,
      });
      const receipt = await producer.put("hello", { partitionKey: "k" });
      assertEquals(receipt.attempts, 1);
      assertEquals(await readAll(client, streamName), [{
        shardId: receipt.shardId,
        key: "k",
        text: "hello",
        seq: receipt.sequenceNumber,
      }]);
    });

    await t.step("flush and close deliver everything", async () => {
      const streamName = "many";
      const producer = new Producer<Item>({
        client,
        streamName,
        processor: json<Item>(),
        partitionKey: "key",
        createStream: { shardCount: 4 },
        shardRates: false,
      });
      const writer = producer.getWriter();
      const half = RECORDS / 2;
      for (let n = 0; n < half; n++) writer.write({ key: `k${n % 97}`, n });
      const { delivered, failed } = await producer.flush();
      assertEquals([delivered, failed.length], [half, 0]);
      for (let n = half; n < RECORDS; n++) {
        await writer.ready;
        writer.write({ key: `k${n % 97}`, n });
      }
      await writer.close();
      const stored = await readAll(client, streamName);
      assertEquals(
        stored.map(({ text }) => JSON.parse(text).n).sort((a, b) => a - b),
        Array.from({ length: RECORDS }, (_, n) => n),
      );
      assertEquals(producer.stats().delivered, RECORDS);
    });

    await t.step(
      "a split and a merge keep the order of every key",
      async () => {
        for (
          const [i, framing] of [json<Item>(), jsonLines<Item>()].entries()
        ) {
          for (const ordering of ["key", "shard"] as const) {
            await splitAndMerge(client, `reshard-${i}-${ordering}`, {
              processor: framing,
              ordering,
            });
          }
        }
      },
    );

    await t.step("an unknown stream fails at once and names it", async () => {
      const producer = new Producer<string>({
        client,
        streamName: "missing",
        processor: string(),
      });
      const writer = producer.getWriter();
      await writer.write("a");
      const error = await assertRejects(() => writer.close(), DeliveryError);
      assertEquals(error.code, "ResourceNotFoundException");
      assertInstanceOf(error.cause, ServiceError);
      assertStringIncludes(error.message, "missing");
      assertStringIncludes(error.message, "Check the name");
      assertEquals(error.failures.map(({ value }) => value), ["a"]);
    });

    await t.step("bad records are refused before they are sent", async () => {
      await using producer = new Producer<string>({
        client,
        streamName: "put",
        processor: string(),
        lingerMs: 0,
      });
      for (
        const [value, partitionKey, code] of [
          ["a", "", "InvalidPartitionKey"],
          ["a", "k".repeat(257), "InvalidPartitionKey"],
          ["x".repeat(1024 * 1024), "k", "RecordTooLarge"],
        ] as const
      ) {
        const error = await assertRejects(
          () => producer.put(value, { partitionKey }),
          InvalidRecordError,
        );
        assertEquals(error.code, code);
      }
      // The longest key, in characters that take several bytes.
      await producer.put("a", { partitionKey: "ü".repeat(256) });
      await producer.put("x".repeat(1024 * 1024 - 1), { partitionKey: "k" });
      assertEquals(producer.stats().requests, 2);
    });

    await t.step("a closed producer refuses values", async () => {
      const producer = new Producer<string>({
        client,
        streamName: "put",
        processor: string(),
      });
      await producer.close();
      await assertRejects(() => producer.put("late"), ClosedError, "closed");
    });
  });
}

async function splitAndMerge(
  client: KinesisClient,
  streamName: string,
  options: Pick<
    ConstructorParameters<typeof Producer<Item>>[0],
    "processor" | "ordering"
  >,
): Promise<void> {
  await createStream(client, streamName, 2);
  const producer = new Producer<Item>({
    client,
    streamName,
    partitionKey: "key",
    lingerMs: 1,
    maxBatchRecords: 20,
    shardRates: false,
    ...options,
  });
  const writer = producer.getWriter();
  const total = 200;
  for (let n = 0; n < total; n++) {
    await writer.ready;
    writer.write({ key: `k${n % 23}`, n });
    if (n % 40 === 0) await producer.flush();
    if (n === 50) await split(client, streamName);
    if (n === 125) await merge(client, streamName);
  }
  await writer.close();
  const stored = await readAll(client, streamName);
  assert(new Set(stored.map(({ shardId }) => shardId)).size >= 4);
  const seen = new Map<string, bigint>();
  const last = new Map<string, number>();
  const items: (Item & { seq: bigint })[] = stored.flatMap(({ text, seq }) =>
    text.trim().split("\n").map((line) => ({
      ...JSON.parse(line),
      seq: BigInt(seq),
    }))
  );
  assertEquals(items.length, total);
  for (const { key, n, seq } of items) {
    assert(n > (last.get(key) ?? -1), `${n} of ${key} is out of order`);
    assert(seq >= (seen.get(key) ?? 0n));
    last.set(key, n);
    seen.set(key, seq);
  }
}

async function openShards(client: KinesisClient, StreamName: string) {
  const open = [];
  for await (const shard of client.listAllShards({ StreamName })) {
    if (!shard.SequenceNumberRange.EndingSequenceNumber) open.push(shard);
  }
  return open.sort((a, b) =>
    Number(
      BigInt(a.HashKeyRange.StartingHashKey) -
        BigInt(b.HashKeyRange.StartingHashKey),
    )
  );
}

async function split(client: KinesisClient, StreamName: string) {
  const [shard] = await openShards(client, StreamName);
  const { StartingHashKey, EndingHashKey } = shard!.HashKeyRange;
  const middle = (BigInt(StartingHashKey) + BigInt(EndingHashKey)) / 2n;
  await client.splitShard({
    StreamName,
    ShardToSplit: shard!.ShardId,
    NewStartingHashKey: String(middle),
  });
  await client.waitUntilActive({ StreamName });
}

async function merge(client: KinesisClient, StreamName: string) {
  const open = await openShards(client, StreamName);
  await client.mergeShards({
    StreamName,
    ShardToMerge: open.at(-2)!.ShardId,
    AdjacentShardToMerge: open.at(-1)!.ShardId,
  });
  await client.waitUntilActive({ StreamName });
}

Deno.test("Producer rejects with the ConnectionError when no server listens", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const producer = new Producer<string>({
    client: clientOf(`http://127.0.0.1:${port}`),
    streamName: "s",
    processor: string(),
    maxAttempts: 3,
  });
  const error = await assertRejects(() => producer.put("a"), ConnectionError);
  assertEquals(error.code, "ConnectionFailed");
  assertStringIncludes(error.message, `127.0.0.1:${port}`);
  await producer.close();
});
