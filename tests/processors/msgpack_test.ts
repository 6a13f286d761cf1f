import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { InvalidRecordError } from "../../errors.ts";
import { msgpack } from "../../processors/mod.ts";
import { hex, pack, putsOf, recordOf, unhex, valuesOf } from "./_helpers.ts";

function roundTrip(value: unknown): unknown {
  return msgpack().deserialize(new Uint8Array(msgpack().serialize(value)));
}

Deno.test("msgpack matches the bytes of the Python reference", async () => {
  const records = await pack(
    msgpack<Record<string, number>>(),
    putsOf([{ test: 123 }, { test: 456 }]),
  );
  assertEquals(
    records.map((r) => String.fromCharCode(...r.data)),
    ["7:\x81\xa4test{,9:\x81\xa4test\xcd\x01\xc8,"],
  );
});

Deno.test("msgpack writes integers as integers and reads them exactly", () => {
  const cases: [number | bigint, string][] = [
    [0, "00"],
    [127, "7f"],
    [-32, "e0"],
    [2 ** 32 - 1, "ceffffffff"],
    [2 ** 32, "cf0000000100000000"],
    [1_700_000_000_000, "cf0000018bcfe56800"],
    [Number.MAX_SAFE_INTEGER, "cf001fffffffffffff"],
    [-(2 ** 31), "d280000000"],
    [-(2 ** 31) - 1, "d3ffffffff7fffffff"],
    [Number.MIN_SAFE_INTEGER, "d3ffe0000000000001"],
    [2n ** 53n + 1n, "d30020000000000001"],
    [2n ** 63n - 1n, "d37fffffffffffffff"],
    [2n ** 63n, "cf8000000000000000"],
    [2n ** 64n - 1n, "cfffffffffffffffff"],
    [-(2n ** 63n), "d38000000000000000"],
  ];
  for (const [value, bytes] of cases) {
    assertEquals(hex(msgpack().serialize(value)), bytes);
    assertEquals(roundTrip(value), value);
    assertEquals(roundTrip({ a: [value, 1.5, value] }), {
      a: [value, 1.5, value],
    });
  }
  // What a double cannot count one by one stays a double, so that it comes back as the same number.
  for (const value of [2 ** 60, 1e300, 1.5, -0.1, Infinity]) {
    assertEquals(roundTrip(value), value);
  }
  assertEquals(roundTrip(5n), 5);
  assert(Number.isNaN(roundTrip(NaN)));
});

Deno.test("msgpack refuses integers beyond 64 bits", () => {
  for (const value of [2n ** 64n, -(2n ** 63n) - 1n]) {
    const packer = msgpack().createPacker({ emit() {} });
    const error = assertThrows(
      () => packer.push({ value, partitionKey: "k" }),
      InvalidRecordError,
    );
    assertEquals(error.code, "NotSerializable");
  }
});

Deno.test("msgpack keeps dates, bytes, texts and structure", () => {
  const value = {
    dates: [new Date(0), new Date(1.5e12 + 7), new Date(-5), new Date(8.64e15)],
    bytes: [0, 1, 255, 256, 65_535, 65_536].map((n) =>
      new Uint8Array(n).fill(7)
    ),
    text: ["", "é😀", "x".repeat(70_000)],
    nested: { a: [[], {}, null, true, false] },
  };
  assertEquals(roundTrip(value), value);
  assertEquals(
    roundTrip(new Map<unknown, unknown>([["a", 1], [2, new Map()]])),
    {
      a: 1,
      2: {},
    },
  );
  assertEquals(roundTrip([undefined]), [null]);
});

Deno.test("msgpack writes bytes as bytes for each class of array", () => {
  assertEquals(hex(msgpack().serialize(Uint8Array.of(1, 2))), "c4020102");
  assertEquals(hex(msgpack().serialize([new Uint8Array(), 1])), "92c40001");
  const long = msgpack().serialize({ a: new Uint8Array(300), b: 5 });
  assertEquals(hex(long.subarray(0, 8)), "82a161c5012c0000");
  assertEquals(hex(long.subarray(-3)), "a16205");
});

