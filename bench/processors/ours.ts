/**
 * The client of a run that uses this library. `measure.ts` starts it.
 *
 * @module
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { Consumer, KinesisClient, Producer } from "../../mod.ts";
import type { Processor, Put } from "../../processors/mod.ts";
import type { EncodedRecord } from "../../records.ts";
import { Sizes } from "../_support/sizes.ts";
import { arrivedOf, type Sent } from "./digest.ts";
import type { Done, Ready, Task } from "./exchange.ts";
import { PROCESSORS } from "./names.ts";

/** Time between two reports of the progress, in milliseconds. */
const REPORT_MS = 200;
/** The shard of all records of a dry run. */
const SHARD = "shardId-000000000000";

const task: Task = JSON.parse(Deno.args[0]!);
const processor: Processor<Sent> = PROCESSORS[task.processor]!();
const lines = (await Deno.readTextFile(task.file)).trimEnd().split("\n");
const values: Sent[] = task.processor.endsWith("tring")
  ? lines
  : lines.map((line) => JSON.parse(line));

const input = createInterface({ input: process.stdin });
// The driver has ended, so this process is of no use.
input.on("close", () => Deno.exit(1));

/** Prints a line and waits for one. */
async function say(word: string, what: Ready | Done): Promise<void> {
  const answer = new Promise((resolve) => input.once("line", resolve));
  console.log(`${word} ${JSON.stringify(what)}`);
  await answer;
}

/** Measures the time of a work. */
async function measured(
  work: () => Promise<void>,
): Promise<{ seconds: number; cpuSeconds: number }> {
  const start = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return {
    seconds: (performance.now() - start) / 1000,
    cpuSeconds: (user + system) / 1e6,
  };
}

/** Writes all values and reads them back at the same time. */
async function run(endpoint: string): Promise<Done> {
  const client = new KinesisClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "id", secretAccessKey: "secret" },
  });
  const { streamName, maxRecordBytes } = task;
  const read: Sent[] = [];
  const consumer = new Consumer<Sent>({
    client,
    streamName,
    processor,
    limit: values.length,
  });
  const producer = new Producer<Sent>({
    client,
    streamName,
    processor,
    maxRecordBytes,
  });
  const timer = setInterval(
    () => console.log(`progress ${read.length}`),
    REPORT_MS,
  );
  const times = await measured(async () => {
    await Promise.all([
      producer.putAll(values).then(() => producer.close()),
      (async () => {
        for await (const { value } of consumer) read.push(value);
      })(),
    ]);
  });
  clearInterval(timer);
  return { ...times, ...arrivedOf(read) };
}

/** Encodes all values, and decodes them for the check alone. */
async function encode(): Promise<Done> {
  const sizes = new Sizes();
  const records: EncodedRecord<Put<Sent>>[] = [];
  const packer = processor.createPacker<Put<Sent>>({
    shardOf: () => SHARD,
    maxRecordBytes: task.maxRecordBytes,
    emit: (record) => records.push(record),
  });
  const times = await measured(async () => {
    for (const value of values) {
      const full = packer.push({ value, partitionKey: "a" });
      if (full) await full;
    }
    await packer.flush();
  });
  const read: Sent[] = [];
  for (const { data, partitionKey } of records) {
    sizes.add(data.length);
    const items = await processor.unpack({
      ...{ data, partitionKey, streamName: task.streamName },
      ...{ shardId: SHARD, sequenceNumber: "1" },
    });
    for (const item of items) {
      if (item.type === "error") throw item.error;
      read.push(item.value);
    }
  }
  return { ...times, ...arrivedOf(read), stored: sizes };
}

const { default: { version } } = await import("../../deno.json", {
  with: { type: "json" },
});
await say("ready", {
  version: `@webstreams/kinesis ${version} on Deno ${Deno.version.deno}`,
});
await say("done", await (task.endpoint ? run(task.endpoint) : encode()));
Deno.exit(0);
