// Measures our consumer in each way to read, our client in a loop, and plain `fetch`.
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import { Consumer, KinesisClient } from "../../mod.ts";
import { nodeFetch } from "../../node/mod.ts";
import { json, jsonLines, kplJson } from "../../processors/mod.ts";
import { measure, task } from "./reading.mjs";

const [how, protocol, ...more] = task.variant.split(" ");
const checkpoints = more.includes("checkpoints");
const processor = { json, jsonLines, kplJson }[task.framing]();
const send = task.variant.includes("nodeFetch") ? nodeFetch() : fetch;
const client = new KinesisClient({
  endpoint: task.endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "id", secretAccessKey: "secret" },
  protocol,
  fetch: send,
});

function createConsumer() {
  return new Consumer({
    client,
    streamName: "bench",
    processor,
    readsPerSecond: 1e9,
    checkpointer: checkpoints ? new MemoryCheckpointer() : undefined,
  });
}

/** A sink that ends the pipe when it has enough values. */
function sinkOf(count) {
  return new WritableStream({
    write({ value }, controller) {
      if (count.take(value)) controller.error(count);
    },
  });
}

const ENOUGH = (count) => (error) => {
  if (error !== count) throw error;
};

const ways = {
  async "for-await"(count) {
    for await (const { value } of createConsumer()) {
      if (count.take(value)) break;
    }
  },
  async pipeTo(count) {
    const consumer = createConsumer();
    const sink = sinkOf(count);
    await consumer.pipeTo(checkpoints ? consumer.acknowledging(sink) : sink)
      .catch(ENOUGH(count));
  },
  async process(count) {
    const stop = new AbortController();
    await createConsumer().process(({ value }) => {
      if (count.take(value)) stop.abort(count);
    }, { signal: stop.signal }).catch(ENOUGH(count));
  },
  /** The client in a hand-written loop, as the SDK is used. */
  async client(count) {
    for (let iterator = "next"; !count.isEnough;) {
      const answer = await client.getRecords({ ShardIterator: iterator });
      iterator = answer.NextShardIterator;
      for (const record of answer.Records) {
        const unpacked = processor.unpack({
          streamName: "bench",
          shardId: "shardId-000000000000",
          partitionKey: record.PartitionKey,
          sequenceNumber: record.SequenceNumber,
          data: record.Data,
        });
        for (const { value } of unpacked) count.take(value);
      }
    }
  },
  /** Bodies that are read and not decoded. With `parse`, one text is parsed as often as values. */
  async fetch(count) {
    const around = JSON.stringify({ id: 1000, text: "" }).length;
    const text = JSON.stringify({
      id: 1000,
      text: "x".repeat(task.bytes - around),
    });
    const headers = {
      "content-type": `application/x-amz-${protocol}-1.1`,
      "x-amz-target": "Kinesis_20131202.GetRecords",
    };
    // An empty map.
    const body = protocol === "json" ? "{}" : Uint8Array.of(0xa0);
    while (!count.isEnough) {
      const init = { method: "POST", headers, body };
      await (await send(task.endpoint, init)).arrayBuffer();
      if (task.variant.includes("parse")) {
        for (let i = 0; i < task.perAnswer; i++) JSON.parse(text);
      }
      count.values += task.perAnswer;
    }
  },
};

await measure(ways[how]);
