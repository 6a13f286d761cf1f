import { assertEquals, assertRejects } from "@std/assert";
import { fromInstanceMetadata } from "../../credentials/mod.ts";
import { CredentialsError } from "../../errors.ts";
import {
  FakeClock,
  FakeEnvironment,
  fakeFetch,
  noFetch,
  withServer,
} from "./support.ts";

const ENDPOINT = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
const ROLES = "/latest/meta-data/iam/security-credentials/";

/** The service in version 2: no token, no answer. */
function imds(
  overrides: Record<string, (request: Request) => Response> = {},
): { handler: (request: Request) => Response; log: string[] } {
  const log: string[] = [];
  return {
    log,
    handler: (request) => {
      const { pathname } = new URL(request.url);
      log.push(`${request.method} ${pathname}`);
      const override = overrides[pathname];
      if (override) return override(request);
      if (pathname === "/latest/api/token") {
        const ttl = request.headers.get("x-aws-ec2-metadata-token-ttl-seconds");
        return request.method === "PUT" && ttl === "21600"
          ? new Response("imds-token")
          : new Response(null, { status: 400 });
      }
      if (request.headers.get("x-aws-ec2-metadata-token") !== "imds-token") {
        return new Response(null, { status: 401 });
      }
      if (pathname === ROLES) return new Response("my-role\n");
      if (pathname !== ROLES + "my-role") {
        return new Response(null, { status: 404 });
      }
      return Response.json({
        Code: "Success",
        Type: "AWS-HMAC",
        AccessKeyId: "ASIAEC2",
        SecretAccessKey: "secret",
        Token: "token",
        Expiration: "2026-01-01T06:00:00Z",
      });
    },
  };
}

Deno.test("fromInstanceMetadata gets a token, the role and its credentials over loopback", async () => {
  const { handler, log } = imds();
  await withServer(handler, async (origin) => {
    const environment = new FakeEnvironment({ [ENDPOINT]: origin });
    const provider = fromInstanceMetadata({
      environment,
      clock: new FakeClock(),
    });
    const credentials = await provider();
    assertEquals(credentials.accessKeyId, "ASIAEC2");
    assertEquals(credentials.secretAccessKey, "secret");
    assertEquals(credentials.sessionToken, "token");
    assertEquals(credentials.expiration, new Date("2026-01-01T06:00:00Z"));
  });
  assertEquals(log, [
    "PUT /latest/api/token",
    `GET ${ROLES}`,
    `GET ${ROLES}my-role`,
  ]);
});

Deno.test("fromInstanceMetadata finds the service where the surroundings say", async () => {
  const config = (line: string) => ({ "/c": `[profile p]\n${line}` });
  const cases: [Record<string, string>, Record<string, string>, string][] = [
    [{}, {}, "http://169.254.169.254"],
    [{ [`${ENDPOINT}_MODE`]: "IPv6" }, {}, "http://[fd00:ec2::254]"],
    [{ [ENDPOINT]: "http://10.0.0.9:81" }, {}, "http://10.0.0.9:81"],
    [
      {},
      config("ec2_metadata_service_endpoint = http://10.0.0.8"),
      "http://10.0.0.8",
    ],
    [
      {},
      config("ec2_metadata_service_endpoint_mode = ipv6"),
      "http://[fd00:ec2::254]",
    ],
  ];
  for (const [variables, files, origin] of cases) {
    const { fetch, requests } = fakeFetch(imds().handler);
    const environment = new FakeEnvironment({
      AWS_CONFIG_FILE: "/c",
      AWS_PROFILE: "p",
      ...variables,
    }, files);
    await fromInstanceMetadata({ fetch, environment })();
    assertEquals(new URL(requests[0]!.url).origin, origin);
  }
});

Deno.test("fromInstanceMetadata does nothing when it is switched off", async () => {
  const environment = new FakeEnvironment({
    AWS_EC2_METADATA_DISABLED: "TRUE",
  });
  const error = await assertRejects(
    fromInstanceMetadata({ fetch: noFetch, environment }),
    CredentialsError,
    "AWS_EC2_METADATA_DISABLED is true",
  );
  assertEquals(error.code, "NoCredentials");
});

Deno.test("fromInstanceMetadata gives up after one attempt where there is no instance", async () => {
  const clock = new FakeClock();
  let calls = 0;
  const fetch: typeof globalThis.fetch = (_input, init) =>
    new Promise((_resolve, reject) => {
      calls++;
      init!.signal!.addEventListener("abort", () => {
        reject(init!.signal!.reason);
      });
      queueMicrotask(() => clock.advance(1000));
    });
  const environment = new FakeEnvironment();
  const error = await assertRejects(
    fromInstanceMetadata({ fetch, environment, clock }),
    CredentialsError,
    "from http://169.254.169.254: no answer within 1000 ms",
  );
  assertEquals([error.code, calls, clock.pending], ["NoCredentials", 1, 0]);
});

Deno.test("fromInstanceMetadata passes on an instance without a role and never falls back to version 1", async () => {
  const status = (code: number) => () => new Response(null, { status: code });
  const cases: [Record<string, () => Response>, string, string][] = [
    [{ [ROLES]: status(404) }, "NoCredentials", "the instance has no role"],
    [
      { [ROLES]: () => new Response("") },
      "NoCredentials",
      "the instance has no role",
    ],
    // Switched off, and the metadata services of other clouds.
    ...[400, 403, 404, 405].map((code): typeof cases[number] => [
      { "/latest/api/token": status(code) },
      "NoCredentials",
      `HTTP status ${code}`,
    ]),
    [
      { "/latest/api/token": status(503) },
      "CredentialsUnavailable",
      "HTTP status 503",
    ],
    [{ [ROLES]: status(401) }, "CredentialsUnavailable", "HTTP status 401"],
    [
      {
        [ROLES + "my-role"]: () =>
          Response.json({ Code: "AssumeRoleUnauthorizedAccess" }),
      },
      "CredentialsUnavailable",
      "the code is AssumeRoleUnauthorizedAccess",
    ],
  ];
  for (const [overrides, code, words] of cases) {
    const { handler, log } = imds(overrides);
    const { fetch, requests } = fakeFetch(handler);
    const error = await assertRejects(
      fromInstanceMetadata({
        fetch,
        environment: new FakeEnvironment(),
        clock: new FakeClock(),
      }),
      CredentialsError,
      words,
    );
    assertEquals(error.code, code);
    for (const request of requests) {
      if (request.method === "PUT") continue;
      assertEquals(
        request.headers.get("x-aws-ec2-metadata-token"),
        "imds-token",
      );
    }
    assertEquals(log[0], "PUT /latest/api/token");
  }
});

Deno.test("fromInstanceMetadata tries again when the service is throttled", async () => {
  let calls = 0;
  const { handler } = imds({
    [ROLES]: () =>
      ++calls < 3
        ? new Response(null, { status: 429 })
        : new Response("my-role"),
  });
  const { fetch } = fakeFetch(handler);
  const clock = new FakeClock();
  const environment = new FakeEnvironment();
  await fromInstanceMetadata({ fetch, environment, clock })();
  assertEquals([calls, clock.pauses], [3, [100, 200]]);
});

Deno.test("fromInstanceMetadata lets expired credentials go on for a quarter of an hour", async () => {
  const clock = new FakeClock(Date.parse("2026-01-01T07:00:00Z"));
  const { fetch } = fakeFetch(imds().handler);
  const environment = new FakeEnvironment();
  const { expiration } = await fromInstanceMetadata({
    fetch,
    environment,
    clock,
  })();
  assertEquals(expiration, new Date("2026-01-01T07:15:00Z"));
});
