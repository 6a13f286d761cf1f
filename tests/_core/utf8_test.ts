import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { encodeUtf8, isWellFormed, utf8Length } from "../../_core/utf8.ts";

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
