/**
 * Measures the memory of a Producer while 2 GB flow through it to a server that is slower than the
 * source.
 *
 *     npx -y deno@2 run -A --v8-flags=--expose-gc bench/producer_memory.ts [json | jsonLines | kplJson] [MB]
 *
 * @module
 */
import { KinesisClient, Producer } from "../mod.ts";
import { json, jsonLines, kplJson } from "../processors/mod.ts";
import { startSink } from "./_support/sink.ts";

interface Value {
  id: number;
  text: string;
}

const MIB = 1024 * 1024;
/**
 * The fraction of the bytes that is sent before sampling: buffers and compiled code are stable
 * then.
 */
const WARM_UP = 0.2;
const PROCESSORS = { json, jsonLines, kplJson };

const [name = "jsonLines", megabytes = "2000"] = Deno.args;
const processor = PROCESSORS[name as keyof typeof PROCESSORS];
const most = Number(megabytes) * 1e6;
const text = "x".repeat(970);

const sink = await startSink({ delayMs: 60, readRecords: 1 });
const client = new KinesisClient({
  endpoint: sink.endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "id", secretAccessKey: "secret" },
});
const producer = new Producer<Value>({
  client,
  streamName: "bench",
  processor: processor<Value>(),
  partitionKey: ({ id }) => `key-${id % 1000}`,
  shardRates: false,
});

let bytes = 0, id = 0;
const series = { rss: [] as number[], heap: [] as number[] };
const collect = (globalThis as { gc?: () => void }).gc;
const source = new ReadableStream<Value>({
  pull(out) {
    if (bytes >= most) return out.close();
    out.enqueue({ id: id++, text });
    bytes += 1000;
  },
}, { highWaterMark: 0 });
let next = most * WARM_UP;
const started = performance.now();
await source.pipeThrough(
  new TransformStream<Value, Value>({
    transform(value, out) {
      out.enqueue(value);
      if (bytes < next) return;
      next += most / 100;
      // Collects garbage first, so that the sample shows only memory that is in use.
      collect?.();
      const { rss, heapUsed, external } = Deno.memoryUsage();
      series.rss.push(rss / MIB);
      series.heap.push((heapUsed + external) / MIB);
    },
  }),
).pipeTo(producer);
const seconds = (performance.now() - started) / 1000;
sink.close();

if (producer.stats().delivered !== id) throw new Error("lost");
const rate = (bytes / 1e6 / seconds).toFixed(0);
console.log(
  `${name}: ${bytes / 1e6} MB in ${seconds.toFixed(1)} s, ${rate} MB/s`,
);
for (const [what, values] of Object.entries(series)) {
  values.sort((a, b) => a - b);
  const at = (part: number) => values[Math.floor(part * (values.length - 1))]!;
  const middle = at(0.5);
  const from = (part: number) => {
    const off = at(part) - middle;
    return (off < 0 ? "" : "+") + off.toFixed(1);
  };
  console.log(
    `${what}: ${middle.toFixed(1)} MiB; nine in ten ${from(0.05)} to ${
      from(0.95)
    }, all ${from(0)} to ${from(1)}`,
  );
}
