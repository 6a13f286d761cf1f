import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { pathToFileURL } from "node:url";
import { allSteps } from "../../scripts/steps.ts";

async function inFolder(
  files: Record<string, string>,
  run: (root: URL) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const root = pathToFileURL(`${folder}/`);
  try {
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(new URL("./", new URL(path, root)), { recursive: true });
      await Deno.writeTextFile(new URL(path, root), text);
    }
    await run(root);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("allSteps fails the documentation step when an entry point is missing", async () => {
  const exports = { ".": "./mod.ts", "./client": "./client/mod.ts" };
  await inFolder(
    { "deno.json": JSON.stringify({ exports }), "mod.ts": "" },
    async (root) => {
      const step = (await allSteps(root)).find(({ args }) => args[0] === "doc");
      assertEquals(step?.args, ["doc", "--lint", "mod.ts"]);
      assertStringIncludes(step?.problem ?? "", "client/mod.ts");
    },
  );
});

Deno.test("allSteps runs the examples of shipped source, README and docs, and of nothing else", async () => {
  const example = "/**\n * ```ts\n * ```\n */";
  await inFolder({
    "deno.json": JSON.stringify({ exports: "./mod.ts" }),
    "mod.ts": example,
    "client/plain.ts": "",
    "client/x.ts": example,
    "tests/x_test.ts": example,
    "README.md": "```ts\n```",
    "docs/a.md": "```ts\n```",
    "docs/images/a.svg": "<svg/>",
  }, async (root) => {
    const step = (await allSteps(root)).find(({ args }) =>
      args[0] === "test" && args.includes("--doc")
    );
    assertEquals(step?.args.filter((arg) => !arg.startsWith("-")), [
      "test",
      "client/x.ts",
      "mod.ts",
      "README.md",
      "docs/a.md",
    ]);
  });
});

Deno.test("allSteps runs every test in one of its parts", async () => {
  await inFolder({
    "deno.json": JSON.stringify({ exports: "./mod.ts" }),
    "mod.ts": "",
    "tests/_aws/a_test.ts": "",
    "tests/integration/b_test.ts": "",
    "tests/new/c_test.ts": "",
    "tests/consumer/e_test.ts": "",
    "tests/helper.ts": "",
    "tests/d_test.ts": "",
  }, async (root) => {
    const parts = (await allSteps(root)).filter(({ args }) =>
      args[0] === "test" && !args.includes("--doc")
    );
    assertEquals(parts.map(({ name, args }) => [name, args.slice(4)]), [
      ["tests of whole programs", ["tests/integration"]],
      ["tests of the consumer", ["tests/consumer"]],
      ["tests of formats", ["tests/_aws"]],
      ["other tests", ["tests/d_test.ts", "tests/new"]],
    ]);
    assertEquals(parts.every(({ countsTests }) => countsTests), true);
  });
});

Deno.test("allSteps checks the types of all files and of the examples once", async () => {
  await inFolder({
    "deno.json": JSON.stringify({ exports: "./mod.ts" }),
    "mod.ts": "",
    "tests/d_test.ts": "",
    "README.md": "",
    "docs/a.md": "",
  }, async (root) => {
    const steps = await allSteps(root);
    const types = steps.filter(({ args }) => args[0] === "check");
    assertEquals(types.map(({ args }) => args), [
      ["check", "--doc", ".", "README.md", "docs/a.md"],
    ]);
    for (const { args } of steps) {
      if (!["test", "publish"].includes(args[0]!)) continue;
      assert(args.includes("--no-check"), args.join(" "));
    }
  });
});
