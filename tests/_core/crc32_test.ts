import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { crc32 } from "../../_core/crc32.ts";

/** Bit by bit, straight from the definition. */
function slowCrc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) {
      crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    }
  }
  return ~crc >>> 0;
}

Deno.test("crc32 gives the check value of its catalogue entry", () => {
  assertEquals(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
  assertEquals(crc32(new Uint8Array()), 0);
});

Deno.test("crc32 equals the bitwise definition for bytes of any length and offset", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(9), (bytes, skip) => {
      const view = bytes.subarray(skip);
      assertEquals(crc32(view), slowCrc32(view));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("crc32 goes on from the checksum of what came before", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(60), (bytes, at) => {
      const first = crc32(bytes.subarray(0, at));
      assertEquals(crc32(bytes.subarray(at), first), crc32(bytes));
    }),
  );
});
