import { assertEquals } from "@std/assert";
import { OWN_CODES } from "../../scripts/errors/own_codes.ts";
import { codesInSource } from "../../scripts/errors/source_codes.ts";
import { MADE_PAGES } from "../../scripts/reference.ts";

const ROOT = new URL("../../", import.meta.url);

for (const { file, make } of MADE_PAGES) {
  const name = file.pathname.slice(ROOT.pathname.length);
  Deno.test(`${name} is what \`deno task reference\` writes`, async () => {
    const text = await make();
    assertEquals(await Deno.readTextFile(file), text);
    assertEquals(text.match(/\{?@\w+ \{.*/g), null, "tags in the text");
  });
}

Deno.test("docs/errors.md has each code of the source, and no others", async () => {
  const described = OWN_CODES.flatMap(({ codes }) => codes)
    .map(({ code }) => code);
  const used = [...await codesInSource(ROOT)];
  assertEquals(described.toSorted(), used.toSorted());
});
