/**
 * A consumer of a queue beside a loop by hand over the same client: both receive and acknowledge
 * 20 000 values from an in-memory Kinesis, which takes part of the time. Prints values a second and
 * processor time for each.
 *
 *     deno run -A bench/queue_consumer.ts
 *
 * @module
 */
import process from "node:process";
import { KinesisClient, Producer, QueueConsumer } from "../mod.ts";
import { json } from "../processors/mod.ts";
import { KinesisServer } from "../testing/mod.ts";

const VALUES = 20_000;
/** Receive requests of the loop by hand at a time: as many as the consumer has at most. */
const LOOPS = 10;

const server = new KinesisServer({ limits: false });
server.createStream("s", { mode: "ON_DEMAND" });
const client = new KinesisClient({
  region: "us-east-1",
  credentials: { accessKeyId: "id", secretAccessKey: "secret" },
  fetch: server.fetch,
});
const processor = json<number>();
const producer = new Producer({ client, streamName: "s", processor });
await producer.putAll(Array.from({ length: VALUES }, (_, i) => i));
await producer.close();

let queues = 0;
const newQueue = () =>
  server.createQueue("s", {
    name: `q${queues++}`,
    startingPosition: "TRIM_HORIZON",
  }).queueARN;

async function byHand(): Promise<void> {
  const QueueARN = newQueue();
  let taken = 0;
  await Promise.all(Array.from({ length: LOOPS }, async () => {
    while (taken < VALUES) {
      const { QueueRecords } = await client.receiveQueueRecords({
        QueueARN,
        WaitTimeSeconds: 1,
      });
      if (QueueRecords.length === 0) break;
      for (const { Data } of QueueRecords) {
        JSON.parse(new TextDecoder().decode(Data));
      }
      taken += QueueRecords.length;
      await client.acknowledgeQueueRecords({
        QueueARN,
        Entries: QueueRecords.map(({ ReceiptHandle }) => ({ ReceiptHandle })),
      });
    }
  }));
}

async function inLoop(): Promise<void> {
  const queue = new QueueConsumer({ client, queueARN: newQueue(), processor });
  let taken = 0;
  for await (const _ of queue) if (++taken === VALUES) queue.close();
}

async function byProcess(): Promise<void> {
  const queue = new QueueConsumer({ client, queueARN: newQueue(), processor });
  let taken = 0;
  await queue.process(() => {
    if (++taken === VALUES) queue.close();
  });
}

const ways = { "by hand": byHand, "for await": inLoop, process: byProcess };
// Once before, so that all code is compiled.
for (const run of Object.values(ways)) await run();
const times = new Map<string, { cpu: number; rate: number }[]>();
for (let round = 0; round < 3; round++) {
  for (const [name, run] of Object.entries(ways)) {
    const started = performance.now();
    const before = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(before);
    const seconds = (performance.now() - started) / 1000;
    const list = times.get(name) ?? [];
    list.push({ cpu: (user + system) / VALUES, rate: VALUES / seconds });
    times.set(name, list);
  }
}
const median = (values: number[]) =>
  values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
const base = median(times.get("by hand")!.map(({ cpu }) => cpu));
for (const [name, list] of times) {
  const cpu = median(list.map((it) => it.cpu));
  const rate = median(list.map((it) => it.rate));
  console.log(
    `${name.padEnd(10)} ${cpu.toFixed(0)} us a value (${
      (cpu / base).toFixed(2)
    } x by hand), ${Math.round(rate)} values a second`,
  );
}
