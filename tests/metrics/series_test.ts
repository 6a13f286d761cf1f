/** What the series of several producers and consumers tell, from the first event to the end. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Registry } from "prom-client";
import { deferred } from "../../_core/deferred.ts";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import { KinesisClient } from "../../client/mod.ts";
import { Consumer } from "../../consumer.ts";
import type { ReadEvent } from "../../hooks.ts";
import { openTelemetryHooks, prometheusHooks } from "../../metrics/mod.ts";
import { Producer } from "../../producer.ts";
import { json } from "../../processors/mod.ts";
import { KinesisServer, withFaults } from "../../testing/mod.ts";
import { World } from "../consumer/_world.ts";
import { Telemetry } from "./_telemetry.ts";

const STREAM = { stream: "orders" };

/** A registry, and the values of its series. */
function setUp(perShard = true) {
  const registry = new Registry();
  const hooks = prometheusHooks(registry, { perShard });
  /** The value of a series, by its name and labels. */
  const value = async (name: string, labels: Record<string, string> = {}) => {
    const metric = await registry.getSingleMetric(`kinesis_${name}`)!.get();
    const wanted = { ...STREAM, ...labels };
    return metric.values.find(({ labels }) =>
      Object.entries(wanted).every(([key, it]) => labels[key] === it) &&
      Object.keys(labels).length === Object.keys(wanted).length
    )?.value;
  };
  return { registry, hooks, value };
}

/** An answer with this lag. */
function read(instance: number, shardId: string, lagMs: number): ReadEvent {
  const size = { records: 1, bytes: 10 };
  return { ...STREAM, instance, shardId, ...size, millisBehindLatest: lagMs };
}

/** A client of a stream with one shard. */
function streamOf(options: Parameters<typeof withFaults>[1] = { rules: [] }) {
  const server = new KinesisServer();
  server.createStream("orders", { shards: 1 });
  const client = new KinesisClient({
    region: "eu-west-1",
    credentials: { accessKeyId: "id", secretAccessKey: "secret" },
    fetch: withFaults(server.fetch, options),
  });
  return { client, streamName: "orders" };
}

Deno.test("prometheusHooks keeps apart what two consumers of a stream read", async () => {
  const { hooks, value } = setUp();
  const shard = { shard: "a" };
  for (const instance of [1, 2]) {
    hooks.onShard!({ ...STREAM, instance, shardId: "a", state: "opened" });
  }
  hooks.onRead!(read(1, "a", 9000));
  hooks.onRead!(read(2, "a", 1000));
  assertEquals(await value("consumer_held_shards"), 2);
  assertEquals(await value("consumer_lag_seconds", shard), 9);
  hooks.onShard!({ ...STREAM, instance: 1, shardId: "a", state: "released" });
  assertEquals(await value("consumer_held_shards"), 1);
  assertEquals(await value("consumer_lag_seconds", shard), 1);
  hooks.onConsumerEnd!({ ...STREAM, instance: 2 });
  assertEquals(await value("consumer_held_shards"), 0);
  assertEquals(await value("consumer_lag_seconds", shard), undefined);
});

Deno.test("prometheusHooks without perShard tells the greatest lag and the least rate of all shards", async () => {
  const { hooks, value } = setUp(false);
  const all = { shard: "all" };
  for (const shardId of ["a", "b"]) {
    hooks.onShard!({ ...STREAM, instance: 1, shardId, state: "opened" });
    const rateFactor = shardId === "a" ? 0.25 : 0.5;
    const event = { ...STREAM, instance: 2, shardId, records: 1 };
    hooks.onThrottled!({ ...event, rateFactor });
  }
  hooks.onRead!(read(1, "a", 9000));
  hooks.onRead!(read(1, "b", 1000));
  assertEquals(await value("consumer_lag_seconds", all), 9);
  assertEquals(await value("producer_rate_factor", all), 0.25);
  hooks.onShardMap!({ ...STREAM, instance: 2, before: ["a"], after: ["b"] });
  assertEquals(await value("producer_rate_factor", all), 0.5);
  for (const shardId of ["a", "b"]) {
    hooks.onShard!({ ...STREAM, instance: 1, shardId, state: "lost" });
  }
  assertEquals(await value("consumer_lag_seconds", all), undefined);
});

Deno.test("prometheusHooks tells how far processing is behind, of the shards that are read and while it is known", async () => {
  for (const perShard of [true, false]) {
    const { hooks, value } = setUp(perShard);
    const lag = (shard: string) =>
      value("consumer_processing_lag_seconds", {
        shard: perShard ? shard : "all",
      });
    const tell = (shardId: string, processingLagMs?: number) =>
      hooks.onProcessingLag!({
        ...STREAM,
        instance: 1,
        shardId,
        processingLagMs,
      });
    const turn = (shardId: string, state: "opened" | "lost") =>
      hooks.onShard!({ ...STREAM, instance: 1, shardId, state });
    tell("a", 1000);
    assertEquals(await lag("a"), undefined, "it is not read");
    for (const shardId of ["a", "b"]) turn(shardId, "opened");
    tell("a", 9000);
    tell("b", 500);
    assertEquals(await lag("a"), 9);
    assertEquals(await lag("b"), perShard ? 0.5 : 9);
    tell("a");
    assertEquals(await lag("a"), perShard ? undefined : 0.5);
    turn("b", "lost");
    assertEquals(await lag("b"), undefined);
    tell("a", 0);
    assertEquals(await lag("a"), 0);
    hooks.onConsumerEnd!({ ...STREAM, instance: 1 });
    assertEquals(await lag("a"), undefined);
  }
});

