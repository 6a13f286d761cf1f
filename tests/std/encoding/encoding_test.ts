import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import { decodeHex, encodeHex } from "@std/encoding/hex";
import fc from "fast-check";

// The vectors of RFC 4648, section 10.
const VECTORS: [text: string, base64: string, hex: string][] = [
  ["", "", ""],
  ["f", "Zg==", "66"],
  ["fo", "Zm8=", "666f"],
  ["foo", "Zm9v", "666f6f"],
  ["foob", "Zm9vYg==", "666f6f62"],
  ["fooba", "Zm9vYmE=", "666f6f6261"],
  ["foobar", "Zm9vYmFy", "666f6f626172"],
];

Deno.test("encodeBase64 and encodeHex give what RFC 4648 lists", () => {
  for (const [text, base64, hex] of VECTORS) {
    const bytes = new TextEncoder().encode(text);
    for (const input of [text, bytes, bytes.buffer]) {
      assertStrictEquals(encodeBase64(input), base64);
      assertStrictEquals(encodeHex(input), hex);
    }
    assertEquals(decodeBase64(base64), bytes);
    assertEquals(decodeHex(hex), bytes);
    assertEquals(decodeHex(hex.toUpperCase()), bytes);
  }
});

Deno.test("encodeBase64 and encodeHex take the view's bytes and not the whole buffer", () => {
  const view = new TextEncoder().encode("xfoox").subarray(1, 4);
  assertStrictEquals(encodeBase64(view), "Zm9v");
  assertStrictEquals(encodeHex(view), "666f6f");
  assertStrictEquals(view.byteLength, 3);
});

Deno.test("decodeBase64 reverses encodeBase64 for any bytes", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      (bytes) => assertEquals(decodeBase64(encodeBase64(bytes)), bytes.slice()),
    ),
  );
  const large = new Uint8Array(200_000).map((_, i) => i * 31);
  assertEquals(decodeBase64(encodeBase64(large)), large);
});

Deno.test("decodeHex reverses encodeHex for any bytes", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      (bytes) => assertEquals(decodeHex(encodeHex(bytes)), bytes.slice()),
    ),
  );
});

Deno.test("decodeBase64 takes text without padding, or with too little", () => {
  for (const text of ["Zg", "Zg=", "Zg=="]) {
    assertEquals(decodeBase64(text), new Uint8Array([0x66]));
  }
});

Deno.test("decodeBase64 throws when the text is not base64", () => {
  for (
    const text of ["Zm9v!!", "Zm 9v1", "Zm9v\n1", "Z===Zm", "Zm9-", "Zm=v"]
  ) {
    assertThrows(() => decodeBase64(text), TypeError);
  }
  for (const text of ["Z", "Z==", "Zm9vZ", "!"]) {
    assertThrows(() => decodeBase64(text), RangeError);
  }
});

Deno.test("decodeHex throws when the text is not hex", () => {
  for (const text of ["6g", "0x", "6 ", "é"]) {
    assertThrows(() => decodeHex(text), TypeError);
  }
  for (const text of ["6", "666", "é6", "x"]) {
    assertThrows(() => decodeHex(text), RangeError);
  }
});
