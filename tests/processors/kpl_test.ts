import { assert, assertEquals, assertThrows } from "@std/assert";
import { hashKeyOf } from "../../_aws/hash_key.ts";
import { md5 } from "@noble/hashes/legacy.js";
import { InvalidRecordError } from "../../errors.ts";
import {
  createProcessor,
  json,
  kpl,
  kplBytes,
  kplJson,
  kplString,
} from "../../processors/mod.ts";
import type { EncodedRecord, Put } from "../../records.ts";
import {
  hex,
  pack,
  putsOf,
  recordOf,
  text,
  unhex,
  unpackAll,
  valuesOf,
} from "./_helpers.ts";

const oneShard = { shardOf: () => "shardId-000000000000" };
const VECTOR =
  "f3899ac20a01611a0708001a033132331a0808001a047465737444b47432846de9a761c2774e0a3d26e6";

/** An aggregated record around any protobuf bytes. */
function aggregateOf(protobuf: string): Uint8Array {
  const body = unhex(protobuf);
  return new Uint8Array([0xf3, 0x89, 0x9a, 0xc2, ...body, ...md5(body)]);
}

Deno.test("kplString writes the bytes of the format", async () => {
  const records = await pack(
    kplString(),
    putsOf(["123", "test"], "a"),
    oneShard,
  );
  assertEquals(records.map((r) => hex(r.data)), [VECTOR]);
  const [record] = records;
  assertEquals(record?.partitionKey, "a");
  assertEquals(record?.explicitHashKey, hashKeyOf("a").toString());
  assertEquals(record?.size, VECTOR.length / 2 + 1);
});

Deno.test("kplString reads the bytes of the format", async () => {
  const items = await kplString().unpack(recordOf(unhex(VECTOR), "outer"));
  assertEquals(items, [
    { type: "value", value: "123", partitionKey: "a", subSequenceNumber: 0 },
    { type: "value", value: "test", partitionKey: "a", subSequenceNumber: 1 },
  ]);
});

Deno.test("kpl keeps the keys of every value", async () => {
  // Integer-like keys come first in an object; the second hash key must not leak to values without one.
  const puts: Put<string>[] = [
    { value: "1", partitionKey: "user" },
    { value: "2", partitionKey: "7" },
    { value: "3", partitionKey: "user", explicitHashKey: "5" },
    { value: "4", partitionKey: "😀".repeat(256) },
    { value: "5", partitionKey: "7", explicitHashKey: "0" },
    { value: "6", partitionKey: "3", explicitHashKey: "5" },
    { value: "7", partitionKey: "user" },
  ];
  const records = await pack(kplString(), puts, oneShard);
  assertEquals(records.length, 1);
  const items = await unpackAll(kplString(), records);
  assertEquals(
    items,
    puts.map((put, subSequenceNumber) => ({
      type: "value",
      ...put,
      subSequenceNumber,
    })),
  );
  // "user" is in the table once.
  assertEquals(hex(records[0]!.data).split(hex("user")).length, 2);
});

Deno.test("kpl puts values of different shards into different records", async () => {
  const puts = ["a1", "b1", "a2", "b2", "a3"].map((value) => ({
    value,
    partitionKey: value,
  }));
  const records = await pack(kplString(), puts, { shardOf: (key) => key[0] });
  assertEquals(records.map((r) => r.puts.map((p) => p.value)), [
    ["a1", "a2", "a3"],
    ["b1", "b2"],
  ]);
});

Deno.test("kpl sends values plain and at once when their shard is not known", async () => {
  const plain = await pack(kplString(), putsOf(["x", "y"], "k"));
  assertEquals(plain.map((r) => [text(r.data), r.partitionKey, r.size]), [
    ["x", "k", 2],
    ["y", "k", 2],
  ]);
  // What is open goes first, so that the order of a key is kept.
  let known = true;
  const emitted: EncodedRecord<Put<string>>[] = [];
  const packer = kplString().createPacker<Put<string>>({
    shardOf: () => known ? "s" : undefined,
    emit: (record) => emitted.push(record),
  });
  packer.push({ value: "1", partitionKey: "k" });
  packer.push({ value: "2", partitionKey: "k" });
  known = false;
  packer.push({ value: "3", partitionKey: "k" });
  assertEquals(emitted.map((r) => r.puts.map((p) => p.value)), [
    ["1", "2"],
    ["3"],
  ]);
  assertEquals(packer.pending, 0);
});

