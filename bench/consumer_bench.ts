/**
 * Compares Consumer, in each way to read, with a GetRecords loop of the AWS SDK, over loopback. For
 * CPU time and other readers, see `peers/read.ts`.
 *
 *     npx -y deno@2 task bench bench/consumer_bench.ts
 *
 * @module
 */
import {
  GetRecordsCommand,
  KinesisClient as SdkClient,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { Consumer, KinesisClient } from "../mod.ts";
import { json } from "../processors/mod.ts";
import { startSink } from "./_support/sink.ts";

const RECORDS = 50_000;
const credentials = { accessKeyId: "id", secretAccessKey: "secret" };

type Value = { text: string };

/** Each reads all values and resolves with how many had a text. */
const WAYS = {
  async "for await"(consumer: Consumer<Value>) {
    let received = 0;
    for await (const { value } of consumer) if (value.text) received++;
    return received;
  },
  async pipeTo(consumer: Consumer<Value>) {
    let received = 0;
    await consumer.pipeTo(
      new WritableStream({
        write({ value }) {
          if (value.text) received++;
        },
      }),
    );
    return received;
  },
  async process(consumer: Consumer<Value>) {
    let received = 0;
    await consumer.process(({ value }) => {
      if (value.text) received++;
    });
    return received;
  },
};

function clientOf(endpoint: string, protocol: "json" | "cbor") {
  const region = "us-east-1";
  return new KinesisClient({ endpoint, region, credentials, protocol });
}

for (const bytes of [100, 1000]) {
  const { endpoint, close } = await startSink({ shards: 1, readBytes: bytes });
  const sdk = new SdkClient({
    endpoint,
    region: "us-east-1",
    credentials,
    requestHandler: new NodeHttpHandler(),
  });
  const group = `${RECORDS} records of ${bytes} B`;
  Deno.bench("@aws-sdk/client-kinesis, GetRecords loop", {
    group,
    baseline: true,
    n: 5,
  }, async () => {
    const decoder = new TextDecoder();
    let iterator: string | undefined = "next";
    let received = 0;
    while (received < RECORDS) {
      const answer = await sdk.send(
        new GetRecordsCommand({ ShardIterator: iterator }),
      ) as { Records: { Data: Uint8Array }[]; NextShardIterator: string };
      iterator = answer.NextShardIterator;
      for (const { Data } of answer.Records) {
        if (JSON.parse(decoder.decode(Data)).text) received++;
      }
    }
  });
  for (const protocol of ["json", "cbor"] as const) {
    const client = clientOf(endpoint, protocol);
    for (const [name, read] of Object.entries(WAYS)) {
      Deno.bench(
        `Consumer, ${name}, ${protocol}`,
        { group, n: 5 },
        async () => {
          const received = await read(
            new Consumer<Value>({
              client,
              streamName: "bench",
              processor: json(),
              readsPerSecond: 1e9,
              limit: RECORDS,
            }),
          );
          if (received !== RECORDS) throw new Error("lost");
        },
      );
    }
  }
  globalThis.addEventListener("unload", () => close());
}
