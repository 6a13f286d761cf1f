/**
 * Measures the time from a PutRecord call to the handing out of its value, over loopback with TLS
 * and HTTP/2: with enhanced fan-out, and with polling beside it.
 *
 *     npx -y deno@2 run -A bench/fan_out_latency.ts
 *
 * The in-memory Kinesis runs in a process of its own. Both consumers read at the same time, so a
 * busy machine slows both.
 *
 * @module
 */
import { delay } from "@std/async/delay";
import { Consumer, KinesisClient } from "../mod.ts";
import { json } from "../processors/mod.ts";
import { startKinesis } from "./_support/kinesis_process.ts";

/** When PutRecord was called, and when it was answered, by the clock of this process. */
interface Sent {
  calledAt: number;
}

const SHARDS = 8;
const SECONDS = 20;
const PER_SECOND = 100;
const TOTAL = SECONDS * PER_SECOND;
const STREAM = "bench";

const server = await startKinesis({ secure: true, limits: false });
const client = new KinesisClient({
  endpoint: server.endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "id", secretAccessKey: "secret" },
  fetch: server.fetch,
});
await client.createStream({ StreamName: STREAM, ShardCount: SHARDS });

/** Reads in the background. `times` is filled with the latency of each value, in milliseconds. */
async function read(options: { fanOut?: { consumerName: string } }) {
  const times: number[] = [];
  const consumer = new Consumer<Sent>({
    client,
    streamName: STREAM,
    processor: json<Sent>(),
    from: "LATEST",
    ...options,
  });
  const reading = (async () => {
    for await (const { value } of consumer) {
      times.push(performance.now() - value.calledAt);
    }
  })();
  await consumer.ready;
  const close = async () => {
    await consumer.close();
    await reading;
  };
  return { times, close };
}

const fanOut = await read({ fanOut: { consumerName: "bench" } });
const polling = await read({});
const putTimes: number[] = [];
const late: number[] = [];
const puts: Promise<void>[] = [];
const encoder = new TextEncoder();
const startedAt = performance.now();
for (let id = 0, before = startedAt; id < TOTAL;) {
  const elapsedMs = performance.now() - startedAt;
  const due = Math.min(TOTAL, elapsedMs * PER_SECOND / 1000);
  for (; id < due; id++) puts.push(put(id));
  await delay(1);
  const now = performance.now();
  late.push(now - before);
  before = now;
}
await Promise.all(puts);
await delay(2000);
report("PutRecord alone", putTimes);
report("fan-out", fanOut.times);
report("polling", polling.times);
console.log(`longest pause of the program ${Math.max(...late).toFixed(0)} ms`);
await Promise.all([fanOut.close(), polling.close()]);
await server.close();

async function put(id: number): Promise<void> {
  const calledAt = performance.now();
  await client.putRecord({
    StreamName: STREAM,
    PartitionKey: `key-${id}`,
    Data: encoder.encode(JSON.stringify({ calledAt })),
  });
  putTimes.push(performance.now() - calledAt);
}

function report(name: string, times: number[]): void {
  const sorted = times.toSorted((a, b) => a - b);
  const [p50, p90, p99] = [0.5, 0.9, 0.99].map((part) =>
    sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!
      .toFixed(1)
  );
  console.log(
    `${name.padEnd(15)} ${times.length} of ${TOTAL}: ` +
      `p50 ${p50} ms, p90 ${p90} ms, p99 ${p99} ms`,
  );
}
