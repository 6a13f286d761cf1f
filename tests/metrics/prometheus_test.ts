import { assert, assertEquals, assertThrows } from "@std/assert";
import { Registry } from "prom-client";
import { KinesisClient } from "../../client/mod.ts";
import { Consumer } from "../../consumer.ts";
import { Producer } from "../../producer.ts";
import { json } from "../../processors/mod.ts";
import { prometheusHooks } from "../../metrics/mod.ts";
import { KinesisServer, withFaults } from "../../testing/mod.ts";

const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
const place = { stream: "orders", shardId: "shardId-0" };

/** The value of a series in the text that Prometheus gets. */
async function valueOf(
  registry: Registry,
  series: string,
): Promise<number | undefined> {
  const line = (await registry.metrics()).split("\n").find((it) =>
    it.startsWith(`${series} `)
  );
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

Deno.test("prometheusHooks counts what a producer and a consumer do", async () => {
  const registry = new Registry();
  const hooks = prometheusHooks(registry);
  const server = new KinesisServer();
  server.createStream("orders", { shards: 2 });
  const fetch = withFaults(server.fetch, {
    rules: [{ action: "PutRecords", times: 1, fault: { type: "throttle" } }],
  });
  const client = new KinesisClient({
    region: "eu-west-1",
    credentials,
    fetch,
    hooks,
  });
  const orders = {
    client,
    streamName: "orders",
    processor: json<number>(),
    hooks,
  };
  const producer = new Producer(orders);
  for (let i = 0; i < 20; i++) producer.put(i, { partitionKey: `${i}` });
  await producer.close();
  const consumer = new Consumer({ ...orders, until: "caught-up" });
  let count = 0;
  for await (const _ of consumer) count++;
  assertEquals(count, 20);
  const s = '{stream="orders"}';
  assertEquals(
    await valueOf(registry, `kinesis_producer_records_total${s}`),
    20,
  );
  assertEquals(
    await valueOf(registry, `kinesis_consumer_records_total${s}`),
    20,
  );
  assertEquals(await valueOf(registry, `kinesis_producer_open_shards${s}`), 2);
  assertEquals(await valueOf(registry, `kinesis_consumer_held_shards${s}`), 0);
  const attempts = await valueOf(
    registry,
    'kinesis_client_attempt_seconds_count{action="PutRecords"}',
  );
  const infinite = await valueOf(
    registry,
    'kinesis_client_attempt_seconds_bucket{action="PutRecords",le="+Inf"}',
  );
  assertEquals(attempts, infinite);
  const text = await registry.metrics();
  assert(
    /kinesis_client_attempts_total\{action="PutRecords",outcome="[A-Z]\w+"\} 1/
      .test(text),
  );
  assert(!text.includes("lag_seconds{"), "the shards are not read any more");
  assert(/# TYPE kinesis_client_attempt_seconds histogram/.test(text));
});

Deno.test("prometheusHooks keeps the lag of a shard as long as this worker reads it", async () => {
  const registry = new Registry();
  const hooks = prometheusHooks(registry);
  const lag = 'kinesis_consumer_lag_seconds{stream="orders",shard="shardId-0"}';
  const read = { ...place, records: 1, bytes: 10, millisBehindLatest: 1500 };
  for (const state of ["finished", "lost", "released"] as const) {
    hooks.onShard!({ ...place, state: "opened" });
    hooks.onRead!(read);
    assertEquals(await valueOf(registry, lag), 1.5);
    assertEquals(
      await valueOf(registry, 'kinesis_consumer_held_shards{stream="orders"}'),
      1,
    );
    hooks.onShard!({ ...place, state });
    assertEquals(await valueOf(registry, lag), undefined);
    hooks.onRead!(read); // an answer that was under way
    assertEquals(await valueOf(registry, lag), undefined);
  }
});

Deno.test("prometheusHooks shares the metrics of a registry, and refuses those of others", async () => {
  const registry = new Registry();
  const [one, two] = [prometheusHooks(registry), prometheusHooks(registry)];
  for (const hooks of [one, two]) {
    hooks.onStrays!({ ...place, sequenceNumber: "1", values: 2 });
  }
  assertEquals(
    await valueOf(registry, 'kinesis_consumer_strays_total{stream="orders"}'),
    4,
  );
  prometheusHooks(registry, { prefix: "other_" });
  assert((await registry.metrics()).includes("other_client_attempts_total"));
  const foreign = new Registry();
  foreign.registerMetric(
    registry.getSingleMetric("kinesis_consumer_strays_total")!,
  );
  assertThrows(
    () => prometheusHooks(foreign),
    TypeError,
    '"kinesis_consumer_strays_total"',
  );
  assertEquals(foreign.getMetricsAsArray().length, 1);
  registry.clear();
  prometheusHooks(registry).onStrays!({
    ...place,
    sequenceNumber: "1",
    values: 1,
  });
  assertEquals(
    await valueOf(registry, 'kinesis_consumer_strays_total{stream="orders"}'),
    1,
  );
});

Deno.test("prometheusHooks uses the code of an error as label, and no text of it", async () => {
  const registry = new Registry();
  const hooks = prometheusHooks(registry);
  const failed = { stream: "orders", partitionKey: "secret", attempts: 1 };
  for (
    const error of [
      new TypeError("secret"),
      { code: "Http500" },
      undefined,
      "secret",
    ]
  ) {
    hooks.onValueFailed!({ ...failed, error });
  }
  const text = await registry.metrics();
  assert(!text.includes("secret"));
  assertEquals(
    [...text.matchAll(
      /given_up_values_total\{stream="orders",code="(\w+)"\} (\d)/g,
    )]
      .map(([, code, count]) => [code, count]),
    [["TypeError", "1"], ["Http500", "1"], ["Error", "2"]],
  );
});

Deno.test("prometheusHooks refuses wrong arguments", () => {
  assertThrows(
    () => prometheusHooks({} as never),
    TypeError,
    "'registry' must be an object with",
  );
  const registry = new Registry();
  assertThrows(
    () => prometheusHooks(registry, { prefix: "1-" }),
    RangeError,
    "'prefix' must be",
  );
  assertThrows(
    () => prometheusHooks(registry, { perShard: 1 as never }),
    TypeError,
    "'perShard'",
  );
});
