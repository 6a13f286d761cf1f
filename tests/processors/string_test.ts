import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { DecodeError, InvalidRecordError } from "../../errors.ts";
import { createProcessor, newline, string } from "../../processors/mod.ts";
import {
  pack,
  putsOf,
  recordOf,
  text,
  unpackAll,
  valuesOf,
} from "./_helpers.ts";

Deno.test("string writes one record per value", async () => {
  const records = await pack(string(), putsOf(["a", "", "é😀"], "ключ"));
  assertEquals(records.map((r) => text(r.data)), ["a", "", "é😀"]);
  assertEquals(records.map((r) => r.size), [9, 8, 14]);
  assertEquals(valuesOf(await unpackAll(string(), records)), ["a", "", "é😀"]);
});

Deno.test("string keeps a byte order mark", async () => {
  const records = await pack(string(), putsOf(["\ufeffx"]));
  assertEquals(valuesOf(await unpackAll(string(), records)), ["\ufeffx"]);
});

Deno.test("string refuses text that UTF-8 cannot hold", () => {
  const packer = string().createPacker({ emit() {} });
  const error = assertThrows(
    () => packer.push({ value: "a\ud800", partitionKey: "k" }),
    InvalidRecordError,
    "lone surrogate",
  );
  assertEquals(error.code, "NotSerializable");
});

Deno.test("string yields an error that carries the record when bytes are not UTF-8", async () => {
  const record = recordOf(Uint8Array.of(0x61, 0xff));
  const [item] = await string().unpack(record);
  assertEquals(item?.type, "error");
  if (item?.type !== "error") return;
  assertInstanceOf(item.error, DecodeError);
  assertEquals(item.error.record, record);
  assertEquals(item.error.subSequenceNumber, 0);
});

Deno.test("string with newlines matches the bytes of the Python reference", async () => {
  const lines = createProcessor({ serializer: string(), framing: newline() });
  const records = await pack(lines, putsOf(["123", "test"]));
  assertEquals(records.map((r) => text(r.data)), ["123\ntest\n"]);
  assertEquals(valuesOf(await unpackAll(lines, records)), ["123", "test"]);
});
