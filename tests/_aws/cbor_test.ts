import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import {
  type CborValue,
  decodeCbor,
  encodeCbor,
  epochToDate,
} from "../../_aws/cbor.ts";
import { ResponseError } from "../../errors.ts";

function hex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(text.replaceAll(" ", ""));
}

function plain(value: CborValue): CborValue {
  return value instanceof Uint8Array
    ? new Uint8Array(value)
    : Array.isArray(value)
    ? value.map(plain)
    : value;
}

Deno.test("decodeCbor gives the values of the examples in RFC 8949, appendix A", () => {
  const examples: [string, CborValue][] = [
    ["00", 0],
    ["17", 23],
    ["1818", 24],
    ["1903e8", 1000],
    ["1a000f4240", 1000000],
    ["1b000000e8d4a51000", 1000000000000],
    ["1bffffffffffffffff", 18446744073709551615n],
    ["3bffffffffffffffff", -18446744073709551616n],
    ["20", -1],
    ["3903e7", -1000],
    ["f90000", 0],
    ["f98000", -0],
    ["f93c00", 1],
    ["fb3ff199999999999a", 1.1],
    ["f97bff", 65504],
    ["fa47c35000", 100000],
    ["fa7f7fffff", 3.4028234663852886e+38],
    ["fb7e37e43c8800759c", 1.0e+300],
    ["f90001", 5.960464477539063e-8],
    ["f90400", 0.00006103515625],
    ["f9c400", -4],
    ["f97c00", Infinity],
    ["f97e00", NaN],
    ["f9fc00", -Infinity],
    ["f4", false],
    ["f5", true],
    ["f6", null],
    ["f7", null],
    ["4401020304", Uint8Array.of(1, 2, 3, 4)],
    ["60", ""],
    ["6449455446", "IETF"],
    ["62c3bc", "ü"],
    ["64f0908591", "𐅑"],
    ["83010203", [1, 2, 3]],
    ["8301820203820405", [1, [2, 3], [4, 5]]],
    ["a0", {}],
    ["a26161016162820203", { a: 1, b: [2, 3] }],
    ["5f42010243030405ff", Uint8Array.of(1, 2, 3, 4, 5)],
    ["7f657374726561646d696e67ff", "streaming"],
    ["9fff", []],
    ["9f018202039f0405ffff", [1, [2, 3], [4, 5]]],
    ["bf61610161629f0203ffff", { a: 1, b: [2, 3] }],
    ["d818456449455446", Uint8Array.of(0x64, 0x49, 0x45, 0x54, 0x46)],
  ];
  for (const [bytes, value] of examples) {
    assertEquals(plain(decodeCbor(hex(bytes))), value, bytes);
  }
});

Deno.test("encodeCbor gives the shortest form of the examples in RFC 8949, appendix A", () => {
  const examples: [string, CborValue][] = [
    ["17", 23],
    ["1818", 24],
    ["1903e8", 1000],
    ["1a000f4240", 1000000],
    ["1b000000e8d4a51000", 1000000000000],
    ["1bffffffffffffffff", 18446744073709551615n],
    ["3903e7", -1000],
    ["fb8000000000000000", -0],
    ["fb3ff199999999999a", 1.1],
    ["f4", false],
    ["f6", null],
    ["4401020304", Uint8Array.of(1, 2, 3, 4)],
    ["62c3bc", "ü"],
    ["a26161016162820203", { a: 1, b: [2, 3] }],
  ];
  for (const [bytes, value] of examples) {
    assertEquals(encodeCbor(value).toHex(), bytes);
  }
});

Deno.test("encodeCbor writes a Date as tag 1 with whole milliseconds, as the SDKs for Java do", () => {
  // The bytes that the SDK for Java sends for this time, recorded.
  const bytes = encodeCbor({ Timestamp: new Date(1787036486712) });
  assertEquals(
    bytes.toHex(),
    "a1" + "6954696d657374616d70" + "c1" + "1b000001a013accc38",
  );
  assertEquals(decodeCbor(bytes), { Timestamp: new Date(1787036486712) });
});

Deno.test("decodeCbor reads a tagged time in milliseconds, in seconds and in fractions of a second", () => {
  const time = new Date(1_700_000_000_500);
  const whole = new Date(1_700_000_000_000);
  assertEquals(decodeCbor(hex("c1 1b 0000018bcfe569f4")), time);
  assertEquals(decodeCbor(hex("c1 1a 6553f100")), whole);
  assertEquals(decodeCbor(hex("c1 fb 41d954fc40200000")), time);
});

Deno.test("epochToDate distinguishes seconds from milliseconds by size", () => {
  assertEquals(epochToDate(1_700_000_000.123), new Date(1_700_000_000_123));
  assertEquals(epochToDate(1_700_000_000_123), new Date(1_700_000_000_123));
  assertEquals(epochToDate(1_700_000_000_123n), new Date(1_700_000_000_123));
  assertEquals(epochToDate(0), new Date(0));
  assertThrows(() => epochToDate(NaN), RangeError);
  assertThrows(() => epochToDate(2 ** 63), RangeError, "as a time");
});