class Point {
  constructor(readonly x: number) {}
  get double(): number {
    return 2 * this.x;
  }
}
class Tags extends Map<unknown, unknown> {}

Deno.test("msgpack refuses what has no standard form, and names its path", () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  const cases: [unknown, string][] = [
    [Float32Array.of(1.5), "is a Float32Array"],
    [new BigInt64Array(1), "is a BigInt64Array"],
    [new DataView(new ArrayBuffer(1)), "is a DataView"],
    [new ArrayBuffer(1), "is an ArrayBuffer"],
    [new SharedArrayBuffer(1), "is a SharedArrayBuffer"],
    [new Set([1]), "is a Set"],
    [new WeakMap(), "is a WeakMap"],
    [/x/, "is a RegExp"],
    [new Error("x"), "is an Error"],
    [new Headers({ a: "1" }), "is a Headers"],
    [new URLSearchParams("a=1"), "is a URLSearchParams"],
    [Promise.resolve(), "is a Promise"],
    [Object(1), "is a Number"],
    [Object("a"), "is a String"],
    [[1].values(), "is an Array Iterator"],
    [new Date(NaN), "is a date that is not valid"],
    [Symbol("x"), "is a symbol"],
    [() => 1, "is a function"],
    [Point, "is a function"],
    [{ constructor: Map }, ".constructor is a function"],
    [{ constructor: Array }, ".constructor is a function"],
    ["\ud800", "is text with a lone surrogate"],
    [{ "\udc00": 1 }, "has a key with a lone surrogate"],
    [JSON.parse('{"__proto__":1}'), "key that is not supported: __proto__"],
    [cycle, "[0][0][0][0][0][0]… is nested deeper than 256 levels"],
    [2n ** 64n, "is 18446744073709551616, an integer of more than 64 bits"],
    [new Map([[new Date(0), 1]]), "is a Map with a Date as a key"],
    [new Map([[Uint8Array.of(1), 1]]), "is a Map with a Uint8Array as a key"],
    [new Map([[[1], 1]]), "is a Map with an Array as a key"],
    [new Map([[{}, 1]]), "is a Map with an Object as a key"],
    [new Map([[null, 1]]), "is a Map with null as a key"],
    [new Map([[true, 1]]), "is a Map with a boolean as a key"],
    [
      new Map<unknown, 1>([[1, 1], ["1", 1]]),
      'two keys that would be read as "1"',
    ],
    [
      new Map<unknown, 1>([[0, 1], [0n, 1]]),
      'two keys that would be read as "0"',
    ],
    [new Map([[2n ** 64n, 1]]), "an integer of more than 64 bits"],
    [new Map([["__proto__", 1]]), "key that is not supported: __proto__"],
    [new Map([["tags", new Set()]]), ".tags is a Set"],
    [new Tags([[new Set(), 1]]), "is a Map with a Set as a key"],
    [{ toJSON: () => new Set() }, "is a Set"],
  ];
  for (const [part, message] of cases) {
    const packer = msgpack().createPacker({ emit() {} });
    const error = assertThrows(
      () => packer.push({ value: { list: [1, part] }, partitionKey: "k" }),
      InvalidRecordError,
    );
    assertEquals(error.code, "NotSerializable");
    assertStringIncludes(error.message, `as msgpack: value.list[1]`);
    assertStringIncludes(error.message, message);
    assertEquals(packer.pending, 0);
  }
  for (const value of [undefined, { toJSON() {} }]) {
    assertThrows(() => msgpack().serialize(value), TypeError, "is undefined");
  }
  // The next value is not harmed.
  assertEquals(roundTrip({ a: 1 }), { a: 1 });
});

