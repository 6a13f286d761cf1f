import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { fromSharedFiles } from "../../credentials/mod.ts";
import { CredentialsError, KinesisError } from "../../errors.ts";
import { FakeClock, FakeEnvironment, fakeFetch } from "./support.ts";

const CACHE =
  "/home/me/.aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
const RENEWABLE = {
  refreshToken: "hush-refresh",
  clientId: "client",
  clientSecret: "hush-client",
  registrationExpiresAt: "2099-01-01T00:00:00Z",
};

function setUp(
  token: Record<string, unknown>,
  renew: () => Response = () =>
    Response.json({ accessToken: "hush-2", expiresIn: 3600 }),
  role: () => Response = () =>
    Response.json({
      roleCredentials: { accessKeyId: "ASIA", secretAccessKey: "s" },
    }),
) {
  const clock = new FakeClock();
  const environment = new FakeEnvironment({ HOME: "/home/me" }, {
    "/home/me/.aws/config": `[default]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Dev
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = cn-north-1`,
  });
  const write = (more: Record<string, unknown> | string) => {
    environment.files[CACHE] = typeof more === "string"
      ? more
      : JSON.stringify({ accessToken: "hush-1", ...more });
  };
  write(token);
  const { fetch, requests } = fakeFetch((request) =>
    request.url.includes("//oidc.") ? renew() : role()
  );
  const provider = fromSharedFiles({ environment, clock, fetch });
  const bearers = () =>
    requests.map(({ headers }) => headers.get("x-amz-sso_bearer_token"))
      .filter((token) => token !== null);
  const renewals = () => requests.filter(({ url }) => url.includes("//oidc."));
  return { clock, provider, write, bearers, renewals };
}

Deno.test("fromSharedFiles reads the end of a session in every form that the tools write", async () => {
  for (
    const expiresAt of [
      "2026-01-01T08:00:00Z",
      "2026-01-01T08:00:00UTC",
      "2026-01-01T08:00:00.123456Z",
      "2026-01-01T08:00:00+00:00",
      "2026-01-01T16:00:00+0800",
      "2026-01-01T08:00:00",
      "2026-01-01 08:00:00 UTC",
      "20260101T080000Z",
      "Thu, 01 Jan 2026 08:00:00 GMT",
      1767254400,
      1767254400000,
      "1767254400",
    ]
  ) {
    const { clock, provider, bearers } = setUp({ expiresAt });
    await provider();
    assertEquals(bearers(), ["hush-1"], `${expiresAt}`);
    clock.advance(8 * 3_600_000 + 1000);
    await assertRejects(provider, CredentialsError, "has expired; run");
  }
  const { provider } = setUp({ expiresAt: "soon" });
  await assertRejects(provider, CredentialsError, "is not a time");
});

Deno.test("fromSharedFiles renews a session that has expired, and keeps the new one until the file changes", async () => {
  const { clock, provider, write, bearers, renewals } = setUp({
    expiresAt: "2025-12-31T00:00:00Z",
    ...RENEWABLE,
  });
  await provider();
  await provider();
  assertEquals([bearers(), renewals().length], [["hush-2", "hush-2"], 1]);
  const [request] = renewals();
  assertEquals(request!.url, "https://oidc.cn-north-1.amazonaws.com.cn/token");
  assertEquals(await request!.json(), {
    grantType: "refresh_token",
    refreshToken: "hush-refresh",
    clientId: "client",
    clientSecret: "hush-client",
  });
  clock.advance(3_600_000);
  await provider();
  assertEquals(renewals().length, 2);
  write({ accessToken: "hush-3", expiresAt: "2026-01-01T08:00:00Z" });
  await provider();
  assertEquals([bearers().at(-1), renewals().length], ["hush-3", 2]);
});

Deno.test("fromSharedFiles goes on with the refresh token that came with a renewal", async () => {
  let n = 0;
  const { clock, provider, renewals } = setUp(
    { expiresAt: "2025-12-31T00:00:00Z", ...RENEWABLE },
    () =>
      Response.json({
        accessToken: "hush",
        expiresIn: 600,
        refreshToken: `hush-refresh-${++n}`,
      }),
  );
  await provider();
  clock.advance(600_000);
  await provider();
  const body = await renewals()[1]!.json();
  assertEquals(body.refreshToken, "hush-refresh-1");
});

