/**
 * Measures what many shards cost: the start, idle shards, and idle shards beside a busy one. The
 * servers run in processes of their own, over loopback.
 *
 *     npx -y deno@2 run -A bench/many_shards.ts
 *
 * @module
 */
import process from "node:process";
import { MemoryCheckpointer } from "../checkpoint/mod.ts";
import { Consumer, KinesisClient } from "../mod.ts";
import { json } from "../processors/mod.ts";
import { startKinesis } from "./_support/kinesis_process.ts";
import { type Sink, startSink } from "./_support/sink.ts";

const STREAM = "bench";
const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
/** The shards of the start, and the idle ones. */
const MANY = 2000;
const IDLE = 500;
const BESIDE = 100;
/** The idle shards are measured once their intervals have grown. */
const SETTLE_MS = 20_000;
const MEASURE_MS = 20_000;
/** The same for the busy shard. */
const WARM_MS = 3000;
const RATE_MS = 5000;

type Value = { text: string };

function clientOf(endpoint: string): KinesisClient {
  return new KinesisClient({ endpoint, region: "us-east-1", credentials });
}

function consume(
  client: KinesisClient,
  options: { readsPerSecond?: number } = {},
): Consumer<Value> {
  return new Consumer<Value>({
    client,
    streamName: STREAM,
    processor: json(),
    checkpointer: new MemoryCheckpointer(),
    // A request that is tried again explains an outlier.
    hooks: { onReadError: ({ error }) => console.log(String(error)) },
    ...options,
  });
}

/** Writes records of 1 KB into one shard. */
async function fill(client: KinesisClient, shard: number, count: number) {
  const shards = await Array.fromAsync(
    client.listAllShards({ StreamName: STREAM }),
  );
  const Data = new TextEncoder().encode(
    JSON.stringify({ text: "x".repeat(989) }),
  );
  const ExplicitHashKey = shards[shard]!.HashKeyRange.StartingHashKey;
  for (let left = count; left > 0; left -= 500) {
    const Records = Array.from(
      { length: Math.min(500, left) },
      () => ({ Data, PartitionKey: "busy", ExplicitHashKey }),
    );
    await client.putRecords({ StreamName: STREAM, Records });
  }
}

/** CPU time of this process in milliseconds. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The time from the start to the first record of one busy shard among many. */
async function start(): Promise<void> {
  const server = await startKinesis({ secure: false, limits: false });
  const client = clientOf(server.endpoint);
  await client.createStream({ StreamName: STREAM, ShardCount: MANY });
  try {
    await fill(client, MANY - 1, 10);
    const began = performance.now();
    const cpu = cpuMs();
    const consumer = consume(client);
    const reader = consumer.getReader();
    const [firstMs, readyMs] = await Promise.all([
      reader.read().then(() => performance.now() - began),
      consumer.ready.then(() => performance.now() - began),
    ]);
    console.log(
      `start of ${MANY} shards: first record after ${firstMs.toFixed(0)} ms, ` +
        `all iterators after ${readyMs.toFixed(0)} ms, ` +
        `${(cpuMs() - cpu).toFixed(0)} ms of CPU`,
    );
    await consumer.close();
  } finally {
    await server.close();
  }
}

/** CPU time of idle shards, as a part of one core. */
async function idle(): Promise<void> {
  const sink = await startSink({ shards: IDLE, busyShards: 0 });
  try {
    const consumer = consume(clientOf(sink.endpoint));
    const reading = consumer.getReader().read();
    await consumer.ready;
    await sleep(SETTLE_MS);
    const cpu = cpuMs();
    await sleep(MEASURE_MS);
    const part = (cpuMs() - cpu) / MEASURE_MS;
    console.log(
      `${IDLE} idle shards: ${(100 * part).toFixed(1)} % of a core`,
    );
    await consumer.close();
    await reading;
  } finally {
    sink.close();
  }
}

/** Values in a millisecond. */
interface Rates {
  wall: number;
  cpu: number;
}

/** The rate of one busy shard beside idle ones, as a part of its rate alone. */
async function beside(rounds = 5): Promise<void> {
  const sinks = [await busySink(1), await busySink(1 + BESIDE)] as const;
  const [alone, among] = sinks;
  try {
    const ratios: Rates[] = [];
    for (let round = 0; round < rounds; round++) {
      const base = await rateOf(alone.endpoint);
      const { wall, cpu } = await rateOf(among.endpoint);
      ratios.push({ wall: wall / base.wall, cpu: cpu / base.cpu });
    }
    const shown = (["cpu", "wall"] as const).map((kind) => {
      const sorted = ratios.map((ratio) => 100 * ratio[kind])
        .sort((a, b) => a - b).map((percent) => percent.toFixed(0));
      return `${sorted[rounds >> 1]} % by ${kind} (${sorted.join(", ")})`;
    });
    console.log(
      `1 busy among ${BESIDE} idle shards, its rate against alone: ` +
        shown.join("; "),
    );
  } finally {
    for (const sink of sinks) sink.close();
  }
}

function busySink(shards: number): Promise<Sink> {
  return startSink({ shards, busyShards: 1, readBytes: 1000 });
}

/** The rate once all shards are open and the intervals of the idle ones have grown. */
async function rateOf(endpoint: string): Promise<Rates> {
  let began = 0;
  let cpu = 0;
  let counted = 0;
  const consumer = consume(clientOf(endpoint), { readsPerSecond: 1e9 });
  const warmAt = performance.now() + WARM_MS;
  for await (const { value } of consumer) {
    if (!value.text) throw new Error("no value");
    if ((++counted & 255) !== 0) continue;
    const now = performance.now();
    if (began === 0 && now >= warmAt) {
      began = now;
      cpu = cpuMs();
      counted = 0;
    } else if (began > 0 && now - began >= RATE_MS) break;
  }
  return {
    wall: counted / (performance.now() - began),
    cpu: counted / (cpuMs() - cpu),
  };
}

const parts = { start, idle, beside };
const names = Deno.args.length > 0 ? Deno.args : Object.keys(parts);
for (const name of names) await parts[name as keyof typeof parts]();
Deno.exit(0);
