/**
 * Malformed and malicious answers, through the codecs and the client: a typed error or the right
 * result.
 */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
} from "@std/assert";
import fc from "fast-check";
import { normalizeAnswer } from "../../_aws/answer.ts";
import { cborCodec } from "../../_aws/cbor_codec.ts";
import { jsonCodec } from "../../_aws/json_codec.ts";
import { KinesisClient } from "../../client/mod.ts";
import { KinesisError } from "../../errors.ts";
import { FUZZ_INPUTS } from "../_fuzz_inputs.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const samples = [
  {
    Records: [
      {
        SequenceNumber: "1",
        ApproximateArrivalTimestamp: 1.7e9,
        Data: "aGVsbG8=",
        PartitionKey: "k",
      },
      {
        SequenceNumber: "2",
        ApproximateArrivalTimestamp: 1.7e9,
        Data: "",
        PartitionKey: 'q"\\Data":"x',
      },
      { SequenceNumber: "3", Data: "AAEC", PartitionKey: "ü" },
    ],
    NextShardIterator: "next",
    MillisBehindLatest: 0,
    ChildShards: null,
  },
  {
    FailedRecordCount: 1,
    Records: [{ ErrorCode: "x", ErrorMessage: '"Data":"' }, {
      ShardId: "s",
      SequenceNumber: "1",
    }],
  },
  {
    StreamDescriptionSummary: {
      StreamCreationTimestamp: 1.5,
      StreamName: "s",
      EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
    },
  },
].map((answer) => JSON.stringify(answer));

/** Fragments of JSON that a parser could misread. */
const pieces = [
  '"Data":"',
  '"Data": "',
  '"Data":',
  "\\",
  '"',
  '\\"Data":"',
  '{"Data":"AAAA"}',
  ',"Data":0',
  "null",
  "[",
  "{",
  "}",
  ":",
  ",",
  '"__proto__":{"polluted":1},',
  '"Records":[',
  "\ufffd",
  "1e999",
];

const mutation = fc.tuple(
  fc.nat(1000),
  fc.nat(8),
  fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 3 })),
);
const hostile = fc.tuple(
  fc.constantFrom(...samples),
  fc.array(mutation, { minLength: 1, maxLength: 4 }),
).map(([text, mutations]) => {
  for (const [at, removed, added] of mutations) {
    const start = at % (text.length + 1);
    text = text.slice(0, start) + added + text.slice(start + removed);
  }
  return text;
});

/** Decodes an answer without the shortcuts of the codec, for comparison. */
function plainly(text: string): unknown {
  return normalizeAnswer(JSON.parse(text), {
    blob(value) {
      if (typeof value !== "string") throw new TypeError("no text");
      return Uint8Array.fromBase64(value);
    },
    time(value) {
      const time = typeof value === "number"
        ? new Date(Math.round(value * 1000))
        : new Date(Date.parse(String(value)));
      if (Number.isNaN(time.getTime())) throw new TypeError("no time");
      return time;
    },
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function outcome(read: () => unknown): unknown {
  try {
    return { value: read() };
  } catch (error) {
    const isExpected = error instanceof TypeError ||
      error instanceof SyntaxError || error instanceof RangeError ||
      error instanceof KinesisError;
    assert(isExpected, `${error}`);
    return "error";
  }
}

/** The codec cuts blobs out only if the first one is long. */
function withLongBlob(text: string): string {
  return text.replace('"Data":"', `"Data":"${"AAAA".repeat(50)}`);
}

Deno.test("jsonCodec decodes mutated answers like a decoder without shortcuts", () => {
  let values = 0;
  fc.assert(
    fc.property(hostile, fc.boolean(), (short, isLong) => {
      const text = isLong ? withLongBlob(short) : short;
      const read = outcome(() =>
        jsonCodec.decode("GetRecords", encoder.encode(text))
      );
      const expected = text === ""
        ? { value: {} }
        : outcome(() => plainly(decoder.decode(encoder.encode(text))));
      // The codec may accept invalid JSON inside a blob, such as a tab: blobs are cut out before
      // the rest is parsed.
      if (expected === "error" && !isJson(text)) return;
      if (expected !== "error") values++;
      assertEquals(read, expected);
    }),
    { numRuns: FUZZ_INPUTS },
  );
  // Enough inputs must decode, or the test would cover errors only.
  assert(values > FUZZ_INPUTS / 100, String(values));
  assertStrictEquals(({} as { polluted?: unknown }).polluted, undefined);
});

Deno.test("codecs throw only errors of known classes for any input", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (random) => {
      const bytes = new Uint8Array(random);
      for (const codec of [jsonCodec, cborCodec]) {
        outcome(() => codec.decode("GetRecords", bytes));
        assertEquals(typeof codec.decodeError(bytes), "object");
      }
    }),
    { numRuns: FUZZ_INPUTS },
  );
});

Deno.test("jsonCodec does not confuse a blob with similar text", () => {
  const record = '"SequenceNumber":"1","PartitionKey":"k"';
  for (
    const text of [
      `{"Records":[{${record},"Data":"AAAA"},{${record},"Data": "AAEC"}]}`,
      `{"Records":[{${record},"Data": ""},{${record},"Data":"AAEC"}]}`,
      `{"Records":[{${record},"Data":"AAAA","Data":"AAEC"}]}`,
      `{"Records":[{${record},"Data":"AA\\/A"}]}`,
      `{"Records":[{${record},"x\\"Data":"AAAA","Data":"AAEC"}]}`,
      `{"Other":{"Data":"AAAA"},"Records":[{${record},"Data":"AAEC"}]}`,
      `{"Records":[{${record},"Data":null},{${record},"Data":"AAEC"}]}`,
      `{"Records":[{${record},"Data":1},{${record},"Data":"AAEC"}]}`,
      `{"Records":[{${record},"Data":"AAAA`,
      `{"Records":[{${record},"Data":"AAA"}]}`,
    ].flatMap((short) => [short, withLongBlob(short)])
  ) {
    assertEquals(
      outcome(() => jsonCodec.decode("GetRecords", encoder.encode(text))),
      outcome(() => plainly(text)),
      text,
    );
  }
});

Deno.test("KinesisClient returns a result or a typed error for malformed bodies, over both protocols", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        hostile.map((text) => encoder.encode(text)),
        fc.uint8Array({ maxLength: 64 }),
      ),
      fc.constantFrom("json", "cbor"),
      fc.constantFrom(200, 200, 200, 400, 503),
      fc.constantFrom(
        "application/x-amz-json-1.1",
        "application/x-amz-cbor-1.1",
        "text/html",
        "",
      ),
      async (body, protocol, status, type) => {
        const client = new KinesisClient({
          protocol: protocol as "json",
          region: "eu-west-1",
          credentials: { accessKeyId: "id", secretAccessKey: "secret" },
          retry: { maxAttempts: 1 },
          fetch: () =>
            Promise.resolve(
              new Response(new Uint8Array(body), {
                status,
                headers: { "content-type": type },
              }),
            ),
        });
        const result = await client.getRecords({ ShardIterator: "i" })
          .catch((error) => error);
        if (result instanceof Error) assertInstanceOf(result, KinesisError);
        else assertEquals([status, typeof result], [200, "object"]);
      },
    ),
    { numRuns: 2000 },
  );
});
