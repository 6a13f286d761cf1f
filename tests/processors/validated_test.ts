import { assert, assertEquals, assertThrows } from "@std/assert";
import * as v from "valibot";
import { z } from "zod";
import { InvalidRecordError } from "../../errors.ts";
import {
  createProcessor,
  json,
  jsonLines,
  msgpack,
  newline,
  type StandardSchema,
  validated,
} from "../../processors/mod.ts";
import { pack, putsOf, recordOf, unpackAll, valuesOf } from "./_helpers.ts";

interface Order {
  id: number;
  note?: string;
}

const schemas: Record<string, StandardSchema<Order>> = {
  zod: z.object({ id: z.number().int(), note: z.string().optional() }),
  valibot: v.object({
    id: v.pipe(v.number(), v.integer()),
    note: v.optional(v.string()),
  }),
};

for (const [library, schema] of Object.entries(schemas)) {
  Deno.test(`validated accepts schemas of ${library}, alone and in a framing`, async () => {
    const orders = validated(json<Order>(), schema);
    const lines = createProcessor({ serializer: orders, framing: newline() });
    for (const processor of [orders, lines]) {
      const records = await pack(processor, putsOf<Order>([{ id: 1 }]));
      assertEquals(valuesOf(await unpackAll(processor, records)), [{ id: 1 }]);
      const packer = processor.createPacker({ emit() {} });
      const error = assertThrows(
        () => packer.push({ value: { id: 1.5 }, partitionKey: "k" }),
        InvalidRecordError,
        "id: ",
      );
      assertEquals(error.code, "NotSerializable");
    }
    const items = await lines.unpack(recordOf('{"id":1}\n{"id":"x"}\n'));
    assertEquals(items.map((i) => i.type), ["value", "error"]);
  });
}

Deno.test("validated gives what the schema makes of a value when reading only", async () => {
  const schema = z.object({ at: z.coerce.date(), n: z.number().default(7) });
  const processor = validated(json<{ at: Date; n: number }>(), schema, {
    on: "read",
  });
  const items = await processor.unpack(recordOf('{"at":0}'));
  assertEquals(valuesOf(items), [{ at: new Date(0), n: 7 }]);
});

Deno.test("validated checks on one side only when asked to", async () => {
  const positive = z.number().positive();
  const write = validated(json<number>(), positive, { on: "write" });
  assertEquals(valuesOf(await write.unpack(recordOf("-1"))), [-1]);
  assertThrows(() => write.serialize(-1));
  const read = validated(json<number>(), positive, { on: "read" });
  assertEquals(new TextDecoder().decode(read.serialize(-1)), "-1");
  const [item] = await read.unpack(recordOf("-1"));
  assertEquals(item?.type, "error");
});

Deno.test("validated works around a serializer of bytes", async () => {
  const processor = createProcessor({
    serializer: validated(msgpack<number>(), z.number()),
    framing: newline(),
  });
  assertEquals(processor.name, "msgpack+newline");
  const records = await pack(processor, putsOf([1, 2]));
  assertEquals(valuesOf(await unpackAll(processor, records)), [1, 2]);
});

Deno.test("validated says that a schema must be synchronous", async () => {
  const slow: StandardSchema<number> = {
    "~standard": {
      version: 1,
      vendor: "slow",
      validate: () => Promise.reject(new Error("nobody waits for this")),
    },
  };
  const processor = validated(json<number>(), slow);
  assertThrows(
    () => processor.serialize(1),
    TypeError,
    "the schema of slow is asynchronous, it must be synchronous",
  );
  const [item] = await processor.unpack(recordOf("1"));
  assert(item?.type === "error");
});

Deno.test("validated names a few issues, and how many there are", () => {
  const schema = z.object(
    Object.fromEntries(
      Array.from({ length: 8 }, (_, i) => [`f${i}`, z.number()]),
    ),
  );
  assertThrows(
    () => validated(json<Record<string, number>>(), schema).serialize({}),
    TypeError,
    "; and 3 more",
  );
});

Deno.test("validated refuses what is no schema", () => {
  assertThrows(
    () => validated(json(), {} as StandardSchema<unknown>),
    TypeError,
    "'schema' must implement Standard Schema version 1",
  );
});

Deno.test("processors are named after what they are made of", () => {
  assertEquals(jsonLines().name, "json+newline");
  assertEquals(json().name, "json");
});
