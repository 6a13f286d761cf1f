import { Sha256 } from "npm:@aws-crypto/sha256-js@^5.0.0";
import { SignatureV4 } from "npm:@smithy/signature-v4@^5.0.0";
import { assertEquals } from "@std/assert";
import { AwsV4Signer } from "aws4fetch";
import fc from "fast-check";

// The keys, time and scope of AWS's published test suite (aws-sig-v4-test-suite).
const suite = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  service: "service",
  region: "us-east-1",
  datetime: "20150830T123600Z",
};
const suiteToken =
  "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
const form = "application/x-www-form-urlencoded";

interface Vector {
  name: string;
  method: "GET" | "POST";
  headers?: Record<string, string>;
  body?: string;
  sessionToken?: string;
  query?: string;
  signedHeaders: string;
  signature: string;
}

// Of its vectors those that a client of Kinesis and STS can send: POST /, headers, a form, a
// session token; GET / for the rest.
const vectors: Vector[] = [
  {
    name: "post-vanilla",
    method: "POST",
    signedHeaders: "host;x-amz-date",
    signature:
      "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
  },
  {
    name: "post-header-key-sort",
    method: "POST",
    headers: { "My-Header1": "value1" },
    signedHeaders: "host;my-header1;x-amz-date",
    signature:
      "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
  },
  {
    name: "post-header-value-case",
    method: "POST",
    headers: { "My-Header1": "VALUE1" },
    signedHeaders: "host;my-header1;x-amz-date",
    signature:
      "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
  },
  {
    name: "post-x-www-form-urlencoded",
    method: "POST",
    headers: { "Content-Type": form },
    body: "Param1=value1",
    signedHeaders: "content-type;host;x-amz-date",
    signature:
      "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
  },
  {
    name: "post-x-www-form-urlencoded-parameters",
    method: "POST",
    headers: { "Content-Type": `${form}; charset=utf8` },
    body: "Param1=value1",
    signedHeaders: "content-type;host;x-amz-date",
    signature:
      "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe",
  },
  {
    name: "post-sts-header-before",
    method: "POST",
    sessionToken: suiteToken,
    signedHeaders: "host;x-amz-date;x-amz-security-token",
    signature:
      "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
  },
  {
    name: "post-vanilla-empty-query-value",
    method: "POST",
    query: "?Param1=value1",
    signedHeaders: "host;x-amz-date",
    signature:
      "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
  },
  {
    name: "get-header-value-trim",
    method: "GET",
    headers: { "My-Header1": " value1", "My-Header2": ' "a   b   c"' },
    signedHeaders: "host;my-header1;my-header2;x-amz-date",
    signature:
      "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
  },
  {
    name: "get-vanilla-query-order-key-case",
    method: "GET",
    query: "?Param2=value2&Param1=value1",
    signedHeaders: "host;x-amz-date",
    signature:
      "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
  },
];

for (const vector of vectors) {
  Deno.test(`AwsV4Signer gives the signature of AWS's vector ${vector.name}`, async () => {
    const { method, headers, body, sessionToken, query = "" } = vector;
    const signed = await new AwsV4Signer({
      ...suite,
      url: `https://example.amazonaws.com/${query}`,
      // The vectors sign the content type, which is optional: left out by default.
      allHeaders: true,
      method,
      headers,
      body,
      sessionToken,
    }).sign();
    assertEquals(
      signed.headers.get("authorization"),
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${vector.signedHeaders}, Signature=${vector.signature}`,
    );
  });
}

const key = fc.string({ minLength: 1, maxLength: 40 });
const region = fc.constantFrom("us-east-1", "cn-north-1", "us-gov-west-1");
const request = fc.record({
  action: fc.constantFrom("PutRecords", "GetRecords", "ListShards"),
  contentType: fc.constantFrom(
    "application/x-amz-json-1.1",
    "application/x-amz-cbor-1.1",
  ),
  body: fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 500 }),
    fc.uint8Array({ maxLength: 500 }).map((bytes) => new Uint8Array(bytes)),
  ),
  host: fc.constantFrom(
    "kinesis.us-east-1.amazonaws.com",
    "123456789012.data-kinesis.us-east-1.amazonaws.com",
    "localhost:4567",
    "[::1]:4567",
  ),
  path: fc.constantFrom("/", "/", "/base", "/a%20b/c"),
  header: fc.stringMatching(/^[!-~][ -~]{0,30}$/),
  region,
  // The tokens of STS are base64; a key id is letters and digits.
  accessKeyId: fc.stringMatching(/^A[A-Z0-9]{19}$/),
  secretAccessKey: key,
  sessionToken: fc.option(fc.base64String({ minLength: 4 }), {
    nil: undefined,
  }),
  time: fc.date({
    min: new Date("2000-01-01"),
    max: new Date("2099-12-31"),
    noInvalidDate: true,
  }),
});

Deno.test("AwsV4Signer signs random requests to Kinesis as @smithy/signature-v4 does", async () => {
  const cache = new Map<string, ArrayBuffer>();
  await fc.assert(
    fc.asyncProperty(request, fc.boolean(), async (r, allHeaders) => {
      const headers = {
        "content-type": r.contentType,
        "x-amz-target": `Kinesis_20131202.${r.action}`,
        "amz-sdk-request": r.header,
        ...(allHeaders ? {} : { "user-agent": "not signed" }),
      };
      const { accessKeyId, secretAccessKey, sessionToken } = r;
      const ours = await new AwsV4Signer({
        method: "POST",
        url: `https://${r.host}${r.path}`,
        headers,
        body: r.body,
        accessKeyId,
        secretAccessKey,
        sessionToken,
        service: "kinesis",
        region: r.region,
        datetime: r.time.toISOString().replace(/[:-]|\.\d{3}/g, ""),
        allHeaders,
        cache,
      }).sign();
      const signer = new SignatureV4({
        service: "kinesis",
        region: r.region,
        credentials: { accessKeyId, secretAccessKey, sessionToken },
        sha256: Sha256,
        applyChecksum: false,
      });
      const theirs = await signer.sign({
        method: "POST",
        protocol: "https:",
        hostname: r.host,
        path: r.path,
        headers: { ...headers, host: r.host },
        body: r.body,
      }, {
        signingDate: r.time,
        unsignableHeaders: new Set(allHeaders ? [] : ["content-type"]),
      });
      for (
        const name of ["authorization", "x-amz-date", "x-amz-security-token"]
      ) {
        assertEquals(ours.headers.get(name) ?? undefined, theirs.headers[name]);
      }
    }),
    { numRuns: 500 },
  );
});