Deno.test("msgpack writes what toJSON returns, and own properties of instances", () => {
  const failure = Object.assign(new Error("x"), {
    toJSON: () => ({ code: 1 }),
  });
  const at = { toJSON: (key: string) => `at ${key}` };
  assertEquals(roundTrip({ url: new URL("http://h/"), failure, list: [at] }), {
    url: "http://h/",
    failure: { code: 1 },
    list: ["at 0"],
  });
  assertEquals(roundTrip([new Point(1), { a: { toJSON() {} } }]), [
    { x: 1 },
    { a: null },
  ]);
  assertEquals(roundTrip(new Tags([[1, { a: new Point(2) }], ["b", 2]])), {
    1: { a: { x: 2 } },
    b: 2,
  });
  class Bytes extends Uint8Array {}
  assertEquals(roundTrip(Bytes.of(1)), Uint8Array.of(1));
});

/** Values of all kinds, each with what reading gives, or `refused`. */
const refused = Symbol("refused");
type Pair = readonly [value: unknown, read: unknown];
function leaves(): fc.Arbitrary<Pair> {
  const same = (arbitrary: fc.Arbitrary<unknown>) =>
    arbitrary.map((value): Pair => [value, value]);
  return fc.oneof(
    same(fc.constantFrom(null, true, NaN, Infinity, -Infinity)),
    same(fc.string({ unit: "binary", maxLength: 8 })),
    same(fc.date({ noInvalidDate: true })),
    same(fc.uint8Array({ maxLength: 4 }).map((b) => new Uint8Array(b))),
    fc.double({ noNaN: true }).map((n): Pair => [n, n === 0 ? 0 : n]),
    fc.maxSafeInteger().map((n): Pair => [n, n]),
    fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }).map((n): Pair => [
      n,
      n < -(2n ** 63n) || n >= 2n ** 64n
        ? refused
        : n >= -(2n ** 53n) && n <= 2n ** 53n
        ? Number(n)
        : n,
    ]),
    fc.constant<Pair>([undefined, null]),
    fc.constantFrom<Pair>(
      ...[
        () => 1,
        Symbol("s"),
        "\ud800",
        new Set(),
        /a/,
        new Date(NaN),
        new Float64Array(1),
        new ArrayBuffer(1),
        new Error("x"),
        new Blob([]),
      ].map((value): Pair => [value, refused]),
    ),
  );
}

function all(
  parts: readonly Pair[],
  make: (pick: 0 | 1) => unknown,
): Pair {
  const isRefused = parts.some(([, read]) => read === refused);
  return [make(0), isRefused ? refused : make(1)];
}

const { tree } = fc.letrec<{ tree: Pair }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    leaves(),
    fc.array(tie("tree"), { maxLength: 4 }).map((parts) =>
      all(parts, (pick) => parts.map((part) => part[pick]))
    ),
    fc.uniqueArray(fc.tuple(fc.constantFrom("a", "b", "1", ""), tie("tree")), {
      maxLength: 3,
      selector: ([key]) => key,
    }).map((entries) =>
      all(
        entries.map(([, part]) => part),
        (pick) => Object.fromEntries(entries.map(([k, v]) => [k, v[pick]])),
      )
    ),
    tie("tree").map(([value, read]): Pair => [
      { toJSON: () => value },
      read,
    ]),
    fc.uniqueArray(
      fc.tuple(
        fc.oneof(
          fc.constantFrom<unknown>("a", "1", 1, 1n, -0, NaN, 1.5),
          fc.constantFrom<unknown>(null, true, [], new Date(0), Symbol("s")),
        ),
        tie("tree"),
      ),
      { maxLength: 3, selector: ([key]) => key },
    ).map((entries): Pair => {
      const names = new Set(entries.map(([key]) => String(key)));
      const isReadable = names.size === entries.length && entries.every((
        [key],
      ) => ["string", "number", "bigint"].includes(typeof key));
      const [, read] = all(
        entries.map(([, part]) => part),
        () => Object.fromEntries(entries.map(([k, v]) => [String(k), v[1]])),
      );
      const value = new Map(entries.map(([k, v]) => [k, v[0]]));
      return [value, isReadable ? read : refused];
    }),
  ),
}));

