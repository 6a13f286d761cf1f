import { assertEquals, assertThrows } from "@std/assert";

type Base64 = typeof import("../../_core/base64.ts");

/** The module as a runtime without some functions sees it: it chooses at the first call. */
async function without(
  what: "nothing" | "native" | "native and Buffer",
  use: (base64: Base64) => void,
): Promise<void> {
  const path = `../../_core/base64.ts?without=${what}`;
  const base64: Base64 = await import(path);
  const missing: [object, string][] = [
    [Uint8Array, "fromBase64"],
    [Uint8Array.prototype, "toBase64"],
    [Uint8Array.prototype, "setFromBase64"],
    [globalThis, "Buffer"],
  ];
  const count = { "nothing": 0, "native": 3, "native and Buffer": 4 }[what];
  const kept = missing.slice(0, count).map(([owner, name]) => {
    const property = Object.getOwnPropertyDescriptor(owner, name);
    delete (owner as Record<string, unknown>)[name];
    return [owner, name, property] as const;
  });
  try {
    use(base64);
  } finally {
    for (const [owner, name, property] of kept) {
      if (property) Object.defineProperty(owner, name, property);
    }
  }
}

for (const what of ["nothing", "native", "native and Buffer"] as const) {
  Deno.test(`encodeBase64 and decodeBase64 are inverse, and refuse other texts, in a runtime that lacks ${what}`, async () => {
    await without(what, ({ encodeBase64, decodeBase64 }) => {
      for (const length of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 100_000]) {
        const bytes = Uint8Array.from({ length }, (_, i) => 250 + i * 7);
        const text = encodeBase64(bytes);
        const binary = Array.from(bytes, (byte) => String.fromCharCode(byte));
        assertEquals(text, btoa(binary.join("")));
        assertEquals(new Uint8Array(decodeBase64(text)), bytes);
      }
      for (const text of ["!", "YQ==YQ==", "Y-_Q", "ü", "YQ=\u00a0="]) {
        assertThrows(() => decodeBase64(text));
      }
      assertThrows(() => decodeBase64(undefined as never));
    });
  });
}
