import { assertEquals, assertMatch } from "@std/assert";
import { AwsClient } from "aws4fetch";
import { KinesisServer } from "../../testing/mod.ts";
import { FakeClock } from "../_services/fake_clock.ts";
import { requestInit } from "./_call.ts";

const KEY = { accessKeyId: "AKID", secretAccessKey: "secret" };
const MINUTE = 60_000;

interface Signing {
  accessKeyId?: string;
  secretAccessKey?: string;
  sessionToken?: string;
  region?: string;
  service?: string;
  at?: number;
  body?: string;
  protocol?: "json" | "cbor";
  allHeaders?: boolean;
}

/** Sends a request signed by aws4fetch. Returns "ok", or the status, exception and message. */
async function ask(server: KinesisServer, signing: Signing = {}) {
  const { at = server.now(), protocol = "json" } = signing;
  const client = new AwsClient({
    region: "us-east-1",
    service: "kinesis",
    ...KEY,
    ...signing,
  });
  const request = await client.sign(
    "https://kinesis.us-east-1.amazonaws.com/",
    {
      ...requestInit("ListStreams", {}, { protocol }),
      aws: {
        datetime: new Date(at).toISOString().replace(/[:-]|\.\d{3}/g, ""),
        allHeaders: signing.allHeaders,
      },
    },
  );
  const sent = signing.body === undefined
    ? request
    : new Request(request, { body: signing.body });
  const response = await server.fetch(sent);
  const text = await response.text();
  return response.ok
    ? "ok"
    : `${response.status} ${JSON.parse(text).__type}: ${
      JSON.parse(text).message
    }`;
}

function withKey(credentials = KEY as typeof KEY & { sessionToken?: string }) {
  return new KinesisServer({ clock: new FakeClock(), credentials });
}

Deno.test("KinesisServer accepts a valid signature of any set of headers", async () => {
  const server = withKey();
  for (const protocol of ["json", "cbor"] as const) {
    for (const allHeaders of [false, true]) {
      assertEquals(await ask(server, { protocol, allHeaders }), "ok");
    }
  }
});

Deno.test("KinesisServer rejects a wrong secret and a body changed after signing", async () => {
  const server = withKey();
  for (const signing of [{ secretAccessKey: "other" }, { body: "{ }" }]) {
    assertMatch(
      await ask(server, signing),
      /^400 InvalidSignatureException: The request signature we calculated does not match/,
    );
  }
});

Deno.test("KinesisServer rejects an unknown key, session token, region or service", async () => {
  const server = withKey();
  assertMatch(
    await ask(server, { accessKeyId: "OTHER" }),
    /^400 UnrecognizedClientException: The security token included in the request is invalid/,
  );
  assertMatch(
    await ask(server, { sessionToken: "t" }),
    /^400 UnrecognizedClientException/,
  );
  assertMatch(
    await ask(server, { region: "eu-west-1" }),
    /^400 InvalidSignatureException: Credential should be scoped to a valid region/,
  );
  assertMatch(
    await ask(server, { service: "dynamodb" }),
    /^400 InvalidSignatureException: Credential should be scoped to correct service/,
  );
});

Deno.test("KinesisServer rejects a signature time more than five minutes off", async () => {
  const server = withKey();
  const now = server.now();
  assertEquals(await ask(server, { at: now - 5 * MINUTE + 1_000 }), "ok");
  assertEquals(await ask(server, { at: now + 5 * MINUTE - 1_000 }), "ok");
  assertMatch(
    await ask(server, { at: now - 5 * MINUTE - 1_000 }),
    /^400 InvalidSignatureException: Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 5 min\.\)$/,
  );
  assertMatch(
    await ask(server, { at: now + 5 * MINUTE + 1_000 }),
    /^400 InvalidSignatureException: Signature not yet current: /,
  );
});

Deno.test("KinesisServer rejects expired temporary credentials", async () => {
  const clock = new FakeClock();
  const credentials = {
    ...KEY,
    sessionToken: "token",
    expiration: new Date(clock.now() + MINUTE),
  };
  const server = new KinesisServer({ clock, credentials: [credentials] });
  assertEquals(await ask(server, { sessionToken: "token" }), "ok");
  assertMatch(await ask(server), /UnrecognizedClientException/);
  server.advance(MINUTE);
  assertMatch(
    await ask(server, { sessionToken: "token" }),
    /^400 ExpiredTokenException: The security token included in the request is expired$/,
  );
});

Deno.test("KinesisServer rejects a missing and an incomplete signature", async () => {
  const server = withKey();
  const send = async (headers: Record<string, string>) => {
    const init = requestInit("ListStreams", {}, { headers });
    const response = await server.fetch("https://kinesis/", init);
    return (await response.json()).__type;
  };
  assertEquals(await send({}), "MissingAuthenticationTokenException");
  assertEquals(
    await send({ authorization: "AWS4-HMAC-SHA256 Credential=AKID" }),
    "IncompleteSignatureException",
  );
});
