/**
 * Measures the memory of a Consumer whose sink is 100 times slower than the stream.
 *
 *     npx -y deno@2 run -A --v8-flags=--expose-gc bench/consumer_memory.ts [seconds] [bytes of a record] [shards]
 *
 * A process of its own first measures the speed of the stream, with a sink that takes everything
 * at once. Here, the sink takes a hundredth of that.
 *
 * @module
 */
import { MemoryCheckpointer } from "../checkpoint/mod.ts";
import { Consumer, type ConsumerRecord, KinesisClient } from "../mod.ts";
import { json } from "../processors/mod.ts";
import { startSink } from "./_support/sink.ts";

interface Value {
  text: string;
}

const MIB = 1024 * 1024;
const SLOWER = 100;
/** The part of the time before the first sample: buffers fill, and code is compiled. */
const WARM_UP = 0.2;
const SAMPLES = 100;
const FAST_MS = 3000;
/** How often the slow sink waits, in milliseconds. */
const TICK_MS = 20;
/** The most bytes in an answer of the service. */
const ANSWER_BYTES = 10_000_000;

const [seconds = 60, readBytes = 1000, shards = 4, endpoint] = Deno.args;

/** Reads for some time into a sink. Returns the number of values in a second. */
async function read(
  consumer: Consumer<Value>,
  ms: number,
  write: (taken: number) => Promise<void> | void,
): Promise<number> {
  let taken = 0;
  const sink = new WritableStream<ConsumerRecord<Value>>({
    write: () => write(++taken),
  });
  const end = setTimeout(() => consumer.close(), ms);
  const started = performance.now();
  await consumer.pipeTo(consumer.acknowledging(sink));
  clearTimeout(end);
  return taken / (performance.now() - started) * 1000;
}

function consumerOf(endpoint: string): Consumer<Value> {
  return new Consumer<Value>({
    client: new KinesisClient({
      endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "id", secretAccessKey: "secret" },
    }),
    streamName: "bench",
    processor: json(),
    checkpointer: new MemoryCheckpointer(),
    readsPerSecond: Infinity,
  });
}

/** The speed of the stream, measured in another process. */
async function speedOf(endpoint: string): Promise<number> {
  const args = [seconds, readBytes, shards].map(String);
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", import.meta.filename!, ...args, endpoint],
    stderr: "inherit",
  }).output();
  return Number(new TextDecoder().decode(stdout));
}

async function measure(): Promise<void> {
  const server = await startSink({
    shards: Number(shards),
    readBytes: Number(readBytes),
    readRecords: Math.min(10_000, ANSWER_BYTES / Number(readBytes)),
  });
  const fast = await speedOf(server.endpoint);
  const consumer = consumerOf(server.endpoint);
  const collect = (globalThis as { gc?: () => void }).gc;
  const series = { rss: [] as number[], held: [] as number[] };
  let ticks = 0, mostBuffered = 0;
  const sampling = setInterval(() => {
    let buffered = 0;
    for (const { bufferedBytes = 0 } of consumer.status().shards) {
      buffered += bufferedBytes;
    }
    mostBuffered = Math.max(mostBuffered, buffered);
    if (++ticks < WARM_UP * SAMPLES) return;
    // Collects garbage first, so that the sample shows only memory that is in use.
    collect?.();
    const { rss, heapUsed, external } = Deno.memoryUsage();
    series.rss.push(rss / MIB);
    series.held.push((heapUsed + external) / MIB);
  }, 1000 * Number(seconds) / SAMPLES);
  const perTick = Math.max(1, fast / SLOWER * TICK_MS / 1000);
  let next = perTick;
  const slow = await read(consumer, 1000 * Number(seconds), (taken) => {
    if (taken < next) return;
    next += perTick;
    return new Promise((resolve) => setTimeout(resolve, TICK_MS));
  });
  clearInterval(sampling);
  server.close();
  console.log(
    `${shards} shards, records of ${readBytes} B: ${
      fast.toFixed(0)
    } values/s into a fast sink, ${
      slow.toFixed(0)
    } into the slow one for ${seconds} s`,
  );
  console.log(
    `buffered at most ${(mostBuffered / MIB).toFixed(1)} MiB of data`,
  );
  for (const [what, values] of Object.entries(series)) report(what, values);
}

/** Prints median, range and drift: the last quarter of the samples against the first. */
function report(what: string, samples: readonly number[]): void {
  const quarter = Math.ceil(samples.length / 4);
  const drift = at(samples.slice(-quarter), 0.5) -
    at(samples.slice(0, quarter), 0.5);
  const middle = at(samples, 0.5);
  const [low, p5, p95, high] = [0, 0.05, 0.95, 1].map((part) =>
    signed(at(samples, part) - middle)
  );
  console.log(
    `${what}: ${
      middle.toFixed(1)
    } MiB; nine in ten ${p5} to ${p95}, all ${low} to ${high}, drift ${
      signed(drift)
    }`,
  );
}

/** The sample that this part of the others lies below. */
function at(samples: readonly number[], part: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.floor(part * (sorted.length - 1))]!;
}

function signed(mib: number): string {
  return (mib < 0 ? "" : "+") + mib.toFixed(1);
}

if (endpoint === undefined) await measure();
else {
  const perSecond = await read(
    consumerOf(String(endpoint)),
    FAST_MS,
    () => {},
  );
  console.log(perSecond);
}
