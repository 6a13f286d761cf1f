import { assertEquals } from "@std/assert";
import { pathToFileURL } from "node:url";
import {
  exportsOf,
  unmarkedPrivateFiles,
  unusedExports,
} from "../../scripts/exports.ts";

const files = {
  "mod.ts": 'export { shown } from "./a/mod.ts";',
  "user.ts":
    'import { helper } from "./a/helper.ts";\nexport const user: number = helper;',
  "a/mod.ts": 'export { shown } from "./shown.ts";',
  "a/shown.ts":
    'import { inner } from "./inner.ts";\nimport type * as api from "./types.ts";\nexport const shown: api.Text = inner;',
  "a/helper.ts": "export const helper: number = 1;",
  "a/inner.ts":
    'export const inner = "b" as const;\nexport function forTests(): void {}',
  "a/types.ts": 'export type * from "./text.ts";',
  "a/text.ts": "export type Text = string;\nexport interface Alone {}",
};
const paths = Object.keys(files);
const entryPoints = ["mod.ts", "a/mod.ts", "user.ts"];

async function exportsOfFiles() {
  const folder = await Deno.makeTempDir();
  const root = pathToFileURL(`${folder}/`);
  try {
    await Deno.mkdir(`${folder}/a`);
    for (const [path, text] of Object.entries(files)) {
      await Deno.writeTextFile(new URL(path, root), text);
    }
    return await exportsOf(root, paths);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("unusedExports lists values that no other file imports or exports again", async () => {
  const exports = await exportsOfFiles();
  assertEquals(
    unusedExports(exports, entryPoints).map(({ path, name }) => [path, name]),
    [["a/inner.ts", "forTests"]],
  );
});

Deno.test("unmarkedPrivateFiles lists files whose exports stay inside of their public folder", async () => {
  const exports = await exportsOfFiles();
  assertEquals(unmarkedPrivateFiles(paths, exports, entryPoints).sort(), [
    "a/inner.ts",
    "a/text.ts",
    "a/types.ts",
  ]);
});
