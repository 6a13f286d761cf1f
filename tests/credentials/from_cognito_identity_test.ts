import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { fromCognitoIdentity } from "../../credentials/mod.ts";
import { ConnectionError, CredentialsError } from "../../errors.ts";
import { FakeClock, fakeFetch, noFetch, withServer } from "./support.ts";

const POOL = "eu-west-1:11111111-2222-3333-4444-555555555555";
const IDENTITY = "eu-west-1:aaaaaaaa-2222-3333-4444-555555555555";

/** Cognito with one identity. */
class Cognito {
  readonly asked: { action: string; body: Record<string, unknown> }[] = [];
  known = new Set([IDENTITY]);
  readonly answer = async (request: Request): Promise<Response> => {
    const action = request.headers.get("x-amz-target")!.split(".")[1]!;
    const body = await request.json();
    this.asked.push({ action, body });
    assertEquals(request.headers.get("authorization"), null);
    if (action === "GetId") return Response.json({ IdentityId: IDENTITY });
    if (!this.known.has(body.IdentityId)) {
      return Response.json({ __type: "ResourceNotFoundException" }, {
        status: 400,
      });
    }
    return Response.json({
      IdentityId: body.IdentityId,
      Credentials: {
        AccessKeyId: "ASIAGUEST",
        SecretKey: "hush-secret",
        SessionToken: "hush-token",
        Expiration: 1767229200.5,
      },
    });
  };
}

Deno.test("fromCognitoIdentity gets an identity once, and credentials each time, over loopback", async () => {
  const cognito = new Cognito();
  await withServer(cognito.answer, async (origin) => {
    const identities: string[] = [];
    const provider = fromCognitoIdentity({
      identityPoolId: POOL,
      endpoint: origin,
      onIdentity: (id) => identities.push(id),
    });
    const credentials = await provider();
    assertEquals(credentials.accessKeyId, "ASIAGUEST");
    assertEquals(credentials.secretAccessKey, "hush-secret");
    assertEquals(credentials.sessionToken, "hush-token");
    assertEquals(credentials.expiration, new Date(1767229200500));
    await provider();
    assertEquals(identities, [IDENTITY]);
  });
  assertEquals(cognito.asked, [
    { action: "GetId", body: { IdentityPoolId: POOL } },
    { action: "GetCredentialsForIdentity", body: { IdentityId: IDENTITY } },
    { action: "GetCredentialsForIdentity", body: { IdentityId: IDENTITY } },
  ]);
});

Deno.test("fromCognitoIdentity makes one guest for look-ups at the same time, and does not depend on onIdentity", async () => {
  const cognito = new Cognito();
  const provider = fromCognitoIdentity({
    identityPoolId: POOL,
    fetch: fakeFetch(cognito.answer).fetch,
    onIdentity: () => {
      throw new Error("The storage is full");
    },
  });
  const all = await Promise.all([provider(), provider(), provider()]);
  assertEquals(
    all.map(({ accessKeyId }) => accessKeyId),
    Array(3).fill("ASIAGUEST"),
  );
  const actions = cognito.asked.map(({ action }) => action);
  assertEquals(actions.filter((action) => action === "GetId").length, 1);
});

Deno.test("fromCognitoIdentity looks for the identity again after a failure, and once for calls whose identity was deleted", async () => {
  const cognito = new Cognito();
  let isDown = true;
  const provider = fromCognitoIdentity({
    identityPoolId: POOL,
    fetch: fakeFetch((request) =>
      isDown
        ? Response.json({ __type: "NotAuthorizedException" }, { status: 400 })
        : cognito.answer(request)
    ).fetch,
  });
  const refused = await Promise.allSettled([provider(), provider()]);
  assertEquals(refused.map(({ status }) => status), ["rejected", "rejected"]);
  isDown = false;
  assertEquals((await provider()).accessKeyId, "ASIAGUEST");

  const returning = new Cognito();
  const known = fromCognitoIdentity({
    identityPoolId: POOL,
    identityId: "eu-west-1:deleted",
    fetch: fakeFetch(returning.answer).fetch,
  });
  await Promise.all([known(), known(), known()]);
  const actions = returning.asked.map(({ action }) => action);
  assertEquals(actions.filter((action) => action === "GetId").length, 1);
});

