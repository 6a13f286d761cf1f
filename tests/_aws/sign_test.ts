import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { Signer } from "../../_aws/sign.ts";
import { createSha256 } from "../../_core/sha256.ts";

const request = {
  url: new URL("https://kinesis.eu-west-1.amazonaws.com/"),
  headers: {
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": "Kinesis_20131202.ListShards",
  },
  body: new TextEncoder().encode("{}"),
  region: "eu-west-1",
  key: { accessKeyId: "id", secretAccessKey: "secret" },
  now: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
};

/** The signature as the specification describes it, step by step. */
async function expected(
  headers: Headers,
  { sessionToken }: { sessionToken?: string } = {},
): Promise<string> {
  const encoder = new TextEncoder();
  const hex = (bytes: ArrayBuffer) => new Uint8Array(bytes).toHex();
  const hash = async (text: string | Uint8Array<ArrayBuffer>) =>
    hex(
      await crypto.subtle.digest(
        "SHA-256",
        typeof text === "string" ? encoder.encode(text) : text,
      ),
    );
  const hmac = async (key: Uint8Array<ArrayBuffer>, text: string) => {
    const imported = await crypto.subtle.importKey(
      "raw",
      key,
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["sign"],
    );
    return new Uint8Array(
      await crypto.subtle.sign("HMAC", imported, encoder.encode(text)),
    );
  };
  const signed = headers.get("authorization")!
    .match(/SignedHeaders=([^,]+)/)![1]!;
  const lines = signed.split(";").map((name) =>
    `${name}:${name === "host" ? request.url.host : headers.get(name)}\n`
  );
  assertEquals(signed.includes("x-amz-security-token"), !!sessionToken);
  const canonical = ["POST", "/", "", lines.join(""), signed].join("\n") +
    "\n" + await hash(request.body);
  const scope = "20260102/eu-west-1/kinesis/aws4_request";
  const toSign = `AWS4-HMAC-SHA256\n20260102T030405Z\n${scope}\n${await hash(
    canonical,
  )}`;
  let key = encoder.encode("AWS4secret");
  for (const part of scope.split("/")) key = await hmac(key, part);
  return hex((await hmac(key, toSign)).buffer);
}

const signatureOf = (headers: Headers) =>
  headers.get("authorization")!.match(/Signature=(.*)$/)![1]!;

for (
  const [runtime, sha256] of [
    ["with node:crypto", createSha256()],
    ["without node:crypto", createSha256(null)],
  ] as const
) {
  Deno.test(`Signer signs as Signature Version 4 says ${runtime}, with its remembered key too`, async () => {
    const signer = new Signer("kinesis", sha256);
    for (let turn = 0; turn < 2; turn++) {
      const { headers, url } = await signer.sign(request);
      assertEquals(url.href, request.url.href);
      assertEquals(headers.get("x-amz-date"), "20260102T030405Z");
      assertEquals(signatureOf(headers), await expected(headers));
    }
  });
}

Deno.test("Signer signs the session token of temporary credentials", async () => {
  const { headers } = await new Signer("kinesis").sign({
    ...request,
    key: { ...request.key, sessionToken: "token" },
  });
  assertEquals(headers.get("x-amz-security-token"), "token");
  assertEquals(
    signatureOf(headers),
    await expected(headers, { sessionToken: "token" }),
  );
});

Deno.test("Signer uses no key of another day, region or secret", async () => {
  const signer = new Signer("kinesis");
  const seen = new Set<string>();
  for (
    const other of [
      {},
      { now: request.now + 86_400_000 },
      { region: "us-east-1" },
      { key: { accessKeyId: "id", secretAccessKey: "other" } },
    ]
  ) {
    const { headers } = await signer.sign({ ...request, ...other });
    const alone = await new Signer("kinesis").sign({ ...request, ...other });
    assertEquals(signatureOf(headers), signatureOf(alone.headers));
    seen.add(signatureOf(headers));
  }
  assertEquals(seen.size, 4);
});

Deno.test("Signer signs each of many requests with rotating keys", async () => {
  const signer = new Signer("kinesis");
  const { headers: first } = await signer.sign(request);
  for (let i = 0; i < 40; i++) {
    const key = { accessKeyId: "id", secretAccessKey: `secret ${i}` };
    const { headers } = await signer.sign({ ...request, key });
    assertNotEquals(signatureOf(headers), signatureOf(first));
  }
  const { headers } = await signer.sign(request);
  assert(signatureOf(headers) === signatureOf(first));
});

Deno.test("Signer does not remember a key that could not be derived", async () => {
  const signer = new Signer("kinesis", createSha256(null));
  const { importKey } = crypto.subtle;
  crypto.subtle.importKey = () => Promise.reject(new Error("out of memory"));
  try {
    await assertRejects(() => signer.sign(request), Error, "out of memory");
  } finally {
    crypto.subtle.importKey = importKey;
  }
  const { headers } = await signer.sign(request);
  assertEquals(signatureOf(headers), await expected(headers));
});
