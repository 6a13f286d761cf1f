/**
 * What users of npm get: the package installs, runs, can be bundled in parts, and has types. The
 * tests install the tarball of `scripts/npm_package.ts` in an application.
 *
 * A usual run tries the installed Node.js and two versions of TypeScript. The whole matrix, with all
 * versions of Node.js, Bun and all libraries of types, takes minutes:
 *
 *     deno task test:packages
 *
 * `sizes.json` has the sizes of bundles as they were when the file was written. A test fails if a
 * bundle is 2 % larger. If the growth is wanted, write the file again:
 *
 *     KINESIS_SIZES=write deno task test tests/packages
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { deadLinksOf } from "../../scripts/package_links.ts";
import { CommandKinesis } from "../cli/_kinesis.ts";
import { App, hasNpm } from "./_app.ts";
import {
  type Bundle,
  bundle,
  BUNDLER,
  CONTAINED,
  PARTS,
  SOURCES,
} from "./_bundles.ts";
import { entryPoints } from "./_entry_points.ts";
import { RUNTIMES } from "./_runtimes.ts";
import { CELLS, compile, COMPILER_PACKAGES, PROGRAM } from "./_types.ts";

const SCENARIO = new URL("scenario.js.txt", import.meta.url);
const SIZES = new URL("sizes.json", import.meta.url);
const MOST_GROWTH = 0.02;

/** The sizes of a bundle, in bytes. */
type Sizes = Pick<Bundle, "minified" | "gzipped">;

/** The packages in the lock of npm, by their folders. */
interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly hasInstallScript?: boolean }>
  >;
}

async function readJson<T>(path: string | URL): Promise<T> {
  return JSON.parse(await Deno.readTextFile(path));
}

if (await hasNpm()) {
  let app: App;
  let lock: Lock;
  const isWriting = Deno.env.get("KINESIS_SIZES") === "write";
  const written: Record<string, Sizes> = {};

  Deno.test.beforeAll(async () => {
    app = await App.install();
    lock = await readJson(app.path("package-lock.json"));
    const runtimes = RUNTIMES.flatMap(({ install }) => install ?? []);
    await app.add(".", [BUNDLER, ...COMPILER_PACKAGES, ...runtimes]);
    await app.write("scenario.js", await Deno.readTextFile(SCENARIO));
  });

  Deno.test.afterAll(async () => {
    await app?.[Symbol.asyncDispose]();
  });

  Deno.test("npm installs the package without a warning, and with two packages of its registry that have no install script", () => {
    // A setting in the environment that this npm does not know is no matter of the package.
    assert(!/\bwarn (?!.*\bconfig\b)/i.test(app.installed), app.installed);
    assertEquals(Object.keys(lock.packages).sort(), [
      "",
      "node_modules/@webstreams/kinesis",
      "node_modules/aws4fetch",
      "node_modules/commander",
    ]);
    const withScript = Object.entries(lock.packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript);
    assertEquals(withScript, []);
  });

  Deno.test("The pages in the npm package link to no file that it lacks", async () => {
    const root = app.path("node_modules/@webstreams/kinesis");
    const names = await Array.fromAsync(Deno.readDir(join(root, "docs")));
    const docs = names.map(({ name }) => `docs/${name}`);
    for (const page of ["README.md", "CHANGELOG.md", ...docs]) {
      const text = await Deno.readTextFile(join(root, page));
      const has = (path: string) => existsSync(join(root, path));
      assertEquals(deadLinksOf(text, page, has), [], page);
    }
  });

  for (const { name, program } of RUNTIMES) {
    Deno.test(`The npm package writes and reads in ${name}`, async () => {
      const ended = await app.run(program, "scenario.js");
      assertEquals(ended, { code: 0, output: "done\n" });
    });
  }

  Deno.test("npm installs the command kinesis, which writes, reads, and fails with the exit codes of its documentation", async () => {
    await using kinesis = new CommandKinesis();
    kinesis.server.createStream("orders");
    await kinesis.put("orders", '{"id":1}', '{"id":2}');
    const run = (...args: string[]) =>
      app.run("./node_modules/.bin/kinesis", ...kinesis.connection, ...args);
    assertEquals(
      await run("tail", "orders", "--until", "caught-up"),
      { code: 0, output: '{"id":1}\n{"id":2}\n' },
    );
    assertEquals((await run("put", "orders")).output, "0 stored, 0 bad\n");
    const deleted = await run("delete", "orders");
    assertEquals(deleted.code, 1);
    assertMatch(deleted.output, /There is no terminal.*--yes/);
    const wrong = await run("tial");
    assertEquals(wrong.code, 2);
    assertMatch(wrong.output, /Did you mean tail/);
    const script = await run("completions", "bash");
    assertMatch(script.output, /complete -F _kinesis kinesis/);
  });

  for (const name of Object.keys(SOURCES)) {
    Deno.test(`A bundle of the npm package for "${name}" contains no other parts, and is within its budget`, async () => {
      const { files, minified, gzipped } = await bundle(app, name);
      const parts = Object.entries(PARTS)
        .filter(([, pattern]) => files.some((file) => pattern.test(file)))
        .map(([part]) => part);
      assertEquals(parts.sort(), CONTAINED[name]!.toSorted());
      const isTool = /\/(?:testing|cli|commander)\//;
      assertEquals(files.filter((file) => isTool.test(file)), []);
      written[name] = { minified, gzipped };
      if (isWriting) return;
      const budget = (await readJson<Record<string, Sizes>>(SIZES))[name]!;
      const text = JSON.stringify({ budget, now: written[name] });
      assert(minified <= budget.minified * (1 + MOST_GROWTH), text);
      assert(gzipped <= budget.gzipped * (1 + MOST_GROWTH), text);
    });
  }

  if (isWriting) {
    Deno.test("The sizes of the bundles are written", async () => {
      assertEquals(Object.keys(written), Object.keys(SOURCES));
      const text = `${JSON.stringify(written, null, 2)}\n`;
      await Deno.writeTextFile(SIZES, text);
    });
  }

  for (const cell of CELLS) {
    Deno.test(`The declarations of the npm package compile with TypeScript ${cell.compiler} and the types of ${cell.library}`, async () => {
      assertEquals(await compile(app, cell), { code: 0, output: "" });
    });
  }
}

Deno.test("The program that is compiled uses every value that an entry point exports", async () => {
  const program = await Deno.readTextFile(PROGRAM);
  for (const { specifier, values } of await entryPoints()) {
    const alias = program.match(`\\* as (\\w+) from "${specifier}"`)?.[1];
    const unused = values.filter((name) =>
      !program.match(`\\b${alias}\\s*\\.${name}\\b`) &&
      !program.match(`\\{[^}]*\\b${name}\\b[^}]*\\} = ${alias};`)
    );
    assertEquals([specifier, alias, unused], [specifier, alias, []]);
  }
});
