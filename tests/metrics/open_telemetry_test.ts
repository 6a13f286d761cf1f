/** Metrics and spans in the SDK of OpenTelemetry. */
import type { Span } from "@opentelemetry/api";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { delay } from "@std/async/delay";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import { KinesisClient } from "../../client/mod.ts";
import { kinesisHandler } from "../../lambda/mod.ts";
import { Consumer } from "../../consumer.ts";
import {
  openTelemetryHooks,
  traced,
  traceInjector,
} from "../../metrics/mod.ts";
import {
  cloudEvents,
  createProcessor,
  json,
  newline,
  traceEnvelope,
} from "../../processors/mod.ts";
import { Producer } from "../../producer.ts";
import { KinesisServer, withFaults } from "../../testing/mod.ts";
import { recordOf } from "../lambda/_events.ts";
import { type ExportedMetric, Telemetry } from "./_telemetry.ts";

const [CLIENT, CONSUMER] = [2, 4];
const ERROR = 2;

interface Order {
  id: number;
}

function setUp(telemetry: Telemetry, fetch = new KinesisServer().fetch) {
  const inject = traceInjector(telemetry.api);
  return {
    client: new KinesisClient({
      region: "eu-west-1",
      credentials: { accessKeyId: "id", secretAccessKey: "secret" },
      fetch,
    }),
    streamName: "orders",
    processor: createProcessor({
      serializer: traceEnvelope(json<Order>(), { inject }),
      framing: newline(),
    }),
    hooks: openTelemetryHooks(telemetry.api, { consumerGroup: "billing" }),
  };
}

/** Writes an order in a span of its own. */
async function putInSpan(
  telemetry: Telemetry,
  producer: Producer<Order>,
  id: number,
): Promise<Span> {
  const tracer = telemetry.api.trace.getTracer("app");
  return await tracer.startActiveSpan(`order ${id}`, async (span) => {
    const stored = producer.put({ id }, { partitionKey: `${id}` });
    span.end();
    await stored;
    return span;
  });
}

/** The values of the points of a counter, by these attributes. */
function byAttribute(
  metric: ExportedMetric | undefined,
  ...names: string[]
): Record<string, number> {
  return Object.fromEntries(
    metric!.points.map(({ attributes, value }) => [
      names.map((name) => attributes[name]).join(" "),
      value.count ?? value,
    ]),
  );
}

