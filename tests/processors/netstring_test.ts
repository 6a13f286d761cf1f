import { assert, assertEquals, assertThrows } from "@std/assert";
import { InvalidRecordError } from "../../errors.ts";
import {
  bytes,
  createProcessor,
  netstring,
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

const strings = createProcessor({ serializer: string(), framing: netstring() });
const arrays = createProcessor({ serializer: bytes(), framing: netstring() });

Deno.test("netstring matches the bytes of the Python reference", async () => {
  const records = await pack(strings, putsOf(["123", "test"]));
  assertEquals(records.map((r) => text(r.data)), ["3:123,4:test,"]);
  assertEquals(valuesOf(await unpackAll(strings, records)), ["123", "test"]);
});

Deno.test("netstring holds any bytes", async () => {
  const values = [
    new Uint8Array(),
    Uint8Array.of(0x2c, 0x3a, 0x0a, 0),
    new Uint8Array(100_000).fill(7),
  ];
  const records = await pack(arrays, putsOf(values));
  assertEquals(valuesOf(await unpackAll(arrays, records)), values);
});

Deno.test("netstring fills records to the byte as lengths gain digits", async () => {
  for (const length of [0, 9, 10, 99, 100, 999, 1000]) {
    const value = "x".repeat(length);
    const one = `${length}:`.length + length + 1;
    const puts = putsOf(Array<string>(4).fill(value));
    const exact = await pack(strings, puts, { maxRecordBytes: 2 * one + 1 });
    assertEquals(exact.map((r) => [r.puts.length, r.size]), [
      [2, 2 * one + 1],
      [2, 2 * one + 1],
    ]);
    const less = await pack(strings, puts, { maxRecordBytes: 2 * one });
    assertEquals(less.map((r) => r.puts.length), [1, 1, 1, 1]);
    const packer = strings.createPacker({ maxRecordBytes: one, emit() {} });
    const error = assertThrows(
      () => packer.push({ value, partitionKey: "k" }),
      InvalidRecordError,
      `${one + 1} bytes with the key, 1 more than the ${one} allowed`,
    );
    assertEquals(error.code, "RecordTooLarge");
  }
});

Deno.test("netstring yields what stands in front of damage, and an error for the rest", async () => {
  for (
    const rest of [
      "3:ab",
      "3:abc",
      "3:abc;",
      "3:abcd,",
      "3",
      ":",
      ",",
      "01:a,",
      "00:,",
      "-1:,",
      "1e1:aaaaaaaaaa,",
      "99999999999:",
      "9999999999:a,",
      " 1:a,",
    ]
  ) {
    const items = await strings.unpack(recordOf("1:x,0:," + rest));
    assertEquals(items.map((i) => i.type), ["value", "value", "error"], rest);
    assertEquals(valuesOf(items), ["x", ""]);
    const last = items.at(-1);
    assert(last?.type === "error");
    assertEquals(last.error.subSequenceNumber, undefined);
  }
  assertEquals(await strings.unpack(recordOf("")), []);
});

Deno.test("netstring yields the good values around one that cannot be decoded", async () => {
  const data = new TextEncoder().encode("1:a,1:?,1:b,");
  data[6] = 0xff;
  const items = await strings.unpack(recordOf(data));
  assertEquals(items.map((i) => i.type), ["value", "error", "value"]);
});
