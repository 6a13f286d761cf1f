import { assert, assertThrows } from "@std/assert";
import {
  DynamoDBCheckpointer,
  KvCheckpointer,
  RedisCheckpointer,
  SqlCheckpointer,
} from "../checkpoint/mod.ts";
import { streamMetrics } from "../cloudwatch/mod.ts";
import {
  cachedCredentials,
  defaultCredentials,
  fromCognitoIdentity,
  fromContainer,
  fromEnvironment,
  fromInstanceMetadata,
  fromSharedFiles,
  fromWebIdentity,
} from "../credentials/mod.ts";
import { kinesisHandler } from "../lambda/mod.ts";
import {
  combineHooks,
  logHooks,
  openTelemetryHooks,
  prometheusHooks,
} from "../metrics/mod.ts";
import {
  checkpointStatus,
  Consumer,
  KinesisClient,
  Producer,
  QueueConsumer,
} from "../mod.ts";
import { nodeFetch } from "../node/mod.ts";
import { json } from "../processors/mod.ts";
import { KinesisServer, withFaults, withPolicy } from "../testing/mod.ts";

const client = new KinesisClient({ region: "us-east-1" });
// deno-lint-ignore no-explicit-any -- called as JavaScript would
const any = (value: unknown) => value as any;

/** What an application calls with options, here without any or with a wrong value in their place. */
const calls: Record<string, (options: unknown) => unknown> = {
  Consumer: (options) => new Consumer(any(options)),
  DynamoDBCheckpointer: (options) => new DynamoDBCheckpointer(any(options)),
  KvCheckpointer: (options) => new KvCheckpointer(any(options)),
  Producer: (options) => new Producer(any(options)),
  QueueConsumer: (options) => new QueueConsumer(any(options)),
  RedisCheckpointer: (options) => new RedisCheckpointer(any(options)),
  SqlCheckpointer: (options) => new SqlCheckpointer(any(options)),
  combineHooks: (options) => combineHooks(any(options)),
  fromCognitoIdentity: (options) => fromCognitoIdentity(any(options)),
  kinesisHandler: (options) => kinesisHandler(any(options)),
  logHooks: (options) => logHooks(any(options)),
  openTelemetryHooks: (options) => openTelemetryHooks(any(options)),
  prometheusHooks: (options) => prometheusHooks(any(options)),
  withFaults: (options) => withFaults(fetch, any(options)),
  withPolicy: (options) => withPolicy(fetch, any(options)),
};

for (const [name, call] of Object.entries(calls)) {
  Deno.test(`${name} says what is wrong with options that are missing or no object`, () => {
    for (const options of [undefined, null, 5, "text"]) {
      const error = assertThrows(() => call(options), TypeError);
      assert(/^Cannot [a-z]+ .* as '/.test(error.message), error.message);
    }
  });
}

Deno.test("preflight and streamMetrics say what is wrong with options that are missing or no object", async () => {
  for (const options of [undefined, null, 5]) {
    const error = await client.preflight(any(options)).catch((it) => it);
    assert(error instanceof TypeError, `${error}`);
    assert(/'options' must be/.test(error.message), error.message);
  }
  for (const stream of [undefined, null, 5]) {
    const error = await streamMetrics(client, any(stream)).catch((it) => it);
    assert(error instanceof TypeError, `${error}`);
    assert(
      /^Cannot read the metrics as 'stream'/.test(error.message),
      error.message,
    );
  }
});

const stream = { client, streamName: "orders", processor: json() };
const queueARN = "arn:aws:kinesis:us-east-1:123456789012:queue/jobs";

/** What takes options, here with one whose name is misspelled. */
const misspelled: Record<string, (options: object) => unknown> = {
  KinesisClient: (options) => new KinesisClient(options),
  "KinesisClient, retry": (retry) => new KinesisClient({ retry }),
  Producer: (options) => new Producer({ ...stream, ...options }),
  Consumer: (options) => new Consumer({ ...stream, ...options }),
  "Consumer, streams": (options) =>
    new Consumer({ client, streams: [{ ...stream, ...options }] }),
  "Consumer.process": (options) =>
    new Consumer(stream).process(() => {}, options),
  "Consumer.processBatches": (options) =>
    new Consumer(stream).processBatches(() => {}, options),
  QueueConsumer: (options) =>
    new QueueConsumer({ client, queueARN, processor: json(), ...options }),
  "QueueConsumer.process": (options) =>
    new QueueConsumer({ client, queueARN, processor: json() })
      .process(() => {}, options),
  DynamoDBCheckpointer: (options) =>
    new DynamoDBCheckpointer({ tableName: "leases", ...options }),
  RedisCheckpointer: (options) => new RedisCheckpointer(any(options)),
  KvCheckpointer: (options) => new KvCheckpointer(any(options)),
  SqlCheckpointer: (options) => new SqlCheckpointer(any(options)),
  json: (options) => json(options),
  nodeFetch: (options) => nodeFetch(options),
  KinesisServer: (options) => new KinesisServer(options),
  withFaults: (options) => withFaults(fetch, { rules: [], ...options }),
  withPolicy: (options) => withPolicy(fetch, { Statement: [] }, options),
  checkpointStatus: (options) => checkpointStatus(any(options)),
  cachedCredentials: (options) =>
    cachedCredentials(() => Promise.reject(), options),
  defaultCredentials: (options) => defaultCredentials(options),
  fromCognitoIdentity: (options) => fromCognitoIdentity(any(options)),
  fromContainer: (options) => fromContainer(options),
  fromEnvironment: (options) => fromEnvironment(options),
  fromInstanceMetadata: (options) => fromInstanceMetadata(options),
  fromSharedFiles: (options) => fromSharedFiles(options),
  fromWebIdentity: (options) => fromWebIdentity(options),
  kinesisHandler: (options) =>
    kinesisHandler({ processor: json(), handler: () => {}, ...options }),
  prometheusHooks: (options) =>
    prometheusHooks(
      { registerMetric: () => {}, getSingleMetric: () => undefined },
      options,
    ),
};

for (const [name, call] of Object.entries(misspelled)) {
  Deno.test(`${name} refuses an option that it does not know`, async () => {
    const error = await (async () => await call({ mistyped: 1 }))()
      .then(() => undefined, (it) => it);
    assert(error instanceof TypeError, `${error}`);
    assert(/ it has 'mistyped'$/.test(error.message), error.message);
  });
}