Deno.test("fromCognitoIdentity asks the region of the pool, in its partition", async () => {
  for (
    const [region, host] of [
      ["eu-west-1", "cognito-identity.eu-west-1.amazonaws.com"],
      ["cn-north-1", "cognito-identity.cn-north-1.amazonaws.com.cn"],
    ]
  ) {
    const { fetch, requests } = fakeFetch(new Cognito().answer);
    const identityPoolId = POOL.replace("eu-west-1", region!);
    await fromCognitoIdentity({ identityPoolId, fetch })();
    assertEquals(requests[0]?.url, `https://${host}/`);
  }
});

Deno.test("fromCognitoIdentity sends the tokens of a user, new ones for each request", async () => {
  const cognito = new Cognito();
  let calls = 0;
  const provider = fromCognitoIdentity({
    identityPoolId: POOL,
    fetch: fakeFetch(cognito.answer).fetch,
    logins: () => ({ "login.example.com": `token-${++calls}` }),
  });
  await provider();
  await provider();
  assertEquals(cognito.asked.map(({ action, body }) => [action, body.Logins]), [
    ["GetId", { "login.example.com": "token-1" }],
    ["GetCredentialsForIdentity", { "login.example.com": "token-1" }],
    ["GetCredentialsForIdentity", { "login.example.com": "token-2" }],
  ]);
});

Deno.test("fromCognitoIdentity uses a known identity, and gets another one if it was deleted", async () => {
  const cognito = new Cognito();
  const provider = fromCognitoIdentity({
    identityPoolId: POOL,
    identityId: "eu-west-1:deleted",
    fetch: fakeFetch(cognito.answer).fetch,
  });
  assertEquals((await provider()).accessKeyId, "ASIAGUEST");
  assertEquals(cognito.asked.map(({ action }) => action), [
    "GetCredentialsForIdentity",
    "GetId",
    "GetCredentialsForIdentity",
  ]);
  // Once is enough: a pool that knows none of its identities ends with an error.
  cognito.known = new Set();
  await assertRejects(
    () => provider(),
    CredentialsError,
    "ResourceNotFoundException",
  );
  assertEquals(cognito.asked.length, 6);
});

Deno.test("fromCognitoIdentity shows a refusal without its secrets, and tries again when Cognito is busy", async () => {
  const refuse = (status: number, body: object) =>
    fakeFetch(() => Response.json(body, { status }));
  const { fetch, requests } = refuse(400, {
    __type: "NotAuthorizedException",
    message: "hush-token is no token",
  });
  const clock = new FakeClock();
  const error = await assertRejects(
    () => fromCognitoIdentity({ identityPoolId: POOL, fetch, clock })(),
    CredentialsError,
    "NotAuthorizedException",
  );
  assert(!error.message.includes("hush"));
  assertEquals(error.retryable, false);
  assertEquals(requests.length, 1);
  const busy = refuse(503, {});
  await assertRejects(
    () =>
      fromCognitoIdentity({ identityPoolId: POOL, fetch: busy.fetch, clock })(),
    CredentialsError,
  );
  assertEquals(busy.requests.length, 3);
  await assertRejects(
    () =>
      fromCognitoIdentity({
        identityPoolId: POOL,
        clock,
        fetch: () => Promise.reject(new TypeError("offline")),
      })(),
    ConnectionError,
  );
});

Deno.test("fromCognitoIdentity rejects answers that lack something", async () => {
  for (const body of [{}, { IdentityId: "" }, { IdentityId: "eu-west-1:a" }]) {
    const { fetch } = fakeFetch(() => Response.json(body));
    await assertRejects(
      () => fromCognitoIdentity({ identityPoolId: POOL, fetch })(),
      CredentialsError,
      "is missing",
    );
  }
});

Deno.test("fromCognitoIdentity refuses wrong options", () => {
  const cases: [object, string][] = [
    [{}, "'identityPoolId' must be the id of a pool"],
    [{ identityPoolId: "pool" }, "'identityPoolId' must be the id of a pool"],
    [{ identityPoolId: POOL, logins: "token" }, "'logins' must be an object"],
    [
      { identityPoolId: POOL, identityId: "" },
      "'identityId' must be a text that is not empty",
    ],
    [
      { identityPoolId: POOL, onIdentity: 1 },
      "'onIdentity' must be a function",
    ],
    [
      { identityPoolId: POOL, endpoint: "http://example.com" },
      "'endpoint' must not be plain http",
    ],
  ];
  for (const [options, message] of cases) {
    assertThrows(
      () => fromCognitoIdentity({ fetch: noFetch, ...options } as never),
      TypeError,
      message,
    );
  }
});
