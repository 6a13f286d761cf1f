import {
  assert,
  assertEquals,
  assertLess,
  assertStrictEquals,
} from "@std/assert";
import fc from "fast-check";
import {
  createProcessor,
  json,
  kpl,
  list,
  netstring,
  newline,
  type Serializer,
  single,
  string,
  type TextCodec,
} from "../../processors/mod.ts";
import { pack, putsOf, unpackAll, valuesOf } from "./_helpers.ts";

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

Deno.test("one record that is kept keeps no more than 32 KiB of others", async () => {
  const puts = putsOf(Array.from({ length: 500 }, () => "x".repeat(100)), "k");
  const records = await pack(string(), puts, { sharesMemory: true });
  for (const { data } of records) {
    assertEquals(data.buffer.byteLength, 32_768);
    assertEquals(data.length, 100);
  }
  const [large] = await pack(string(), putsOf(["x".repeat(9000)], "k"), {
    sharesMemory: true,
  });
  assertEquals(large!.data.buffer.byteLength, 9000);
});

Deno.test("records of a thousand shards keep no more than 16 MiB together", async () => {
  const puts = Array.from({ length: 1000 }, (_, i) => ({
    value: "x",
    partitionKey: `k${i}`,
  }));
  const shardOf = (key: string) => key;
  const records = await pack(string(), puts, { shardOf, sharesMemory: true });
  const buffers = new Set(records.map(({ data }) => data.buffer));
  const bytes = [...buffers].reduce(
    (sum, { byteLength }) => sum + byteLength,
    0,
  );
  assertLess(bytes, 16 * 1024 * 1024);
});

/** A serializer of a user who likes classes. */
class Quoted implements TextCodec<string>, Serializer<string> {
  readonly name = "quoted";
  readonly text = this;
  #quote = '"';

  stringify(value: string): string {
    return this.#quote + value + this.#quote;
  }

  parse(text: string): string {
    return text.slice(this.#quote.length, -1);
  }

  serialize(value: string): Uint8Array {
    return new TextEncoder().encode(this.stringify(value));
  }

  deserialize(bytes: Uint8Array): string {
    return this.parse(new TextDecoder().decode(bytes));
  }
}

for (
  const framing of [single(), newline(), list(), netstring(), kpl()]
) {
  Deno.test(`A serializer whose text form is an object with methods works with ${framing.name}`, async () => {
    const processor = createProcessor({ serializer: new Quoted(), framing });
    const records = await pack(processor, putsOf(["a", "b"], "k"), {
      sharesMemory: true,
      shardOf: () => "shard",
    });
    assertEquals(valuesOf(await unpackAll(processor, records)), ["a", "b"]);
  });
}
