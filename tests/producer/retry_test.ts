import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertInstanceOf,
  assertLessOrEqual,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  ConnectionError,
  DeliveryError,
  KinesisError,
  ServiceError,
} from "../../errors.ts";
import type { BatchEvent, ValueFailedEvent } from "../../hooks.ts";
import { string } from "../../processors/mod.ts";
import type { ProducerOptions } from "../../producer.ts";
import {
  accessDenied,
  answer,
  connectionLost,
  setUpProducer,
  type StubKinesis,
  textOf,
  unavailable,
} from "./_set_up.ts";

function setUp(options: Partial<ProducerOptions<string>> = {}) {
  return setUpProducer<string>({
    processor: string(),
    lingerMs: 10,
    ...options,
  });
}

const sent = (client: StubKinesis) =>
  client.requests.map(({ Records }) => Records.map(textOf));

Deno.test("Producer sends only the failed records of a request again, with the same keys", async () => {
  const { clock, client, producer } = setUp();
  client.onPut = (request, n) =>
    n > 0 ? undefined : client.storeSome(
      request,
      (_, i) => i % 2 ? "InternalFailure" : undefined,
    );
  const puts = ["a", "b", "c", "d"].map((text) => producer.put(text));
  await clock.runUntil(producer.close());
  assertEquals(sent(client), [["a", "b", "c", "d"], ["b", "d"]]);
  const keys = client.requests.map(({ Records }) =>
    Records.map(({ PartitionKey }) => PartitionKey)
  );
  assertEquals(keys[1], [keys[0]![1]!, keys[0]![3]!]);
  const attempts = (await Promise.all(puts)).map(({ attempts }) => attempts);
  assertEquals(attempts, [1, 2, 1, 2]);
  assertEquals(producer.stats().retried, 2);
});

Deno.test("Producer sends a record again whose error code it does not know", async () => {
  const { clock, client, producer } = setUp();
  client.onPut = (request, n) =>
    n < 3
      ? client.storeSome(request, () => "SomethingNewException")
      : undefined;
  const put = producer.put("a");
  await clock.runUntil(producer.close());
  assertEquals((await put).attempts, 4);
  assertEquals(client.texts, ["a"]);
});

Deno.test("Producer sends a record again whose result has neither a sequence number nor a code", async () => {
  const { clock, client, producer } = setUp();
  client.onPut = (_, n) => n === 0 ? answer([{}]) : undefined;
  await clock.runUntil(producer.put("a"));
  assertEquals(client.requests.length, 2);
  await clock.runUntil(producer.close());
});

Deno.test("Producer sends everything again when the answer does not fit the request", async () => {
  const { clock, client, producer } = setUp();
  client.onPut = (request, n) => {
    if (n > 0) return undefined;
    return answer(client.storeAll(request).Records.slice(1));
  };
  const puts = [producer.put("a"), producer.put("b")];
  await clock.runUntil(Promise.all(puts));
  assertEquals(sent(client), [["a", "b"], ["a", "b"]]);
  await clock.runUntil(producer.close());
});

