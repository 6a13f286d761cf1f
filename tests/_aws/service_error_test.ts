import { assert, assertEquals, assertFalse } from "@std/assert";
import {
  errorCode,
  isThrottle,
  requestIdOf,
  serviceError,
} from "../../_aws/service_error.ts";

Deno.test("errorCode reads the name out of every way to write it", () => {
  for (
    const [type, code] of [
      ["X", "X"],
      ["com.amazonaws.kinesis#X", "X"],
      ["X:http://internal/coral/#y", "X"],
      ["com.amazonaws#X:http://internal#y", "X"],
      [" X ", "X"],
      ["", undefined],
      ["#", undefined],
      [":", undefined],
      [null, undefined],
      [undefined, undefined],
    ] as const
  ) assertEquals(errorCode(type), code);
});

Deno.test("serviceError prefers the body to the header and reads Retry-After in seconds", () => {
  const error = serviceError({
    action: "PutRecords",
    target: "eu-west-1",
    status: 400,
    headers: new Headers({
      "x-amzn-errortype": "FromHeader",
      "retry-after": "1.5",
    }),
    body: { type: "FromBody" },
  });
  assertEquals([error.code, error.retryAfterMs], ["FromBody", 1500]);
  assertEquals(error.message, "Cannot PutRecords in eu-west-1: FromBody");
});

Deno.test("serviceError ignores a Retry-After that is no number of seconds", () => {
  for (const value of ["-1", "Infinity", "later"]) {
    const { retryAfterMs } = serviceError({
      action: "A",
      target: "t",
      status: 503,
      headers: new Headers({ "retry-after": value }),
      body: {},
    });
    assertEquals(retryAfterMs, undefined);
  }
});

Deno.test("requestIdOf knows both headers", () => {
  assertEquals(requestIdOf(new Headers({ "x-amzn-RequestId": "a" })), "a");
  assertEquals(requestIdOf(new Headers({ "X-Amz-Request-Id": "b" })), "b");
  assertEquals(requestIdOf(new Headers()), undefined);
});

Deno.test("isThrottle tells throughput limits from faults", () => {
  assert(isThrottle("ProvisionedThroughputExceededException"));
  assertFalse(isThrottle("InternalFailure"));
});
