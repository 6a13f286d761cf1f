import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { InvalidRecordError } from "../../errors.ts";
import {
  json,
  jsonLines,
  jsonList,
  kplJson,
  type Processor,
} from "../../processors/mod.ts";
import {
  pack,
  putsOf,
  recordOf,
  text,
  unpackAll,
  valuesOf,
} from "./_helpers.ts";

Deno.test("json writes one record per value", async () => {
  const values = [{ a: [1, null, "é"] }, 1, "x", null, false];
  const records = await pack(json(), putsOf<unknown>(values));
  assertEquals(records.map((r) => text(r.data)), [
    '{"a":[1,null,"é"]}',
    "1",
    '"x"',
    "null",
    "false",
  ]);
  assertEquals(valuesOf(await unpackAll(json(), records)), values);
});

Deno.test("json refuses values that have no JSON", () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  const cases: [unknown, string][] = [
    [undefined, "undefined has no JSON"],
    [() => 1, "a function has no JSON"],
    [Symbol("s"), "a symbol has no JSON"],
    [NaN, "NaN has no JSON"],
    [-Infinity, "-Infinity has no JSON"],
    [new Date(NaN), "a Date has no JSON"],
    [{ toJSON() {} }, "an Object has no JSON"],
    [1n, "value is a bigint, which has no JSON"],
    [
      { a: 1, list: [{}, { "an id": 1n }] },
      'value.list[1]["an id"] is a bigint',
    ],
    [cycle, "circular"],
  ];
  const all: Processor<unknown>[] = [
    json(),
    jsonLines(),
    jsonList(),
    kplJson(),
  ];
  for (const processor of all) {
    for (const [value, message] of cases) {
      let emitted = 0;
      const packer = processor.createPacker({ emit: () => emitted++ });
      const error = assertThrows(
        () => packer.push({ value, partitionKey: "k" }),
        InvalidRecordError,
        message,
      );
      assertEquals(error.code, "NotSerializable");
      packer.flush();
      assertEquals(emitted, 0);
    }
  }
});

Deno.test("json writes the parts of a value as JSON.stringify does", async () => {
  const value = {
    left: undefined,
    out: () => 1,
    list: [undefined, NaN, Infinity, -0, new Date(NaN)],
    text: "\ud800",
    none: null,
  };
  const records = await pack(json(), putsOf([value]));
  assertEquals(valuesOf(await unpackAll(json(), records)), [{
    list: [null, null, null, 0, null],
    text: "\ud800",
    none: null,
  }]);
  const asNull = json<number>({
    replacer: (_, v) => v === Infinity ? null : v,
  });
  assertEquals(text(asNull.serialize(Infinity)), "null");
});

Deno.test("json applies replacer and reviver", async () => {
  const dates = json<{ at: Date }>({
    reviver: (key, value) => key === "at" ? new Date(value as string) : value,
    replacer: (key, value) => key === "secret" ? undefined : value,
  });
  const value = { at: new Date(5), secret: 1 };
  const records = await pack(dates, putsOf([value]));
  assertEquals(valuesOf(await unpackAll(dates, records)), [{
    at: new Date(5),
  }]);
});

Deno.test("json reads what another writer put a byte order mark in front of", async () => {
  assertEquals(valuesOf(await json().unpack(recordOf("\ufeff[1]"))), [[1]]);
});

Deno.test("jsonLines packs the values of a key into lines", async () => {
  const records = await pack(jsonLines(), [
    { value: { n: 1 }, partitionKey: "a" },
    { value: { n: 2 }, partitionKey: "b" },
    { value: { n: 3 }, partitionKey: "a" },
  ]);
  assertEquals(records.map((r) => [r.partitionKey, text(r.data), r.size]), [
    ["a", '{"n":1}\n{"n":3}\n', 17],
    ["b", '{"n":2}\n', 9],
  ]);
  assertEquals(records[0]?.puts.map((p) => p.value), [{ n: 1 }, { n: 3 }]);
});

Deno.test("jsonLines skips blank lines and reads a last line without a line feed", async () => {
  const record = recordOf('\n{"a":1}\r\n\r\n  \n\n2');
  const items = await jsonLines().unpack(record);
  assertEquals(valuesOf(items), [{ a: 1 }, 2]);
  assertEquals(items.map((i) => i.subSequenceNumber), [0, 1]);
  assertEquals(await jsonLines().unpack(recordOf("")), []);
});

Deno.test("jsonLines yields the good lines around a damaged one", async () => {
  const bytes = new TextEncoder().encode('{"a":1}\n{"a":\n{"a":3}\n');
  for (const damage of [undefined, 0xff]) {
    const data = bytes.slice();
    if (damage) data[12] = damage;
    const items = await jsonLines().unpack(recordOf(data));
    assertEquals(items.map((i) => i.type), ["value", "error", "value"]);
    assertEquals(valuesOf(items), [{ a: 1 }, { a: 3 }]);
    const bad = items[1];
    if (bad?.type !== "error") throw new Error("expected an error");
    assertEquals(bad.error.subSequenceNumber, 1);
    assertStringIncludes(bad.error.message, "item 1 of record");
    assertStringIncludes(bad.error.message, "shardId-000000000001");
  }
});
