import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { fromContainer } from "../../credentials/mod.ts";
import {
  ConnectionError,
  CredentialsError,
  ResponseError,
  TimeoutError,
} from "../../errors.ts";
import {
  FakeClock,
  FakeEnvironment,
  fakeFetch,
  noFetch,
  silentFetch,
  withServer,
} from "./support.ts";

const RELATIVE = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const FULL = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const TOKEN = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
const TOKEN_FILE = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

function answer(fields: Record<string, unknown> = {}): Response {
  return Response.json({
    RoleArn: "arn:aws:iam::1:role/task",
    AccessKeyId: "ASIATASK",
    SecretAccessKey: "hush-secret",
    Token: "hush-token",
    Expiration: "2026-01-01T06:00:00Z",
    ...fields,
  });
}

Deno.test("fromContainer asks ECS at its own address for a relative URI", async () => {
  const { fetch, requests } = fakeFetch(() => answer());
  const environment = new FakeEnvironment({ [RELATIVE]: "/v2/creds/1?a=b?c" });
  const credentials = await fromContainer({ fetch, environment })();
  assertEquals(requests[0]?.url, "http://169.254.170.2/v2/creds/1?a=b?c");
  assertEquals(requests[0]?.method, "GET");
  assertEquals(requests[0]?.redirect, "manual");
  assertEquals(credentials.accessKeyId, "ASIATASK");
  assertEquals(credentials.secretAccessKey, "hush-secret");
  assertEquals(credentials.sessionToken, "hush-token");
  assertEquals(credentials.expiration, new Date("2026-01-01T06:00:00Z"));
});

Deno.test("fromContainer asks the agent of EKS Pod Identity, and reads the token file for each request", async () => {
  const seen: (string | null)[] = [];
  await withServer((request) => {
    seen.push(request.headers.get("authorization"));
    return answer();
  }, async (origin) => {
    const environment = new FakeEnvironment({
      [FULL]: `${origin}/v1/credentials`,
      [TOKEN]: "not this one",
      [TOKEN_FILE]: "/var/run/token",
    }, { "/var/run/token": "jwt-1\n" });
    const provider = fromContainer({ environment, clock: new FakeClock() });
    await provider();
    environment.files["/var/run/token"] = "jwt-2";
    await provider();
  });
  assertEquals(seen, ["jwt-1", "jwt-2"]);
});

Deno.test("fromContainer sends the token of the environment", async () => {
  const { fetch, requests } = fakeFetch(() => answer());
  const environment = new FakeEnvironment({
    [FULL]: "http://127.0.0.1:8080/c",
    [TOKEN]: "Basic abc",
  });
  await fromContainer({ fetch, environment })();
  assertEquals(requests[0]?.headers.get("authorization"), "Basic abc");
});

Deno.test("fromContainer takes plain http for this machine and the addresses of ECS and EKS only", async () => {
  const allowed = [
    "https://agent.example.com/c",
    "http://localhost/c",
    "http://127.0.0.1:51679/c",
    "http://127.9.9.9/c",
    "http://[::1]/c",
    "http://169.254.170.2/c",
    "http://169.254.170.23/c",
    "http://[fd00:ec2::23]/c",
  ];
  for (const url of allowed) {
    const { fetch, requests } = fakeFetch(() => answer());
    await fromContainer({
      fetch,
      environment: new FakeEnvironment({ [FULL]: url }),
    })();
    assertEquals(requests[0]?.url, url);
  }
  const refused = [
    "http://example.com/c",
    "http://169.254.169.254/c",
    "http://169.254.170.2.example.com/c",
    "http://127.0.0.1@example.com/c",
    "http://[fd00:ec2::24]/c",
    "http://10.0.0.1/c",
    "http://agent.localhost/c",
    "ftp://127.0.0.1/c",
    "file:///etc/passwd",
    "nonsense",
  ];
  for (const url of refused) {
    const error = await assertRejects(
      fromContainer({
        fetch: noFetch,
        environment: new FakeEnvironment({ [FULL]: url }),
      }),
      CredentialsError,
      FULL,
    );
    assertEquals(error.code, "CredentialsUnavailable");
  }
});

Deno.test("fromContainer never lets a relative URI name another host", async () => {
  for (
    const uri of ["@example.com/", ".example.com/", ":80/", "x", "//e.com/"]
  ) {
    await assertRejects(
      fromContainer({
        fetch: noFetch,
        environment: new FakeEnvironment({ [RELATIVE]: uri }),
      }),
      CredentialsError,
      "must start with one /",
    );
  }
  const { fetch, requests } = fakeFetch(() => answer());
  const environment = new FakeEnvironment({ [RELATIVE]: "/\\example.com/" });
  await fromContainer({ fetch, environment })();
  assertEquals(new URL(requests[0]!.url).host, "169.254.170.2");
});

