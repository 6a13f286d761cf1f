import { assertEquals, assertThrows } from "@std/assert";
import { InvalidRecordError } from "../../errors.ts";
import {
  createProcessor,
  jsonLines,
  newline,
  type Serializer,
  string,
} from "../../processors/mod.ts";
import type { EncodedRecord, Put } from "../../records.ts";
import {
  pack,
  putsOf,
  recordOf,
  text,
  unpackAll,
  valuesOf,
} from "./_helpers.ts";

const lines = createProcessor({ serializer: string(), framing: newline() });
/** The same without the text form, so that the path of bytes is taken. */
const byteSerializer: Serializer<string> = { ...string(), text: undefined };
const byteLines = createProcessor({
  serializer: byteSerializer,
  framing: newline(),
});

for (const [name, processor] of Object.entries({ lines, byteLines })) {
  Deno.test(`newline fills records to the byte (${name})`, async () => {
    // Each line has 4 + 1 bytes, the key 2.
    const values = Array.from({ length: 7 }, (_, i) => `${i}😀`.slice(1) + "");
    for (const [limit, counts] of [[17, [3, 3, 1]], [16, [2, 2, 2, 1]]]) {
      const records = await pack(processor, putsOf(values, "é"), {
        maxRecordBytes: limit as number,
      });
      assertEquals(records.map((r) => r.puts.length), counts);
      for (const record of records) {
        assertEquals(record.size, record.data.length + 2);
      }
    }
  });

  Deno.test(`newline says what is too large and by how much, and stays as it was (${name})`, () => {
    const emitted: EncodedRecord<Put<string>>[] = [];
    const packer = processor.createPacker<Put<string>>({
      maxRecordBytes: 10,
      emit: (record) => emitted.push(record),
    });
    packer.push({ value: "ab", partitionKey: "k" });
    const error = assertThrows(
      () => packer.push({ value: "ééééé", partitionKey: "k" }),
      InvalidRecordError,
      '"k" as its record would have 12 bytes with the key, 2 more than the 10 allowed',
    );
    assertEquals(error.code, "RecordTooLarge");
    assertEquals([packer.pending, emitted.length], [1, 0]);
    packer.push({ value: "cdefg", partitionKey: "k" });
    packer.flush();
    assertEquals(emitted.map((r) => text(r.data)), ["ab\ncdefg\n"]);
    assertEquals(packer.pending, 0);
  });

  Deno.test(`newline refuses what would not come back (${name})`, () => {
    const packer = processor.createPacker({ emit() {} });
    for (const value of ["", "a\nb"]) {
      const error = assertThrows(
        () => packer.push({ value, partitionKey: "k" }),
        InvalidRecordError,
      );
      assertEquals(error.code, "NotSerializable");
    }
    assertEquals(packer.pending, 0);
  });

  Deno.test(`newline keeps white space and carriage returns of texts (${name})`, async () => {
    const values = [" ", "\r", "x\r", "\t"];
    const records = await pack(processor, putsOf(values));
    assertEquals(valuesOf(await unpackAll(processor, records)), values);
  });

  Deno.test(`newline never emits an empty record (${name})`, async () => {
    assertEquals(await pack(processor, []), []);
  });
}

Deno.test("newline starts a new record when the explicit hash key of a key changes", async () => {
  const put = (value: string, explicitHashKey?: string) => ({
    value,
    partitionKey: "k",
    explicitHashKey,
  });
  const records = await pack(lines, [
    put("a", "1"),
    put("b", "1"),
    put("c"),
    put("d", "1"),
  ]);
  assertEquals(records.map((r) => [text(r.data), r.explicitHashKey]), [
    ["a\nb\n", "1"],
    ["c\n", undefined],
    ["d\n", "1"],
  ]);
});

Deno.test("newline bounds the number of open records when no key repeats", () => {
  let emitted = 0;
  const packer = jsonLines().createPacker({ emit: () => emitted++ });
  for (let i = 0; i < 10_100; i++) {
    packer.push({ value: i, partitionKey: `${i}` });
  }
  assertEquals([packer.pending, emitted], [10_000, 100]);
});

Deno.test("newline bounds the bytes that are open", () => {
  let emitted = 0;
  const packer = jsonLines().createPacker({ emit: () => emitted++ });
  const value = "x".repeat(1_000_000);
  for (let i = 0; i < 40; i++) packer.push({ value, partitionKey: `${i}` });
  assertEquals([packer.pending, emitted], [33, 7]);
});

Deno.test("newline packs close to the limit when texts are long", async () => {
  const value = "x".repeat(1000);
  const records = await pack(jsonLines(), putsOf(Array(3000).fill(value)));
  for (const record of records.slice(0, -1)) {
    assertEquals(record.size, 1_048_576 - (1_048_575 % 1003));
  }
  assertEquals(
    valuesOf(await unpackAll(jsonLines(), records)).length,
    3000,
  );
});

Deno.test("createPacker refuses a size limit that no stream has", () => {
  for (const maxRecordBytes of [0, -1, 1.5, NaN, 10_485_761]) {
    assertThrows(
      () => lines.createPacker({ maxRecordBytes, emit() {} }),
      RangeError,
      `'maxRecordBytes' must be an integer from 1 to 10485760: current value is ${maxRecordBytes}`,
    );
  }
});

Deno.test("newline yields an error per line that bytes cannot be decoded from", async () => {
  const items = await byteLines.unpack(
    recordOf(Uint8Array.of(0x61, 0x0a, 0xff, 0x0a, 0x62)),
  );
  assertEquals(items.map((i) => i.type), ["value", "error", "value"]);
});

Deno.test("newline fills records to the byte when texts are long and of any width", async () => {
  const units = ["a", "é", "€", "😀"];
  const values = Array.from(
    { length: 300 },
    (_, i) => units[i % 4]!.repeat((i * 997) % 9000 + 1),
  );
  for (const maxRecordBytes of [36_004, 50_000, 300_000, 1_048_576]) {
    const records = await pack(lines, putsOf(values), { maxRecordBytes });
    for (const [index, record] of records.entries()) {
      assertEquals(record.size, record.data.length + 1);
      const next = records[index + 1]?.puts[0]?.value ?? "x".repeat(1e7);
      const grown = record.size + new TextEncoder().encode(next).length + 1;
      assertEquals(
        [record.size <= maxRecordBytes, grown > maxRecordBytes],
        [true, true],
      );
    }
    assertEquals(valuesOf(await unpackAll(lines, records)), values);
  }
});
