import { assert, assertEquals, assertThrows } from "@std/assert";
import { InvalidRecordError } from "../../errors.ts";
import {
  createProcessor,
  json,
  jsonList,
  list,
  type Serializer,
  string,
} from "../../processors/mod.ts";
import {
  pack,
  putsOf,
  recordOf,
  text,
  unpackAll,
  valuesOf,
} from "./_helpers.ts";

const bytesJson: Serializer<unknown> = { ...json(), text: undefined };
const byteList = createProcessor({ serializer: bytesJson, framing: list() });

for (
  const [name, processor] of Object.entries({ jsonList: jsonList(), byteList })
) {
  Deno.test(`list writes one array per record and key (${name})`, async () => {
    const records = await pack<unknown>(processor, [
      { value: { a: "]," }, partitionKey: "x" },
      { value: "é", partitionKey: "y" },
      { value: [1, [2]], partitionKey: "x" },
    ]);
    assertEquals(records.map((r) => text(r.data)), [
      '[{"a":"],"},[1,[2]]]',
      '["é"]',
    ]);
    assertEquals(valuesOf(await unpackAll(processor, records)), [
      { a: "]," },
      [1, [2]],
      "é",
    ]);
  });

  Deno.test(`list counts brackets and commas (${name})`, async () => {
    // [1,2,3] has 7 bytes, the key 1.
    for (
      const [limit, counts] of [[8, [3, 3]], [7, [2, 2, 2]], [4, [
        1,
        1,
        1,
        1,
        1,
        1,
      ]]]
    ) {
      const records = await pack<unknown>(
        processor,
        putsOf([1, 2, 3, 4, 5, 6]),
        { maxRecordBytes: limit as number },
      );
      assertEquals(records.map((r) => r.puts.length), counts);
      assert(records.every((r) => r.size <= (limit as number)));
    }
    const packer = processor.createPacker({ maxRecordBytes: 3, emit() {} });
    assertThrows(
      () => packer.push({ value: 1, partitionKey: "k" }),
      InvalidRecordError,
      "4 bytes with the key, 1 more than the 3 allowed",
    );
  });
}

Deno.test("list reads arrays however they are spaced", async () => {
  const cases: [string, unknown[]][] = [
    ["[]", []],
    [" [ ] \n", []],
    ["\ufeff[1]", [1]],
    ['\t[ 1 , "a\\"]," ,\n{"b":[{}]} ]\r\n', [1, 'a"],', { b: [{}] }]],
    ['["\\\\",[],[[]]]', ["\\", [], [[]]]],
  ];
  for (const [array, values] of cases) {
    const items = await jsonList().unpack(recordOf(array));
    assertEquals(valuesOf(items), values);
    assertEquals(items.length, values.length);
  }
});

Deno.test("list yields the good elements around damage", async () => {
  const cases: [string, string[]][] = [
    ["[1,x,2]", ["value", "error", "value"]],
    ["[1,]", ["value", "error"]],
    ["[,1]", ["error", "value"]],
    ['[1,{"a":},2]', ["value", "error", "value"]],
    ["[1,2", ["value", "error"]],
    ['[1,"abc', ["value", "error"]],
    ["[1] 2", ["value", "error"]],
    ["[1}", ["error"]],
    ["[1]]", ["value", "error"]],
    ["{}", ["error"]],
    ["1", ["error"]],
    ["", ["error"]],
    ["[", ["error"]],
  ];
  for (const [array, types] of cases) {
    const items = await jsonList().unpack(recordOf(array));
    assertEquals(items.map((i) => i.type), types, array);
  }
  const notText = await jsonList().unpack(recordOf(Uint8Array.of(0x5b, 0xff)));
  assertEquals(notText.map((i) => i.type), ["error"]);
});

Deno.test("json reads a whole list as one value", async () => {
  assertEquals(valuesOf(await json().unpack(recordOf("[1,2]"))), [[1, 2]]);
});

Deno.test("list refuses an empty text", () => {
  const packer = createProcessor({ serializer: string(), framing: list() })
    .createPacker({ emit() {} });
  assertThrows(
    () => packer.push({ value: "", partitionKey: "k" }),
    InvalidRecordError,
    "an empty text is no element of a list",
  );
});
