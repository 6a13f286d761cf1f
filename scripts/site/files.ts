/**
 * Files of a folder.
 *
 * @module
 */
/** The paths of all files in a folder and its subfolders, relative to it, with forward slashes. */
export async function* walkFiles(
  folder: URL,
  prefix = "",
): AsyncGenerator<string> {
  const path = encodeURI(prefix) || "./";
  for await (
    const { name, isDirectory } of Deno.readDir(new URL(path, folder))
  ) {
    if (isDirectory) yield* walkFiles(folder, `${prefix}${name}/`);
    else yield `${prefix}${name}`;
  }
}
