import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  type Fault,
  type FaultPlan,
  type FaultRule,
  type Fetch,
  KinesisServer,
  withFaults,
} from "../../testing/mod.ts";
import { EventStreamDecoderStream } from "../../_aws/event_stream.ts";
import { textHeader } from "../../_aws/event_stream_message.ts";
import { FakeClock } from "../_services/fake_clock.ts";
import { call, entry, fails, iterator, ok, requestInit } from "./_call.ts";

function withPlan(plan: FaultPlan | Fault, shards = 1) {
  const server = new KinesisServer({ limits: false });
  const { shardIds: ids, streamARN: arn } = server.createStream("s", {
    shards,
  });
  const fetch = withFaults(
    server.fetch,
    "rules" in plan ? plan : { rules: [{ fault: plan }] },
  );
  return { server, fetch, ids, arn };
}

const put = (fetch: Fetch, options?: Parameters<typeof call>[3]) =>
  call(fetch, "PutRecord", { StreamName: "s", ...entry("k") }, options);

Deno.test("withFaults resets before or after the request takes effect", async () => {
  for (const [when, stored] of [["before", 0], ["after", 1]] as const) {
    const { fetch, server } = withPlan({ type: "reset", when });
    await assertRejects(() => put(fetch), TypeError, "reset");
    assertEquals(server.records("s").length, stored);
    assertEquals(fetch.counts, { reset: 1 });
  }
});

Deno.test("withFaults measures delays with the clock of the plan", async () => {
  const clock = new FakeClock();
  const { fetch, server } = withPlan({
    clock,
    rules: [{ fault: { type: "delay", ms: 1_000 } }],
  });
  const answer = put(fetch);
  await clock.advance(999);
  assertEquals(server.records("s").length, 0);
  await clock.advance(1);
  assertEquals((await answer).status, 200);
});

Deno.test("withFaults stalls until the caller's signal aborts", async () => {
  for (const [when, stored] of [["before", 0], ["after", 1]] as const) {
    const { fetch, server } = withPlan({ type: "stall", when });
    const controller = new AbortController();
    const answer = put(fetch, { signal: controller.signal });
    queueMicrotask(() =>
      setTimeout(() => controller.abort(new Error("enough")))
    );
    await assertRejects(() => answer, Error, "enough");
    assertEquals(server.records("s").length, stored);
  }
});

Deno.test("withFaults cuts a body in the middle", async () => {
  const { fetch } = withPlan({ type: "cut", afterBytes: 10 });
  const response = await fetch("https://k/", requestInit("ListStreams", {}));
  const reader = response.body!.getReader();
  assertEquals((await reader.read()).value?.length, 10);
  await assertRejects(() => reader.read(), TypeError);
});

Deno.test("withFaults throttles with the exception that the service uses for the action", async () => {
  const { fetch } = withPlan({ type: "throttle", retryAfterMs: 1_500 });
  const { body, headers } = await put(fetch);
  assertEquals(body.__type, "ProvisionedThroughputExceededException");
  assertEquals(headers.get("retry-after"), "2");
  await fails(fetch, "LimitExceededException", "ListShards");
  await fails(fetch, "LimitExceededException", "ListShards", {}, {
    protocol: "cbor",
  });
});

Deno.test("withFaults answers with any error, before or after the request takes effect", async () => {
  for (const [when, stored] of [["before", 0], ["after", 1]] as const) {
    const { fetch, server } = withPlan({
      type: "error",
      code: "ServiceUnavailable",
      status: 503,
      when,
    });
    const { status, body } = await put(fetch);
    assertEquals([status, body.__type], [503, "ServiceUnavailable"]);
    assertEquals(server.records("s").length, stored);
  }
});

Deno.test("withFaults fails some records of a PutRecords, and those are not stored", async () => {
  for (const protocol of ["json", "cbor"] as const) {
    const { fetch, server } = withPlan({
      type: "partial",
      fail: ({ partitionKey }) => partitionKey === "b",
      code: "InternalFailure",
    });
    const { Records, FailedRecordCount } = await ok(fetch, "PutRecords", {
      StreamName: "s",
      Records: ["a", "b", "c"].map((PartitionKey) => ({
        PartitionKey,
        Data: protocol === "json" ? btoa(PartitionKey) : new Uint8Array(3),
      })),
    }, { protocol });
    assertEquals(FailedRecordCount, 1);
    assertEquals(Records[1], {
      ErrorCode: "InternalFailure",
      ErrorMessage: "Internal Service Failure",
    });
    const stored = server.records("s");
    assertEquals(stored.map(({ partitionKey }) => partitionKey), ["a", "c"]);
    assertEquals(
      [Records[0].SequenceNumber, Records[2].SequenceNumber],
      stored.map(({ sequenceNumber }) => sequenceNumber),
    );
  }
});