Deno.test("openTelemetryHooks records metrics and spans from put to checkpoint, with the names of the conventions", async () => {
  await using telemetry = new Telemetry();
  const orders = setUp(telemetry);
  const producer = new Producer<Order>({
    ...orders,
    createStream: { shardCount: 1 },
  });
  const [one, two] = await Promise.all([
    putInSpan(telemetry, producer, 1),
    putInSpan(telemetry, producer, 2),
  ]);
  await producer.close();
  const checkpointer = new MemoryCheckpointer();
  await new Consumer<Order>({ ...orders, checkpointer, until: "caught-up" })
    .process(async ({ value }) => {
      await delay(5);
      if (value.id === 2) throw new TypeError("no");
    }, { retry: { maxAttempts: 1 }, onPoison: "skip" });

  const messaging = {
    "messaging.system.name": "aws.kinesis",
    "messaging.destination.name": "orders",
    "aws.kinesis.stream_name": "orders",
  };
  const shard = {
    "messaging.destination.partition.id": "shardId-000000000000",
    "messaging.consumer.group.name": "billing",
  };
  const operation = (name: string) => ({
    "messaging.operation.name": name,
    "messaging.operation.type": name,
  });
  const [send] = telemetry.named("send orders");
  assertEquals(send!.kind, CLIENT);
  assertEquals(send!.attributes, {
    ...messaging,
    ...operation("send"),
    "messaging.batch.message_count": 2,
    "kinesis.values": 2,
    "kinesis.failed_records": 0,
  });
  const [receive] = telemetry.named("receive orders");
  assertEquals(receive!.kind, CLIENT);
  assertEquals(receive!.attributes, {
    ...messaging,
    ...shard,
    ...operation("receive"),
    "messaging.batch.message_count": 2,
  });
  const processed = telemetry.named("process orders");
  assertEquals(processed.length, 2);
  for (const { kind, attributes, links, parentSpanContext } of processed) {
    const { "messaging.message.id": id, "error.type": type, ...rest } =
      attributes;
    assertEquals(kind, CONSUMER);
    assertEquals(rest, { ...messaging, ...shard, ...operation("process") });
    assert(/^\d+$/.test(id as string));
    const writer = type === undefined ? one : two;
    assertEquals(links.length, 1);
    const { traceId, spanId, traceFlags, isRemote } = links[0]!.context;
    const written = writer.spanContext();
    assertEquals([traceId, spanId, traceFlags, isRemote], [
      written.traceId,
      written.spanId,
      1,
      true,
    ]);
    assertEquals(parentSpanContext, undefined);
  }
  const failed = processed.find(({ status }) => status.code === ERROR);
  assertEquals(failed!.attributes["error.type"], "TypeError");
  assertEquals(failed!.status.message, "TypeError: no");
  const [seconds, nanos] = failed!.duration;
  assert(seconds * 1000 + nanos / 1e6 >= 4, `${failed!.duration}`);
  const [settle] = telemetry.named("settle orders");
  assertEquals(settle!.kind, CLIENT);
  const { "messaging.message.id": position, ...rest } = settle!.attributes;
  assertEquals(rest, { ...messaging, ...shard, ...operation("settle") });
  assert(/^\d+$/.test(position as string));
  for (const { parentSpanContext } of [send!, receive!, settle!]) {
    assertEquals(parentSpanContext, undefined);
  }

  const metrics = await telemetry.metrics();
  const sent = metrics.get("messaging.client.sent.messages");
  assertEquals(sent!.unit, "{message}");
  assertEquals(
    sent!.points.map(({ attributes, value }) => [attributes, value]),
    [
      [{
        "messaging.system.name": "aws.kinesis",
        "messaging.destination.name": "orders",
        ...operation("send"),
      }, 2],
    ],
  );
  const consumed = metrics.get("messaging.client.consumed.messages");
  assertEquals(byAttribute(consumed, "messaging.consumer.group.name"), {
    billing: 2,
  });
  const durations = metrics.get("messaging.client.operation.duration");
  assertEquals(durations!.unit, "s");
  const byName = byAttribute(durations, "messaging.operation.name");
  assertEquals(byName.send, 1);
  assertEquals(byName.settle, 1);
  assert(byName.receive! >= 1);
  const processing = metrics.get("messaging.process.duration");
  assertEquals(byAttribute(processing, "error.type"), {
    "": 1,
    TypeError: 1,
  });
  assertEquals(processing!.points[0]!.value.buckets.boundaries, [
    0.005,
    0.01,
    0.025,
    0.05,
    0.075,
    0.1,
    0.25,
    0.5,
    0.75,
    1,
    2.5,
    5,
    7.5,
    10,
  ]);
});

Deno.test("openTelemetryHooks records the metrics of this library, and forgets the lag of a shard that is not read any more", async () => {
  await using telemetry = new Telemetry();
  const hooks = openTelemetryHooks(telemetry.api);
  openTelemetryHooks(telemetry.api).onStrays!({
    stream: "orders",
    shardId: "a",
    sequenceNumber: "1",
    values: 2,
  });
  const place = { stream: "orders", instance: 1, shardId: "a" };
  hooks.onStrays!({ ...place, sequenceNumber: "1", values: 1 });
  hooks.onShard!({ ...place, state: "opened" });
  const read = { ...place, records: 1, bytes: 9, millisBehindLatest: 1500 };
  hooks.onRead!({ ...read, durationMs: 30 });
  hooks.onProcessingLag!({ ...place, processingLagMs: 2500 });
  const before = await telemetry.metrics();
  const processing = before.get("kinesis.consumer.processing_lag")!;
  assertEquals(processing.unit, "s");
  assertEquals(byAttribute(processing, "stream", "shard"), { "orders a": 2.5 });
  const lag = before.get("kinesis.consumer.lag")!;
  assertEquals(lag.unit, "s");
  assertEquals(byAttribute(lag, "stream", "shard"), { "orders a": 1.5 });
  const strays = before.get("kinesis.consumer.strays");
  assertEquals(byAttribute(strays, "stream"), { orders: 3 });
  const reading = before.get("kinesis.consumer.read")!;
  assertEquals([reading.unit, reading.points[0]!.value.sum], ["s", 0.03]);
  const bytes = before.get("kinesis.consumer.bytes")!;
  assertEquals([bytes.unit, bytes.points[0]!.value], ["By", 9]);
  const throttled = { ...place, records: 1, rateFactor: 0.5 };
  hooks.onThrottled!(throttled);
  hooks.onShardMap!({ ...place, before: ["a"], after: [] });
  hooks.onShard!({ ...place, state: "released" });
  // The SDK repeats the last value of a series with cumulative temporality.
  for (let collection = 0; collection < 2; collection++) {
    const after = await telemetry.metrics();
    const lag = after.get("kinesis.consumer.lag");
    assertEquals(byAttribute(lag, "stream", "shard"), { "orders a": 0 });
    const processing = after.get("kinesis.consumer.processing_lag");
    assertEquals(byAttribute(processing, "stream", "shard"), { "orders a": 0 });
    const rate = after.get("kinesis.producer.rate_factor");
    assertEquals(byAttribute(rate, "stream", "shard"), { "orders a": 1 });
  }
});

