/**
 * Measures the time from `put` to its acknowledgement, over loopback, at a steady 1 000 values a
 * second.
 *
 *     npx -y deno@2 run -A bench/producer_latency.ts
 *
 * @module
 */
import { delay } from "@std/async/delay";
import { KinesisClient, Producer } from "../mod.ts";
import { json, jsonLines, kplJson, type Processor } from "../processors/mod.ts";
import { startSink } from "./_support/sink.ts";

interface Value {
  id: number;
  text: string;
}

const SECONDS = 5;
const PER_SECOND = 1000;
const sink = await startSink({ readRecords: 1 });
const client = new KinesisClient({
  endpoint: sink.endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "id", secretAccessKey: "secret" },
});
const text = "x".repeat(70);

/** The median round trip of a PutRecords with `records` records, in milliseconds. */
async function roundTrip(records: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 50; i++) {
    const started = performance.now();
    await client.putRecords({
      StreamName: "bench",
      Records: Array.from({ length: records }, (_, i) => ({
        Data: new Uint8Array(100),
        PartitionKey: `key-${i}`,
      })),
    });
    times.push(performance.now() - started);
  }
  return percentile(times, 0.5);
}

function percentile(times: number[], part: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!;
}

async function run(
  name: string,
  processor: () => Processor<Value>,
  lingerMs: number,
): Promise<void> {
  const producer = new Producer<Value>({
    client,
    streamName: "bench",
    processor: processor(),
    partitionKey: ({ id }) => `key-${id % 1000}`,
    lingerMs,
  });
  await producer.put({ id: 0, text });
  const times: number[] = [];
  const puts: Promise<void>[] = [];
  const started = performance.now();
  // The time between two turns of the loop below. A pause of the whole process shows here: it adds
  // latency that no producer can avoid.
  const late: number[] = [];
  let before = started;
  for (let id = 0; id < SECONDS * PER_SECOND;) {
    const due = (performance.now() - started) * PER_SECOND / 1000;
    for (; id < due; id++) {
      const at = performance.now();
      const put = producer.put({ id, text });
      puts.push(put.then(() => void times.push(performance.now() - at)));
    }
    await delay(1);
    const now = performance.now();
    late.push(now - before);
    before = now;
  }
  await Promise.all(puts);
  await producer.close();
  const trip = await roundTrip(Math.max(1, lingerMs * PER_SECOND / 1000));
  const [p50, p99] = [0.5, 0.99].map((part) => percentile(times, part));
  console.log(
    `${name.padEnd(10)} lingerMs ${String(lingerMs).padStart(3)}: p50 ${
      p50!.toFixed(1)
    } ms, p99 ${p99!.toFixed(1)} ms, round trip ${trip.toFixed(1)} ms, ` +
      `p99 - linger - round trip = ${(p99! - lingerMs - trip).toFixed(1)} ms` +
      ` (longest pause of the program ${Math.max(...late).toFixed(0)} ms)`,
  );
}

for (const lingerMs of [5, 20, 100]) {
  await run("json", json, lingerMs);
  await run("jsonLines", jsonLines, lingerMs);
  await run("kplJson", kplJson, lingerMs);
}
sink.close();
