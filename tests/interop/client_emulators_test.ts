import { assert, assertEquals, assertGreater } from "@std/assert";
import { AwsClient } from "aws4fetch";
import { decodeBase64 } from "../../_core/base64.ts";
import { type Fetch, KinesisClient } from "../../client/mod.ts";
import { ResponseError, ServiceError } from "../../errors.ts";
import { KinesisServer } from "../../testing/mod.ts";
import { selfSignedCertificate } from "../_services/certificate.ts";
import { startKinesalite } from "../_services/kinesalite.ts";
import { startKinesisLocal } from "../_services/kinesis_local.ts";

const options = {
  region: "us-east-1",
  credentials: { accessKeyId: "id", secretAccessKey: "secret" },
};
const encoder = new TextEncoder();
const decoder = new TextDecoder();

const emulators = {
  kinesalite: startKinesalite,
  "kinesis-local": startKinesisLocal,
};

interface RawRecord {
  /** Base64. kinesalite returns data that it got as CBOR as the JSON of a Node.js Buffer. */
  Data: string | { data: number[] };
  PartitionKey: string;
}

/** Reads records without our client, which rejects such data. */
async function rawRecords(
  endpoint: string,
  ShardIterator: string,
): Promise<RawRecord[]> {
  const { credentials, region } = options;
  const aws = new AwsClient({ ...credentials, region, service: "kinesis" });
  const response = await aws.fetch(endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "Kinesis_20131202.GetRecords",
    },
    body: JSON.stringify({ ShardIterator }),
  });
  return (await response.json()).Records;
}

function storedBytes(data: RawRecord["Data"]): Uint8Array {
  return typeof data === "string"
    ? decodeBase64(data)
    : Uint8Array.from(data.data);
}

for (const [name, start] of Object.entries(emulators)) {
  Deno.test(`KinesisClient writes CBOR that ${name} stores as it is`, async () => {
    const service = await start();
    try {
      const { endpoint } = service;
      const cbor = new KinesisClient({
        ...options,
        endpoint,
        protocol: "cbor",
        retry: { maxAttempts: 1 },
      });
      const json = new KinesisClient({ ...options, endpoint });
      // kinesalite executes the request, but sends only the first byte of its CBOR answer.
      const done = async <T>(call: Promise<T>): Promise<T | undefined> => {
        try {
          return await call;
        } catch (error) {
          if (name === "kinesalite" && error instanceof ResponseError) return;
          throw error;
        }
      };
      const stream = { StreamName: "orders" };
      await cbor.createStream({ ...stream, ShardCount: 1 });
      await json.waitUntilActive(stream);
      await cbor.addTagsToStream({ ...stream, Tags: { team: "dark blue" } });
      assertEquals((await json.listTagsForStream(stream)).Tags, [
        { Key: "team", Value: "dark blue" },
      ]);
      const records = [
        new Uint8Array(),
        Uint8Array.from({ length: 256 }, (_, i) => i),
        new Uint8Array(70_000).fill(7),
      ].map((Data, i) => ({ Data, PartitionKey: `grüße ${i} 🚀` }));
      const [first, ...others] = records;
      await done(cbor.putRecord({ ...stream, ...first! }));
      const answer = await done(
        cbor.putRecords({ ...stream, Records: others }),
      );
      assertEquals(
        [answer?.FailedRecordCount, answer?.Records.length],
        name === "kinesalite" ? [undefined, undefined] : [0, 2],
      );

      const all = await Array.fromAsync(json.listAllShards(stream));
      const { ShardIterator } = await json.getShardIterator({
        ...stream,
        ShardId: all[0]!.ShardId,
        ShardIteratorType: "TRIM_HORIZON",
      });
      assertEquals(
        (await rawRecords(endpoint, ShardIterator)).map(
          ({ Data, PartitionKey }) => ({
            Data: storedBytes(Data),
            PartitionKey,
          }),
        ),
        records,
      );
      const names = [];
      for await (const listed of json.listAllStreams({ Limit: 1 })) {
        names.push(listed.StreamName);
      }
      assertEquals(names, ["orders"]);
      const missing = await cbor.describeStreamSummary({ StreamName: "none" })
        .catch((error) => error);
      assert(missing instanceof ServiceError);
      const code = name === "kinesalite"
        ? "Http400"
        : "ResourceNotFoundException";
      assertEquals(missing.code, code);
      await cbor.deleteStream(stream);
      await json.waitUntilDeleted(stream);
    } finally {
      await service.close();
    }
  });
}

