import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DecodeError, InvalidRecordError } from "../../errors.ts";
import {
  bytes,
  deflateRaw,
  gzip,
  json,
  jsonLines,
  kplString,
  string,
} from "../../processors/mod.ts";
import type { EncodedRecord, Put } from "../../records.ts";
import {
  collect,
  hex,
  pack,
  putsOf,
  recordOf,
  streamOf,
  text,
  unpackAll,
  valuesOf,
} from "./_helpers.ts";

/** Bytes that no compression makes smaller. */
function noise(length: number): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(length);
  let state = 1;
  for (let i = 0; i < length; i++) {
    state = Math.imul(state, 1_664_525) + 1_013_904_223;
    data[i] = state >>> 24;
  }
  return data;
}

async function platform(
  format: CompressionFormat,
  data: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = streamOf([data]).pipeThrough(new CompressionStream(format));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

for (const [name, compressed] of Object.entries({ gzip, deflateRaw })) {
  Deno.test(`${name} is a round trip around any processor`, async () => {
    const lines = compressed(jsonLines<number>());
    const values = Array.from({ length: 5000 }, (_, i) => i);
    const records = await pack(lines, putsOf(values));
    assertEquals(records.length, 1);
    assert(records[0]!.size < 15_000);
    assertEquals(records[0]!.size, records[0]!.data.length + 1);
    assertEquals(valuesOf(await unpackAll(lines, records)), values);

    const aggregated = compressed(kplString());
    const some = await pack(aggregated, putsOf(["a", "b"], "key"), {
      shardOf: () => "s",
    });
    assertEquals(some.map((r) => r.partitionKey), ["a"]);
    const items = await unpackAll(aggregated, some);
    assertEquals(valuesOf(items), ["a", "b"]);
    assertEquals(
      items.map((i) => i.type === "value" && i.partitionKey),
      ["key", "key"],
    );
  });

  Deno.test(`${name} reads records that are not compressed, at once`, () => {
    const items = compressed(jsonLines()).unpack(recordOf("1\n2\n"));
    assert(Array.isArray(items));
    assertEquals(valuesOf(items), [1, 2]);
  });

  Deno.test(`${name} never exceeds the limit with data that does not compress`, async () => {
    for (const maxRecordBytes of [200, 5000, 100_000]) {
      const values = Array.from({ length: 7 }, (_, i) => noise(100 + i));
      const records = await pack(compressed(bytes()), putsOf(values), {
        maxRecordBytes,
      });
      assert(records.every((r) => r.size <= maxRecordBytes));
      assertEquals(
        valuesOf(await unpackAll(compressed(bytes()), records)),
        values,
      );
    }
    const large = noise(1_048_576 - 2200);
    const [record] = await pack(compressed(bytes()), putsOf([large]));
    assert(record!.size <= 1_048_576);
  });

  Deno.test(`${name} takes a value that fits only compressed, in order`, async () => {
    const values = ["a", "x".repeat(3_000_000), "b"];
    const processor = compressed(jsonLines<string>());
    const records = await pack(processor, putsOf(values));
    assertEquals(records.map((r) => r.puts.length), [1, 1, 1]);
    assert(records.every((r) => r.size < 10_000));
    assertEquals(valuesOf(await unpackAll(processor, records)), values);
  });

  Deno.test(`${name} says what is too large even compressed, and goes on`, async () => {
    const emitted: EncodedRecord[] = [];
    const packer = compressed(bytes()).createPacker<
      Put<Uint8Array<ArrayBuffer>>
    >({
      maxRecordBytes: 1000,
      emit: (record) => emitted.push(record),
    });
    const error = await assertRejects(
      async () => await packer.push({ value: noise(2000), partitionKey: "k" }),
      InvalidRecordError,
      "more than the 1000 allowed",
    );
    assertEquals(error.code, "RecordTooLarge");
    await packer.push({ value: noise(10), partitionKey: "k" });
    await packer.flush();
    assertEquals([emitted.length, packer.pending], [1, 0]);
    await assertRejects(
      async () =>
        await packer.push({
          value: new Uint8Array(10_485_761),
          partitionKey: "k",
        }),
      InvalidRecordError,
    );
  });

  Deno.test(`${name} yields an error with the raw record when the bytes are damaged`, async () => {
    const processor = compressed(json());
    const [record] = await pack(processor, putsOf<unknown>(["hello"]));
    const data = record!.data.slice();
    data.fill(0xff, 10);
    const raw = recordOf(data);
    const [item] = await processor.unpack(raw);
    assert(item?.type === "error");
    assert(item.error instanceof DecodeError);
    assertEquals(item.error.record, raw);
  });

  Deno.test(`${name} names the raw record when an item inside is damaged`, async () => {
    const processor = compressed(jsonLines());
    const [record] = await pack(compressed(string()), putsOf(["1\n{\n3"]));
    const raw = recordOf(record!.data);
    const items = await processor.unpack(raw);
    assertEquals(items.map((i) => i.type), ["value", "error", "value"]);
    const [, bad] = items;
    assert(bad?.type === "error");
    assertEquals(bad.error.record, raw);
    assertEquals(bad.error.subSequenceNumber, 1);
  });

  Deno.test(`${name} stops at a bomb`, async () => {
    const [record] = await pack(
      compressed(string()),
      putsOf(["x".repeat(5_000_000)]),
    );
    const processor = compressed(string(), { maxDecompressedBytes: 4_999_999 });
    const [item] = await processor.unpack(recordOf(record!.data));
    assert(item?.type === "error");
    assertEquals(
      item.error.message.endsWith(
        "it decompresses to more than the 4999999 bytes allowed",
      ),
      true,
    );
    const enough = compressed(string(), { maxDecompressedBytes: 5_000_000 });
    assertEquals(
      valuesOf(await enough.unpack(recordOf(record!.data)))[0]?.length,
      5_000_000,
    );
  });

  Deno.test(`${name} works as streams`, async () => {
    const processor = compressed(jsonLines<number>());
    const values = Array.from({ length: 1000 }, (_, i) => i);
    const decoded = await collect(
      streamOf(putsOf(values))
        .pipeThrough(processor.encoder({ maxRecordBytes: 500 }))
        .pipeThrough(
          new TransformStream({
            transform: (r, c) => c.enqueue(recordOf(r.data, r.partitionKey)),
          }),
        )
        .pipeThrough(processor.decoder()),
    );
    assertEquals(decoded.map((r) => r.value), values);
  });

  Deno.test(`${name} asks to be waited for when much waits to be compressed`, async () => {
    const packer = compressed(bytes()).createPacker({ emit() {} });
    let promise: void | Promise<void> = undefined;
    let pushed = 0;
    while (!promise) {
      promise = packer.push({ value: noise(500_000), partitionKey: "k" });
      pushed++;
    }
    assertEquals(pushed, 5);
    assertEquals(packer.pending, 5);
    await promise;
    assertEquals(packer.pending, 0);
  });

  Deno.test(`${name} throws what emitting threw`, async () => {
    const stop = new Error("stop");
    const packer = compressed(bytes()).createPacker({
      emit() {
        throw stop;
      },
    });
    packer.push({ value: noise(10), partitionKey: "k" });
    assertEquals(await Promise.resolve(packer.flush()).catch((e) => e), stop);
    assertThrows(
      () => packer.push({ value: noise(10), partitionKey: "k" }),
      Error,
      "stop",
    );
  });

  Deno.test(`${name} refuses a limit that is out of range`, () => {
    assertThrows(
      () => compressed(json(), { maxDecompressedBytes: 0 }),
      RangeError,
      "'maxDecompressedBytes' must be an integer from 1 to 2147483647: current value is 0",
    );
  });
}

Deno.test("gzip keeps bytes that themselves are gzip", async () => {
  const inner = await platform("gzip", new TextEncoder().encode("hello"));
  const records = await pack(gzip(bytes()), putsOf([inner]));
  assertEquals(
    (await unpackAll(gzip(bytes()), records)).map((i) =>
      i.type === "value" ? hex(i.value) : i.error
    ),
    [hex(inner)],
  );
});

Deno.test("gzip is undone by the platform", async () => {
  const [record] = await pack(gzip(string()), putsOf(["hello"]));
  const stream = streamOf([record!.data]).pipeThrough(
    new DecompressionStream("gzip"),
  );
  assertEquals(await new Response(stream).text(), "hello");
});

Deno.test("deflateRaw is undone by the platform, marker included", async () => {
  const [record] = await pack(deflateRaw(string()), putsOf(["hello"]));
  assertEquals(hex(record!.data.subarray(0, 5)), "000000ffff");
  const stream = streamOf([record!.data]).pipeThrough(
    new DecompressionStream("deflate-raw"),
  );
  assertEquals(await new Response(stream).text(), "hello");
});

Deno.test("deflateRaw reads records of other writers when 'unmarked' says that they are compressed", async () => {
  const data = await platform("deflate-raw", new TextEncoder().encode("[1]"));
  const compressed = deflateRaw(json(), { unmarked: "compressed" });
  assertEquals(valuesOf(await compressed.unpack(recordOf(data))), [[1]]);
  const marked = await pack(deflateRaw(json()), putsOf<unknown>([7]));
  assertEquals(valuesOf(await unpackAll(compressed, marked)), [7]);
  // Otherwise text that happens to inflate stays text.
  assertEquals(valuesOf(await deflateRaw(string()).unpack(recordOf("[]"))), [
    "[]",
  ]);
  assertThrows(
    () => deflateRaw(json(), { unmarked: "x" as "plain" }),
    TypeError,
    `'unmarked' must be "plain" or "compressed": current value is "x"`,
  );
});

Deno.test("deflateRaw is refused in a runtime without raw deflate, and used where streams cannot be made yet", () => {
  const kept = globalThis.DecompressionStream;
  const replaceBy = (create: (format: CompressionFormat) => unknown) => {
    globalThis.DecompressionStream = function (format: CompressionFormat) {
      return create(format);
    } as unknown as typeof DecompressionStream;
  };
  try {
    // Node.js before version 20.12.
    replaceBy((format) => {
      if (format === "deflate-raw") throw new TypeError("invalid format");
    });
    assertThrows(
      () => deflateRaw(json()),
      TypeError,
      'Cannot use deflate-raw as this runtime has no CompressionStream of "deflate-raw"',
    );
    gzip(json());
    // A Worker outside of a handler.
    replaceBy(() => {
      throw new Error("Disallowed operation called within global scope");
    });
    deflateRaw(json());
  } finally {
    globalThis.DecompressionStream = kept;
  }
});

Deno.test("gzip and deflateRaw nest", async () => {
  const processor = gzip(deflateRaw(jsonLines<number>()));
  assertEquals(processor.name, "gzip(deflate-raw(json+newline))");
  const records = await pack(processor, putsOf([1, 2]));
  assertEquals(valuesOf(await unpackAll(processor, records)), [1, 2]);
  assertEquals(text(records[0]!.data.subarray(0, 1)), "\x1f");
});