Deno.test("kpl sends a single value plain, under its own keys", async () => {
  const put = { value: "x", partitionKey: "k", explicitHashKey: "12" };
  const [record, ...more] = await pack(kplString(), [put], oneShard);
  assertEquals(more, []);
  assertEquals(record, {
    data: new TextEncoder().encode("x"),
    partitionKey: "k",
    explicitHashKey: "12",
    size: 2,
    puts: [put],
  });
});

Deno.test("kpl aggregates a single value too when aggregateAlways is set, whether its shard is known or not", async () => {
  const processor = kplString({ aggregateAlways: true });
  const put = { value: "x", partitionKey: "k" };
  const large = { value: "x".repeat(60_000), partitionKey: "k" };
  for (const options of [oneShard, {}]) {
    for (const alone of [put, large]) {
      const [record, ...more] = await pack(processor, [alone], options);
      assertEquals(more, []);
      assertEquals(hex(record!.data.subarray(0, 4)), "f3899ac2");
      assertEquals(record!.partitionKey, "a");
      assertEquals(record!.explicitHashKey, hashKeyOf("k").toString());
      assertEquals(record!.size, record!.data.length + 1);
      assertEquals(await processor.unpack(recordOf(record!.data, "outer")), [
        { type: "value", ...alone, subSequenceNumber: 0 },
      ]);
    }
  }
  const [explicit] = await pack(
    processor,
    [{ ...put, explicitHashKey: "12" }],
    oneShard,
  );
  assertEquals(explicit!.explicitHashKey, "12");
  // 29 bytes around it, and the outer key.
  const limit = { ...oneShard, maxRecordBytes: 100 };
  const fits = { value: "x".repeat(70), partitionKey: "k" };
  assertEquals((await pack(processor, [fits], limit))[0]!.size, 100);
  const tooLarge = { value: "x".repeat(71), partitionKey: "k" };
  const error = await pack(processor, [tooLarge], limit).catch((e) => e);
  assertEquals([error.code, error.name], [
    "RecordTooLarge",
    "InvalidRecordError",
  ]);
});

Deno.test("kpl marks the records of a writer that sends them again, within every limit", async () => {
  const sends = { ...oneShard, resendsStrays: true };
  const [record] = await pack(kplString(), putsOf(["123", "test"], "a"), sends);
  const body = VECTOR.slice(8, -32) + "c03e01";
  assertEquals(hex(record!.data), hex(aggregateOf(body)));
  assertEquals(record!.size, record!.data.length + 1);
  const items = await kplString().unpack(recordOf(record!.data, "a"));
  assertEquals(
    items.map((item) => item.type === "value" && [item.value, item.resent]),
    [["123", true], ["test", true]],
  );
  const processor = kplString({ maxAggregateBytes: 53 });
  const values = Array<string>(8).fill("abc");
  const records = await pack(processor, putsOf(values, "k"), sends);
  assertEquals(records.map((r) => r.puts.length), [3, 3, 2]);
  assertEquals(records[0]!.data.length, 53);
});

Deno.test("kpl takes the outer keys from the first value", async () => {
  const first = { value: "1", partitionKey: "ключ", explicitHashKey: "77" };
  const second = { value: "2", partitionKey: "b" };
  for (const [outerPartitionKey, key] of [["a", "a"], ["first", "ключ"]]) {
    const [record] = await pack(
      kplString({ outerPartitionKey: outerPartitionKey as "a" | "first" }),
      [first, second],
      oneShard,
    );
    assertEquals([record?.partitionKey, record?.explicitHashKey], [key, "77"]);
    assertEquals(
      record?.size,
      record!.data.length + new TextEncoder().encode(key).length,
    );
  }
});

Deno.test("kpl keeps partition keys whatever their length and alphabet", async () => {
  const keys = ["k", "k".repeat(127), "k".repeat(128), "k".repeat(256)]
    .concat(["é", "k".repeat(126) + "é", "ké".repeat(63), "😀".repeat(64)]);
  const puts = keys.map((partitionKey, i) => ({ value: `${i}`, partitionKey }));
  const [record, ...more] = await pack(kplString(), puts, oneShard);
  assertEquals(more, []);
  const items = await kplString().unpack(recordOf(record!.data, "outer"));
  assertEquals(
    items.map((item) => item.type === "value" && item.partitionKey),
    keys,
  );
});

