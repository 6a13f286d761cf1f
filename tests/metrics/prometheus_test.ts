import { assert, assertEquals, assertThrows } from "@std/assert";
import { Registry } from "prom-client";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import { KinesisClient } from "../../client/mod.ts";
import { Consumer } from "../../consumer.ts";
import { Producer } from "../../producer.ts";
import { json, jsonLines } from "../../processors/mod.ts";
import { prometheusHooks } from "../../metrics/mod.ts";
import { KinesisServer, withFaults } from "../../testing/mod.ts";

const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
const place = { stream: "orders", instance: 1, shardId: "shardId-0" };

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
  await producer.flush();
  const s = '{stream="orders"}';
  assertEquals(await valueOf(registry, `kinesis_producer_open_shards${s}`), 2);
  await producer.close();
  const consumer = new Consumer({ ...orders, until: "caught-up" });
  let count = 0;
  for await (const _ of consumer) count++;
  assertEquals(count, 20);
  assertEquals(
    await valueOf(registry, `kinesis_producer_records_total${s}`),
    20,
  );
  assertEquals(
    await valueOf(registry, `kinesis_consumer_records_total${s}`),
    20,
  );
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

Deno.test("prometheusHooks answers the questions of the lists of the KPL and the KCL", async () => {
  const registry = new Registry();
  const hooks = prometheusHooks(registry);
  const server = new KinesisServer();
  server.createStream("orders", { shards: 1 });
  const fetch = withFaults(server.fetch, {
    rules: [{
      action: "PutRecords",
      times: 1,
      fault: { type: "partial", fail: 1 },
    }],
  });
  const client = new KinesisClient({ region: "eu-west-1", credentials, fetch });
  const orders = {
    client,
    streamName: "orders",
    processor: jsonLines<number>(),
    hooks,
  };
  const producer = new Producer({ ...orders, partitionKey: (n) => `${n % 2}` });
  for (let i = 0; i < 20; i++) producer.put(i);
  await producer.close();
  let calls = 0;
  await new Consumer({
    ...orders,
    checkpointer: new MemoryCheckpointer(),
    until: "caught-up",
  }).process(() => {
    if (++calls === 1) throw new Error("no");
  }, { retry: { baseDelayMs: 1 } });
  const value = (name: string, labels = "") =>
    valueOf(registry, `kinesis_${name}{stream="orders"${labels}}`);
  assertEquals(await value("producer_values_total"), 20);
  assertEquals(await value("producer_sent_values_total"), 40);
  assertEquals(await value("producer_records_total"), 2);
  assertEquals(await value("producer_resent_records_total"), 2);
  assertEquals(await value("producer_buffering_seconds_count"), 20);
  assert((await value("producer_buffering_seconds_sum"))! > 0);
  assert((await value("consumer_read_seconds_count"))! > 0);
  assertEquals(await value("consumer_checkpoint_seconds_count"), 1);
  const [ok, failed] = [',outcome="ok"', ',outcome="failed"'];
  assertEquals(await value("consumer_handler_seconds_count", ok), 20);
  assertEquals(await value("consumer_handler_seconds_count", failed), 1);
  assertEquals(await value("consumer_handled_values_total", ok), 20);
  assertEquals(await value("consumer_handled_values_total", failed), 1);
});

Deno.test("prometheusHooks counts renewals, shards and workers", async () => {
  const registry = new Registry();
  const hooks = prometheusHooks(registry);
  hooks.onRenew!({ ...place, durationMs: 20 });
  hooks.onRenew!({ ...place, durationMs: 20, error: { code: "LeaseLost" } });
  const shard = { ...place, parentShardIds: [] };
  hooks.onStatus!({
    stream: "orders",
    instance: 1,
    coverage: { problems: [] },
    shards: [
      { ...shard, state: "reading", owner: "a" },
      { ...shard, state: "elsewhere", owner: "b" },
      { ...shard, state: "elsewhere", owner: "b" },
      { ...shard, state: "waiting" },
    ],
  });
  const value = (name: string, labels = "") =>
    valueOf(registry, `kinesis_consumer_${name}{stream="orders"${labels}}`);
  assertEquals(await value("renewals_total", ',outcome="ok"'), 1);
  assertEquals(await value("renewals_total", ',outcome="LeaseLost"'), 1);
  assertEquals(await value("renewal_seconds_count"), 2);
  assertEquals(await value("shards", ',state="elsewhere"'), 2);
  assertEquals(await value("shards", ',state="finished"'), 0);
  assertEquals(await value("workers"), 2);
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
