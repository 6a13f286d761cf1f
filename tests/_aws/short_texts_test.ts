import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ShortTexts } from "../../_aws/short_texts.ts";

/** The texts of a byte array with `Buffer` and without. */
function both(bytes: Uint8Array<ArrayBuffer>): ShortTexts[] {
  const scope = globalThis as { Buffer?: unknown };
  const { Buffer } = scope;
  const texts = new ShortTexts(bytes);
  delete scope.Buffer;
  try {
    return [texts, new ShortTexts(bytes)];
  } finally {
    scope.Buffer = Buffer;
  }
}

Deno.test("ShortTexts are those of a TextDecoder at every length, also of bytes that are not UTF-8", () => {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const pieces = fc.oneof(
    fc.string({ unit: "grapheme" }).map((text) =>
      new TextEncoder().encode(text)
    ),
    fc.uint8Array({ maxLength: 12 }),
    fc.constant(Uint8Array.of(0xef, 0xbb, 0xbf)),
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const bytes = new Uint8Array([9, 9, 9, ...parts.flatMap((p) => [...p])])
        .subarray(1);
      for (let end = 2; end <= bytes.length; end += 7) {
        const expected = decoder.decode(bytes.subarray(2, end));
        for (const texts of both(bytes)) {
          assertEquals(texts.at(2, end - 2), expected);
        }
      }
    }),
    { numRuns: 300 },
  );
});
