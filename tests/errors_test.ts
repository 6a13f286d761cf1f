import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import * as errors from "../errors.ts";

const cause = new Error("why");
const record = {
  streamName: "s",
  shardId: "shardId-0",
  partitionKey: "k",
  sequenceNumber: "1",
  data: new Uint8Array(),
};
const delivered = {
  id: "shardId-0-001-1-0000000000",
  value: 1,
  streamName: "s",
  shardId: "shardId-0",
  partitionKey: "k",
  sequenceNumber: "1",
  subSequenceNumber: 0,
  ack() {},
};
const failures = [{ value: 1, partitionKey: "k", error: cause, attempts: 2 }];
const shards = new Map([["shardId-0", cause]]);
const lease = { streamName: "s", shardId: "shardId-0", key: "row" };

/** One of each class, with what it must say of itself. */
const cases: Record<
  keyof typeof errors,
  [
    error: errors.KinesisError,
    code: string,
    retryable: boolean,
    data: Record<string, unknown>,
  ]
> = {
  KinesisError: [
    new errors.KinesisError("m", { code: "C", retryable: true, cause }),
    "C",
    true,
    {},
  ],
  ServiceError: [
    new errors.ServiceError("m", {
      code: "SlowDown",
      action: "PutRecords",
      status: 400,
      requestId: "r",
      throttled: true,
      retryable: true,
      retryAfterMs: 5,
      cause,
    }),
    "SlowDown",
    true,
    {
      action: "PutRecords",
      status: 400,
      requestId: "r",
      throttled: true,
      retryAfterMs: 5,
    },
  ],
  ConnectionError: [
    new errors.ConnectionError("m", { cause }),
    "ConnectionFailed",
    true,
    {},
  ],
  TimeoutError: [
    new errors.TimeoutError("m", { timeoutMs: 5, cause }),
    "TimedOut",
    true,
    { timeoutMs: 5 },
  ],
  ResponseError: [
    new errors.ResponseError("m", { status: 200, cause }),
    "BadResponse",
    true,
    { status: 200 },
  ],
  CredentialsError: [
    new errors.CredentialsError("m", { cause }),
    "NoCredentials",
    false,
    {},
  ],
  InvalidRecordError: [
    new errors.InvalidRecordError("m", { code: "RecordTooLarge", cause }),
    "RecordTooLarge",
    false,
    {},
  ],
  DecodeError: [
    new errors.DecodeError("m", { record, subSequenceNumber: 3, cause }),
    "Undecodable",
    false,
    { record, subSequenceNumber: 3 },
  ],
  DeliveryError: [
    new errors.DeliveryError("m", { code: "C", failures, cause }),
    "C",
    false,
    { failures },
  ],
  ProcessingError: [
    new errors.ProcessingError("m", { record: delivered, attempts: 3, cause }),
    "HandlerFailed",
    false,
    { record: delivered, attempts: 3 },
  ],
  ClosedError: [new errors.ClosedError("m", { cause }), "Closed", false, {}],
  StreamError: [
    new errors.StreamError("m", { stream: "orders", cause }),
    "StreamFailed",
    false,
    { stream: "orders" },
  ],
  LeaseLostError: [
    new errors.LeaseLostError("m", { shardId: "shardId-0", cause }),
    "LeaseLost",
    false,
    { shardId: "shardId-0" },
  ],
  CheckpointError: [
    new errors.CheckpointError("m", { failures: shards, cause }),
    "CheckpointFailed",
    false,
    { failures: shards },
  ],
  StoredLeaseError: [
    new errors.StoredLeaseError("m", { code: "LeaseDamaged", ...lease, cause }),
    "LeaseDamaged",
    false,
    lease,
  ],
  WaiterError: [
    new errors.WaiterError("m", { lastState: "CREATING", cause }),
    "WaitTimedOut",
    false,
    { lastState: "CREATING" },
  ],
};

Deno.test("every error class has its name, code, data and cause, and is a KinesisError", () => {
  // A class that is added without a case fails here, not only in the type check.
  assertEquals(Object.keys(cases).sort(), Object.keys(errors).sort());
  for (const [name, [error, code, retryable, data]] of Object.entries(cases)) {
    assert(error instanceof Error);
    assert(error instanceof errors.KinesisError, name);
    assert(error instanceof errors[name as keyof typeof errors], name);
    assertEquals(error.name, name);
    assertEquals(String(error), `${name}: m`);
    assertEquals([error.code, error.retryable], [code, retryable], name);
    assertStrictEquals(error.cause, cause, name);
    for (const [field, value] of Object.entries(data)) {
      assertEquals((error as unknown as typeof data)[field], value, field);
    }
  }
});

