/**
 * The entry points of the package.
 *
 * @module
 */

/** The files in `exports` of `deno.json`, as paths without the leading `./`. */
export async function entryPointsOf(root: URL): Promise<string[]> {
  const { exports } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", root)),
  ) as { exports: string | Record<string, string> };
  const paths = typeof exports === "string"
    ? [exports]
    : Object.values(exports);
  return paths.map((path) => path.replace(/^\.\//, ""));
}