Deno.test("fromSharedFiles uses a session to its end when it cannot be renewed early", async () => {
  const { clock, provider, bearers, renewals } = setUp(
    { expiresAt: "2026-01-01T00:02:00Z", ...RENEWABLE },
    () => Response.json({ error: "invalid_grant" }, { status: 400 }),
  );
  await provider();
  assertEquals([bearers(), renewals().length], [["hush-1"], 1]);
  clock.advance(120_000);
  await assertRejects(
    provider,
    CredentialsError,
    "has expired and is not renewed (invalid_grant); run: aws sso login",
  );
});

Deno.test("fromSharedFiles says why a session is not renewed, and shows no secret", async () => {
  const expired = { expiresAt: "2025-12-31T00:00:00Z" };
  const html = () => new Response("<hush>", { status: 403 });
  for (
    const [token, renew, words, retryable] of [
      [{}, html, "the session has expired; run: aws sso login", false],
      [{ ...RENEWABLE, clientId: "" }, html, "the session has expired;", false],
      [
        { ...RENEWABLE, registrationExpiresAt: "2025-12-31T00:00:00UTC" },
        html,
        "its registration have expired",
        false,
      ],
      [RENEWABLE, html, `profile "default": HTTP status 403`, false],
      [RENEWABLE, () => new Response("", { status: 503 }), "503", true],
      [RENEWABLE, () => Response.json({ hush: 1 }), "it has no token", false],
      [RENEWABLE, () => new Response("hush"), "not valid JSON", false],
    ] as const
  ) {
    const { provider } = setUp({ ...expired, ...token }, renew);
    const error = await assertRejects(provider, KinesisError, words);
    assertEquals(error.retryable, retryable, words);
    assertFalse(Deno.inspect(error).includes("hush"));
    assert(!(error.stack ?? "").includes("hush"));
  }
});

Deno.test("fromSharedFiles asks to sign in again only for an error that signing in ends", async () => {
  const oauth = (error: string, status = 400) =>
    Response.json({ error, error_description: "hush" }, { status });
  const typed = (type: string, status = 400) =>
    Response.json({ message: "hush" }, {
      status,
      headers: { "x-amzn-errortype": `${type}:http://internal/` },
    });
  for (
    const [answer, signIn, retryable] of [
      [() => oauth("slow_down"), false, true],
      [() => oauth("authorization_pending"), false, true],
      [() => oauth("temporarily_unavailable"), false, true],
      [() => typed("SlowDownException"), false, true],
      [() => typed("TooManyRequestsException"), false, true],
      [() => oauth("invalid_grant"), true, false],
      [() => oauth("invalid_client", 401), true, false],
      [() => oauth("unauthorized_client"), true, false],
      [() => oauth("expired_token"), true, false],
      [() => oauth("access_denied"), true, false],
      [() => typed("InvalidGrantException"), true, false],
      [() => new Response("<hush>", { status: 407 }), false, false],
    ] as const
  ) {
    const expired = { expiresAt: "2025-12-31T00:00:00Z", ...RENEWABLE };
    const { provider } = setUp(expired, answer);
    const error = await assertRejects(provider, CredentialsError);
    assertEquals(error.message.includes("aws sso login"), signIn, `${error}`);
    assertEquals(error.retryable, retryable, `${error}`);
    assertFalse(Deno.inspect(error).includes("hush"));
  }
});

Deno.test("fromSharedFiles distinguishes the errors of a role by their codes", async () => {
  const portal = (type: string, status: number) => () =>
    Response.json({ __type: `com.amazonaws.portal#${type}`, message: "hush" }, {
      status,
    });
  for (
    const [answer, words, retryable] of [
      [portal("TooManyRequestsException", 400), "TooManyRequests", true],
      [portal("UnauthorizedException", 400), "run: aws sso login", false],
      [portal("ForbiddenException", 403), "403 (ForbiddenException)", false],
      [portal("ResourceNotFoundException", 404), "404 (ResourceNot", false],
      [
        () => new Response("hush", { status: 401 }),
        "run: aws sso login",
        false,
      ],
    ] as const
  ) {
    const session = { expiresAt: "2026-01-01T08:00:00Z" };
    const { provider } = setUp(session, undefined, answer);
    const error = await assertRejects(provider, CredentialsError, words);
    assertEquals(error.retryable, retryable, words);
    assertFalse(Deno.inspect(error).includes("hush"));
  }
});

Deno.test("fromSharedFiles asks to sign in again for a file that holds no session", async () => {
  for (const file of ["null", "[]", "{", "", "{}", `{"accessToken":"hush"}`]) {
    const { provider, write } = setUp({});
    write(file);
    const error = await assertRejects(
      provider,
      CredentialsError,
      "; run: aws sso login --profile default",
    );
    assertFalse(Deno.inspect(error).includes("hush"));
  }
});
