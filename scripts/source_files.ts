/**
 * The source files of the repository.
 *
 * @module
 */

const SKIPPED = new Set(["node_modules", "coverage", "_site"]);

/**
 * The paths of all TypeScript files in a folder and its subfolders, sorted. Paths are relative to
 * the folder, with forward slashes. Hidden files and folders are skipped.
 */
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
