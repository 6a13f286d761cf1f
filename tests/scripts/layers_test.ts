import { assertEquals, assertStringIncludes } from "@std/assert";
import { checkLayers, layerOf } from "../../scripts/layers.ts";

/** `path:line` of every violation among these files; the messages must contain the given texts, in order. */
function check(
  files: Record<string, string>,
  messages: string[] = [],
): string[] {
  const violations = checkLayers(new Map(Object.entries(files)));
  messages.forEach((message, i) =>
    assertStringIncludes(violations[i]?.message ?? "no violation", message)
  );
  return violations.map(({ path, line }) => `${path}:${line}`);
}

Deno.test("layerOf knows files and folders of the root only", () => {
  assertEquals(layerOf("errors.ts"), 0);
  assertEquals(layerOf("_producer/batch/x.ts"), 5);
  assertEquals(layerOf("cli/mod.ts"), 8);
  assertEquals(layerOf("surprise/x.ts"), undefined);
  assertEquals(layerOf("toString"), undefined);
});

Deno.test("checkLayers accepts a house in order", () => {
  assertEquals(
    check({
      "errors.ts":
        'import type { R } from "./records.ts";\nexport class E { r?: R }',
      "records.ts":
        'import type { E } from "./errors.ts";\nexport type R = { e: E };',
      "_core/a.ts":
        'import { E } from "../errors.ts";\nimport { b } from "./b.ts";\nexport const a = [E, b];',
      "_core/b.ts":
        "// Deno.readFile and ReadableStream.from are only talked about\nexport const b = 'Deno.cwd()';",
      "client/mod.ts":
        '/** Words.\n * @module\n */\nexport { c } from "./c.ts";\nexport type {\n  C,\n} from "./c.ts";\n',
      "client/c.ts":
        'import { a } from "../_core/a.ts";\nimport pkg from "aws4fetch";\nexport const c = [a, pkg];\nexport type C = 1;',
      "checkpoint/kv.ts": "export const kv = () => Deno.openKv();",
      "credentials/files.ts": 'export const fs = () => import("node:fs");',
      "cli/main.ts": 'import { c } from "../client/mod.ts";\nDeno.exit(c);',
      "testing/server.ts": 'import "./_state/x.ts";',
      "testing/_state/x.ts": "export {};",
      "tests/a_test.ts":
        'import "../_core/a.ts";\nimport "../testing/_state/x.ts";\nawait using x = Deno;',
      "examples/a.ts": 'import "@webstreams/kinesis";',
      "std/assert/mod.ts": "export const assert = 1;",
    }),
    [],
  );
});

Deno.test("checkLayers reports an import of a higher layer, of types too", () => {
  const files = {
    "_core/a.ts":
      '\nimport { c } from "../client/c.ts";\nimport type { D } from "../client/c.ts";',
    "client/c.ts": "export const c = 1;\nexport type D = 1;",
  };
  assertEquals(check(files, ["of layer 3 from layer 1"]), [
    "_core/a.ts:2",
    "_core/a.ts:3",
  ]);
});

Deno.test("checkLayers reports circles", () => {
  const circle = check({
    "_core/a.ts": 'import "./b.ts";',
    "_core/b.ts": '\nimport "./c.ts";',
    "_core/c.ts": '\n\nimport type { A } from "./a.ts";',
  }, ["_core/a.ts → _core/b.ts → _core/c.ts → _core/a.ts"]);
  assertEquals(circle, ["_core/c.ts:3"]);
  const values = check({
    "errors.ts": 'import { r } from "./records.ts";',
    "records.ts": 'import { e } from "./errors.ts";',
  });
  assertEquals(values, ["records.ts:1"]);
  const tooling = check({
    "tests/a.ts": 'import { b } from "./b.ts";',
    "tests/b.ts": 'import { a } from "./a.ts";',
    "tests/c.ts": 'import type { D } from "./d.ts";',
    "tests/d.ts": 'import { c } from "./c.ts";',
  });
  assertEquals(tooling, ["tests/b.ts:1"]);
});

Deno.test("checkLayers reports private parts that are imported from outside", () => {
  const files = {
    "_aws/x.ts": "export {};",
    "testing/_state/x.ts": "export {};",
    "testing/_random.ts": "export {};",
    "examples/a.ts": 'import "../_aws/x.ts";',
    "lambda/a.ts": 'import "../testing/_state/x.ts";',
    "metrics/a.ts": '\nimport "../testing/_random.ts";',
  };
  assertEquals(
    check(files, [
      "private to the library",
      "private to testing/",
      "private to testing/",
    ]),
    ["examples/a.ts:1", "lambda/a.ts:1", "metrics/a.ts:2"],
  );
});

Deno.test("checkLayers reports what older runtimes lack", () => {
  const source = [
    "const a = Deno.cwd();",
    'import "node:fs";',
    "using lock = a;",
    "await using kv = a;",
    "for (using x of a) {}",
    "ReadableStream.from([]);",
    "const b = globalThis.Deno?.env;",
  ].join("\n");
  assertEquals(
    check({ "_core/a.ts": source }),
    [1, 2, 3, 4, 5, 6, 7].map((line) => `_core/a.ts:${line}`),
  );
  assertEquals(check({ "credentials/a.ts": 'import "node:fs";' }), [
    "credentials/a.ts:1",
  ]);
  assertEquals(check({ "cli/a.ts": "using a = Deno;" }), ["cli/a.ts:1"]);
});

Deno.test("checkLayers reports a mod.ts that does more than re-export by name", () => {
  const good = 'export { a } from "./a.ts";\n';
  for (
    const bad of [
      'export * from "./b.ts";',
      "export const x = 1;",
      'import { a } from "./a.ts";',
      "console.log(1);",
    ]
  ) {
    assertEquals(
      check({ "client/mod.ts": good + bad }, ["more than re-export"]),
      ["client/mod.ts:2"],
    );
  }
});

Deno.test("checkLayers reports imports that leave what is shipped", () => {
  const files = {
    "_core/a.ts": 'import "../tests/x.ts";',
    "_core/b.ts": 'import "../std/assert/mod.ts";',
    "_core/c.ts": 'import "@webstreams/kinesis/client";',
    "_core/d.ts": 'import "../../elsewhere/x.ts";',
    "cli/a.ts": 'import "../producer.ts";',
    "std/assert/mod.ts": 'import "../../errors.ts";',
    "surprise/a.ts": "",
  };
  assertEquals(
    check(files, [
      "not shipped",
      '"@std/…"',
      "by name",
      "outside the repository",
      "public entry points only",
      "std/ stands alone",
      "has no layer",
    ]),
    Object.keys(files).map((path) => `${path}:1`),
  );
});