Deno.test("prometheusHooks tells that a slow handler is behind while reading is not", async () => {
  const { hooks, value } = setUp();
  const world = new World();
  const { clock } = world;
  const client = world.client(undefined, undefined, { clock });
  const consumer = world.consumer({ client, hooks });
  const gate = deferred<void>();
  const processing = consumer.process(() => gate.promise, {
    timeoutMs: Infinity,
  });
  await world.put(1);
  await world.pass(65_000);
  const shard = { shard: world.shardIds[0]! };
  const lag = () => value("consumer_processing_lag_seconds", shard);
  assertEquals(await value("consumer_lag_seconds", shard), 0);
  assertEquals(await lag(), 60);
  gate.resolve();
  await world.pass(10_000);
  assertEquals(await lag(), 0);
  await world.run(consumer.close());
  await processing;
  assertEquals(await lag(), undefined);
});

Deno.test("openTelemetryHooks without perShard tells the greatest lag, and 0 when no shard is read", async () => {
  await using telemetry = new Telemetry();
  const hooks = openTelemetryHooks(telemetry.api, { perShard: false });
  const lags = async () =>
    (await telemetry.metrics()).get("kinesis.consumer.lag")!.points
      .map(({ value }) => value as unknown);
  for (const [shardId, lagMs] of [["a", 9000], ["b", 1000]] as const) {
    hooks.onShard!({ ...STREAM, instance: 1, shardId, state: "opened" });
    hooks.onRead!(read(1, shardId, lagMs));
  }
  assertEquals(await lags(), [9]);
  hooks.onConsumerEnd!({ ...STREAM, instance: 1 });
  assertEquals(await lags(), [0]);
});

Deno.test("openTelemetryHooks names the metrics of queues after queues", async () => {
  await using telemetry = new Telemetry();
  openTelemetryHooks(telemetry.api).onReceive!({
    queueARN: "arn:aws:kinesis:eu-west-1:123456789012:queue/jobs",
    part: "records",
    records: 1,
    bytes: 7,
    durationMs: 30,
    polls: 1,
  });
  const metrics = await telemetry.metrics();
  assert(metrics.has("kinesis.queue.records"), [...metrics.keys()].join());
  assertEquals(metrics.get("kinesis.queue.receive")!.unit, "s");
});

Deno.test("prometheusHooks ends the alarms of a consumer that has ended", async () => {
  const { hooks, value } = setUp();
  const problem = { type: "unread", from: "0", to: "9", since: new Date() };
  const problems = [problem] as never;
  for (const instance of [1, 2]) {
    hooks.onCoverage!({ ...STREAM, instance, problems });
    hooks.onStatus!({
      ...STREAM,
      instance,
      coverage: { problems: [] },
      shards: [{
        ...STREAM,
        shardId: "a",
        parentShardIds: [],
        state: "waiting",
      }],
    });
  }
  hooks.onConsumerEnd!({ ...STREAM, instance: 1 });
  assertEquals(await value("consumer_coverage_problems"), 1);
  hooks.onConsumerEnd!({ ...STREAM, instance: 2 });
  assertEquals(await value("consumer_coverage_problems"), 0);
  assertEquals(await value("consumer_workers"), undefined);
  assertEquals(await value("consumer_shards", { state: "waiting" }), undefined);
});

Deno.test("prometheusHooks adds up the buffers of two producers, and forgets that of a producer that has ended", async () => {
  const { hooks, value } = setUp();
  const full = { ...STREAM, state: "full", bufferedBytes: 9 } as const;
  for (const instance of [1, 2]) {
    hooks.onBuffer!({ ...full, instance, bufferedValues: 5 * instance });
    hooks.onShardMap!({ ...STREAM, instance, before: [], after: ["a"] });
  }
  assertEquals(await value("producer_buffered_values"), 15);
  const end = { ...STREAM, how: "aborted", undelivered: 5 } as const;
  hooks.onProducerEnd!({ ...end, instance: 1 });
  assertEquals(await value("producer_buffered_values"), 10);
  assertEquals(await value("producer_open_shards"), 1);
  hooks.onProducerEnd!({ ...end, instance: 2 });
  assertEquals(await value("producer_buffered_values"), 0);
  assertEquals(await value("producer_open_shards"), undefined);
});

