/** Enhanced fan-out against kinesis-local, over TLS and HTTP/2. */
import { assertEquals, assertRejects } from "@std/assert";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import { KinesisClient } from "../../client/mod.ts";
import { Consumer, type ConsumerOptions } from "../../consumer.ts";
import { KinesisError } from "../../errors.ts";
import { json } from "../../processors/mod.ts";
import { startKinesalite } from "../_services/kinesalite.ts";
import { startKinesisLocal } from "../_services/kinesis_local.ts";

const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
const encoder = new TextEncoder();

async function put(
  client: KinesisClient,
  StreamName: string,
  from: number,
  to: number,
): Promise<void> {
  const Records = [];
  for (let i = from; i < to; i++) {
    Records.push({ PartitionKey: `${i % 7}`, Data: encoder.encode(`${i}`) });
  }
  const answer = await client.putRecords({ StreamName, Records });
  assertEquals(answer.FailedRecordCount ?? 0, 0);
}

async function take(consumer: Consumer<number>, count: number) {
  const got: number[] = [];
  for await (const { value } of consumer) {
    if (got.push(value) === count) break;
  }
  return got.sort((x, y) => x - y);
}

const range = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => from + n);

Deno.test("Consumer with fanOut reads, goes on at its checkpoint and starts at LATEST on kinesis-local", async () => {
  await using service = await startKinesisLocal({ consumerMs: 300 });
  const http = Deno.createHttpClient({ caCerts: [service.caCert] });
  const client = new KinesisClient({
    region: "us-east-1",
    endpoint: service.tlsEndpoint,
    credentials,
    fetch: (input, init) =>
      fetch(input, { ...init, client: http } as RequestInit),
  });
  const consumerOf = (
    streamName: string,
    options: Partial<ConsumerOptions<number>> = {},
  ) =>
    new Consumer<number>({
      client,
      streamName,
      processor: json<number>(),
      fanOut: { consumerName: "app" },
      ...options,
    });
  const create = async (StreamName: string, ShardCount: number) => {
    await client.createStream({ StreamName, ShardCount });
    await client.waitUntilActive({ StreamName });
  };

  const readsAll = async () => {
    await create("orders", 3);
    await put(client, "orders", 0, 50);
    const consumer = consumerOf("orders");
    const taken = take(consumer, 100);
    await consumer.ready;
    await put(client, "orders", 50, 100);
    assertEquals(await taken, range(0, 100));
  };
  const goesOn = async () => {
    await create("resumed", 1);
    await put(client, "resumed", 0, 20);
    const checkpointer = new MemoryCheckpointer();
    const first = consumerOf("resumed", { checkpointer });
    assertEquals(await take(first, 8), range(0, 8));
    await put(client, "resumed", 20, 30);
    // `break` does not acknowledge the eighth value. Another consumer need not wait for the end of
    // the subscription of the first one.
    const fanOut = { consumerName: "another" };
    const second = consumerOf("resumed", { checkpointer, fanOut });
    assertEquals(await take(second, 23), range(7, 30));
  };
  const startsAtLatest = async () => {
    await create("latest", 2);
    await put(client, "latest", 0, 10);
    const consumer = consumerOf("latest", {
      from: "LATEST",
      until: "caught-up",
    });
    assertEquals(await take(consumer, Infinity), []);
  };
  await Promise.all([readsAll(), goesOn(), startsAtLatest()]);
  http.close();
});

Deno.test("Consumer with fanOut says that kinesalite does not know it", async () => {
  await using service = await startKinesalite();
  const client = new KinesisClient({
    region: "us-east-1",
    endpoint: service.endpoint,
    credentials,
  });
  await client.createStream({ StreamName: "orders", ShardCount: 1 });
  await client.waitUntilActive({ StreamName: "orders" });
  const options = {
    client,
    streamName: "orders",
    processor: json<number>(),
  };
  const error = await assertRejects(
    () =>
      take(new Consumer({ ...options, fanOut: { consumerName: "app" } }), 1),
    KinesisError,
  );
  assertEquals(error.code, "FanOutUnsupported");
  await put(client, "orders", 0, 10);
  const fanOut = { consumerName: "app", fallback: "polling" } as const;
  assertEquals(
    await take(new Consumer({ ...options, fanOut }), 10),
    range(0, 10),
  );
});
