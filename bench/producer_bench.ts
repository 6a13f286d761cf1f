/**
 * Compares Producer with a hand-written batch loop around the AWS SDK, over loopback in one
 * process. For more libraries, separate processes and CPU time, see `bench/peers/`.
 *
 *     npx -y deno@2 task bench bench/producer_bench.ts
 *
 * @module
 */
import {
  KinesisClient as SdkClient,
  PutRecordsCommand,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { KinesisClient, Producer } from "../mod.ts";
import { json, jsonLines, kplJson } from "../processors/mod.ts";
import { startSink } from "./_support/sink.ts";

/** The number of values for each size in bytes. */
const COUNTS = { 100: 50_000, 1000: 50_000, 10_000: 5000 };
const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
const sink = await startSink();
const { endpoint } = sink;
const client = new KinesisClient({
  endpoint,
  region: "us-east-1",
  credentials,
});
const sdk = new SdkClient({
  endpoint,
  region: "us-east-1",
  credentials,
  requestHandler: new NodeHttpHandler(),
});

interface Value {
  id: number;
  text: string;
}

function source(bytes: number, length: number): Value[] {
  const text = "x".repeat(Math.max(1, bytes - 30));
  return Array.from({ length }, (_, id) => ({ id, text }));
}

/** A typical loop around the SDK: batches of 500, eight at a time. */
async function sdkLoop(values: readonly Value[]): Promise<void> {
  const encoder = new TextEncoder();
  const requests = new Set<Promise<unknown>>();
  for (let i = 0; i < values.length; i += 500) {
    const request = sdk.send(
      new PutRecordsCommand({
        StreamName: "bench",
        Records: values.slice(i, i + 500).map((value) => ({
          Data: encoder.encode(JSON.stringify(value)),
          PartitionKey: `key-${value.id % 1000}`,
        })),
      }),
    ).then((answer) => {
      if (answer.FailedRecordCount) throw new Error("not stored");
    }).finally(() => requests.delete(request));
    requests.add(request);
    if (requests.size >= 8) await Promise.race(requests);
  }
  await Promise.all(requests);
}

async function produce(
  values: readonly Value[],
  processor: typeof json<Value> | typeof jsonLines<Value>,
): Promise<void> {
  const producer = new Producer<Value>({
    client,
    streamName: "bench",
    processor: processor(),
    partitionKey: (value) => `key-${value.id % 1000}`,
    shardRates: false,
  });
  await ReadableStream.from(values).pipeTo(producer);
  if (producer.stats().delivered !== values.length) throw new Error("lost");
}

for (const [size, count] of Object.entries(COUNTS)) {
  const values = source(Number(size), count);
  const group = `${count} values of ${size} B`;
  Deno.bench("@aws-sdk/client-kinesis, batches by hand", {
    group,
    baseline: true,
    n: 5,
  }, async () => await sdkLoop(values));
  for (const processor of [json, jsonLines, kplJson]) {
    Deno.bench(
      `Producer, ${processor.name}`,
      { group, n: 5 },
      async () => await produce(values, processor),
    );
  }
}
globalThis.addEventListener("unload", () => sink.close());
