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
  ClosedError: [new errors.ClosedError("m", { cause }), "Closed", false, {}],
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
