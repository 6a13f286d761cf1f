import { assertEquals, assertFalse, assertRejects } from "@std/assert";
import { fromWebIdentity } from "../../credentials/mod.ts";
import {
  ConnectionError,
  CredentialsError,
  ResponseError,
  ServiceError,
  TimeoutError,
} from "../../errors.ts";
import {
  FakeClock,
  FakeEnvironment,
  fakeFetch,
  noFetch,
  silentFetch,
  stsAnswer,
  stsError,
  withServer,
} from "./support.ts";

const action = "AssumeRoleWithWebIdentity";

function machine(extra: Record<string, string> = {}) {
  return new FakeEnvironment({
    AWS_WEB_IDENTITY_TOKEN_FILE: "/var/run/token",
    AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/app",
    AWS_ROLE_SESSION_NAME: "session",
    AWS_REGION: "eu-central-1",
    ...extra,
  }, { "/var/run/token": "hush-jwt\n" });
}

Deno.test("fromWebIdentity exchanges the token of the file for credentials over loopback", async () => {
  const seen: [string, string | null, URLSearchParams][] = [];
  await withServer(async (request) => {
    seen.push([
      request.method,
      request.headers.get("authorization"),
      new URLSearchParams(await request.text()),
    ]);
    return stsAnswer(action);
  }, async (origin) => {
    const environment = machine({ AWS_ENDPOINT_URL_STS: origin });
    const credentials = await fromWebIdentity({
      environment,
      clock: new FakeClock(),
    })();
    assertEquals(credentials.accessKeyId, "ASIAROLE");
    assertEquals(credentials.secretAccessKey, "role&secret");
    assertEquals(credentials.sessionToken, "role-token");
    assertEquals(credentials.expiration, new Date("2026-01-01T01:00:00Z"));
  });
  const [method, authorization, form] = seen[0]!;
  assertEquals([seen.length, method, authorization], [1, "POST", null]);
  assertEquals(Object.fromEntries(form), {
    Action: action,
    Version: "2011-06-15",
    RoleArn: "arn:aws:iam::123456789012:role/app",
    RoleSessionName: "session",
    WebIdentityToken: "hush-jwt",
  });
});

Deno.test("fromWebIdentity asks the STS of its region", async () => {
  const cases: [Record<string, string>, string][] = [
    [{}, "https://sts.eu-central-1.amazonaws.com/"],
    [{ AWS_REGION: "cn-north-1" }, "https://sts.cn-north-1.amazonaws.com.cn/"],
    [{ AWS_REGION: "" }, "https://sts.us-east-1.amazonaws.com/"],
    [
      { AWS_REGION: "us-east-2", AWS_USE_FIPS_ENDPOINT: "true" },
      "https://sts-fips.us-east-2.amazonaws.com/",
    ],
  ];
  for (const [variables, url] of cases) {
    const { fetch, requests } = fakeFetch(() => stsAnswer(action));
    const environment = machine(variables);
    await fromWebIdentity({ fetch, environment, clock: new FakeClock() })();
    assertEquals(requests[0]?.url, url);
    assertEquals(requests[0]?.redirect, "manual");
  }
});

Deno.test("fromWebIdentity gives STS's own error and does not ask again when it is refused", async () => {
  const { fetch, requests } = fakeFetch(() =>
    stsError(403, "AccessDenied", "Not authorized &lt;here&gt;")
  );
  const error = await assertRejects(
    fromWebIdentity({ fetch, environment: machine(), clock: new FakeClock() }),
    ServiceError,
    "Cannot AssumeRoleWithWebIdentity: AccessDenied: Not authorized <here>",
  );
  assertEquals(error.code, "AccessDenied");
  assertEquals(error.status, 403);
  assertEquals(error.requestId, "req-2");
  assertEquals(error.retryable, false);
  assertEquals(requests.length, 1);
  assertFalse(Deno.inspect(error).includes("hush"));
});

