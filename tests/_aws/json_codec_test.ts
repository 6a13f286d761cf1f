import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import fc from "fast-check";
import { jsonCodec } from "../../_aws/json_codec.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const textOf = (action: string, request: object) =>
  decoder.decode(jsonCodec.encode(action, request));
// deno-lint-ignore no-explicit-any
const decode = (action: string, text: string): any =>
  jsonCodec.decode(action, encoder.encode(text));

const bytes = fc.uint8Array({ maxLength: 300 }).map((b) => new Uint8Array(b));
const key = fc.string({ unit: "binary", minLength: 1, maxLength: 40 });

Deno.test("jsonCodec carries every PutRecords request unchanged", () => {
  fc.assert(fc.property(
    fc.array(
      fc.record({
        Data: bytes,
        PartitionKey: key,
        ExplicitHashKey: fc.option(fc.bigInt(0n, 2n ** 128n - 1n).map(String), {
          nil: undefined,
        }),
      }),
      { maxLength: 10 },
    ),
    fc.option(key, { nil: undefined }),
    (Records, StreamName) => {
      const text = textOf("PutRecords", { StreamName, Records });
      const seen = JSON.parse(text);
      assertEquals(seen.StreamName, StreamName);
      assertEquals(seen.Records.length, Records.length);
      // Decodes as a GetRecords answer, whose records have the same blobs.
      const answer = decode(
        "GetRecords",
        JSON.stringify({
          // deno-lint-ignore no-explicit-any
          Records: seen.Records.map((record: any) => ({
            ...record,
            SequenceNumber: "1",
          })),
        }),
      );
      Records.forEach(({ Data, PartitionKey, ExplicitHashKey }, i) => {
        assertEquals(answer.Records[i].Data, Data);
        assertEquals(answer.Records[i].PartitionKey, PartitionKey);
        assertEquals(seen.Records[i].ExplicitHashKey, ExplicitHashKey);
      });
    },
  ));
});

Deno.test("jsonCodec carries every other request unchanged, blobs as base64 and times as seconds", () => {
  fc.assert(fc.property(
    fc.dictionary(
      fc.oneof(key, fc.constantFrom("__proto__", "constructor", "toJSON")),
      fc.oneof(key, fc.integer(), fc.boolean(), fc.array(key)),
    ),
    bytes,
    fc.date({ noInvalidDate: true }),
    (Tags, Data, Timestamp) => {
      const text = textOf("Any", { Tags, Data, Timestamp, Deep: [{ Data }] });
      const seen = JSON.parse(text);
      assertEquals(Object.entries(seen.Tags), Object.entries(Tags));
      assertEquals(seen.Timestamp, Timestamp.getTime() / 1000);
      const data = Data.toBase64();
      assertEquals([seen.Data, seen.Deep], [data, [{ Data: data }]]);
    },
  ));
});

Deno.test("jsonCodec throws for a blob that is not bytes", () => {
  for (const Data of ["text", undefined, null, 7, [1, 2]]) {
    assertThrows(() =>
      jsonCodec.encode("PutRecords", { Records: [{ Data, PartitionKey: "k" }] })
    );
  }
});

Deno.test("jsonCodec reads null and absent fields alike, at any depth", () => {
  assertEquals(
    decode(
      "DescribeStreamSummary",
      '{"A":null,"B":{"C":null,"D":[{"E":null,"F":1}]},"Records":[{"ErrorCode":null,"ShardId":"x"}]}',
    ),
    { B: { D: [{ F: 1 }] }, Records: [{ ShardId: "x" }] },
  );
});

Deno.test("jsonCodec reads an answer of PutRecords with its failures, and null as absent", () => {
  const stored = { SequenceNumber: "1", ShardId: "shardId-000000000000" };
  const failed = {
    ErrorCode: "InternalFailure",
    ErrorMessage: 'cannot store "Data":"x"',
  };
  const text = JSON.stringify({
    FailedRecordCount: 1,
    EncryptionType: null,
    Records: [
      stored,
      { ...stored, ErrorCode: null, ErrorMessage: null },
      { ...failed, SequenceNumber: null, ShardId: null },
    ],
  });
  assertEquals(decode("PutRecords", text), {
    FailedRecordCount: 1,
    Records: [stored, stored, failed],
  });
});

Deno.test("jsonCodec escapes keys like JSON.stringify", () => {
  for (let code = 0; code < 0x300; code++) {
    const PartitionKey = `a${String.fromCharCode(code)}b`;
    const ExplicitHashKey = String.fromCharCode(code);
    const Records = [{
      Data: new Uint8Array(1),
      PartitionKey,
      ExplicitHashKey,
    }];
    assertEquals(
      textOf("PutRecords", { Records }),
      JSON.stringify({
        Records: [{ Data: "AA==", PartitionKey, ExplicitHashKey }],
      }),
    );
  }
});

Deno.test("jsonCodec reads times as seconds with fractions and as text", () => {
  for (
    const [text, ms] of [
      ["1.5", 1500],
      ["1767322800.123", 1767322800123],
      ["0", 0],
      ['"2026-01-02T03:00:00Z"', Date.UTC(2026, 0, 2, 3)],
    ] as const
  ) {
    const { StreamCreationTimestamp } = decode(
      "DescribeStreamSummary",
      `{"StreamCreationTimestamp":${text}}`,
    );
    assertEquals(StreamCreationTimestamp.getTime(), ms);
  }
});

Deno.test("jsonCodec decodes __proto__ without changing a prototype", () => {
  const answer = decode(
    "GetRecords",
    '{"__proto__":{"polluted":1},"Nested":{"__proto__":{"polluted":1},"constructor":null},' +
      '"Records":[{"__proto__":{"polluted":1},"Data":"","PartitionKey":"__proto__","SequenceNumber":"1"}]}',
  );
  // deno-lint-ignore no-explicit-any
  assertEquals(({} as any).polluted, undefined);
  assertEquals(answer.polluted, undefined);
  assertEquals(answer.Nested.polluted, undefined);
  assertEquals(answer.Records[0].polluted, undefined);
  assertEquals(answer.Records[0].PartitionKey, "__proto__");
  assertEquals(Object.getPrototypeOf(answer), Object.prototype);
});

Deno.test("jsonCodec reads an empty body as an answer without fields", () => {
  assertEquals(jsonCodec.decode("CreateStream", new Uint8Array()), {});
});

Deno.test("jsonCodec throws for an invalid answer, and never for an invalid error answer", () => {
  fc.assert(fc.property(
    fc.oneof(bytes, fc.json().map((text) => encoder.encode(text))),
    (body) => {
      const { type, message } = jsonCodec.decodeError(body);
      assert(type === undefined || typeof type === "string");
      assert(message === undefined || typeof message === "string");
      try {
        const answer = jsonCodec.decode("GetRecords", body);
        assertFalse(Array.isArray(answer) || answer === null);
        assertEquals(typeof answer, "object");
      } catch (error) {
        assert(error instanceof Error);
      }
    },
  ));
});

Deno.test("jsonCodec throws for extremely nested JSON", () => {
  const deep = '{"a":'.repeat(200_000) + "1" + "}".repeat(200_000);
  assertThrows(() => decode("ListShards", deep));
  assertEquals(jsonCodec.decodeError(encoder.encode(deep)).type, undefined);
});
