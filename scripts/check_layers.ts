/**
 * Prints every import and every word that breaks the rules of the house; exits with 1 if there is any.
 *
 *     deno run --allow-read scripts/check_layers.ts
 *
 * @module
 */
import { checkLayers } from "./layers.ts";
import { sourceFiles } from "./source_files.ts";

if (import.meta.main) {
  const root = new URL("../", import.meta.url);
  const files = new Map<string, string>();
  for await (const path of sourceFiles(root)) {
    files.set(path, await Deno.readTextFile(new URL(path, root)));
  }
  const violations = checkLayers(files);
  for (const { path, line, message } of violations) {
    console.error(`${path}:${line} ${message}`);
  }
  console.log(`${files.size} files checked, ${violations.length} violations`);
  if (violations.length > 0) Deno.exit(1);
}