Deno.test("kpl fills aggregated records to the byte", async () => {
  // 20 around, 3 of the key table, 9 per value of two bytes in three.
  for (const value of ["é1", "abc"]) {
    for (
      const [maxAggregateBytes, counts] of [[50, [3, 3, 2]], [49, [2, 2, 2, 2]]]
    ) {
      const values = Array<string>(8).fill(value);
      const processor = kplString({
        maxAggregateBytes: maxAggregateBytes as number,
      });
      const records = await pack(processor, putsOf(values, "k"), oneShard);
      assertEquals(records.map((r) => r.puts.length), counts);
      assertEquals(valuesOf(await unpackAll(processor, records)), values);
    }
  }
});

Deno.test("kpl counts the outer key against the limit of a record", async () => {
  const options = { ...oneShard, maxRecordBytes: 55 };
  const puts = putsOf(["abc", "abc", "abc"], "12345");
  const a = await pack(kplString(), puts, options);
  assertEquals(a.map((r) => [r.puts.length, r.size]), [[3, 55]]);
  const first = await pack(
    kplString({ outerPartitionKey: "first" }),
    puts,
    options,
  );
  assertEquals(first.map((r) => [r.puts.length, r.size]), [[2, 50], [1, 8]]);
});

Deno.test("kpl sends a value plain that no aggregated record can hold, in order", async () => {
  const values = ["1", "2", "x".repeat(100), "3", "4"];
  const records = await pack(
    kplString({ maxAggregateBytes: 60 }),
    putsOf(values, "k"),
    oneShard,
  );
  assertEquals(records.map((r) => r.puts.map((p) => p.value)), [
    ["1", "2"],
    ["x".repeat(100)],
    ["3", "4"],
  ]);
});

Deno.test("kpl says what is too large, and stays as it was", async () => {
  const emitted: EncodedRecord<Put<string>>[] = [];
  const packer = kplString().createPacker<Put<string>>({
    ...oneShard,
    maxRecordBytes: 60,
    emit: (record) => emitted.push(record),
  });
  packer.push({ value: "1", partitionKey: "k" });
  const error = assertThrows(
    () => packer.push({ value: "é".repeat(31), partitionKey: "k" }),
    InvalidRecordError,
    "would have 63 bytes with the key, 3 more than the 60 allowed",
  );
  assertEquals(error.code, "RecordTooLarge");
  assertEquals([packer.pending, emitted.length], [1, 0]);
  packer.push({ value: "2", partitionKey: "k" });
  await packer.flush();
  assertEquals(emitted.map((r) => r.puts.map((p) => p.value)), [["1", "2"]]);
});

Deno.test("kpl wraps plain data that looks like an aggregated record", async () => {
  const data = unhex(VECTOR);
  for (const options of [{}, oneShard]) {
    const records = await pack(kplBytes(), putsOf([data], "key"), options);
    assertEquals(records.length, 1);
    const items = await unpackAll(kplBytes(), records);
    assertEquals(items, [{
      type: "value",
      value: data,
      partitionKey: "key",
      subSequenceNumber: 0,
    }]);
  }
});

Deno.test("kpl reads what has no magic or another checksum as one plain value", async () => {
  for (const at of [0, 3, 10, 41]) {
    const data = unhex(VECTOR);
    data[at]! ^= 1;
    const items = await kplBytes().unpack(recordOf(data, "own"));
    assertEquals(items, [
      { type: "value", value: data, partitionKey: "own", subSequenceNumber: 0 },
    ]);
  }
  const short = unhex(VECTOR).slice(0, 20);
  assertEquals(valuesOf(await kplBytes().unpack(recordOf(short))), [short]);
});

Deno.test("kpl yields the good items around one whose index is wrong", async () => {
  // Key table ["a"], hash key table ["5"]; the second item has key 1, the fourth hash key 1, the fifth no data, the sixth no key.
  const protobuf = "0a0161" + "120135" +
    "1a0508001a0131" + "1a0508011a0132" + "1a07080010001a0133" +
    "1a07080010011a0134" + "1a020800" + "1a031a0136" + "1a0508001a0137";
  const items = await kplString().unpack(recordOf(aggregateOf(protobuf)));
  assertEquals(
    items.map((i) => i.type === "value" ? i.value : i.error.message),
    [
      "1",
      'Cannot decode item 1 of record "49590338271490256608559692538361571095921575989136588898" of shardId-000000000001 as kpl of string: its partition key index is 1, the table has 1 entries',
      "3",
      'Cannot decode item 3 of record "49590338271490256608559692538361571095921575989136588898" of shardId-000000000001 as kpl of string: its explicit hash key index is 1, the table has 1 entries',
      'Cannot decode item 4 of record "49590338271490256608559692538361571095921575989136588898" of shardId-000000000001 as kpl of string: it has no data',
      'Cannot decode item 5 of record "49590338271490256608559692538361571095921575989136588898" of shardId-000000000001 as kpl of string: it has no partition key',
      "7",
    ],
  );
  assertEquals(items.map((i) => i.subSequenceNumber), [0, 1, 2, 3, 4, 5, 6]);
});

