/**
 * The processor time of one call over loopback, of all threads of this process: what is left of it is what a program has for
 * its own work. The times of `client_bench.ts` include the sink, which has to share the cores.
 *
 *     npx -y deno@2 run -A bench/client_cpu.ts
 *
 * @module
 */
import {
  GetRecordsCommand,
  KinesisClient as SdkClient,
  PutRecordsCommand,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import process from "node:process";
import { cborCodec } from "../_aws/cbor_codec.ts";
import { jsonCodec } from "../_aws/json_codec.ts";
import { KinesisClient } from "../client/mod.ts";
import { startSink } from "./_support/sink.ts";

const region = "us-east-1";
const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
const request = {
  StreamName: "bench",
  Records: Array.from({ length: 500 }, (_, i) => ({
    Data: crypto.getRandomValues(new Uint8Array(1000)),
    PartitionKey: `key-${i}`,
  })),
};
const iterator = { ShardIterator: "next" };
const { endpoint, close } = await startSink();

async function measure(
  name: string,
  calls: number,
  call: () => Promise<unknown>,
): Promise<void> {
  for (let i = 0; i < calls / 4; i++) await call();
  const started = performance.now();
  const before = process.cpuUsage();
  for (let i = 0; i < calls; i++) await call();
  const { user, system } = process.cpuUsage(before);
  const ms = (value: number) => (value / calls).toFixed(2).padStart(7);
  const wall = performance.now() - started;
  console.log(
    `${name.padEnd(36)} ${ms((user + system) / 1000)} ms of CPU, ${
      ms(wall)
    } ms in all`,
  );
}

const sdk = new SdkClient({
  region,
  credentials,
  endpoint,
  requestHandler: new NodeHttpHandler(),
});
console.log("PutRecords 500 × 1 KB");
await measure(
  "@aws-sdk/client-kinesis",
  200,
  () => sdk.send(new PutRecordsCommand(request)),
);
for (const protocol of ["json", "cbor"] as const) {
  const client = new KinesisClient({ protocol, endpoint, region, credentials });
  const codec = protocol === "json" ? jsonCodec : cborCodec;
  const body = codec.encode("PutRecords", request);
  const headers = {
    "content-type": codec.contentType,
    "x-amz-target": "Kinesis_20131202.PutRecords",
  };
  await measure(
    `KinesisClient, ${protocol}`,
    200,
    () => client.putRecords(request),
  );
  await measure(`fetch alone, ${protocol}`, 200, async () => {
    const init = { method: "POST", headers, body };
    await (await fetch(endpoint, init)).arrayBuffer();
  });
}
console.log("GetRecords 10 000 × 1 KB");
await measure(
  "@aws-sdk/client-kinesis",
  30,
  () => sdk.send(new GetRecordsCommand(iterator)),
);
for (const protocol of ["json", "cbor"] as const) {
  const client = new KinesisClient({ protocol, endpoint, region, credentials });
  const codec = protocol === "json" ? jsonCodec : cborCodec;
  const headers = {
    "content-type": codec.contentType,
    "x-amz-target": "Kinesis_20131202.GetRecords",
  };
  await measure(
    `KinesisClient, ${protocol}`,
    30,
    () => client.getRecords(iterator),
  );
  await measure(`fetch alone, ${protocol}`, 30, async () => {
    const init = { method: "POST", headers, body: "{}" };
    await (await fetch(endpoint, init)).arrayBuffer();
  });
}
close();