Deno.test("encodeCbor leaves out undefined properties and does not change what it was given", () => {
  const request = { StreamName: "s", StreamARN: undefined };
  assertEquals(decodeCbor(encodeCbor(request)), { StreamName: "s" });
  assertEquals(Object.keys(request), ["StreamName", "StreamARN"]);
});

Deno.test("encodeCbor throws a TypeError for values that CBOR requests cannot hold", () => {
  const bad = { f: (() => 1) as unknown as CborValue };
  assertThrows(() => encodeCbor(bad), TypeError, "function");
  assertThrows(() => encodeCbor(new Date(NaN)), TypeError, "invalid Date");
  assertThrows(() => encodeCbor(2n ** 64n), TypeError, "more than 64 bits");
});

Deno.test("encodeCbor encodes texts at the lengths where the header grows", () => {
  const units = ["a", "é", "語", "🐎"];
  const lengths = [0, 1, 7, 8, 11, 12, 22, 23, 24, 85, 127, 128, 255, 256];
  for (const unit of units) {
    for (const length of [...lengths, 21845, 32767, 65535, 65536]) {
      const text = unit.repeat(length);
      assertStrictEquals(decodeCbor(encodeCbor(text)), text);
      assertEquals(decodeCbor(encodeCbor([text, "end"])), [text, "end"]);
    }
  }
});

Deno.test("decodeCbor keeps a key __proto__ a plain property", () => {
  const bytes = hex("a2 695f5f70726f746f5f5f a1 6178 01 6179 02");
  const answer = decodeCbor(bytes) as Record<string, CborValue>;
  assertStrictEquals(Object.getPrototypeOf(answer), Object.prototype);
  assert(Object.hasOwn(answer, "__proto__"));
  assertEquals(answer.x, undefined);
  assertEquals(answer.y, 2);
  assertEquals(({} as Record<string, unknown>).x, undefined);
  assertEquals(encodeCbor(answer), bytes);
});

Deno.test("decodeCbor returns byte strings as views of the input", () => {
  const bytes = hex("a1 6144 43 010203");
  const { D } = decodeCbor(bytes) as { D: Uint8Array };
  assertStrictEquals(D.buffer, bytes.buffer);
});

Deno.test("decodeCbor reports the damage and its offset", () => {
  const cases: [string, string][] = [
    ["", "the data ends too early at byte 0"],
    ["6161 00", "extra bytes follow the value at byte 2"],
    ["19 00", "the data ends too early"],
    ["9b 00ffffffffffffff 00", "length 72057594037927935 exceeds"],
    ["5a ffffffff 00", "length 4294967295 exceeds the remaining 1 bytes"],
    ["a1 01 02", "a key is not text"],
    ["ff", "unexpected break"],
    ["9f 01", "the data ends too early"],
    ["5f 61 61 ff", "a chunk of a string has another type"],
    ["7f 7f 61 61 ff ff", "a chunk of a string has another type"],
    ["1c", "invalid additional information in a header: 28"],
    ["1f", "invalid additional information in a header: 31"],
    ["fc", "unknown simple value 28"],
    ["c1 6161", "a time is not a number"],
    ["c1 fb 7ff0000000000000", "Cannot read Infinity as a time"],
    ["81".repeat(65) + "00", "nested deeper than 64"],
    ["c6".repeat(65) + "00", "nested deeper than 64"],
  ];
  for (const [bytes, words] of cases) {
    const error = assertThrows(
      () => decodeCbor(hex(bytes), { status: 200 }),
      ResponseError,
    );
    assertStringIncludes(error.message, words);
    assertStringIncludes(error.message, "Cannot decode CBOR answer");
  }
  assertEquals(
    JSON.stringify(decodeCbor(hex("81".repeat(64) + "00"))).length,
    129,
  );
});

const value: fc.Arbitrary<CborValue> = fc.letrec<{ value: CborValue }>((
  tie,
) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.string({ unit: "grapheme" }),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array().map((b) => new Uint8Array(b)),
    // Times before 1973 would be read as seconds. No record of Kinesis is that old.
    fc.date({ min: new Date("2000-01-01"), noInvalidDate: true }),
    fc.array(tie("value"), { maxLength: 6 }),
    fc.dictionary(fc.string({ unit: "binary" }), tie("value"), {
      maxKeys: 6,
      noNullPrototype: true,
    }),
  ),
})).value;

Deno.test("decodeCbor inverts encodeCbor for random values", () => {
  fc.assert(
    fc.property(value, (v) => {
      assertEquals(plain(decodeCbor(encodeCbor(v))), v);
    }),
    { numRuns: 3000 },
  );
});
