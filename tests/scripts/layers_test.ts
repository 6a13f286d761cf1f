import { assertEquals, assertMatch } from "@std/assert";
import {
  layerOf,
  LAYERS,
  problemOfImport,
  resolveImport,
} from "../../scripts/layers.ts";

Deno.test("layerOf knows files and folders of the root only", () => {
  assertEquals(layerOf("errors.ts"), 0);
  assertEquals(layerOf("_producer/batch/x.ts"), 5);
  assertEquals(layerOf("testing/mod.ts"), 7);
  assertEquals(layerOf("surprise/x.ts"), undefined);
  assertEquals(layerOf("toString"), undefined);
});

Deno.test("LAYERS are those that docs/architecture.md shows", async () => {
  const text = await Deno.readTextFile(
    new URL("../../docs/architecture.md", import.meta.url),
  );
  const rows = [...text.matchAll(/^\| (\d) +\| ([^|]+) \|/gm)];
  const shown = rows.flatMap(([, layer, paths]) =>
    [...paths!.matchAll(/`([^`]+)`/g)].map(([, path]) => [path, Number(layer)])
  );
  assertEquals(Object.fromEntries(shown), LAYERS);
});

Deno.test("resolveImport gives the path of a relative specifier alone", () => {
  assertEquals(resolveImport("_core/a.ts", "../errors.ts"), "errors.ts");
  assertEquals(resolveImport("a.ts", "./_core/b.ts"), "_core/b.ts");
  assertEquals(resolveImport("_core/a.ts", "../../x/y.ts"), "../x/y.ts");
  assertEquals(resolveImport("a.ts", "npm:aws4fetch"), undefined);
  assertEquals(resolveImport("a.ts", "@std/assert"), undefined);
});

Deno.test("problemOfImport allows what the layers allow", () => {
  for (
    const [from, to] of [
      ["_core/a.ts", "errors.ts"],
      ["_core/a.ts", "_core/b.ts"],
      ["client/c.ts", "_core/a.ts"],
      ["testing/server.ts", "testing/_state/x.ts"],
      ["tests/a_test.ts", "testing/_state/x.ts"],
      ["bench/a.ts", "_producer/lane.ts"],
      ["examples/a.ts", "mod.ts"],
      ["std/assert/a.ts", "std/assert/mod.ts"],
    ] as const
  ) {
    assertEquals(problemOfImport(from, to), undefined, `${from} → ${to}`);
  }
});

Deno.test("problemOfImport says why an import is not allowed", () => {
  for (
    const [from, to, why] of [
      ["_core/a.ts", "client/c.ts", /of layer 3, and this file of layer 1/],
      ["_core/a.ts", "tests/x.ts", /not shipped/],
      ["_core/a.ts", "../elsewhere/x.ts", /outside the repository/],
      ["_core/a.ts", "std/assert/mod.ts", /"@std\/…"/],
      ["std/assert/mod.ts", "errors.ts", /stands alone/],
      ["examples/a.ts", "_aws/x.ts", /private to the library/],
      ["producer.ts", "testing/_state/x.ts", /private to testing\//],
      ["mod.ts", "testing/_random.ts", /private to testing\//],
    ] as const
  ) {
    assertMatch(problemOfImport(from, to) ?? "allowed", why, `${from} → ${to}`);
  }
});
