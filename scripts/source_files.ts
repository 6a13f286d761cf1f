/**
 * The source files of the repository.
 *
 * @module
 */

const SKIPPED = new Set(["node_modules", "coverage"]);

/** Paths of all TypeScript files below a folder, relative to it, with forward slashes, sorted; hidden folders are left out. */
export async function* sourceFiles(
  root: URL,
  prefix = "",
): AsyncGenerator<string> {
  const entries: Deno.DirEntry[] = [];
  for await (const entry of Deno.readDir(new URL(prefix || "./", root))) {
    if (!entry.name.startsWith(".") && !SKIPPED.has(entry.name)) {
      entries.push(entry);
    }
  }
  entries.sort((a, b) => a.name < b.name ? -1 : 1);
  for (const { name, isDirectory } of entries) {
    if (isDirectory) yield* sourceFiles(root, `${prefix}${name}/`);
    else if (/\.[cm]?tsx?$/.test(name)) yield `${prefix}${name}`;
  }
}
