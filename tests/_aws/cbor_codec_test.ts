import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeCbor, encodeCbor } from "../../_aws/cbor.ts";
import type { CborValue } from "../../_aws/cbor_value.ts";
import { cborCodec } from "../../_aws/cbor_codec.ts";

const bytes = fc.uint8Array({ maxLength: 300 }).map((b) => new Uint8Array(b));
// Lengths at which the header of a text grows, with characters of 1 to 4 bytes.
const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 300 }),
  fc.constantFrom("", "a".repeat(23), "ä".repeat(23), "a".repeat(24)),
  fc.constantFrom("a".repeat(255), "😀".repeat(128), "a".repeat(256)),
);
const option = <T>(value: fc.Arbitrary<T>) =>
  fc.option(value, { nil: undefined });

/** Removes the fields that are `undefined`, as encoding does. */
function sent(fields: object): object {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  );
}

Deno.test("cborCodec carries every PutRecords request unchanged", () => {
  fc.assert(fc.property(
    fc.array(
      fc.record({
        Data: bytes,
        PartitionKey: option(text),
        ExplicitHashKey: option(text),
      }),
      { maxLength: 30 },
    ),
    option(text),
    option(text),
    (Records, StreamName, StreamARN) => {
      const request = { Records, StreamName, StreamARN };
      const body = cborCodec.encode("PutRecords", request);
      assertEquals(
        decodeCbor(body),
        sent({ ...request, Records: Records.map(sent) }) as CborValue,
      );
    },
  ));
});

Deno.test("cborCodec writes PutRecords as it writes any other action", () => {
  const sizes = [0, 1, 23, 24, 255, 256, 65_535, 65_536, 1_000_000];
  const request = {
    StreamName: "orders",
    Records: sizes.map((size) => ({
      Data: new Uint8Array(size).fill(size),
      PartitionKey: "k".repeat(1 + size % 256),
    })),
  };
  assertEquals(
    cborCodec.encode("PutRecords", request),
    cborCodec.encode("PutRecord", request),
  );
});

Deno.test("cborCodec reads an answer of PutRecords with its failures, and null as absent", () => {
  const stored = { SequenceNumber: "1", ShardId: "shardId-000000000000" };
  const failed = {
    ErrorCode: "ProvisionedThroughputExceededException",
    ErrorMessage: "Rate exceeded for shard shardId-000000000001 in stream x",
  };
  const body = encodeCbor({
    FailedRecordCount: 1,
    EncryptionType: null,
    Records: [
      stored,
      { ...stored, ErrorCode: null, ErrorMessage: null },
      { ...failed, SequenceNumber: null, ShardId: null },
    ],
  });
  assertEquals(cborCodec.decode("PutRecords", body), {
    FailedRecordCount: 1,
    Records: [stored, stored, failed],
  });
});

Deno.test("cborCodec decodes texts of equal length correctly, for all lengths and alphabets", () => {
  const texts: string[] = [];
  for (let length = 0; length < 140; length++) {
    for (const unit of ["a", "b", "ä", "€"]) texts.push(unit.repeat(length));
    texts.push("a".repeat(length) + "ä", "ä" + "b".repeat(length));
  }
  const body = encodeCbor({ Names: texts });
  assertEquals(cborCodec.decode("Any", body), { Names: texts });
});

Deno.test("cborCodec keeps fields of any order and name as own properties", () => {
  const names = fc.constantFrom(
    "SequenceNumber",
    "ShardId",
    "PartitionKey",
    "EncryptionType",
    "Sequencenumber",
    "ShardID",
    "__proto__",
    "constructor",
    "toString",
  );
  const entries = fc.uniqueArray(fc.tuple(names, fc.string()), {
    selector: ([name]) => name,
  });
  fc.assert(fc.property(fc.array(entries, { maxLength: 8 }), (maps) => {
    const Items = maps.map((map) => Object.fromEntries(map));
    const answer = cborCodec.decode("Any", encodeCbor({ Items })) as {
      Items: object[];
    };
    maps.forEach((map, i) => {
      assertEquals(Object.entries(answer.Items[i]!), map);
      assertEquals(
        Object.getPrototypeOf(answer.Items[i]!),
        Object.prototype,
      );
    });
  }));
});
