import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  ListDecoderStream,
  ListEncoderStream,
  NetstringDecoderStream,
  NetstringEncoderStream,
  NewlineDecoderStream,
  NewlineEncoderStream,
} from "../../framing/mod.ts";
import { collect, streamOf, text } from "../processors/_helpers.ts";

type Pair = TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>;

const encoder = new TextEncoder();
const anyBytes = fc.uint8Array({ maxLength: 300 }).map((b) =>
  new Uint8Array(b)
);
const framings: Record<string, {
  encode: () => Pair;
  decode: (options?: { maxFrameBytes?: number }) => Pair;
  frame: fc.Arbitrary<Uint8Array>;
}> = {
  newline: {
    encode: () => new NewlineEncoderStream(),
    decode: (options) => new NewlineDecoderStream(options),
    frame: anyBytes.map((b) => b.filter((byte) => byte !== 10))
      .filter((b) => b.length > 0),
  },
  netstring: {
    encode: () => new NetstringEncoderStream(),
    decode: (options) => new NetstringDecoderStream(options),
    frame: anyBytes,
  },
  list: {
    encode: () => new ListEncoderStream(),
    decode: (options) => new ListDecoderStream(options),
    frame: fc.json().map((json) =>
      encoder.encode(JSON.stringify(JSON.parse(json)))
    ),
  },
};

function joined(chunks: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, c) => sum + c.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
}

function cut(bytes: Uint8Array, places: number[]): Uint8Array[] {
  const at = places.map((place) => place % (bytes.length + 1))
    .sort((a, b) => a - b);
  return [0, ...at].map((start, i) =>
    bytes.subarray(start, at[i] ?? bytes.length)
  );
}

function decode(stream: Pair, input: string | Uint8Array[]) {
  const chunks = typeof input === "string" ? [encoder.encode(input)] : input;
  return collect(streamOf(chunks).pipeThrough(stream));
}

for (
  const [name, { encode, decode: create, frame }] of Object.entries(framings)
) {
  Deno.test(`${name} streams are a round trip however the bytes are cut`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(frame, { maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        fc.boolean(),
        async (frames, places, byteByByte) => {
          const bytes = joined(
            await collect(streamOf(frames).pipeThrough(encode())),
          );
          const chunks = byteByByte
            ? Array.from(bytes, (byte) => Uint8Array.of(byte))
            : cut(bytes, places);
          assertEquals(
            await decode(create(), chunks),
            frames.map((f) => new Uint8Array(f)),
          );
        },
      ),
      { numRuns: 150 },
    );
  });

  Deno.test(`${name} streams take a frame up to the limit and none beyond`, async () => {
    const value = encoder.encode(`"${"x".repeat(98)}"`);
    const bytes = joined(
      await collect(streamOf([value, value]).pipeThrough(encode())),
    );
    for (const size of [1, 7, 1000]) {
      const chunks = Array.from(
        { length: Math.ceil(bytes.length / size) },
        (_, i) => bytes.subarray(i * size, (i + 1) * size),
      );
      const frames = await decode(create({ maxFrameBytes: 100 }), chunks);
      assertEquals(frames.length, 2);
      await assertRejects(() => decode(create({ maxFrameBytes: 99 }), chunks));
    }
    assertThrows(
      () => create({ maxFrameBytes: 0 }),
      RangeError,
      "'maxFrameBytes' must be an integer from 1 to 2147483647: current value is 0",
    );
  });

  Deno.test(`${name} streams take time in proportion to the input, not to the pieces`, async () => {
    const value = encoder.encode(`"${"x".repeat(100_000)}"`);
    const bytes = joined(
      await collect(streamOf([value]).pipeThrough(encode())),
    );
    const chunks = Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));
    const start = performance.now();
    assertEquals((await decode(create(), chunks)).length, 1);
    // Looking at everything again for every byte would take a minute.
    assert(performance.now() - start < 5000);
  });
}

Deno.test("NewlineDecoderStream skips empty lines and takes a last line without a line feed", async () => {
  const lines = await decode(new NewlineDecoderStream(), "\n\na\n\nb");
  assertEquals(lines.map(text), ["a", "b"]);
  assertEquals(await decode(new NewlineDecoderStream(), []), []);
});

Deno.test("NewlineEncoderStream refuses what would not come back", async () => {
  for (const line of ["", "a\nb"]) {
    await assertRejects(
      () => decode(new NewlineEncoderStream(), line),
      TypeError,
    );
  }
});

Deno.test("NetstringDecoderStream errors on damage, after what stands in front of it", async () => {
  for (const rest of ["3:ab", "3:abc;", "x", "01:a,", "99999999999:", "2"]) {
    const frames: string[] = [];
    await assertRejects(async () => {
      const stream = streamOf([encoder.encode("1:a,"), encoder.encode(rest)])
        .pipeThrough(new NetstringDecoderStream());
      for await (const frame of stream) frames.push(text(frame));
    }, SyntaxError);
    assertEquals(frames, ["a"], rest);
  }
});

Deno.test("ListDecoderStream reads arrays however they are spaced", async () => {
  const cases: [string, string[]][] = [
    ["[]", []],
    [" \n[ \t] \r\n", []],
    ['[ {"a":[1,"]"]} ,"\\",\\\\" ,[[]]]\n', [
      '{"a":[1,"]"]}',
      '"\\",\\\\"',
      "[[]]",
    ]],
  ];
  for (const [array, elements] of cases) {
    const found = await decode(new ListDecoderStream(), array);
    assertEquals(found.map(text), elements);
  }
});

Deno.test("ListDecoderStream errors on what is no array", async () => {
  for (
    const bad of [
      "",
      "1",
      "{}",
      "[",
      "[1",
      "[1,",
      '["',
      "[1]x",
      "[1}",
      "[,]",
      "[1,]",
    ]
  ) {
    await assertRejects(
      () => decode(new ListDecoderStream(), bad),
      SyntaxError,
      "Cannot decode list",
      bad,
    );
  }
});

Deno.test("ListEncoderStream writes an empty array for nothing, and refuses nothing as an element", async () => {
  const chunks = await collect(
    streamOf<Uint8Array>([]).pipeThrough(new ListEncoderStream()),
  );
  assertEquals(text(joined(chunks)), "[]");
  await assertRejects(() => decode(new ListEncoderStream(), ""), TypeError);
});
