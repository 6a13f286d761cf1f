/** Enhanced fan-out over a real connection: TLS and HTTP/2, in real time. */
import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import { KinesisClient } from "../../client/mod.ts";
import { Consumer } from "../../consumer.ts";
import { string } from "../../processors/mod.ts";
import { KinesisServer } from "../../testing/mod.ts";
import { selfSignedCertificate } from "../_services/certificate.ts";

const MIB = 1024 * 1024;
const STREAM = "orders";

/** The in-memory Kinesis behind TLS, and a client with one HTTP/2 connection to it. */
async function serve() {
  const { cert, key } = await selfSignedCertificate();
  const kinesis = new KinesisServer({ limits: false });
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    cert,
    key,
    onListen: () => {},
  }, async (request) =>
    // Without the signal of the request, whose abort Deno.serve prints.
    kinesis.fetch(request.url, {
      method: request.method,
      headers: request.headers,
      body: await request.bytes(),
    }));
  const http = Deno.createHttpClient({ caCerts: [cert] });
  const client = new KinesisClient({
    ...kinesis.connection,
    endpoint: `https://127.0.0.1:${server.addr.port}`,
    fetch: (input, init) =>
      fetch(input, { ...init, client: http } as RequestInit),
  });
  const close = async () => {
    // Subscriptions first: each has a timer until the server notices that its client has gone.
    kinesis.close();
    http.close();
    await server.shutdown();
  };
  return { kinesis, client, close };
}

/** The first hash key of each shard. */
async function hashKeys(client: KinesisClient): Promise<Map<string, string>> {
  const keys = new Map<string, string>();
  for await (const shard of client.listAllShards({ StreamName: STREAM })) {
    keys.set(shard.ShardId, shard.HashKeyRange.StartingHashKey);
  }
  return keys;
}

Deno.test("Consumer with fanOut delivers from one shard while the others on its connection stand still", async () => {
  const { kinesis, client, close } = await serve();
  const { shardIds } = kinesis.createStream(STREAM, { shards: 5 });
  const [live, ...still] = shardIds;
  const keys = await hashKeys(client);
  const put = (shardId: string, data: string) =>
    client.putRecord({
      StreamName: STREAM,
      PartitionKey: "k",
      ExplicitHashKey: keys.get(shardId),
      Data: new TextEncoder().encode(data),
    });
  // More than the window of a stream (2 MiB), and together more than that of a connection (5 MiB).
  for (const shardId of still) {
    for (let n = 0; n < 10; n++) await put(shardId, "x".repeat(MIB - 1));
  }
  const sent = ["a", "b", "c", "d"];
  await put(live!, sent[0]!);
  const consumer = new Consumer<string>({
    client,
    streamName: STREAM,
    processor: string(),
    checkpointer: new MemoryCheckpointer(),
    fanOut: { consumerName: "app" },
    prefetch: { bytes: 5 * MIB },
    maxUnacknowledged: 20,
    // The values of the other shards are never acknowledged, so `close` need not wait for that.
    handoffTimeoutMs: 0,
  });
  const arrived: string[] = [];
  const reader = consumer.getReader();
  const reading = (async () => {
    for (;;) {
      const { done, value: record } = await reader.read();
      if (done) return;
      // No value of the other shards is ever acknowledged, so they pause.
      if (record.shardId !== live) continue;
      record.ack();
      arrived.push(record.value);
    }
  })();
  const until = async (isReached: () => boolean) => {
    for (let n = 0; n < 3000 && !isReached(); n++) await delay(10);
  };
  const arrive = (count: number) => until(() => arrived.length >= count);
  /** Whether the other shards have stood still for a second: their buffers and windows are full. */
  const standStill = () =>
    consumer.status().shards.filter(({ shardId, waitsFor, waitingMs = 0 }) =>
      shardId !== live && waitsFor === "acknowledgements" && waitingMs >= 1000
    ).length === still.length;
  await arrive(1);
  await until(standStill);
  assert(standStill());
  for (const value of sent.slice(1)) await put(live!, value);
  await arrive(sent.length);
  assertEquals(arrived, sent);
  await consumer.close();
  await reading;
  await close();
});
