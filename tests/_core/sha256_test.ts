import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { createSha256, hexOf } from "../../_core/sha256.ts";

const here = createSha256();
const web = createSha256(null);
const utf8 = (text: string) => new TextEncoder().encode(text);

for (const [name, sha256] of Object.entries({ here, web })) {
  // https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values
  Deno.test(`Sha256 hashes bytes and texts (${name})`, async () => {
    const abc =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assertEquals(await sha256.hex("abc"), abc);
    assertEquals(await sha256.hex(utf8("abc")), abc);
  });

  // https://www.rfc-editor.org/rfc/rfc4231#section-4.3
  Deno.test(`Sha256 authenticates texts (${name})`, async () => {
    const key = await sha256.key(utf8("Jefe"));
    for (let turn = 0; turn < 2; turn++) {
      assertEquals(
        hexOf(await sha256.hmac(key, "what do ya want for nothing?")),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
      );
    }
  });
}

Deno.test("Sha256 hashes a short message in this thread, where the runtime can", () => {
  assertEquals(typeof here.hex("abc"), "string");
  assertEquals(typeof here.hex(new Uint8Array(1024 * 1024)), "string");
});

Deno.test("Sha256 hashes a long message in another thread", async () => {
  const long = new Uint8Array(1024 * 1024 + 1).fill(7);
  const hash = here.hex(long);
  assertEquals(hash instanceof Promise, true);
  assertEquals(await hash, await web.hex(long));
});

Deno.test("Sha256 is the same in both ways for any message", async () => {
  const message = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => new Uint8Array(bytes)),
  );
  await fc.assert(
    fc.asyncProperty(message, async (message) => {
      assertEquals(await here.hex(message), await web.hex(message));
    }),
  );
});
