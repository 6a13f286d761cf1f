/**
 * Writes the pages of the documentation that are made from the source: `docs/reference.md` from the
 * comments of options, `docs/errors.md` from the classes and codes of errors, and `docs/iam.md` from
 * the requests of programs.
 *
 * @module
 */
import { OWN_CODES } from "./errors/own_codes.ts";
import { errorsPage } from "./errors/page.ts";
import { SERVICE_CODES } from "./errors/service_codes.ts";
import { policiesPage } from "./iam/page.ts";
import { classesOf, interfacesOf } from "./reference/api.ts";
import { referenceOf } from "./reference/markdown.ts";
import { ENTRY_POINTS, SECTIONS } from "./reference/sections.ts";

const ROOT = new URL("../", import.meta.url);

/** A page that is made from the source. */
export interface MadePage {
  readonly file: URL;
  /** The text as it should be. */
  make(): Promise<string>;
}

/** The pages. */
export const MADE_PAGES: readonly MadePage[] = [
  {
    file: new URL("docs/reference.md", ROOT),
    make: async () =>
      await formatted(
        referenceOf(SECTIONS, await interfacesOf(ROOT, ENTRY_POINTS)),
      ),
  },
  {
    file: new URL("docs/errors.md", ROOT),
    make: async () =>
      await formatted(
        errorsPage(
          await classesOf(ROOT, "errors.ts"),
          OWN_CODES,
          SERVICE_CODES,
        ),
      ),
  },
  {
    file: new URL("docs/iam.md", ROOT),
    make: async () => await formatted(await policiesPage()),
  },
];

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
  if (!success) throw new Error("deno fmt refuses the page");
  return new TextDecoder().decode(stdout);
}

if (import.meta.main) {
  for (const { file, make } of MADE_PAGES) {
    await Deno.writeTextFile(file, await make());
    console.log(file.pathname.slice(ROOT.pathname.length));
  }
}
