/**
 * Writes the reference of options, `docs/reference.md`, from the comments of the source.
 *
 * @module
 */
import { interfacesOf } from "./reference/api.ts";
import { referenceOf } from "./reference/markdown.ts";
import { ENTRY_POINTS, SECTIONS } from "./reference/sections.ts";

const ROOT = new URL("../", import.meta.url);
/** The page. */
export const REFERENCE: URL = new URL("docs/reference.md", ROOT);

/** The text of the page as it should be. */
export async function makeReference(): Promise<string> {
  const text = referenceOf(SECTIONS, await interfacesOf(ROOT, ENTRY_POINTS));
  return await formatted(text);
}

async function formatted(markdown: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", "md", "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(markdown));
  await writer.close();
  const { success, stdout } = await child.output();
  if (!success) throw new Error("deno fmt refuses the reference");
  return new TextDecoder().decode(stdout);
}

if (import.meta.main) {
  const text = await makeReference();
  await Deno.writeTextFile(REFERENCE, text);
  console.log(`docs/reference.md: ${text.split("\n").length} lines`);
}