Deno.test("msgpack reads back every value that it accepts", () => {
  fc.assert(
    fc.property(tree, ([value, read]) => {
      let bytes: Uint8Array;
      try {
        bytes = msgpack().serialize([value]);
      } catch (error) {
        assert(error instanceof TypeError || error instanceof RangeError);
        assert(error.message.startsWith("value[0]"), error.message);
        assertStrictEquals(read, refused);
        return;
      }
      assertEquals([msgpack().deserialize(new Uint8Array(bytes))], [[read]]);
    }),
    { numRuns: 500 },
  );
});

Deno.test("msgpack yields errors for what it must not read", async () => {
  const cases = {
    empty: "",
    "cut off": "a561",
    "two values": "0102",
    "never used": "c1",
    "private record of msgpackr, which would compile code": "d5724001" +
      "91a16101",
    "private reference of msgpackr": "d670" + "00000001",
    "unknown extension": "d40501",
    "array that lies": "ddffffffff",
    "map that lies": "dfffffffff",
    "text that lies": "dbffffffff61",
    "bytes that lie": "c6ffffffff",
    "text that is not UTF-8": "a2c328",
    "key that renames": "81a95f5f70726f746f5f5f01",
    "odd date": "d5ff0001",
  };
  for (const [name, bytes] of Object.entries(cases)) {
    const data = unhex(bytes);
    const frame = new Uint8Array([
      ...new TextEncoder().encode(`1:\x01,${data.length}:`),
      ...data,
      ...new TextEncoder().encode(",1:\x02,"),
    ]);
    const items = await msgpack().unpack(recordOf(frame));
    assertEquals(items.map((i) => i.type), ["value", "error", "value"], name);
  }
});

Deno.test("msgpack bounds nesting in both directions", () => {
  const nested = (depth: number) => {
    let value: unknown = 1;
    for (let i = 0; i < depth; i++) value = i % 2 ? [value] : { a: value };
    return value;
  };
  const shallow = msgpack({ maxDepth: 10 });
  const atLimit = shallow.serialize(nested(10));
  assertEquals(shallow.deserialize(new Uint8Array(atLimit)), nested(10));
  assertThrows(() => shallow.serialize(nested(11)), RangeError, "10 levels");
  const bomb = new Uint8Array(1_000_000).fill(0x91);
  assertThrows(() => msgpack().deserialize(bomb), RangeError, "256 levels");
  assertThrows(
    () => msgpack({ maxDepth: 0 }),
    RangeError,
    "Cannot use msgpack as 'maxDepth' must be an integer from 1 to 1000: current value is 0",
  );
});

Deno.test("msgpack reads and writes the extensions that are given", async () => {
  class Money {
    constructor(readonly cents: number) {}
  }
  const extensions = [{
    type: 42,
    Class: Money,
    encode: (value: Money) => Uint8Array.of(value.cents),
    decode: (bytes: Uint8Array) => new Money(bytes[0]!),
  }];
  const processor = msgpack<{ price: Money }>({ extensions });
  const value = { price: new Money(7) };
  const bytes = new Uint8Array(processor.serialize(value));
  assertEquals(hex(bytes), "81a5" + hex("price") + "d42a07");
  assertEquals(processor.deserialize(bytes), value);
  // Another processor does not know the extension.
  const frame = new Uint8Array([0x33, 0x3a, 0xd4, 42, 7, 0x2c]);
  const items = await msgpack().unpack(recordOf(frame));
  assertEquals(items.map((i) => i.type), ["error"]);
  assertThrows(
    () => msgpack({ extensions: [{ ...extensions[0]!, type: 200 }] }),
    RangeError,
    "'extensions[].type' must be an integer from 1 to 127: current value is 200",
  );
});

Deno.test("msgpack works as the serializer of another framing", async () => {
  const values = [1, "a", null];
  const records = await pack<unknown>(msgpack(), putsOf<unknown>(values));
  const items = await msgpack().unpack(recordOf(records[0]!.data));
  assertEquals(valuesOf(items), values);
});
