/**
 * Checks what single files cannot show, and prints:
 *
 * - import cycles among shipped files
 * - shipped files that no entry point imports, directly or indirectly
 * - exported values that no other shipped file uses: only tests use them, or nothing
 * - private files of public folders whose name does not start with an underscore
 *
 * Exits with 1 if there is any.
 *
 *     deno run --allow-read --allow-run scripts/check_imports.ts
 *
 * @module
 */
import { entryPointsOf } from "./entry_points.ts";
import { exportsOf, unmarkedPrivateFiles, unusedExports } from "./exports.ts";
import { importCycles, importGraph } from "./import_graph.ts";
import { layerOf } from "./layers.ts";
import { sourceFiles } from "./source_files.ts";

if (import.meta.main) {
  const root = new URL("../", import.meta.url);
  const entryPoints = await entryPointsOf(root);
  const paths: string[] = [];
  for await (const path of sourceFiles(root)) {
    if (layerOf(path) !== undefined) paths.push(path);
  }
  const [graph, exports] = await Promise.all([
    importGraph(root, entryPoints),
    exportsOf(root, paths),
  ]);
  const problems = [
    ...importCycles(graph).map((cycle) => `import cycle: ${cycle.join(" → ")}`),
    ...paths.filter((path) => !graph.has(path))
      .map((path) => `no entry point reaches ${path}`),
    ...unusedExports(exports, entryPoints)
      .map(({ path, name }) => `no shipped file uses ${name} of ${path}`),
    ...unmarkedPrivateFiles(paths, exports, entryPoints)
      .map((path) => `${path} is private: start its name with an underscore`),
  ];
  for (const problem of problems) console.error(problem);
  console.log(`${graph.size} files checked, ${problems.length} problems`);
  if (problems.length > 0) Deno.exit(1);
}