Deno.test("fromWebIdentity tries three times when STS is throttled, broken or waits for the identity provider", async () => {
  const failures = [
    () => stsError(400, "Throttling", "Rate exceeded"),
    () => stsError(500, "InternalFailure", "oops"),
    () => stsError(400, "IDPCommunicationError", "no answer"),
  ];
  for (const failure of failures) {
    let calls = 0;
    const clock = new FakeClock();
    const { fetch } = fakeFetch(() =>
      ++calls < 3 ? failure() : stsAnswer(action)
    );
    await fromWebIdentity({ fetch, environment: machine(), clock })();
    assertEquals(calls, 3);
    assertEquals(clock.pauses, [400, 800]);
    calls = -9;
    await assertRejects(
      fromWebIdentity({ fetch, environment: machine(), clock }),
      ServiceError,
    );
    assertEquals(calls, -6);
  }
});

Deno.test("fromWebIdentity gives typed errors for answers that are not of STS", async () => {
  const cases: [() => Response, string][] = [
    [() => new Response("<html><body>Login</body></html>"), "'AccessKeyId'"],
    [() => new Response("gateway", { status: 502 }), "HTTP status 502"],
    [() => new Response(null, { status: 200 }), "HTTP status 200"],
    [() => stsAnswer(action, { SecretAccessKey: "" }), "'SecretAccessKey'"],
    [() => stsAnswer(action, { Expiration: "hush" }), "not a time"],
    [() => new Response("hush".repeat(300_000)), "more than 1048576 bytes"],
  ];
  for (const [answer, words] of cases) {
    const { fetch } = fakeFetch(answer);
    const error = await assertRejects(
      fromWebIdentity({
        fetch,
        environment: machine(),
        clock: new FakeClock(),
      }),
      Error,
      words,
    );
    const isTyped = error instanceof ResponseError ||
      error instanceof CredentialsError;
    assertEquals(isTyped, true, error.name);
    assertFalse(Deno.inspect(error).includes("hush"));
  }
});

Deno.test("fromWebIdentity ends a request without an answer at its time limit", async () => {
  const clock = new FakeClock();
  const fetch = silentFetch(clock, 10_000);
  const error = await assertRejects(
    fromWebIdentity({ fetch, environment: machine(), clock }),
    TimeoutError,
    "Cannot get AssumeRoleWithWebIdentity for arn:aws:iam::123456789012:role/app from https://sts.eu-central-1.amazonaws.com: no answer within 10000 ms",
  );
  assertEquals(error.timeoutMs, 10_000);
  assertEquals(clock.pending, 0);
});

Deno.test("fromWebIdentity says why it cannot start", async () => {
  const { fetch } = fakeFetch(() => Promise.reject(new TypeError("refused")));
  await assertRejects(
    fromWebIdentity({ fetch, environment: machine(), clock: new FakeClock() }),
    ConnectionError,
    "refused",
  );
  const none = new FakeEnvironment();
  const error = await assertRejects(
    fromWebIdentity({ fetch: noFetch, environment: none }),
    CredentialsError,
    "AWS_WEB_IDENTITY_TOKEN_FILE is not set",
  );
  assertEquals(error.code, "NoCredentials");
  const noRole = machine({ AWS_ROLE_ARN: "" });
  await assertRejects(
    fromWebIdentity({ fetch: noFetch, environment: noRole }),
    CredentialsError,
    "AWS_ROLE_ARN is not set",
  );
  const noFile = machine({ AWS_WEB_IDENTITY_TOKEN_FILE: "/nowhere" });
  await assertRejects(
    fromWebIdentity({ fetch: noFetch, environment: noFile }),
    CredentialsError,
    "Cannot read the web identity token /nowhere: no such file",
  );
});

Deno.test("fromWebIdentity takes a token from a function and a plain http STS on this machine only", async () => {
  const { fetch, requests } = fakeFetch(() => stsAnswer(action));
  const options = {
    fetch,
    environment: new FakeEnvironment(),
    clock: new FakeClock(),
    roleArn: "arn:aws:iam::1:role/r",
    durationSeconds: 900,
    token: () => Promise.resolve("fresh"),
  };
  await fromWebIdentity(options)();
  const form = new URLSearchParams(await requests[0]!.text());
  assertEquals(form.get("WebIdentityToken"), "fresh");
  assertEquals(form.get("DurationSeconds"), "900");
  assertEquals(form.get("RoleSessionName"), "webstreams-kinesis-1767225600000");
  await assertRejects(
    fromWebIdentity({ ...options, stsEndpoint: "http://sts.example.com" }),
    TypeError,
    "plain http",
  );
});
