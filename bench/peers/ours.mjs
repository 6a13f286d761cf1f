// Measures our producer, our client in a loop, and plain `fetch` with the requests of the producer.
// Runs in Deno, and bundled in Node.js. The words after the protocol are options: `putAll` and
// `keyless` of the producer, `nodeFetch`, and for plain `fetch` what is done besides: `hash` computes
// the SHA-256 of each body, `write` the JSON text of each value and its bytes.
import { createSha256 } from "../../_core/sha256.ts";
import { KinesisClient, Producer } from "../../mod.ts";
import { nodeFetch } from "../../node/mod.ts";
import { json, jsonLines, kplBytes, kplJson } from "../../processors/mod.ts";
import {
  keyOf,
  latency,
  rounds,
  take,
  task,
  throughput,
  values,
} from "./workload.mjs";

const [subject, framing, protocol, ...more] = task.variant.split(" ");
const processors = { json, jsonLines, kplBytes, kplJson };
const encoder = new TextEncoder();
const encode = (value) => encoder.encode(JSON.stringify(value));

const send = more.includes("nodeFetch") ? nodeFetch() : fetch;

const connection = {
  endpoint: task.endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "id", secretAccessKey: "secret" },
  protocol,
  fetch: send,
};

// kplBytes gets values that are already bytes, like the KPL.
const asBytes = framing === "kplBytes";
if (asBytes) { for (const value of values) value.bytes = encode(value); }
const input = (value) => asBytes ? value.bytes : value;

function* inputs(source) {
  for (let value; (value = source.next()) !== undefined;) yield input(value);
}

/** Returns the keys in the order of the values, since bytes do not contain their key. */
function keysInTurn() {
  let at = 0;
  return () => keyOf(values[at++ % values.length]);
}

function createProducer(client) {
  return new Producer({
    client,
    streamName: "bench",
    processor: processors[framing](),
    partitionKey: more.includes("keyless")
      ? undefined
      : asBytes
      ? keysInTurn()
      : keyOf,
    shardRates: false,
  });
}

async function produce(source, client = new KinesisClient(connection)) {
  const producer = createProducer(client);
  if (more.includes("putAll")) {
    await producer.putAll(inputs(source));
    await producer.close();
  } else {
    await new ReadableStream({
      pull(controller) {
        const batch = take(source, 64);
        for (const value of batch) controller.enqueue(input(value));
        if (batch.length < 64) controller.close();
      },
    }, { highWaterMark: 64 }).pipeTo(producer);
  }
  const { delivered } = producer.stats();
  if (delivered !== source.taken) throw new Error(`${delivered} delivered`);
}

/** Runs `count` loops concurrently. Each calls `next` until it returns false. */
async function runConcurrently(count, next) {
  await Promise.all(Array.from({ length: count }, async () => {
    while (await next());
  }));
}

/** A hand-written loop around the client: batches of 500, eight at a time. */
async function batches(source) {
  const client = new KinesisClient(connection);
  await runConcurrently(8, async () => {
    const batch = take(source, 500);
    if (batch.length === 0) return false;
    const answer = await client.putRecords({
      StreamName: "bench",
      Records: batch.map((value) => ({
        Data: encode(value),
        PartitionKey: keyOf(value),
      })),
    });
    if (answer.FailedRecordCount) throw new Error("not stored");
    return true;
  });
}

/** Records the requests that the producer sends in one round. */
async function capture() {
  const requests = [];
  const client = new KinesisClient({
    ...connection,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const body = new Uint8Array(await request.clone().arrayBuffer());
      if (request.headers.get("x-amz-target").endsWith("PutRecords")) {
        requests.push([request.url, {
          method: "POST",
          headers: [...request.headers],
          body,
        }]);
      }
      return await send(input, init);
    },
  });
  await produce(rounds(0), client);
  return requests;
}

/** Sends the recorded requests once for each round of values. */
function replay(requests) {
  return async (source) => {
    const sha256 = createSha256();
    const room = new Uint8Array(1 << 20);
    let at = 0;
    await runConcurrently(8, async () => {
      if (at === requests.length) at = 0;
      if (at === 0) {
        const round = take(source, values.length);
        if (round.length === 0) return false;
        if (more.includes("write")) {
          for (const value of round) {
            encoder.encodeInto(JSON.stringify(value), room);
          }
        }
      }
      const [url, init] = requests[at++];
      if (more.includes("hash")) await sha256.hex(init.body);
      const response = await send(url, init);
      await response.arrayBuffer();
      return response.ok;
    });
  };
}

if (task.latency) {
  const producer = createProducer(new KinesisClient(connection));
  await latency((value) => producer.put(input(value)));
} else if (subject === "producer") await throughput(produce);
else if (subject === "client") await throughput(batches);
else await throughput(replay(await capture()));
