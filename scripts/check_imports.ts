/**
 * Prints every circle of imports in what is shipped, and every shipped file that no entry point reaches; exits with 1 if
 * there is any.
 *
 *     deno run --allow-read --allow-run scripts/check_imports.ts
 *
 * @module
 */
import { entryPointsOf } from "./entry_points.ts";
import { circlesIn, importGraph } from "./import_graph.ts";
import { layerOf } from "./layers.ts";
import { sourceFiles } from "./source_files.ts";

if (import.meta.main) {
  const root = new URL("../", import.meta.url);
  const graph = await importGraph(root, await entryPointsOf(root));
  const problems = circlesIn(graph).map((circle) =>
    `closes a circle of imports: ${circle.join(" → ")}`
  );
  for await (const path of sourceFiles(root)) {
    if (layerOf(path) === undefined || graph.has(path)) continue;
    problems.push(`no entry point reaches ${path}`);
  }
  for (const problem of problems) console.error(problem);
  console.log(`${graph.size} files checked, ${problems.length} problems`);
  if (problems.length > 0) Deno.exit(1);
}