Deno.test("openTelemetryHooks counts failed records by their error, and marks failed requests", async () => {
  await using telemetry = new Telemetry();
  const { fetch } = new KinesisServer();
  const orders = setUp(
    telemetry,
    withFaults(fetch, {
      rules: [
        { action: "PutRecords", times: 1, fault: { type: "partial", fail: 1 } },
        {
          action: "PutRecords",
          times: 1,
          fault: { type: "partial", fail: 1, code: "InternalFailure" },
        },
        { action: "PutRecords", times: 1, fault: { type: "throttle" } },
      ],
    }),
  );
  const producer = new Producer<Order>({
    ...orders,
    createStream: { shardCount: 1 },
  });
  await producer.put({ id: 1 }, { partitionKey: "k" });
  await producer.close();
  const sends = telemetry.named("send orders");
  const failed = sends.filter(({ status }) => status.code === ERROR);
  assertEquals([sends.length, failed.length], [4, 1]);
  const type = failed[0]!.attributes["error.type"];
  assert(typeof type === "string" && type.endsWith("Exception"), `${type}`);
  const { "aws.request_id": requestId } = failed[0]!.attributes;
  assert(typeof requestId === "string" && requestId !== "");
  const metrics = await telemetry.metrics();
  const sent = byAttribute(
    metrics.get("messaging.client.sent.messages"),
    "error.type",
  );
  assertEquals(Object.values(sent).reduce((a, b) => a + b), 4);
  assertEquals([sent[""], sent["_OTHER"]], [1, 1]);
});

Deno.test("traced makes the span active in the handler, and the hooks add no second one", async () => {
  await using telemetry = new Telemetry();
  const { api } = telemetry;
  const orders = setUp(telemetry);
  const producer = new Producer<Order>({
    ...orders,
    createStream: { shardCount: 1 },
  });
  const written = await putInSpan(telemetry, producer, 1);
  await producer.close();
  const active: unknown[] = [];
  let calls = 0;
  const consumer = new Consumer<Order>({ ...orders, until: "caught-up" });
  await consumer.process(
    traced(api, async ({ value, shardId }, { attempt }) => {
      await delay(1);
      const span = api.trace.getActiveSpan();
      active.push([value.id, shardId, attempt, span?.spanContext().spanId]);
      api.trace.getTracer("app").startSpan("work").end();
      if (++calls === 1) throw new RangeError("again");
    }, { consumerGroup: "billing" }),
    { retry: { baseDelayMs: 1 } },
  );
  const spans = telemetry.named("process orders");
  assertEquals(spans.length, 2);
  assertEquals(
    active,
    spans.map((span, i) => [
      1,
      "shardId-000000000000",
      i + 1,
      span.spanContext().spanId,
    ]),
  );
  assertEquals(
    telemetry.named("work").map(({ parentSpanContext }) =>
      parentSpanContext?.spanId
    ),
    spans.map((span) => span.spanContext().spanId),
  );
  assertEquals(
    spans.map(({ status, attributes }) => [
      status.code === ERROR,
      attributes["error.type"],
      attributes["messaging.consumer.group.name"],
    ]),
    [[true, "RangeError", "billing"], [false, undefined, "billing"]],
  );
  for (const { links, parentSpanContext } of spans) {
    assertEquals(parentSpanContext, undefined);
    const [link] = links;
    assertEquals(link!.context.spanId, written.spanContext().spanId);
  }
});

