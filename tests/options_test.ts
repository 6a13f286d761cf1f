import { assert, assertThrows } from "@std/assert";
import {
  DynamoDBCheckpointer,
  KvCheckpointer,
  RedisCheckpointer,
  SqlCheckpointer,
} from "../checkpoint/mod.ts";
import { streamMetrics } from "../cloudwatch/mod.ts";
import { fromCognitoIdentity } from "../credentials/mod.ts";
import { kinesisHandler } from "../lambda/mod.ts";
import {
  combineHooks,
  logHooks,
  openTelemetryHooks,
  prometheusHooks,
} from "../metrics/mod.ts";
import { Consumer, KinesisClient, Producer, QueueConsumer } from "../mod.ts";
import { withFaults, withPolicy } from "../testing/mod.ts";

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
