// Measures `@aws-sdk/client-kinesis` in a typical loop: batches of 500, eight at a time.
import { createRequire } from "node:module";
import { keyOf, take, task, throughput } from "./workload.mjs";

const require = createRequire(task.home + "/");
const { KinesisClient, PutRecordsCommand } = require("@aws-sdk/client-kinesis");
const { NodeHttpHandler } = require("@smithy/node-http-handler");
const { Agent } = require("node:http");

const client = new KinesisClient({
  endpoint: task.endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "id", secretAccessKey: "secret" },
  // The default for Kinesis is HTTP/2, which needs TLS.
  requestHandler: new NodeHttpHandler({
    httpAgent: new Agent({ keepAlive: true, maxSockets: 50 }),
  }),
});
const encoder = new TextEncoder();

await throughput(async (source) => {
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (;;) {
      const batch = take(source, 500);
      if (batch.length === 0) return;
      const answer = await client.send(
        new PutRecordsCommand({
          StreamName: "bench",
          Records: batch.map((value) => ({
            Data: encoder.encode(JSON.stringify(value)),
            PartitionKey: keyOf(value),
          })),
        }),
      );
      if (answer.FailedRecordCount) throw new Error("not stored");
    }
  }));
});