Deno.test("traced links a batch to each span that has written some of its values", async () => {
  await using telemetry = new Telemetry();
  const { api } = telemetry;
  const inject = traceInjector(api);
  const orders = {
    ...setUp(telemetry),
    processor: cloudEvents(json<Order>(), {
      source: "/shop",
      type: "order",
      inject,
    }),
  };
  const producer = new Producer<Order>({
    ...orders,
    createStream: { shardCount: 1 },
    partitionKey: () => "k",
  });
  const a = await putInSpan(telemetry, producer, 1);
  const b = await putInSpan(telemetry, producer, 2);
  await producer.put({ id: 3 });
  await producer.close();
  await new Consumer<Order>({ ...orders, until: "caught-up" }).processBatches(
    traced(
      api,
      (records) => records.filter(({ value }) => value.id === 3),
    ),
    { maxValues: 3, retry: { maxAttempts: 1 }, onPoison: "skip" },
  );
  const [span, second] = telemetry.named("process orders");
  assertEquals(second, undefined);
  assertEquals(span!.attributes["messaging.batch.message_count"], 3);
  assertEquals(span!.status.code, ERROR);
  assertEquals(
    span!.links.map(({ context }) => context.spanId),
    [a, b].map((it) => it.spanContext().spanId),
  );
  for (const { attributes } of span!.links) {
    assert(/^\d+$/.test(attributes!["messaging.message.id"] as string));
  }
});

Deno.test("With continueTrace, the span of a value is a child of the span that has written it", async () => {
  await using telemetry = new Telemetry();
  const { api } = telemetry;
  const options = { continueTrace: true };
  const orders = {
    ...setUp(telemetry),
    hooks: openTelemetryHooks(api, options),
  };
  const producer = new Producer<Order>({
    ...orders,
    createStream: { shardCount: 1 },
  });
  const written = await putInSpan(telemetry, producer, 1);
  await producer.put({ id: 2 }, { partitionKey: "k" });
  await producer.close();
  const handler = (_: unknown) => {};
  const consume = () => new Consumer<Order>({ ...orders, until: "caught-up" });
  await consume().process(handler);
  await consume().process(traced(api, handler, options));
  const spans = telemetry.named("process orders");
  assertEquals(spans.length, 4);
  const children = spans.filter((span) => span.parentSpanContext);
  assertEquals(
    children.map((span) => [
      span.spanContext().traceId,
      span.parentSpanContext!.spanId,
      span.links.length,
    ]),
    Array(2).fill([
      written.spanContext().traceId,
      written.spanContext().spanId,
      0,
    ]),
  );
  const consumer = openTelemetryHooks;
  assertThrows(
    () => consumer(telemetry.providers, options),
    TypeError,
    "'continueTrace' needs",
  );
});

Deno.test("openTelemetryHooks works with providers alone, with one of both, and with another source of the context", async () => {
  await using telemetry = new Telemetry();
  const { providers: { trace, metrics } } = telemetry;
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const event = {
    stream: "arn:aws:kinesis:eu-west-1:123456789012:stream/orders",
    shardId: "a",
    sequenceNumber: "7",
    records: [{ value: 1, sequenceNumber: "7" }] as never,
    attempt: 1,
    durationMs: 1500,
    failed: 0,
  };
  const hooks = openTelemetryHooks({ trace }, {
    traceContext: () => ({ traceparent, tracestate: "a=1" }),
  });
  hooks.onHandled!(event);
  const [span] = telemetry.named("process orders");
  assertEquals(span!.duration, [1, 500_000_000]);
  assertEquals(span!.attributes["messaging.destination.name"], "orders");
  assertEquals(span!.links[0]!.context.spanId, "b7ad6b7169203331");
  assertEquals(await telemetry.metrics(), new Map());
  const counting = openTelemetryHooks({ metrics }, {
    kinesisMetrics: false,
    perShard: false,
  });
  counting.onHandled!(event);
  assertEquals(telemetry.spans.length, 1);
  const all = await telemetry.metrics();
  assertEquals([...all.keys()], ["messaging.process.duration"]);
  const [point] = all.get("messaging.process.duration")!.points;
  assertEquals(point!.value.sum, 1.5);
  assert(!("messaging.destination.partition.id" in point!.attributes));
});

