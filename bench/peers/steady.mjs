// Measures the AWS SDK and copies of this library in turn, in one process: short rounds of the same
// values, of which the first ones warm up. Prints the CPU times of each subject as JSON.
import { createRequire } from "node:module";
import process from "node:process";

const task = JSON.parse(process.argv[2]);
const { bytes, count, endpoint, way } = task;
const encoder = new TextEncoder();
const keys = Array.from({ length: 1000 }, (_, i) => `key-${i}`);
const values = Array.from({ length: 50_000 }, (_, id) => {
  const around = JSON.stringify({ id, text: "" }).length;
  return { id, text: "x".repeat(Math.max(0, bytes - around)) };
});
const encoded = values.map((value) => encoder.encode(JSON.stringify(value)));

function* inputs(framing) {
  const source = framing === "kplBytes" ? encoded : values;
  for (let i = 0; i < count; i++) yield source[i % source.length];
}

function keyOf(framing) {
  let at = 0;
  return framing === "kplBytes"
    ? () => keys[at++ % keys.length]
    : ({ id }) => keys[id % keys.length];
}

function sdk() {
  const require = createRequire(task.sdk + "/");
  const sdk = require("@aws-sdk/client-kinesis");
  const { NodeHttpHandler } = require("@smithy/node-http-handler");
  const { Agent } = require("node:http");
  const client = new sdk.KinesisClient({
    region: "us-east-1",
    credentials: { accessKeyId: "id", secretAccessKey: "secret" },
    endpoint,
    requestHandler: new NodeHttpHandler({
      httpAgent: new Agent({ keepAlive: true, maxSockets: 50 }),
    }),
  });
  const loop = async (source) => {
    for (;;) {
      const Records = [];
      for (let next; Records.length < 500 && !(next = source.next()).done;) {
        Records.push({
          Data: encoder.encode(JSON.stringify(next.value)),
          PartitionKey: keys[next.value.id % keys.length],
        });
      }
      if (Records.length === 0) return;
      const command = new sdk.PutRecordsCommand({
        StreamName: "bench",
        Records,
      });
      const answer = await client.send(command);
      if (answer.FailedRecordCount) throw new Error("not stored");
    }
  };
  return {
    async write() {
      const source = inputs("json");
      await Promise.all(Array.from({ length: 8 }, () => loop(source)));
    },
    async read() {
      const decoder = new TextDecoder();
      for (let left = count, ShardIterator = "next"; left > 0;) {
        const command = new sdk.GetRecordsCommand({ ShardIterator });
        const answer = await client.send(command);
        ShardIterator = answer.NextShardIterator;
        for (const { Data } of answer.Records) {
          const value = JSON.parse(decoder.decode(Data));
          if (value.text === undefined) throw new Error("no value");
          if (--left === 0) break;
        }
      }
    },
  };
}

const framings = way === "write" ? task.framings : [];
const runs = [["AWS SDK", sdk()[way]]];
for (const [name, file] of task.copies) {
  const { subjects } = await import(file);
  const ways = subjects({ endpoint, count, inputs, keyOf, framings });
  for (const what of way === "write" ? framings : ["for-await"]) {
    runs.push([`${what}, ${name}`, ways[what]]);
  }
}
const times = runs.map(() => []);
for (let round = -task.warmUp; round < task.rounds; round++) {
  const order = [...runs.keys()];
  if (round % 2 !== 0) order.reverse();
  for (const i of order) {
    // No subject collects the garbage of the previous subject.
    globalThis.gc();
    const before = process.cpuUsage();
    await runs[i][1]();
    const { user, system } = process.cpuUsage(before);
    if (round >= 0) times[i].push((user + system) / count);
  }
}
console.log(JSON.stringify(runs.map(([name], i) => [name, times[i]])));
process.exit(0);