/** A fetch over TLS that trusts one certificate; Deno speaks HTTP/2 where the server does. */
function trusting(caCert: string): { fetch: Fetch; close(): void } {
  const client = Deno.createHttpClient({ caCerts: [caCert] });
  return {
    fetch: (url, init) => fetch(url, { ...init, client }),
    close: () => client.close(),
  };
}

/** Subscribes, writes, and reads what was written. */
async function subscribeAndRead(client: KinesisClient): Promise<void> {
  const StreamName = "orders";
  const { StreamARN } = await client.waitUntilActive({ StreamName });
  const target = { StreamARN, ConsumerName: "app" };
  await client.registerStreamConsumer(target);
  const { ConsumerARN } = await client.waitUntilConsumerActive(target);
  const [shard] = await Array.fromAsync(client.listAllShards({ StreamName }));
  const subscription = {
    ConsumerARN,
    ShardId: shard!.ShardId,
    StartingPosition: { Type: "TRIM_HORIZON" },
  } as const;
  const events = await client.subscribeToShard(subscription);
  const written = Array.from({ length: 20 }, (_, i) => `record ${i}`);
  await client.putRecords({
    StreamName,
    Records: written.map((text) => ({
      Data: encoder.encode(text),
      PartitionKey: "k",
    })),
  });
  const read: string[] = [];
  let last = "";
  for await (const event of events) {
    last = event.ContinuationSequenceNumber ?? last;
    for (const { Data } of event.Records) read.push(decoder.decode(Data));
    // Leaving the loop cancels the stream and the request.
    if (read.length >= written.length) break;
  }
  assertEquals(read, written);
  assertGreater(BigInt(last), 0n);

  const outcome = await client.subscribeToShard({
    ...subscription,
    ConsumerARN: `${ConsumerARN.replace(/:\d+$/, "")}:1`,
  }, { maxAttempts: 1 }).then(
    // One server rejects the request, the other one sends the error as the first event.
    async (events) => {
      const reader = events.getReader();
      return await reader.read().catch((error) => error);
    },
    (error) => error,
  );
  assert(outcome instanceof ServiceError, String(outcome));
  assertEquals(outcome.code, "ResourceNotFoundException");
}

Deno.test(
  "KinesisClient.subscribeToShard reads from kinesis-local over HTTP/2 and TLS",
  async () => {
    const service = await startKinesisLocal();
    const { fetch, close } = trusting(service.caCert);
    try {
      const client = new KinesisClient({
        ...options,
        endpoint: service.tlsEndpoint,
        fetch,
      });
      await client.createStream({ StreamName: "orders", ShardCount: 1 });
      await subscribeAndRead(client);
    } finally {
      close();
      await service.close();
    }
  },
);

for (const protocol of ["json", "cbor"] as const) {
  Deno.test(`KinesisClient.subscribeToShard reads from KinesisServer over HTTP/2 and TLS, ${protocol}`, async () => {
    const server = new KinesisServer({ credentials: options.credentials });
    server.createStream("orders");
    const pair = await selfSignedCertificate();
    const listener = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      cert: pair.cert,
      key: pair.key,
      onListen() {},
    }, async ({ method, headers, url, body }) =>
      // Without the signal, which Deno aborts also after successful answers.
      await server.fetch(url, {
        method,
        headers,
        body: await new Response(body).arrayBuffer(),
      }));
    const { fetch, close } = trusting(pair.cert);
    try {
      const { port } = listener.addr;
      const client = new KinesisClient({
        ...options,
        protocol,
        endpoint: `https://127.0.0.1:${port}`,
        fetch,
      });
      await subscribeAndRead(client);
    } finally {
      close();
      server.close();
      await listener.shutdown();
    }
  });
}