Deno.test("withFaults fails a whole PutRecords record by record", async () => {
  const { fetch, server } = withPlan({ type: "partial", fail: 1 });
  const { Records, FailedRecordCount } = await ok(fetch, "PutRecords", {
    StreamName: "s",
    Records: [entry("a"), entry("b")],
  });
  assertEquals([FailedRecordCount, Records.length], [2, 2]);
  assertEquals(server.log.length, 0);
});

Deno.test("withFaults repeats the same faults for the same seed, and others for another", async () => {
  const run = async (seed: number) => {
    const { fetch } = withPlan({
      seed,
      rules: [
        { fault: { type: "throttle" }, probability: 0.3 },
        { fault: { type: "partial", fail: 0.5 }, action: "PutRecords" },
      ],
    });
    const outcome = [];
    for (let i = 0; i < 40; i++) {
      const { status, body } = await call(fetch, "PutRecords", {
        StreamName: "s",
        Records: [entry("a"), entry("b"), entry("c")],
      });
      outcome.push(`${status} ${body.FailedRecordCount}`);
    }
    return { outcome, counts: fetch.counts };
  };
  const first = await run(7);
  assertEquals(await run(7), first);
  assert(first.outcome.join() !== (await run(8)).outcome.join());
  const { throttle = 0, partial = 0 } = first.counts;
  assert(throttle > 3 && throttle < 25, `${throttle} of 40 throttled`);
  // The first rule is the outermost: a request that it throttles never reaches the second rule.
  const passed = first.outcome.filter((text) => text.startsWith("200"));
  assertEquals(throttle, 40 - passed.length);
  assertEquals(
    partial,
    passed.filter((text) => text !== "200 0").length,
  );
});

Deno.test("withFaults counts by name, applies skip and times, and can be disabled", async () => {
  const rules: FaultRule[] = [{
    name: "third and fourth",
    action: ["PutRecord", "PutRecords"],
    skip: 2,
    times: 2,
    fault: { type: "throttle" },
  }];
  const { fetch } = withPlan({ rules });
  const statuses = [];
  for (let i = 0; i < 6; i++) {
    await ok(fetch, "ListStreams");
    statuses.push((await put(fetch)).status);
  }
  assertEquals(statuses, [200, 200, 400, 400, 200, 200]);
  assertEquals(fetch.counts, { "third and fourth": 2 });
  const off = withPlan({ type: "throttle" }).fetch;
  off.enabled = false;
  assertEquals((await put(off)).status, 200);
  assertEquals(off.counts, { throttle: 0 });
});

Deno.test("withFaults applies a rule for one shard to the iterators of that shard", async () => {
  const server = new KinesisServer({ limits: false });
  const { shardIds: [a, b] } = server.createStream("s", { shards: 2 });
  const fetch = withFaults(server.fetch, {
    rules: [{
      shardId: a,
      action: "GetRecords",
      skip: 1,
      fault: { type: "throttle" },
    }],
  });
  const read = (ShardIterator: string) =>
    call(fetch, "GetRecords", { ShardIterator });
  const [first, other] = [
    await iterator(fetch, "s", a!),
    await iterator(fetch, "s", b!),
  ];
  const page = await read(first);
  assertEquals(page.status, 200);
  assertEquals((await read(page.body.NextShardIterator)).status, 400);
  for (let i = 0; i < 3; i++) assertEquals((await read(other)).status, 200);
});

Deno.test("withFaults applies the match function of a rule", async () => {
  const { fetch } = withPlan({
    rules: [{
      match: ({ action, input }) =>
        action === "DescribeStream" && input.StreamName === "s",
      fault: { type: "throttle" },
    }],
  });
  await fails(fetch, "LimitExceededException", "DescribeStream", {
    StreamName: "s",
  });
  await fails(fetch, "ResourceNotFoundException", "DescribeStream", {
    StreamName: "t",
  });
});

