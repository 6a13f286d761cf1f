import process from "node:process";
import { md5 } from "@noble/hashes/legacy.js";
import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { hashKeyOf, hashKeyPrefixOf } from "../../_aws/hash_key.ts";
import { isMd5Of, md5OfText, writeMd5 } from "../../_core/md5.ts";

function md5Hex(bytes: Uint8Array): string {
  const target = new Uint8Array(16);
  writeMd5(bytes, target, 0);
  return Array.from(target, (b) => b.toString(16).padStart(2, "0")).join("");
}

Deno.test("writeMd5 gives the digests of RFC 1321", () => {
  const vectors: [string, string][] = [
    ["", "d41d8cd98f00b204e9800998ecf8427e"],
    ["a", "0cc175b9c0f1b6a831c399e269772661"],
    ["abc", "900150983cd24fb0d6963f7d28e17f72"],
    ["message digest", "f96b697d7cb7938d525a2f31aaf161d0"],
    ["abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"],
    [
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
      "d174ab98d277d9f5a5611c2c9f419d9f",
    ],
    ["1234567890".repeat(8), "57edf4a22be3c955ac49da2e2107b67a"],
  ];
  for (const [text, digest] of vectors) {
    assertEquals(md5Hex(new TextEncoder().encode(text)), digest);
  }
});

Deno.test("writeMd5 agrees with another implementation at every length and alignment", () => {
  const bytes = Uint8Array.from({ length: 400 }, (_, i) => i * 7919);
  for (let length = 0; length <= 300; length++) {
    for (let start = 0; start < 5; start++) {
      const part = bytes.subarray(start, start + length);
      const target = new Uint8Array(20);
      writeMd5(part, target, 2);
      assertEquals(target.slice(2, 18), md5(part));
      assert(isMd5Of(part, target, 2));
      target[2 + length % 16]! ^= 1;
      assertFalse(isMd5Of(part, target, 2));
    }
  }
});

Deno.test("writeMd5 of a long message agrees with another implementation", () => {
  const bytes = Uint8Array.from({ length: 20_000 }, (_, i) => i * 7919);
  for (const length of [8191, 8192, 8193, 19_990]) {
    for (let start = 0; start < 5; start++) {
      const part = bytes.subarray(start, start + length);
      const target = new Uint8Array(20);
      writeMd5(part, target, 2);
      assertEquals(target.slice(2, 18), md5(part));
      assert(isMd5Of(part, target, 2));
      target[2 + start]! ^= 1;
      assertFalse(isMd5Of(part, target, 2));
    }
  }
});

Deno.test("writeMd5 does without node:crypto where that refuses MD5", async () => {
  const refuses = {
    createHash: () => {
      throw new Error("FIPS");
    },
  };
  const { getBuiltinModule } = process;
  process.getBuiltinModule = () => refuses;
  try {
    // A second copy of the module, which has not looked for node:crypto yet.
    const { writeMd5 } = await import(
      new URL("../../_core/md5.ts?refused", import.meta.url).href
    );
    const bytes = new Uint8Array(10_000).fill(3);
    const target = new Uint8Array(16);
    writeMd5(bytes, target, 0);
    assertEquals(target, md5(bytes));
  } finally {
    process.getBuiltinModule = getBuiltinModule;
  }
});

Deno.test("hashKeyOf agrees with another implementation for any text", () => {
  const words = new Uint32Array(4);
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 300 }),
      (text) => {
        const digest = md5(new TextEncoder().encode(text));
        const view = new DataView(digest.buffer);
        const expected = (view.getBigUint64(0) << 64n) | view.getBigUint64(8);
        assertEquals(hashKeyOf(text), expected);
        assertEquals(hashKeyPrefixOf(text), Number(expected >> 96n));
        md5OfText(text, words);
        assertEquals(words[3], view.getUint32(12));
      },
    ),
    { numRuns: 200 },
  );
});
