import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { json, string } from "../../processors/mod.ts";
import { pack, putsOf } from "./_helpers.ts";

Deno.test("json writes the same bytes whether records share memory or not", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: "binary", maxLength: 3000 }), {
        maxLength: 100,
      }),
      async (values) => {
        const puts = putsOf(values, "k");
        const shared = await pack(json<string>(), puts, { sharesMemory: true });
        const alone = await pack(json<string>(), puts);
        assertEquals(
          shared.map(({ data, size }) => [data, size]),
          alone.map(({ data, size }) => [data, size]),
        );
      },
    ),
    { numRuns: 50 },
  );
});

Deno.test("records share memory with those of their shard only, and only when they may", async () => {
  const puts = ["a1", "b1", "a2", "b2"].map((value) => ({
    value,
    partitionKey: value[0]!,
  }));
  const shardOf = (key: string) => key;
  const records = await pack(string(), puts, { shardOf, sharesMemory: true });
  const [a1, b1, a2, b2] = records.map(({ data }) => data.buffer);
  assertStrictEquals(a1, a2);
  assertStrictEquals(b1, b2);
  assert(a1 !== b1);
  const apart = await pack(string(), puts, { shardOf });
  assertEquals(new Set(apart.map(({ data }) => data.buffer)).size, 4);
});

Deno.test("one record that is kept keeps no more than 8 KiB of others", async () => {
  const puts = putsOf(Array.from({ length: 500 }, () => "x".repeat(100)), "k");
  const records = await pack(string(), puts, { sharesMemory: true });
  for (const { data } of records) {
    assertEquals(data.buffer.byteLength, 8192);
    assertEquals(data.length, 100);
  }
  const [large] = await pack(string(), putsOf(["x".repeat(3000)], "k"), {
    sharesMemory: true,
  });
  assertEquals(large!.data.buffer.byteLength, 3000);
});
