/**
 * What every runtime must be able to do: one scenario, in memory or with a server on loopback. It
 * uses web standards only, so that one bundle runs everywhere.
 *
 * @module
 */
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import { kinesisHandler } from "../../lambda/mod.ts";
import { Consumer, KinesisClient, Producer, QueueConsumer } from "../../mod.ts";
import {
  bytes,
  createProcessor,
  gzip,
  json,
  jsonLines,
  jsonList,
  kplJson,
  kplString,
  msgpack,
  netstring,
  type Processor,
  string,
  traceEnvelope,
} from "../../processors/mod.ts";
import { KinesisServer } from "../../testing/mod.ts";

/** The server to use. Without it, the scenario has one in memory. */
export interface Place {
  /** The base URL of a server, for the streams. */
  readonly endpoint?: string;
  /** Begins the names of streams: several runtimes may use one server. */
  readonly prefix: string;
}

/** What the scenario has found, by the name of its part. */
export type Findings = Record<string, unknown>;

/** The values of each processor: texts that need escapes, several bytes, and none. */
const TEXTS = ["a", 'ü\n"', "🙂".repeat(20), ""];

const PROCESSORS: Record<string, () => Processor<string>> = {
  string: () => string(),
  json: () => json<string>(),
  jsonLines: () => jsonLines<string>(),
  jsonList: () => jsonList<string>(),
  msgpack: () => msgpack<string>(),
  kplString: () => kplString(),
  kplJson: () => kplJson<string>(),
  gzip: () => gzip(jsonLines<string>()),
  netstring: () =>
    createProcessor({ serializer: string(), framing: netstring() }),
  traceEnvelope: () => traceEnvelope(json<string>()),
};

/** A server of its own has no limits of AWS to keep to. */
const FAST = { pollIntervalMs: 20, readsPerSecond: 200 };

/** Runs all parts. With a server, only those that use it. */
export async function scenario(place: Place): Promise<Findings> {
  const server = new KinesisServer({ transitionMs: 0, limits: false });
  const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
  const inMemory = new KinesisClient({
    region: "us-east-1",
    credentials,
    fetch: server.fetch,
  });
  const { endpoint, prefix } = place;
  const client = endpoint === undefined ? inMemory : new KinesisClient({
    region: "us-east-1",
    credentials,
    endpoint,
    protocol: "cbor",
  });
  const parts: Record<string, Promise<unknown>> = {};
  for (const [name, make] of Object.entries(PROCESSORS)) {
    parts[name] = roundTrip(client, `${prefix}-${name}`, make());
  }
  parts.split = split(client, `${prefix}-split`);
  if (endpoint === undefined) {
    parts.queue = queue(inMemory, server);
    parts.fanOut = fanOut(inMemory);
    parts.lambda = lambda();
  }
  const findings: Findings = {};
  for (const [name, part] of Object.entries(parts)) findings[name] = await part;
  return findings;
}

/** The values that were put and not read in their order. */
async function roundTrip(
  client: KinesisClient,
  streamName: string,
  processor: Processor<string>,
): Promise<string> {
  const producer = new Producer<string>({
    client,
    streamName,
    processor,
    createStream: { shardCount: 1 },
    partitionKey: () => "key",
    lingerMs: 1,
  });
  await producer.putAll(TEXTS);
  await producer.close();
  const read: string[] = [];
  const consumer = new Consumer<string>({
    client,
    streamName,
    processor,
    until: "caught-up",
    ...FAST,
  });
  for await (const { value } of consumer) read.push(value);
  return JSON.stringify(read) === JSON.stringify(TEXTS)
    ? "ok"
    : JSON.stringify(read);
}

/** Reads over a split and a restart, with the order of each key. */
async function split(
  client: KinesisClient,
  streamName: string,
): Promise<unknown> {
  const processor = json<number>();
  const stream = { client, streamName, processor };
  const reading = {
    ...stream,
    ...FAST,
    checkpointer: new MemoryCheckpointer(),
  };
  const producer = new Producer<number>({
    ...stream,
    createStream: { shardCount: 1 },
    partitionKey: (n) => `key-${n % 4}`,
    ordering: "key",
    lingerMs: 1,
  });
  const write = async (from: number, to: number) => {
    for (let n = from; n < to; n++) producer.put(n);
    await producer.flush();
  };
  await write(0, 100);
  const lasts = new Map<number, number>();
  const seen = new Set<number>();
  let outOfOrder = 0;
  const note = (n: number) => {
    if (n < (lasts.get(n % 4) ?? -1)) outOfOrder++;
    lasts.set(n % 4, n);
    seen.add(n);
  };
  const first = new Consumer<number>(reading);
  for await (const { value } of first) {
    note(value);
    if (seen.size === 50) break;
  }
  await client.splitShard({
    StreamName: streamName,
    ShardToSplit: "shardId-000000000000",
    NewStartingHashKey: (2n ** 127n).toString(),
  });
  await client.waitUntilActive({ StreamName: streamName });
  await write(100, 200);
  await producer.close();
  const second = new Consumer<number>({
    ...reading,
    until: "caught-up",
  });
  const { processed } = await second.process(({ value }) => note(value), {
    concurrency: 4,
  });
  return { seen: seen.size, outOfOrder, again: processed - (200 - 50) };
}

/** Reads a queue, and restores a dead letter. */
async function queue(
  client: KinesisClient,
  server: KinesisServer,
): Promise<unknown> {
  server.createStream("jobs", { mode: "ON_DEMAND" });
  const { queueARN } = server.createQueue("jobs", { maxReceiveCount: 1 });
  const processor = json<number>();
  const producer = new Producer<number>({
    client,
    streamName: "jobs",
    processor,
  });
  await producer.putAll([1, 2, 3, 4, 5]);
  await producer.close();
  const options = { client, queueARN, processor, idleTimeoutMs: 50 };
  const jobs = () => new QueueConsumer<number>(options);
  const bad = await jobs().process(({ value }) => {
    if (value === 3) throw new Error("bad");
  });
  const { restored } = await jobs().redrive({
    where: ({ value }) => value === 3,
  });
  const good = await jobs().process(() => {});
  return [bad.processed, bad.returned, restored, good.processed];
}

/** Reads with enhanced fan-out. */
async function fanOut(client: KinesisClient): Promise<unknown> {
  const stream = { client, streamName: "pushed", processor: bytes() };
  const producer = new Producer({ ...stream, createStream: { shardCount: 2 } });
  for (let n = 0; n < 20; n++) {
    producer.put(new Uint8Array([n]), { partitionKey: `${n}` });
  }
  await producer.close();
  let sum = 0;
  const consumer = new Consumer({
    ...stream,
    fanOut: { consumerName: "reader" },
    until: "caught-up",
  });
  for await (const { value } of consumer) sum += value[0]!;
  return sum;
}

/** Handles an event of AWS Lambda. */
async function lambda(): Promise<unknown> {
  const seen: number[] = [];
  const handler = kinesisHandler({
    processor: json<number>(),
    handler: ({ value }) => {
      if (value === 2) throw new Error("bad");
      seen.push(value);
    },
  });
  const Records = [1, 2, 3].map((n) => ({
    eventID: `shardId-000000000000:${n}`,
    eventSourceARN: "arn:aws:kinesis:us-east-1:123456789012:stream/orders",
    kinesis: {
      data: btoa(`${n}`),
      partitionKey: "k",
      sequenceNumber: `${n}`,
      approximateArrivalTimestamp: 1,
    },
  }));
  const { batchItemFailures } = await handler({ Records } as never);
  return [seen, batchItemFailures];
}
