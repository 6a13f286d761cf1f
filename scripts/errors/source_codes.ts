/**
 * The codes of errors in the shipped source.
 *
 * @module
 */
import { sourceFiles } from "../source_files.ts";
import { isTooling } from "../layers.ts";

/** Folders whose errors are those of a command, or of a server that is played. */
const OTHERS = ["cli/", "testing/", "metrics/"];

/** The codes that the source gives to errors of its own. */
export async function codesInSource(root: URL): Promise<Set<string>> {
  const codes = new Set<string>();
  for await (const path of sourceFiles(root)) {
    if (isTooling(path) || OTHERS.some((folder) => path.startsWith(folder))) {
      continue;
    }
    const text = await Deno.readTextFile(new URL(path, root));
    const found = text.matchAll(
      /\bcode(?:: | = |: options\.code \?\? )"([A-Za-z]+)"/g,
    );
    for (const [, code] of found) codes.add(code!);
  }
  return codes;
}