Deno.test("fromContainer tries again when the agent is busy or silent, and then gives up", async () => {
  let calls = 0;
  const clock = new FakeClock();
  const environment = new FakeEnvironment({ [RELATIVE]: "/c" });
  const flaky = fakeFetch(() => {
    calls++;
    if (calls === 1) throw new TypeError("connection refused");
    return calls === 2 ? new Response("busy", { status: 503 }) : answer();
  });
  await fromContainer({ fetch: flaky.fetch, environment, clock })();
  assertEquals([calls, clock.pauses], [3, [100, 200]]);

  const broken = fakeFetch(() => new Response("hush", { status: 500 }));
  const error = await assertRejects(
    fromContainer({ fetch: broken.fetch, environment, clock }),
    CredentialsError,
    "from http://169.254.170.2: HTTP status 500",
  );
  assertEquals([broken.requests.length, error.retryable], [3, true]);

  const gone = fakeFetch(() => new Response("hush", { status: 404 }));
  await assertRejects(
    fromContainer({ fetch: gone.fetch, environment, clock }),
    CredentialsError,
    "HTTP status 404",
  );
  assertEquals(gone.requests.length, 1);
});

Deno.test("fromContainer never shows the path, the token or what was answered in an error", async () => {
  const environment = new FakeEnvironment({
    [FULL]: "http://127.0.0.1/hush-path?hush",
    [TOKEN]: "hush-token",
  });
  const answers: (() => Response)[] = [
    () => new Response("hush {"),
    () => new Response(`"hush"`),
    () => answer({ AccessKeyId: undefined }),
    () => answer({ SecretAccessKey: ["hush"] }),
    () => answer({ Expiration: "hush" }),
    () => answer({ Token: { hush: true } }),
    () => new Response("hush".repeat(300_000)),
    () => {
      throw new TypeError(
        "error sending request for url (http://127.0.0.1/hush-path?hush)",
        { cause: new Error("hush") },
      );
    },
  ];
  for (const respond of answers) {
    const { fetch } = fakeFetch(respond);
    const error = await assertRejects(
      fromContainer({ fetch, environment, clock: new FakeClock() }),
      Error,
    );
    assert(
      [CredentialsError, ConnectionError, ResponseError]
        .some((type) => error instanceof type),
    );
    assertFalse(Deno.inspect(error).includes("hush"), Deno.inspect(error));
  }
});

Deno.test("fromContainer does not follow a redirect with its token", async () => {
  let isReached = false;
  await withServer(() => {
    isReached = true;
    return answer();
  }, (elsewhere) =>
    withServer(
      () => Response.redirect(`${elsewhere}/hush`),
      async (origin) => {
        const environment = new FakeEnvironment({
          [FULL]: origin,
          [TOKEN]: "hush-token",
        });
        const error = await assertRejects(
          fromContainer({ environment, clock: new FakeClock() }),
          ResponseError,
          "it answers with a redirect, which is not followed",
        );
        assertFalse(Deno.inspect(error).includes("hush-token"));
      },
    ));
  assertFalse(isReached);
});

Deno.test("fromContainer ends a request without an answer at its time limit", async () => {
  const clock = new FakeClock();
  const fetch = silentFetch(clock, 2000);
  const environment = new FakeEnvironment({ [RELATIVE]: "/c" });
  await assertRejects(
    fromContainer({ fetch, environment, clock, timeoutMs: 2000 }),
    TimeoutError,
    "no answer within 2000 ms",
  );
  assertEquals(clock.pending, 0);
});

Deno.test("fromContainer names the variable that is not set or the file that cannot be read", async () => {
  const none = await assertRejects(
    fromContainer({ fetch: noFetch, environment: new FakeEnvironment() }),
    CredentialsError,
    `${RELATIVE} is not set, ${FULL} is not set`,
  );
  assertEquals(none.code, "NoCredentials");
  await assertRejects(
    fromContainer({
      fetch: noFetch,
      environment: new FakeEnvironment({ [RELATIVE]: "/", [TOKEN_FILE]: "/x" }),
    }),
    CredentialsError,
    "Cannot read the container's token /x: no such file",
  );
  const error = await assertRejects(
    fromContainer({
      fetch: noFetch,
      environment: new FakeEnvironment({
        [RELATIVE]: "/",
        [TOKEN]: "a\r\nhush: b",
      }),
    }),
    CredentialsError,
    "line break",
  );
  assertFalse(Deno.inspect(error).includes("hush"));
});
