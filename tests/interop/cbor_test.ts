import { assertEquals } from "@std/assert";
import { Encoder, Tag } from "cbor-x/encode";
import fc from "fast-check";
import { type CborValue, decodeCbor, encodeCbor } from "../../_aws/cbor.ts";

const oracle = new Encoder({
  tagUint8Array: false,
  useRecords: false,
  mapsAsObjects: true,
});

/** cbor-x writes dates in seconds; AWS uses milliseconds. */
function forOracle(value: CborValue): unknown {
  if (value instanceof Date) return new Tag(BigInt(value.getTime()), 1);
  if (value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(forOracle);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([k, v]) => [k, forOracle(v)]),
    );
  }
  return value;
}

/** Converts dates and blobs to plain values, since every library has its own classes. */
function flat(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Uint8Array) return { bytes: [...value] };
  if (value instanceof Date) return { time: value.getTime() };
  if (Array.isArray(value)) return value.map(flat);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([k, v]) => [k, flat(v)]),
    );
  }
  return value;
}

const leaf: fc.Arbitrary<CborValue> = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 300 }),
  fc.integer(),
  fc.double({ noDefaultInfinity: true, noNaN: true }),
  fc.boolean(),
  fc.constant(null),
  fc.uint8Array({ maxLength: 300 }).map((b) => new Uint8Array(b)),
);
const key = fc.string({ unit: "grapheme" }).filter((k) => k !== "__proto__");
const shape: fc.Arbitrary<CborValue> = fc.dictionary(
  key,
  fc.oneof(
    leaf,
    fc.array(fc.dictionary(key, leaf, { noNullPrototype: true }), {
      maxLength: 5,
    }),
  ),
  { noNullPrototype: true },
);

Deno.test("encodeCbor is read by cbor-x for random requests", () => {
  fc.assert(
    fc.property(shape, (value) => {
      assertEquals(flat(oracle.decode(encodeCbor(value))), flat(value));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("decodeCbor reads what cbor-x writes for random answers", () => {
  fc.assert(
    fc.property(shape, (value) => {
      const bytes = new Uint8Array(oracle.encode(forOracle(value)));
      assertEquals(flat(decodeCbor(bytes)), flat(value));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("encodeCbor gives the bytes of cbor-x for a GetShardIterator request", () => {
  const request = {
    StreamName: "orders",
    ShardId: "shardId-000000000000",
    ShardIteratorType: "AT_TIMESTAMP",
    Timestamp: new Date(1_700_000_000_123),
  };
  const theirs = new Uint8Array(oracle.encode(forOracle(request)));
  // cbor-x writes the size of every map with 16 bits. That is longer than needed, but valid.
  assertEquals(theirs.toHex().slice(0, 6), "b90004");
  assertEquals(
    encodeCbor(request).toHex().slice(2),
    theirs.toHex().slice(6),
  );
});
