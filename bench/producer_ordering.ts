/**
 * Measures the cost of ordering: values per second over loopback by ordering, number of keys and
 * processor. The server delays each answer by 10 ms, like a server in another data center.
 *
 *     npx -y deno@2 run -A bench/producer_ordering.ts
 *
 * @module
 */
import { delay } from "@std/async/delay";
import { KinesisClient, type Ordering, Producer } from "../mod.ts";
import { json, jsonLines, kplJson, type Processor } from "../processors/mod.ts";
import { startSink } from "./_support/sink.ts";

interface Value {
  id: number;
  text: string;
}

const LATENCY_MS = 10;
const MOST_MS = 1500;
const sink = await startSink({ delayMs: LATENCY_MS, readRecords: 1 });
const client = new KinesisClient({
  endpoint: sink.endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "id", secretAccessKey: "secret" },
});
const text = "x".repeat(70);

/** The number of values that are acknowledged per second. */
async function run(
  processor: () => Processor<Value>,
  ordering: Ordering,
  keys: number,
): Promise<number> {
  const producer = new Producer<Value>({
    client,
    streamName: "bench",
    processor: processor(),
    partitionKey: ({ id }) => `key-${id % keys}`,
    shardRates: false,
    ordering,
    lingerMs: 10,
    bufferedValues: 20_000,
  });
  await producer.put({ id: 0, text });
  const started = performance.now();
  let id = 0;
  const control = new AbortController();
  const piping = new ReadableStream<Value>({
    async pull(out) {
      out.enqueue({ id: id++, text });
      // Yields to the event loop once per 1 000 values, so that the timer below can fire.
      if (id % 1000 === 0) await delay(0);
    },
  }, { highWaterMark: 0 })
    .pipeTo(producer, { signal: control.signal }).catch(() => {});
  await delay(MOST_MS);
  const { delivered } = producer.stats();
  const seconds = (performance.now() - started) / 1000;
  control.abort();
  await piping;
  return delivered / seconds;
}

const rows: string[] = [];
await run(json, "none", 100);
for (
  const [name, processor] of [
    ["json", json],
    ["jsonLines", jsonLines],
    ["kplJson", kplJson],
  ] as const
) {
  for (const keys of [1, 100, 10_000]) {
    const rates: string[] = [];
    for (const ordering of ["none", "key", "shard"] as const) {
      const rate = await run(processor, ordering, keys);
      rates.push(Math.round(rate).toLocaleString("en"));
    }
    rows.push(`| ${[name, keys.toLocaleString("en"), ...rates].join(" | ")} |`);
  }
}
console.log(`| Processor | Keys | none | key | shard |
| --- | ---: | ---: | ---: | ---: |
${rows.join("\n")}`);
sink.close();