Deno.test("an error without a cause has none, not one that is undefined", () => {
  const bare = [
    new errors.KinesisError("m", { code: "C" }),
    new errors.ConnectionError("m"),
    new errors.CredentialsError("m"),
    new errors.ClosedError("m"),
  ];
  for (const error of bare) assert(!Object.hasOwn(error, "cause"), error.name);
});

Deno.test("an error may say otherwise whether to try again", () => {
  const options = { status: 200, retryable: false };
  assertEquals(new errors.ResponseError("m", options).retryable, false);
  const credentials = { code: "CredentialsFailed", retryable: true };
  const { code, retryable } = new errors.CredentialsError("m", credentials);
  assertEquals([code, retryable], ["CredentialsFailed", true]);
  const waiter = { lastState: "DELETING", code: "StreamDeleting" };
  assertEquals(new errors.WaiterError("m", waiter).code, "StreamDeleting");
});

Deno.test("an error that stands for several is retryable if all of them are", () => {
  const passing = new errors.ConnectionError("no connection");
  const lasting = new errors.KinesisError("denied", { code: "Denied" });
  const delivery = (...all: Error[]) =>
    new errors.DeliveryError("m", {
      code: "C",
      failures: all.map((error) => ({ ...failures[0]!, error })),
    }).retryable;
  const checkpoint = (...all: unknown[]) =>
    new errors.CheckpointError("m", {
      failures: new Map(all.map((error, i) => [`shardId-${i}`, error])),
    }).retryable;
  for (const made of [delivery, checkpoint]) {
    assertEquals(
      [made(passing, passing), made(passing, lasting)],
      [true, false],
    );
    assertEquals([made(cause), made()], [false, false]);
  }
});

Deno.test("every error class can be written as JSON, with its data and its cause", () => {
  for (const [name, [error, code, retryable, data]] of Object.entries(cases)) {
    const json = JSON.parse(JSON.stringify(error));
    assertEquals([json.name, json.message], [name, "m"]);
    assertEquals([json.code, json.retryable], [code, retryable]);
    assertEquals(json.cause, { name: "Error", message: "why" });
    for (const [field, value] of Object.entries(data)) {
      if (typeof value !== "object") assertEquals(json[field], value);
    }
  }
  const inner = new AggregateError([new TypeError("a")], "all", {
    cause: Object.assign(new Error("b"), { errno: -104, socket: {} }),
  });
  const outer = new errors.ConnectionError("m", { cause: inner });
  assertEquals(JSON.parse(JSON.stringify(outer)).cause, {
    name: "AggregateError",
    message: "all",
    errors: [{ name: "TypeError", message: "a" }],
    cause: { name: "Error", message: "b", errno: -104 },
  });
});

Deno.test("an error whose data is large, circular or no JSON can be written as JSON", () => {
  const failures = Array.from({ length: 12 }, (_, i) => ({
    value: { self: 2n ** 70n },
    partitionKey: `${i}`,
    attempts: 1,
    error: new errors.KinesisError("no", { code: "No" }) as Error,
  }));
  const error = new errors.DeliveryError("m", { code: "C", failures });
  failures[0]!.error = error;
  const circle = new Error("circle");
  circle.cause = error;
  Object.defineProperty(error, "cause", { value: circle });
  const json = JSON.parse(JSON.stringify({ error })).error;
  assertEquals([json.failureCount, json.failures.length], [12, 10]);
  assertEquals(json.failures[1], {
    partitionKey: "1",
    attempts: 1,
    error: {
      name: "KinesisError",
      message: "no",
      code: "No",
      retryable: false,
    },
  });
  const checkpoint = new errors.CheckpointError("m", { failures: shards });
  assertEquals(JSON.parse(JSON.stringify(checkpoint)).failures, {
    "shardId-0": { name: "Error", message: "why" },
  });
  const decode = new errors.DecodeError("m", { record });
  assertEquals(JSON.parse(JSON.stringify(decode)).record, {
    streamName: "s",
    shardId: "shardId-0",
    partitionKey: "k",
    sequenceNumber: "1",
  });
});

Deno.test("StreamError has the code of its cause, and is retryable if that is", () => {
  const cause = new errors.TimeoutError("m", { timeoutMs: 5 });
  const error = new errors.StreamError("m", { stream: "orders", cause });
  assertEquals([error.code, error.retryable], ["TimedOut", true]);
});
