import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Slabs } from "../../_core/slabs.ts";
import {
  asciiParts,
  asciiTexts,
  decodeUtf8,
  encodeUtf8,
  isWellFormed,
  shortAscii,
  utf8Length,
} from "../../_core/utf8.ts";

/** Texts with lone surrogates too. */
const anyText = fc.array(
  fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("\ud800", "\udfff", "\udbff", "\udc00", "a", "é", "€"),
  ),
).map((parts) => parts.join(""));

Deno.test("utf8Length is the length of the bytes for any text", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      assertEquals(utf8Length(text), encodeUtf8(text).length);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("isWellFormed finds lone surrogates, with and without the native method", () => {
  const native = Object.getOwnPropertyDescriptor(
    String.prototype,
    "isWellFormed",
  );
  const isExpected = (text: string) =>
    new TextDecoder("utf-8", { ignoreBOM: true }).decode(encodeUtf8(text)) ===
      text;
  const check = () =>
    fc.assert(
      fc.property(anyText, (text) => {
        assertEquals(isWellFormed(text), isExpected(text));
      }),
      { numRuns: 500 },
    );
  check();
  if (!native) return;
  try {
    Reflect.deleteProperty(String.prototype, "isWellFormed");
    check();
  } finally {
    Object.defineProperty(String.prototype, "isWellFormed", native);
  }
});

Deno.test("asciiTexts decodes ASCII as decodeUtf8 does, and leaves out all other arrays", () => {
  const bytes = fc.oneof(
    fc.string({ maxLength: 20 }).map((text) => encodeUtf8(text)),
    fc.string({ unit: "binary", maxLength: 20 }).map((text) =>
      encodeUtf8(text)
    ),
    fc.uint8Array({ maxLength: 20 }).map((each) => new Uint8Array(each)),
    fc.constantFrom(new Uint8Array(0), new Uint8Array(9000).fill(0x61)),
  );
  fc.assert(fc.property(fc.array(bytes), fc.boolean(), (parts, areTogether) => {
    const slabs = new Slabs();
    const arrays = areTogether ? parts.map((part) => slabs.copy(part)) : parts;
    const texts = asciiTexts(arrays);
    assertEquals(texts.length, arrays.length);
    for (const [i, text] of texts.entries()) {
      if (text !== undefined) assertEquals(text, decodeUtf8(arrays[i]!));
    }
    const isAscii = parts.every((part) => part.every((byte) => byte < 0x80));
    if (isAscii) assertEquals(texts.includes(undefined), false);
  }));
});

const partBytes = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 80 }).map(encodeUtf8) },
  fc.string({ unit: "binary", maxLength: 20 }).map(encodeUtf8),
  fc.uint8Array({ maxLength: 20 }).map((each) => new Uint8Array(each)),
  fc.constantFrom(9000, 16_384, 16_385).map((length) =>
    new Uint8Array(length).fill(0x61)
  ),
);

Deno.test("asciiParts and shortAscii decode ASCII as decodeUtf8 does, and leave out all other parts", () => {
  fc.assert(fc.property(fc.array(partBytes), (parts) => {
    const bytes = new Uint8Array(parts.reduce((sum, it) => sum + it.length, 0));
    const ranges: number[] = [];
    let end = 0;
    for (const part of parts) {
      bytes.set(part, end);
      ranges.push(end, end += part.length);
    }
    const texts = asciiParts(bytes, ranges);
    assertEquals(texts.length, parts.length);
    for (const [i, part] of parts.entries()) {
      const isAscii = part.every((byte) => byte < 0x80);
      const expected = isAscii ? decodeUtf8(part) : undefined;
      if (texts[i] !== undefined) assertEquals(texts[i], expected);
      const short = part.length > 64 ? undefined : expected;
      assertEquals(shortAscii(bytes, ranges[2 * i]!, part.length), short);
    }
    if (parts.every((part) => part.every((byte) => byte < 0x80))) {
      for (const [i, part] of parts.entries()) {
        assertEquals(texts[i] === undefined, part.length > 16_384);
      }
    }
  }));
});