Deno.test("Producer waits between failing requests, all of them together", async () => {
  const { clock, client, producer } = setUp({
    maxAttempts: 1000,
    maxBatchRecords: 10,
    maxInFlight: 8,
    shardRates: false,
  });
  let down = true;
  client.onPut = () => {
    if (down) throw connectionLost();
    return undefined;
  };
  const puts = Array.from({ length: 1000 }, (_, i) => producer.put(`${i}`));
  await clock.advance(60_000);
  // 8 at once, then one pause after another, of 2.5 s and more in the end.
  assertGreaterOrEqual(client.requests.length, 60);
  assertLessOrEqual(client.requests.length, 8 * 30);
  down = false;
  await clock.runUntil(Promise.all(puts));
  assertEquals(client.stored.length, 1000);
  await clock.runUntil(producer.close());
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("Producer takes failures of requests in flight together as one when it waits", async () => {
  const { clock, client, producer } = setUp({
    maxBatchRecords: 1,
    maxInFlight: 8,
    shardRates: false,
  });
  client.onPut = (_, n) => {
    if (n < 8) throw unavailable();
    return undefined;
  };
  const puts = Array.from({ length: 8 }, (_, i) => producer.put(`${i}`));
  const started = clock.now();
  await clock.runUntil(Promise.all(puts));
  assertLessOrEqual(clock.now() - started, 200);
  await clock.runUntil(producer.close());
});

Deno.test("Producer gives a record up after maxAttempts and hands over the last error", async () => {
  const failures: ValueFailedEvent[] = [];
  const { clock, client, producer } = setUp({
    maxAttempts: 3,
    hooks: { onValueFailed: (event) => failures.push(event) },
  });
  client.onPut = (request) =>
    client.storeSome(
      request,
      (entry) => textOf(entry) === "bad" ? "InternalFailure" : undefined,
    );
  const bad = producer.put("bad");
  const good = producer.put("good");
  const error = await assertRejects(
    () => clock.runUntil(bad),
    ServiceError,
    "InternalFailure",
  );
  assertEquals(error.code, "InternalFailure");
  assertEquals((await good).attempts, 1);
  assertEquals(client.requests.length, 3);
  assertEquals(failures.map(({ attempts }) => attempts), [3]);
  await clock.runUntil(producer.close());
  assertEquals(producer.stats().failed, 1);
});

Deno.test("Producer gives up records that have outlived recordTtlMs in the queue without sending them", async () => {
  const { clock, client, producer } = setUp({
    recordTtlMs: 1000,
    maxInFlight: 1,
    maxBatchRecords: 1,
  });
  client.latencyMs = 1500;
  const first = producer.put("first");
  const late = producer.put("late").catch((error) => error);
  const [receipt, error] = await clock.runUntil(Promise.all([first, late]));
  assertEquals(receipt.attempts, 1);
  assertInstanceOf(error, KinesisError);
  assertEquals(error.code, "RecordExpired");
  assertStringIncludes(error.message, "1000 ms");
  assertEquals(sent(client), [["first"]]);
  await clock.runUntil(producer.close());
});

Deno.test("Producer gives up expired records that wait behind their key or a limit", async () => {
  const { clock, client, producer } = setUp({
    recordTtlMs: 1000,
    ordering: "key",
    partitionKey: () => "k",
  });
  client.latencyMs = 600;
  const puts = Array.from({ length: 50 }, (_, i) => producer.put(`${i}`));
  const results = await clock.runUntil(Promise.allSettled(puts));
  const stored = results.filter(({ status }) => status === "fulfilled");
  assertEquals(stored.length, 2);
  assertEquals(client.texts, ["0", "1"]);
  await clock.runUntil(producer.close());
});

Deno.test("Producer keeps the service's error when a record expires between attempts", async () => {
  const { clock, client, producer } = setUp({ recordTtlMs: 500 });
  client.onPut = (request) =>
    client.storeSome(request, () => "InternalFailure");
  const put = producer.put("a");
  await assertRejects(
    () => clock.runUntil(put),
    ServiceError,
    "InternalFailure",
  );
  await clock.runUntil(producer.close());
});

Deno.test("Producer stops at once when access is denied", async () => {
  const { clock, client, producer } = setUp();
  client.onPut = () => {
    throw accessDenied();
  };
  const put = producer.put("a");
  const error = await assertRejects(() => clock.runUntil(put), DeliveryError);
  assertEquals(error.code, "AccessDeniedException");
  await clock.advance(600_000);
  assertEquals(client.requests.length, 1);
  assertEquals(clock.pendingTimers, 0);
  await assertRejects(() => producer.close(), DeliveryError);
});

Deno.test("Producer lists every undelivered record in the order of writing and none that was acknowledged", async () => {
  const { clock, client, producer } = setUp({
    maxBatchRecords: 2,
    maxInFlight: 3,
    shardRates: false,
  });
  client.latencyMs = 10;
  client.onPut = async (request, n) => {
    if (n === 1) throw accessDenied();
    if (n === 2) {
      // Answers after the failure is known: what it stores is delivered.
      await new Promise<void>((resolve) =>
        clock.setTimeout(() => resolve(), 50)
      );
      return client.storeSome(
        request,
        (_, i) => i === 0 ? "InternalFailure" : undefined,
      );
    }
    return undefined;
  };
  const writer = producer.getWriter();
  const texts = Array.from({ length: 10 }, (_, i) => `${i}`);
  for (const text of texts) writer.write(text).catch(() => {});
  const error = await clock.runUntil(
    writer.closed.then(() => undefined, (error) => error),
  );
  assertInstanceOf(error, DeliveryError);
  const failures = error.failures.map(({ value }) => value);
  // The first request had made room for one more when the second one failed.
  assertEquals(client.texts, ["0", "1", "6", "7", "5"]);
  assertEquals(failures, ["2", "3", "4", "8", "9"]);
  assertEquals(
    error.failures.map(({ attempts, error }) =>
      `${attempts} ${(error as KinesisError).code}`
    ),
    [
      "1 AccessDeniedException",
      "1 AccessDeniedException",
      "1 InternalFailure",
      ...Array(2).fill("0 AccessDeniedException"),
    ],
  );
  assertEquals(
    producer.undelivered().map(({ value }) => value),
    failures,
  );
  assertEquals(producer.stats().failed, 5);
});

Deno.test("Producer fails with the service's code when the stream does not exist", async () => {
  const { clock, client, producer } = setUp();
  client.onList = () => {
    throw new ServiceError("Cannot ListShards: ResourceNotFoundException", {
      code: "ResourceNotFoundException",
      action: "ListShards",
      status: 400,
    });
  };
  const writer = producer.getWriter();
  writer.write("a");
  const error = await assertRejects(
    () => clock.runUntil(writer.close()),
    DeliveryError,
  );
  assertEquals(error.code, "ResourceNotFoundException");
  assertEquals(client.listings, 1);
  assertEquals(client.requests.length, 0);
});

Deno.test("Producer keeps asking for the shards while the endpoint is away, and gives up after maxAttempts", async () => {
  const { clock, client, producer } = setUp({ maxAttempts: 5 });
  let failing = 4;
  client.onList = () => {
    if (failing-- > 0) throw connectionLost();
  };
  await clock.runUntil(producer.put("a"));
  assertEquals(client.listings, 5);
  await clock.runUntil(producer.close());

  const away = setUp({ maxAttempts: 5 });
  away.client.onList = away.client.onPut = () => {
    throw connectionLost();
  };
  const error = await assertRejects(
    () => away.clock.runUntil(away.producer.put("a")),
    ConnectionError,
  );
  assertEquals(error.code, "ConnectionFailed");
  await away.clock.runUntil(away.producer.close());
  assertEquals(away.clock.pendingTimers, 0);
});

Deno.test("Producer writes without the right to list shards", async () => {
  const { clock, client, producer } = setUp({ ordering: "shard" });
  client.onList = () => {
    throw new ServiceError("Cannot ListShards: AccessDeniedException", {
      code: "AccessDeniedException",
      action: "ListShards",
      status: 400,
    });
  };
  const puts = ["a", "b", "c"].map((text) => producer.put(text));
  await clock.runUntil(Promise.all(puts));
  assertEquals(client.texts, ["a", "b", "c"]);
  await clock.runUntil(producer.close());
});

Deno.test("Producer offers a throttled shard less and recovers", async () => {
  const { clock, client, producer } = setUp({ lingerMs: 10 });
  // The shard takes 500 records/s, half of what it is thought to take.
  let tokens = 500, at = clock.now();
  client.onPut = (request) => {
    tokens = Math.min(500, tokens + (clock.now() - at) / 2);
    at = clock.now();
    return client.storeSome(
      request,
      () =>
        tokens-- >= 1 ? undefined : "ProvisionedThroughputExceededException",
    );
  };
  const started = clock.now();
  const puts = Array.from({ length: 5000 }, (_, i) => producer.put(`${i}`));
  await clock.runUntil(Promise.all(puts));
  const seconds = (clock.now() - started) / 1000;
  assertLessOrEqual(seconds, 15);
  const { throttled, delivered } = producer.stats();
  assertEquals(delivered, 5000);
  assertLessOrEqual(throttled, 2500);
  await clock.runUntil(producer.close());
});

Deno.test("Producer calls its hooks for every request", async () => {
  const batches: BatchEvent[] = [];
  const { clock, client, producer } = setUp({
    hooks: {
      onBatch: (event) => {
        batches.push(event);
        throw new Error("a hook must not disturb");
      },
    },
  });
  client.latencyMs = 7;
  client.onPut = (request, n) => {
    if (n === 0) throw unavailable();
    if (n > 1) return undefined;
    return client.storeSome(
      request,
      (_, i) => i ? undefined : "ProvisionedThroughputExceededException",
    );
  };
  const puts = [producer.put("a"), producer.put("bc")];
  await clock.runUntil(Promise.all(puts));
  await clock.runUntil(producer.close());
  const [first, second, third] = batches;
  assertEquals(batches.length, 3);
  assert(first!.error instanceof ServiceError);
  assertEquals(first!.failed, 2);
  assertEquals(
    [second!.records, second!.failed, second!.throttled, second!.bytes],
    [2, 1, 1, 3 + 2 * 36],
  );
  assertEquals([third!.records, third!.failed, third!.durationMs], [1, 0, 7]);
});