Deno.test("kpl reads fields that it does not know, and tables behind the items", async () => {
  const tag = "2206" + "0a0174" + "120176";
  const protobuf = "1a0f" + "0800" + "1a0131" + tag + "2801" +
    "35aabbccdd" + "0a0161" + "3201ff" + "39" + "0102030405060708";
  const items = await kplString().unpack(recordOf(aggregateOf(protobuf)));
  assertEquals(items.map((i) => i.type), ["value"]);
  assertEquals(valuesOf(items), ["1"]);
});

Deno.test("kpl yields what it could read and an error for the rest when the message is damaged", async () => {
  const start = "0a0161" + "1a0508001a0131";
  for (
    const damage of [
      "1a7f0800", // longer than the message
      "1a", // cut off
      "1affffffffffffffffff01", // a length of 2^64 - 1
      "1affffffffffffffffffff01", // no length at all
      "0b", // a group
      "00", // no field
    ]
  ) {
    const items = await kplString().unpack(
      recordOf(aggregateOf(start + damage)),
    );
    assertEquals(items.map((i) => i.type), ["value", "error"], damage);
  }
  const keyCutOff = await kplString().unpack(
    recordOf(aggregateOf("0a01ff" + "1a0508001a0131")),
  );
  assertEquals(keyCutOff.map((i) => i.type), ["error"]);
});

Deno.test("kpl reads a 64-bit index correctly", async () => {
  for (
    const index of [
      "8080808010", // 2^32
      "808080808080808001", // 2^56
      "80808080808080808001", // 2^63
    ]
  ) {
    const item = "08" + index + "1a0131";
    const length = (item.length / 2).toString(16).padStart(2, "0");
    const items = await kplString().unpack(
      recordOf(aggregateOf("0a0161" + "1a" + length + item)),
    );
    assertEquals(items.map((i) => i.type), ["error"], index);
  }
});

Deno.test("kpl bounds how many damaged items it reports one by one", async () => {
  const items = await kplString().unpack(
    recordOf(aggregateOf("1a00".repeat(100_000))),
  );
  assertEquals(items.length, 1001);
  assert(items.every((i) => i.type === "error"));
  const last = items.at(-1);
  assert(last?.type === "error");
  assertEquals(last.error.subSequenceNumber, undefined);
});

Deno.test("kplJson reads and writes JSON", async () => {
  const values = [{ a: 1 }, null, "é"];
  const records = await pack(kplJson(), putsOf<unknown>(values), oneShard);
  assertEquals(records.length, 1);
  assertEquals(valuesOf(await unpackAll(kplJson(), records)), values);
  const damaged = await kplJson().unpack(recordOf(unhex(VECTOR)));
  assertEquals(damaged.map((i) => i.type), ["value", "error"]);
});

Deno.test("kpl refuses options that are out of range", () => {
  assertThrows(
    () => kpl({ maxAggregateBytes: 0 }),
    RangeError,
    "Cannot use kpl as 'maxAggregateBytes' must be an integer from 1 to 10485760: current value is 0",
  );
  assertThrows(
    () => kpl({ outerPartitionKey: "b" as "a" }),
    TypeError,
    `'outerPartitionKey' must be "a" or "first": current value is "b"`,
  );
  assertThrows(
    () => kpl({ aggregateAlways: "yes" as unknown as boolean }),
    TypeError,
    "'aggregateAlways' must be true or false",
  );
});

Deno.test("kpl refuses what its serializer refuses", () => {
  const packer = createProcessor({ serializer: json(), framing: kpl() })
    .createPacker({ ...oneShard, emit() {} });
  assertThrows(
    () => packer.push({ value: 1n, partitionKey: "k" }),
    InvalidRecordError,
    'with partition key "k" as json',
  );
  assertEquals(packer.pending, 0);
});