Deno.test("traceInjector tells the active span, with its state and flags, and nothing without one", async () => {
  await using telemetry = new Telemetry();
  const { api } = telemetry;
  const inject = traceInjector(api);
  assertEquals(inject(), undefined);
  const context = {
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    traceFlags: 0,
    traceState: api.createTraceState("a=1"),
  };
  const active = api.trace.setSpanContext(api.ROOT_CONTEXT, context);
  assertEquals(api.context.with(active, inject), {
    traceparent: `00-${context.traceId}-${context.spanId}-00`,
    tracestate: "a=1",
  });
});

Deno.test("openTelemetryHooks, traced and traceInjector refuse wrong arguments", () => {
  const trace = { getTracer: () => ({}) } as never;
  const refused: [() => unknown, string][] = [
    [() => openTelemetryHooks(undefined as never), "'api'"],
    [() => openTelemetryHooks({}), "'trace', 'metrics', or both"],
    [() => openTelemetryHooks({ trace: {} } as never), "'api.trace'"],
    [() => openTelemetryHooks({ metrics: {} } as never), "'api.metrics'"],
    [
      () => openTelemetryHooks({ trace }, { perShard: 1 as never }),
      "'perShard'",
    ],
    [
      () => openTelemetryHooks({ trace }, { kinesisMetrics: 1 as never }),
      "'kinesisMetrics'",
    ],
    [
      () => openTelemetryHooks({ trace }, { consumerGroup: "" }),
      "'consumerGroup'",
    ],
    [() => openTelemetryHooks({ trace }, { group: "x" } as never), "'group'"],
    [() => traced({}, () => {}), "'api.trace'"],
    [() => traced({ trace }, 1 as never), "'handler'"],
    [
      () => traced({ trace }, () => {}, { traceContext: 1 as never }),
      "'traceContext'",
    ],
    [() => traceInjector({ trace }), "getActiveSpan"],
  ];
  for (const [call, message] of refused) {
    assertThrows(call, TypeError, message);
  }
});

Deno.test("Each value carries the span in which it was put, also if it had to wait for the buffer", async () => {
  await using telemetry = new Telemetry();
  const orders = setUp(telemetry);
  const producer = new Producer<Order>({
    ...orders,
    createStream: { shardCount: 1 },
    bufferedValues: 1,
  });
  const spans = await Promise.all(
    [1, 2, 3, 4].map((id) => putInSpan(telemetry, producer, id)),
  );
  await producer.close();
  await new Consumer<Order>({ ...orders, until: "caught-up" })
    .process(() => {});
  const links = telemetry.named("process orders")
    .map((span) => span.links[0]?.context.spanId);
  assertEquals(
    links.toSorted(),
    spans.map((span) => span.spanContext().spanId).toSorted(),
  );
});

Deno.test("traced wraps the handler of a Lambda function", async () => {
  await using telemetry = new Telemetry();
  const { api } = telemetry;
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const serializer = traceEnvelope(json<Order>(), {
    inject: () => ({ traceparent }),
  });
  const handler = kinesisHandler<Order>({
    processor: serializer,
    handler: traced(api, ({ value }, { signal }) => {
      signal.throwIfAborted();
      if (value.id === 2) throw new Error("no");
    }),
  });
  const Records = [1, 2].map((id) =>
    recordOf(serializer.text!.stringify({ id }), `${id}`)
  );
  const { batchItemFailures } = await handler({ Records });
  assertEquals(batchItemFailures.length, 1);
  const spans = telemetry.spans;
  assertEquals(
    spans.map(({ name, status, links }) => [
      name,
      status.code === ERROR,
      links[0]?.context.spanId,
    ]),
    [false, true].map((failed) => [
      "process lambda-stream",
      failed,
      "b7ad6b7169203331",
    ]),
  );
});