Deno.test("prometheusHooks tells 0 before the first event of a series whose labels are known", async () => {
  const { hooks, value } = setUp();
  const place = { ...STREAM, instance: 1, shardId: "a" };
  hooks.onShard!({ ...place, state: "opened" });
  hooks.onShardMap!({ ...STREAM, instance: 2, before: [], after: ["a"] });
  const consumer = (name: string, labels = {}) =>
    value(`consumer_${name}_total`, labels);
  assertEquals(await consumer("expired", { what: "records" }), 0);
  assertEquals(await consumer("stalls", { action: "restart" }), 0);
  assertEquals(await consumer("shard_events", { state: "lost" }), 0);
  assertEquals(await consumer("handler_errors", { then: "given-up" }), 0);
  assertEquals(await consumer("decode_errors", { decision: "skip" }), 0);
  assertEquals(await consumer("unacknowledged"), 0);
  const code = "ProvisionedThroughputExceededException";
  const reason = { reason: "throttled", code };
  assertEquals(await value("producer_failed_records_total", reason), 0);
});

Deno.test("prometheusHooks tells bytes that were stored, and why others were not", async () => {
  const { hooks, value } = setUp();
  const stream = streamOf({
    rules: [{
      action: "PutRecords",
      times: 1,
      fault: { type: "partial", fail: 2 },
    }],
  });
  const producer = new Producer({
    ...stream,
    processor: json<number>(),
    hooks,
  });
  const puts = [1, 2, 3].map((n) => producer.put(n, { partitionKey: "k" }));
  await Promise.all(puts);
  await producer.close();
  assertEquals(await value("producer_bytes_total"), 6);
  const failed = await value("producer_failed_records_total", {
    reason: "throttled",
    code: "ProvisionedThroughputExceededException",
  });
  assertEquals(await value("producer_sent_bytes_total"), 6 + 2 * failed!);
  assert(failed! > 0);
});

Deno.test("prometheusHooks counts values of calls that a close interrupts as redelivered, not as given up", async () => {
  const { hooks, value } = setUp();
  const stream = streamOf();
  const processor = json<number>();
  const producer = new Producer({ ...stream, processor });
  await producer.put(1, { partitionKey: "k" });
  await producer.close();
  const consumer = new Consumer({
    ...stream,
    processor,
    hooks,
    checkpointer: new MemoryCheckpointer(),
  });
  let called = () => {};
  const isCalled = new Promise<void>((resolve) => void (called = resolve));
  const stop = new AbortController();
  const processing = consumer.process(async (_, { signal }) => {
    called();
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    throw new Error("stopped");
  }, { signal: stop.signal });
  await isCalled;
  stop.abort(new Error("deploy"));
  await assertRejects(() => processing, Error, "deploy");
  const errors = (then: string) =>
    value("consumer_handler_errors_total", { then });
  assertEquals(await errors("redelivered"), 1);
  assertEquals(await errors("given-up"), 0);
  assertEquals(await value("consumer_held_shards"), 0);
});

Deno.test("prometheusHooks counts values that are skipped because they cannot be decoded", async () => {
  const { hooks, value } = setUp();
  const stream = streamOf();
  await stream.client.putRecord({
    StreamName: "orders",
    PartitionKey: "k",
    Data: new TextEncoder().encode("{"),
  });
  const consumer = new Consumer({
    ...stream,
    processor: json<number>(),
    hooks,
    onPoison: "skip",
    until: "caught-up",
  });
  for await (const _ of consumer);
  const skipped = await value("consumer_decode_errors_total", {
    decision: "skip",
  });
  assertEquals(skipped, 1);
});

Deno.test("prometheusHooks says how registries of several processes are added up", async () => {
  const { registry } = setUp();
  const metrics = await registry.getMetricsAsJSON();
  const of = (name: string) =>
    metrics.find((metric) => metric.name === `kinesis_${name}`)?.aggregator;
  assertEquals(of("consumer_records_total"), "sum");
  assertEquals(of("consumer_held_shards"), "sum");
  assertEquals(of("consumer_lag_seconds"), "max");
  assertEquals(of("consumer_last_checkpoint_seconds"), "max");
  assertEquals(of("producer_rate_factor"), "min");
});

Deno.test("prometheusHooks adds a metric again that was removed from the registry", async () => {
  const { registry, value } = setUp();
  registry.removeSingleMetric("kinesis_consumer_strays_total");
  const strays = { ...STREAM, shardId: "a", sequenceNumber: "1", values: 2 };
  prometheusHooks(registry).onStrays!(strays);
  assertEquals(await value("consumer_strays_total"), 2);
});

Deno.test("prometheusHooks refuses options that it does not know", () => {
  for (
    const [options, text] of [[{ pershard: false }, "'pershard'"], [
      null,
      "'options'",
    ]] as const
  ) {
    assertThrows(
      () => prometheusHooks(new Registry(), options as never),
      TypeError,
      text,
    );
  }
});
