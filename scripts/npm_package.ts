/**
 * Builds the package for npm: JavaScript and declarations of the entry points, without side effects.
 *
 *     deno run -A scripts/npm_package.ts dist/webstreams-kinesis.tgz
 *
 * `deno pack` compiles the modules and writes `package.json`. This script adds what it leaves out:
 * `sideEffects: false`, so that bundlers drop what is not used; the least version of Node.js; and a
 * reference to the library of `Symbol.asyncDispose` in the declarations that need it.
 *
 * @module
 */
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** What the declarations need beside the library of the user. */
const DISPOSABLE = '/// <reference lib="esnext.disposable" />\n';
const NEEDS_DISPOSABLE = /Symbol\.(?:asyncD|d)ispose|\b(?:Async)?Disposable\b/;
/** The least version of Node.js: `crypto` is global, and Web Crypto is complete. */
const ENGINES = { node: ">=20.11.0" };

/** Writes the tarball. */
export async function buildNpmPackage(tarball: string): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const packed = join(folder, "packed.tgz");
    const args = ["pack", "--quiet", "--allow-dirty", "--no-source-maps"];
    await run(Deno.execPath(), [...args, "--output", packed], ROOT);
    await run("tar", ["-xzf", packed, "-C", folder], ROOT);
    await complete(join(folder, "package"));
    await Deno.mkdir(dirname(tarball), { recursive: true });
    await run("tar", ["-czf", tarball, "-C", folder, "package"], ROOT);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Adds what `deno pack` leaves out. */
async function complete(folder: string): Promise<void> {
  const manifest = join(folder, "package.json");
  const { dependencies, ...rest } = JSON.parse(
    await Deno.readTextFile(manifest),
  );
  const whole = { ...rest, sideEffects: false, engines: ENGINES, dependencies };
  await Deno.writeTextFile(manifest, `${JSON.stringify(whole, null, 2)}\n`);
  for await (const path of declarationsIn(folder)) {
    const text = await Deno.readTextFile(path);
    if (NEEDS_DISPOSABLE.test(text)) {
      await Deno.writeTextFile(path, DISPOSABLE + text);
    }
  }
}

async function* declarationsIn(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* declarationsIn(path);
    else if (name.endsWith(".d.ts")) yield path;
  }
}

async function run(
  command: string,
  args: readonly string[],
  cwd: string,
): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd,
    stdin: "null",
  }).output();
  if (success) return;
  throw new Error(
    `Cannot build the npm package as "${command} ${args[0]}" failed: ${
      new TextDecoder().decode(stderr)
    }`,
  );
}

if (import.meta.main) {
  const [tarball] = Deno.args;
  if (!tarball) throw new TypeError("Usage: npm_package.ts <tarball>");
  await buildNpmPackage(resolve(tarball));
  console.log(tarball);
}
