import { assertEquals } from "@std/assert";
import { makeReference, REFERENCE } from "../../scripts/reference.ts";

Deno.test("docs/reference.md is what `deno task reference` writes", async () => {
  assertEquals(await Deno.readTextFile(REFERENCE), await makeReference());
});

Deno.test("docs/reference.md names no default in the text of an option", async () => {
  const text = await makeReference();
  assertEquals(text.match(/@\w+ \{.*/g), null);
});
