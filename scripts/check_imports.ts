/**
 * Prints every import cycle among shipped files and every shipped file that no entry point imports,
 * directly or indirectly. Exits with 1 if there is any.
 *
 *     deno run --allow-read --allow-run scripts/check_imports.ts
 *
 * @module
 */
import { entryPointsOf } from "./entry_points.ts";
import { importCycles, importGraph } from "./import_graph.ts";
import { layerOf } from "./layers.ts";
import { sourceFiles } from "./source_files.ts";

if (import.meta.main) {
  const root = new URL("../", import.meta.url);
  const graph = await importGraph(root, await entryPointsOf(root));
  const problems = importCycles(graph).map((cycle) =>
    `import cycle: ${cycle.join(" → ")}`
  );
  for await (const path of sourceFiles(root)) {
    if (layerOf(path) === undefined || graph.has(path)) continue;
    problems.push(`no entry point reaches ${path}`);
  }
  for (const problem of problems) console.error(problem);
  console.log(`${graph.size} files checked, ${problems.length} problems`);
  if (problems.length > 0) Deno.exit(1);
}
