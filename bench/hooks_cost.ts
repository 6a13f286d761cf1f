/**
 * What hooks cost: CPU time of a producer and of a consumer without hooks, with hooks that are
 * absent, with each single hook, and with the hooks of `metrics/`. The client is a stub that answers
 * at once, so that nothing but the library is measured: with a network, all ratios are nearer to 1.
 *
 *     npx -y deno@2 run -A --v8-flags=--expose-gc bench/hooks_cost.ts [rounds] [other checkout]
 *
 * With the folder of another checkout, its code is measured as well, without hooks: for example the
 * code from before hooks had durations. The cases alternate. Ratios are computed within each round;
 * the median of the rounds is printed.
 *
 * @module
 */
import * as api from "@opentelemetry/api";
import {
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  InMemorySpanExporter,
} from "@opentelemetry/sdk-trace-base";
import { resolve } from "node:path";
import process from "node:process";
import { Registry } from "prom-client";
import * as ours from "../mod.ts";
import type { KinesisApiRecord } from "../client/mod.ts";
import {
  type AllHooks,
  openTelemetryHooks,
  prometheusHooks,
} from "../metrics/mod.ts";
import { json } from "../processors/mod.ts";

type Library = Pick<typeof ours, "Consumer" | "Producer">;

const VALUES = 50_000;
const PER_READ = 10_000;
const SHARD = "shardId-000000000000";
const text = "x".repeat(80);
const values = Array.from({ length: VALUES }, (_, id) => ({ id, text }));
const encoder = new TextEncoder();
const RECORDS: KinesisApiRecord[] = values.map((value, i) => ({
  SequenceNumber: String(10n ** 55n + BigInt(i)),
  ApproximateArrivalTimestamp: new Date(1_700_000_000_123),
  Data: encoder.encode(JSON.stringify(value)),
  PartitionKey: `key-${i % 1000}`,
}));

/** A Kinesis with one shard that answers at once. */
function stubClient() {
  return {
    describeStream: () =>
      Promise.resolve({
        StreamDescription: {
          StreamStatus: "ACTIVE",
          StreamCreationTimestamp: new Date(0),
        },
      }),
    describeStreamSummary: () =>
      Promise.resolve({ StreamDescriptionSummary: { StreamStatus: "ACTIVE" } }),
    async *listAllShards() {
      yield await Promise.resolve({
        ShardId: SHARD,
        HashKeyRange: {
          StartingHashKey: "0",
          EndingHashKey: String(2n ** 128n - 1n),
        },
        SequenceNumberRange: { StartingSequenceNumber: "1" },
      });
    },
    getShardIterator: () => Promise.resolve({ ShardIterator: "0" }),
    getRecords({ ShardIterator }: { ShardIterator: string }) {
      const start = Number(ShardIterator);
      const end = start + PER_READ;
      return Promise.resolve({
        Records: RECORDS.slice(start, end),
        NextShardIterator: String(end),
        MillisBehindLatest: end < VALUES ? 1000 : 0,
      });
    },
    putRecords: ({ Records }: { Records: unknown[] }) =>
      Promise.resolve({
        FailedRecordCount: 0,
        Records: Records.map(() => ({ ShardId: SHARD, SequenceNumber: "1" })),
      }),
  } as never;
}

async function produce(
  { Producer }: Library,
  hooks: AllHooks | undefined,
): Promise<void> {
  const producer = new Producer<typeof values[number]>({
    client: stubClient(),
    streamName: "bench",
    processor: json(),
    partitionKey: ({ id }) => `key-${id % 1000}`,
    shardRates: false,
    hooks,
  });
  const { delivered } = await producer.putAll(values);
  await producer.close();
  if (delivered !== VALUES) throw new Error("lost");
}