Deno.test("withFaults applies several rules to one request, the first rule outermost", async () => {
  const { fetch, server } = withPlan({
    rules: [
      {
        fault: { type: "partial", fail: ({ partitionKey: k }) => k === "a" },
      },
      {
        name: "second",
        fault: { type: "partial", fail: ({ partitionKey: k }) => k === "c" },
      },
      { times: 1, fault: { type: "reset", when: "after" } },
    ],
  });
  const request = () =>
    call(fetch, "PutRecords", {
      StreamName: "s",
      Records: ["a", "b", "c"].map((key) => entry(key)),
    });
  await assertRejects(request, TypeError);
  const { body } = await request();
  assertEquals(body.FailedRecordCount, 2);
  assertEquals(
    body.Records.map((record: { ErrorCode?: string }) => !record.ErrorCode),
    [false, true, false],
  );
  assertEquals(
    server.records("s").map(({ partitionKey }) => partitionKey),
    ["b", "b"],
  );
  assertEquals(fetch.counts, { partial: 2, second: 2, reset: 1 });
});

Deno.test("withFaults combines plans when wrapped twice", async () => {
  const inner = withPlan({
    rules: [{ times: 1, fault: { type: "throttle" } }],
  });
  const fetch = withFaults(inner.fetch, {
    rules: [{ times: 1, fault: { type: "reset", when: "after" } }],
  });
  await assertRejects(() => put(fetch), TypeError);
  assertEquals(inner.fetch.counts, { throttle: 1 });
  assertEquals((await put(fetch)).status, 200);
});

Deno.test("withFaults accepts a Request and passes its body on unchanged", async () => {
  const { fetch, server } = withPlan({ type: "partial", fail: 0 });
  const body = JSON.stringify({ StreamName: "s", Records: [entry("k")] });
  const { headers } = requestInit("PutRecords", {});
  const request = new Request("https://k/", { method: "POST", headers, body });
  assertEquals((await fetch(request)).status, 200);
  assertEquals(server.records("s").length, 1);
});

async function subscription(fault: Fault) {
  const { fetch, ids, arn, server } = withPlan({
    rules: [{ action: "SubscribeToShard", fault }],
  });
  const { Consumer } = await ok(fetch, "RegisterStreamConsumer", {
    StreamARN: arn,
    ConsumerName: "c",
  });
  for (let i = 0; i < 3; i++) {
    await ok(fetch, "PutRecord", { StreamName: "s", ...entry("k", 700_000) });
  }
  const response = await fetch(
    "https://k/",
    requestInit("SubscribeToShard", {
      ConsumerARN: Consumer.ConsumerARN,
      ShardId: ids[0],
      StartingPosition: { Type: "TRIM_HORIZON" },
    }),
  );
  const reader = response.body!.pipeThrough(new EventStreamDecoderStream())
    .getReader();
  const next = async () => {
    const { value } = await reader.read();
    return value &&
      (textHeader(value, ":event-type") ??
        textHeader(value, ":exception-type"));
  };
  return { next, reader, server };
}

Deno.test("withFaults silences an event stream and keeps its connection open", async () => {
  const { next, reader } = await subscription({
    type: "silence",
    afterEvents: 1,
  });
  assertEquals(await next(), "initial-response");
  assertEquals(await next(), "SubscribeToShardEvent");
  const silent = next();
  const error = await assertRejects(() => deadline(silent, 20), DOMException);
  assertEquals(error.name, "TimeoutError");
  await reader.cancel();
  assertEquals(await silent, undefined);
});

Deno.test("withFaults ends an event stream with an exception", async () => {
  const { next } = await subscription({
    type: "exception",
    afterEvents: 2,
    code: "InternalFailureException",
  });
  const kinds = [];
  for (let kind; (kind = await next());) kinds.push(kind);
  assertEquals(kinds, [
    "initial-response",
    "SubscribeToShardEvent",
    "SubscribeToShardEvent",
    "InternalFailureException",
  ]);
});

Deno.test("withFaults throws a RangeError for a rule with an option out of range", () => {
  for (const bad of [{ probability: 2 }, { skip: -1 }, { times: NaN }]) {
    assertThrows(
      () => withPlan({ rules: [{ fault: { type: "throttle" }, ...bad }] }),
      RangeError,
      `'${Object.keys(bad)[0]}'`,
    );
  }
});
