import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { base64Decoder, encodeBase64 } from "../../_core/base64.ts";
import { Slabs } from "../../_core/slabs.ts";

Deno.test("Slabs gives no byte out twice, and keeps buffers small", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(20_000), fc.nat(3)), { maxLength: 60 }),
      (sizes) => {
        const slabs = new Slabs();
        const taken = sizes.map(([length, unused], i) => {
          const wanted = Math.max(0, length - unused);
          const bytes = slabs.shorten(slabs.allocate(length), wanted);
          assertEquals(bytes.length, wanted);
          assert(bytes.every((byte) => byte === 0));
          assert(bytes.buffer.byteLength <= Math.max(length, 64 * 1024));
          return bytes.fill(i + 1);
        });
        taken.forEach((bytes, i) =>
          assert(bytes.every((byte) => byte === i + 1))
        );
      },
    ),
  );
});

Deno.test("Slabs copies and leaves the original alone", () => {
  const slabs = new Slabs();
  const original = new Uint8Array([1, 2, 3]);
  const copy = slabs.copy(original);
  copy[0] = 9;
  assertEquals([original[0], copy], [1, new Uint8Array([9, 2, 3])]);
});

Deno.test("base64Decoder decodes many texts and throws on what is none", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 30_000 }), { maxLength: 20 }),
      (blobs) => {
        const decode = base64Decoder();
        const decoded = blobs.map((blob) => decode(encodeBase64(blob)));
        assertEquals(decoded, blobs.map((blob) => new Uint8Array(blob)));
      },
    ),
    { numRuns: 30 },
  );
  for (const text of ["!", "AAAA=", "A", "AA\\/A", "é"]) {
    assertThrows(() => base64Decoder()(text), SyntaxError);
  }
});
