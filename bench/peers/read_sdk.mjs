// Measures `@aws-sdk/client-kinesis` in a loop that reads one shard.
import { createRequire } from "node:module";
import { measure, task } from "./reading.mjs";

const require = createRequire(task.home + "/");
const { GetRecordsCommand, KinesisClient } = require("@aws-sdk/client-kinesis");
const { NodeHttpHandler } = require("@smithy/node-http-handler");
const { deaggregateSync } = require("aws-kinesis-agg");

const client = new KinesisClient({
  endpoint: task.endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "id", secretAccessKey: "secret" },
  // The default for Kinesis is HTTP/2, which needs TLS.
  requestHandler: new NodeHttpHandler(),
});
const decoder = new TextDecoder();

/** Each takes the values of one record. */
const framings = {
  json(count, { Data }) {
    count.take(JSON.parse(decoder.decode(Data)));
  },
  jsonLines(count, { Data }) {
    for (const line of decoder.decode(Data).split("\n")) {
      if (line !== "") count.take(JSON.parse(line));
    }
  },
  kplJson(count, { Data, PartitionKey, SequenceNumber }) {
    const record = {
      data: Buffer.from(Data).toString("base64"),
      partitionKey: PartitionKey,
      sequenceNumber: SequenceNumber,
    };
    deaggregateSync(record, false, (error, values) => {
      if (error) throw error;
      for (const { data } of values) {
        count.take(JSON.parse(Buffer.from(data, "base64").toString()));
      }
    });
  },
};
const take = framings[task.framing];

await measure(async (count) => {
  for (let iterator = "next"; !count.isEnough;) {
    const answer = await client.send(
      new GetRecordsCommand({ ShardIterator: iterator }),
    );
    iterator = answer.NextShardIterator;
    for (const record of answer.Records) take(count, record);
  }
});
