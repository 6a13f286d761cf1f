import { assertEquals } from "@std/assert";
import { pathToFileURL } from "node:url";
import { importCycles, importGraph } from "../../scripts/import_graph.ts";

Deno.test("importGraph follows values and types from the entry points", async () => {
  const folder = await Deno.makeTempDir();
  const root = pathToFileURL(`${folder}/`);
  try {
    const files = {
      "mod.ts": 'export { a } from "./a.ts";',
      "a.ts":
        'import type { B } from "./b.ts";\nexport const a: B = 1;\nexport const later = () => import("./c.ts");',
      "b.ts": "export type B = number;",
      "c.ts": 'import { a } from "./a.ts";\nexport const c = a;',
      "alone.ts": "export {};",
    };
    for (const [path, text] of Object.entries(files)) {
      await Deno.writeTextFile(new URL(path, root), text);
    }
    const graph = await importGraph(root, ["mod.ts"]);
    assertEquals(Object.fromEntries(graph), {
      "mod.ts": ["a.ts"],
      "a.ts": ["b.ts", "c.ts"],
      "b.ts": [],
      "c.ts": ["a.ts"],
    });
    assertEquals(importCycles(graph), [["a.ts", "c.ts", "a.ts"]]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("importCycles reports each cycle once, as the files along it", () => {
  const graph = new Map([
    ["a.ts", ["b.ts", "d.ts"]],
    ["b.ts", ["c.ts"]],
    ["c.ts", ["a.ts"]],
    ["d.ts", ["c.ts"]],
    ["e.ts", ["e.ts"]],
  ]);
  assertEquals(importCycles(graph), [
    ["a.ts", "b.ts", "c.ts", "a.ts"],
    ["e.ts", "e.ts"],
  ]);
});
