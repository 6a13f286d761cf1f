import { assert, assertFalse, assertThrows, equal } from "@std/assert";
import fc from "fast-check";

class Point {
  #secret: number;
  constructor(readonly x: number, secret = 0) {
    this.#secret = secret;
  }
  get secret(): number {
    return this.#secret;
  }
}
class Spot {
  constructor(readonly x: number) {}
}

function cyclic(value: number): unknown {
  const object: { value: number; self?: unknown; list: unknown[] } = {
    value,
    list: [],
  };
  object.self = object;
  object.list.push(object);
  return object;
}

const withoutPrototype = Object.assign(Object.create(null), { a: 1 });
const symbol = Symbol("s");
const buffer = new Uint8Array([0, 1, 2, 3]).buffer;

const SAME: [name: string, a: unknown, b: unknown][] = [
  ["NaN", NaN, NaN],
  ["zeros of both signs", 0, -0],
  ["bigints", 10n ** 30n, 10n ** 30n],
  ["nested objects", { a: [1, { b: null }] }, { a: [1, { b: null }] }],
  ["keys in another order", { a: 1, b: 2 }, { b: 2, a: 1 }],
  ["an object without a prototype", withoutPrototype, { a: 1 }],
  ["symbol keys", { [symbol]: 1 }, { [symbol]: 1 }],
  ["dates", new Date(5), new Date(5)],
  ["invalid dates", new Date(NaN), new Date("?")],
  ["regular expressions", /a/g, /a/g],
  ["URLs", new URL("http://h/a"), new URL("http://h/a")],
  ["typed arrays", new Uint8Array([1, 2]), new Uint8Array([1, 2])],
  ["NaN in a typed array", new Float64Array([NaN]), new Float64Array([NaN])],
  [
    "views at other offsets",
    new Uint8Array(buffer, 1, 2),
    new Uint8Array([1, 2]),
  ],
  ["array buffers", buffer, buffer.slice()],
  ["data views", new DataView(buffer), new DataView(buffer.slice())],
  [
    "maps in another order",
    new Map([[1, "a"], [2, "b"]]),
    new Map([[2, "b"], [1, "a"]]),
  ],
  [
    "maps with objects as keys",
    new Map([[{ k: 1 }, [1]]]),
    new Map([[{ k: 1 }, [1]]]),
  ],
  ["sets in another order", new Set([1, 2]), new Set([2, 1])],
  [
    "sets of objects",
    new Set([{ a: 1 }, { a: 2 }]),
    new Set([{ a: 2 }, { a: 1 }]),
  ],
  ["instances", new Point(1), new Point(1)],
  [
    "weak references to equal objects",
    new WeakRef({ a: 1 }),
    new WeakRef({ a: 1 }),
  ],
  ["cycles", cyclic(1), cyclic(1)],
];

const DIFFERENT: [name: string, a: unknown, b: unknown][] = [
  ["a number and its text", 1, "1"],
  ["null and undefined", null, undefined],
  ["null and an object", null, {}],
  ["a missing and an undefined property", { a: undefined }, {}],
  ["undefined properties of other names", { a: undefined }, { b: undefined }],
  ["an array and an object", [], {}],
  ["a hole and undefined", [,], [undefined]],
  ["arrays of other lengths", [1], [1, 2]],
  ["values deep inside", { a: [{ b: 1 }] }, { a: [{ b: 2 }] }],
  ["symbol keys", { [symbol]: 1 }, { [symbol]: 2 }],
  ["functions", () => 1, () => 1],
  ["dates", new Date(5), new Date(6)],
  ["a date and its number", new Date(5), 5],
  ["flags of regular expressions", /a/g, /a/i],
  ["URLs", new URL("http://h/a"), new URL("http://h/b")],
  ["bytes", new Uint8Array([1, 2]), new Uint8Array([1, 3])],
  ["typed arrays of other lengths", new Uint8Array(1), new Uint8Array(2)],
  ["typed arrays of other types", new Uint8Array(1), new Int8Array(1)],
  ["a typed array and an array", new Uint8Array([1]), [1]],
  ["array buffers", buffer, new ArrayBuffer(4)],
  ["values of maps", new Map([[1, "a"]]), new Map([[1, "b"]])],
  ["keys of maps", new Map([[1, undefined]]), new Map([[2, undefined]])],
  [
    "objects as keys of maps",
    new Map([[{ k: 1 }, 1]]),
    new Map([[{ k: 2 }, 1]]),
  ],
  ["sets", new Set([1, 2]), new Set([1, 3])],
  ["sets of other sizes", new Set([1]), new Set([1, 2])],
  ["a map and a set", new Map(), new Set()],
  ["properties of maps", Object.assign(new Map(), { a: 1 }), new Map()],
  ["instances of other classes", new Point(1), new Spot(1)],
  ["what a getter returns", new Point(1, 1), new Point(1, 2)],
  ["messages of errors", new Error("a"), new Error("b")],
  ["cycles", cyclic(1), cyclic(2)],
];

for (const [name, a, b] of SAME) {
  Deno.test(`equal is true for ${name}`, () => {
    assert(equal(a, b));
    assert(equal(b, a));
    assert(equal([{ deep: a }], [{ deep: b }]));
  });
}

for (const [name, a, b] of DIFFERENT) {
  Deno.test(`equal is false when these differ: ${name}`, () => {
    assertFalse(equal(a, b));
    assertFalse(equal(b, a));
    assertFalse(equal([{ deep: a }], [{ deep: b }]));
  });
}

Deno.test("equal throws when it meets a weak collection", () => {
  assertThrows(() => equal(new WeakMap(), new WeakMap()), TypeError);
  assertThrows(() => equal(new WeakSet(), new WeakSet()), TypeError);
});

Deno.test("equal holds between any value and its structured clone", () => {
  fc.assert(
    fc.property(
      fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withSet: true,
        withTypedArray: true,
      }),
      (value) => equal(value, structuredClone(value)),
    ),
    { numRuns: 300 },
  );
});

Deno.test("equal is false when one byte of many differs", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 64 }),
      fc.nat(),
      (bytes, at) => {
        const other = bytes.slice();
        other[at % bytes.length]! ^= 1;
        return !equal(bytes, other);
      },
    ),
  );
});