async function consume(
  { Consumer }: Library,
  hooks: AllHooks | undefined,
): Promise<void> {
  let received = 0;
  const summary = await new Consumer<typeof values[number]>({
    client: stubClient(),
    streamName: "bench",
    processor: json(),
    until: "caught-up",
    pollIntervalMs: 1,
    hooks,
  }).process(({ value }) => {
    if (value.text) received++;
  });
  if (received !== VALUES || summary.processed !== VALUES) {
    throw new Error(`lost: ${received}`);
  }
}

interface Case {
  readonly name: string;
  readonly library: Library;
  readonly hooks: AllHooks | undefined;
}

/** Without the provider that is set globally. */
function openTelemetry(): AllHooks {
  const reader = new PeriodicExportingMetricReader({
    exporter: new InMemoryMetricExporter(0),
    exportIntervalMillis: 2 ** 31 - 1,
  });
  return openTelemetryHooks({
    metrics: new MeterProvider({ readers: [reader] }),
    trace: new BasicTracerProvider({
      spanProcessors: [new BatchSpanProcessor(new InMemorySpanExporter())],
    }),
  });
}

function casesOf(names: readonly string[], before?: Library): Case[] {
  const nothing = () => {};
  const absent = Object.fromEntries(names.map((name) => [name, undefined]));
  return [
    { name: "no hooks", library: ours, hooks: undefined },
    { name: "no hooks, once more", library: ours, hooks: undefined },
    ...before
      ? [{
        name: "no hooks, the other checkout",
        library: before,
        hooks: undefined,
      }]
      : [],
    { name: "all hooks absent", library: ours, hooks: absent },
    ...names.map((name) => ({
      name: `${name} only`,
      library: ours,
      hooks: { [name]: nothing },
    })),
    {
      name: "prometheusHooks",
      library: ours,
      hooks: prometheusHooks(new Registry()),
    },
    {
      name: "openTelemetryHooks, no SDK",
      library: ours,
      hooks: openTelemetryHooks(api),
    },
    { name: "openTelemetryHooks, SDK", library: ours, hooks: openTelemetry() },
  ];
}

/** Present with the flag of the command above. */
const { gc: collectGarbage } = globalThis as {
  gc?: (options: { type: "minor" }) => void;
};

/** CPU time of all threads, in microseconds for each value. */
async function cpuOf(work: () => Promise<void>): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / VALUES;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
}

async function compare(
  title: string,
  cases: readonly Case[],
  work: (library: Library, hooks: AllHooks | undefined) => Promise<void>,
  rounds: number,
): Promise<void> {
  const measured = new Map<string, number[]>(cases.map((it) => [it.name, []]));
  // The first two rounds only warm up.
  for (let round = -2; round < rounds; round++) {
    // Each round begins with another case, because a case also pays for what precedes it.
    const turn = (round + cases.length) % cases.length;
    const order = [...cases.slice(turn), ...cases.slice(0, turn)];
    for (const { name, library, hooks } of order) {
      // A full collection would drop the compiled code as well.
      collectGarbage?.({ type: "minor" });
      const cpu = await cpuOf(() => work(library, hooks));
      if (round >= 0) measured.get(name)!.push(cpu);
    }
  }
  const [base] = [...measured.values()];
  console.log(
    `\n| ${title} | µs of CPU a value | ratio |\n| --- | ---: | ---: |`,
  );
  for (const [name, cpus] of measured) {
    const ratio = median(cpus.map((cpu, i) => cpu / base![i]!));
    console.log(
      `| ${name} | ${median(cpus).toFixed(2)} | ${ratio.toFixed(2)} |`,
    );
  }
}

if (import.meta.main) {
  const [rounds = "9", folder] = Deno.args;
  const before: Library | undefined = folder
    ? await import(`file://${resolve(folder)}/mod.ts`)
    : undefined;
  const producer = ["onBatch", "onBuffer", "onShardMap"];
  const consumer = ["onRead", "onShard", "onHandled", "onCheckpoint"];
  await compare("Producer", casesOf(producer, before), produce, Number(rounds));
  await compare(
    "Consumer.process",
    casesOf(consumer, before),
    consume,
    Number(rounds),
  );
}
