import {
  assert,
  assertEquals,
  assertFalse,
  assertStringIncludes,
} from "@std/assert";
import {
  isThrottle,
  requestIdOf,
  serviceError,
} from "../../_aws/service_error.ts";

Deno.test("serviceError reads the code out of every way to write it", () => {
  for (
    const [type, code] of [
      ["X", "X"],
      ["com.amazonaws.kinesis#X", "X"],
      ["X:http://internal/coral/#y", "X"],
      ["com.amazonaws#X:http://internal#y", "X"],
      [" X ", "X"],
      ["", "Http400"],
      ["#", "Http400"],
      [":", "Http400"],
      [undefined, "Http400"],
    ] as const
  ) {
    const error = serviceError({
      action: "PutRecords",
      target: "eu-west-1",
      status: 400,
      headers: new Headers(),
      body: { type },
    });
    assertEquals(error.code, code);
  }
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

Deno.test("isThrottle distinguishes throughput limits from faults", () => {
  assert(isThrottle("ProvisionedThroughputExceededException"));
  assertFalse(isThrottle("InternalFailure"));
});

/** The error of an answer with a body as Kinesis writes it; without a code where that is empty. */
function errorOf(
  code: string,
  {
    action = "PutRecords",
    status = 400,
    message = "no",
    credentialsMayChange = false,
  } = {},
) {
  return serviceError({
    action,
    target: "eu-west-1",
    status,
    headers: new Headers(),
    body: code ? { type: code, message } : {},
    credentialsMayChange,
  });
}

Deno.test("serviceError says what to do about every error of KMS", () => {
  for (
    const [code, advice, retryable] of [
      ["KMSAccessDeniedException", "kms:GenerateDataKey", false],
      ["KMSAccessDeniedException", "kms:Decrypt", false],
      ["KMSDisabledException", "enable it", false],
      ["KMSInvalidStateException", "cancel the deletion", false],
      ["KMSNotFoundException", "another key", false],
      ["KMSOptInRequired", "sign-up", false],
      ["KMSThrottlingException", "quota of KMS", true],
    ] as const
  ) {
    const error = errorOf(code);
    assertStringIncludes(error.message, advice);
    assertEquals(error.retryable, retryable, code);
  }
});

Deno.test("serviceError names what is full in the error of a full account, and not in that of a throttle", () => {
  for (
    const [action, advice, retryable] of [
      ["CreateStream", "ask for a higher quota", false],
      ["UpdateShardCount", "within 24 hours", false],
      ["RegisterStreamConsumer", "deregister some", true],
    ] as const
  ) {
    const error = errorOf("LimitExceededException", { action });
    assertStringIncludes(error.message, advice);
    assertEquals(error.retryable, retryable, action);
  }
  const { message } = errorOf("LimitExceededException", {
    action: "ListStreams",
  });
  assertEquals(
    message,
    "Cannot ListStreams in eu-west-1: LimitExceededException: no",
  );
});

Deno.test("serviceError says of an answer without a code where it may come from", () => {
  for (
    const [status, advice, retryable] of [
      [400, "it was cut, or it comes from something on the way", true],
      [403, "a proxy or firewall", false],
      [404, "Check that the endpoint is one of Kinesis", false],
      [407, "HTTPS_PROXY", false],
      [413, "'maxBatchBytes'", false],
      [418, "has status 418 and names no reason", false],
      [500, "has status 500 and names no reason", true],
      [501, "is in trouble", false],
    ] as const
  ) {
    const error = errorOf("", { status });
    assertStringIncludes(error.message, advice);
    assertEquals(error.retryable, retryable, `${status}`);
  }
});

Deno.test("serviceError marks late credentials, late signatures and cut answers as worth a few attempts only", () => {
  const late = { message: "Signature expired: x is now earlier than y" };
  for (
    const [error, expected] of [
      [errorOf("ExpiredTokenException", { credentialsMayChange: true }), true],
      [errorOf("ExpiredTokenException"), false],
      [errorOf("InvalidSignatureException", late), true],
      [errorOf("InvalidSignatureException"), false],
      [errorOf("RequestExpired"), true],
      [errorOf(""), true],
      [errorOf("", { status: 503 }), false],
      [errorOf("InternalFailure", { status: 500 }), false],
      [errorOf("AccessDeniedException"), false],
    ] as const
  ) assertEquals(error.retryBriefly, expected, error.message);
});
