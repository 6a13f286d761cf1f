import { assertEquals, assertStringIncludes } from "@std/assert";
import plugin from "../../scripts/lint_plugin.ts";

/**
 * The lines of a file that break a rule of the house; the messages must contain the given texts, in
 * order.
 */
function lint(
  path: string,
  source: string,
  messages: string[] = [],
): number[] {
  const found = Deno.lint.runPlugin(plugin, path, source);
  messages.forEach((message, i) =>
    assertStringIncludes(found[i]?.message ?? "nothing found", message)
  );
  return found.map(({ range }) => source.slice(0, range[0]).split("\n").length);
}

Deno.test("house/layers reports an import of a higher layer, of types too", () => {
  const source = [
    'import { e } from "../errors.ts";',
    'import { c } from "../client/c.ts";',
    'import type { D } from "../client/c.ts";',
    'export { f } from "../client/c.ts";',
    'export const g = () => import("../client/c.ts");',
    'import pkg from "aws4fetch";',
  ].join("\n");
  assertEquals(lint("_core/a.ts", source, ["client/c.ts is of layer 3"]), [
    2,
    3,
    4,
    5,
  ]);
});

Deno.test("house/layers reports a folder without a layer, tooling aside", () => {
  assertEquals(lint("surprise/a.ts", "export {};", ["has no layer"]), [1]);
  assertEquals(lint("tests/a_test.ts", "await using x = Deno;"), []);
});

Deno.test("house/web-standards reports what older runtimes lack", () => {
  const source = [
    "const a = Deno.cwd();",
    'import "node:fs";',
    "using lock = a;",
    "async function f() { await using kv = a; }",
    "for (using x of a) {}",
    "ReadableStream.from([]);",
    "const b = globalThis.Deno?.env;",
    'import "@webstreams/kinesis/client";',
  ].join("\n");
  assertEquals(lint("_core/a.ts", source), [1, 2, 3, 4, 5, 6, 7, 8]);
});

Deno.test("house/web-standards does not mind words in comments and texts", () => {
  const source =
    "// Deno.readFile and ReadableStream.from\nexport const b = 'Deno.cwd()';";
  assertEquals(lint("_core/b.ts", source), []);
});

Deno.test("house/web-standards lets files for files, processes and Deno KV use the platform", () => {
  const dynamic = 'export const fs = () => [Deno, import("node:fs")];';
  assertEquals(lint("credentials/files.ts", dynamic), []);
  assertEquals(lint("checkpoint/kv.ts", "export const kv = Deno.openKv;"), []);
  assertEquals(lint("credentials/a.ts", 'import "node:fs";'), [1]);
});

Deno.test("house/reexports-only reports a mod.ts that does more", () => {
  const good =
    'export { a } from "./a.ts";\nexport type { B } from "./b.ts";\n';
  assertEquals(lint("client/mod.ts", good), []);
  for (
    const bad of [
      'export * from "./b.ts";',
      "export const x = 1;",
      'import { a } from "./a.ts";',
      "console.log(1);",
    ]
  ) {
    assertEquals(lint("client/mod.ts", good + bad, ["re-exports by name"]), [
      3,
    ]);
  }
});

Deno.test("house/default-tags reports a default behind other text", () => {
  const tag = "@" + "default {5}";
  const source = [
    `/** The limit. ${tag} */`,
    "export const a = 5;",
    "/**",
    ` * The limit. ${tag}`,
    " */",
    "export const b = 5;",
    "/**",
    " * The limit.",
    ` * ${tag}`,
    " */",
    "export const c = 5;",
  ].join("\n");
  assertEquals(lint("_core/a.ts", source, ["a line of its own"]), [1, 4]);
});
