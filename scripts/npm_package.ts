/**
 * Builds the package for npm: JavaScript and declarations of the entry points.
 *
 *     deno run -A scripts/npm_package.ts dist/webstreams-kinesis.tgz
 *
 * `deno pack` compiles the modules and writes `package.json`. This script adds what npm users need
 * besides, see "The npm package" in docs/decisions.md:
 *
 * - `sideEffects: false`, so that bundlers drop the modules that are not used;
 * - the least version of Node.js, and in a workflow of GitHub the repository, which npm compares with
 *   the origin that it verifies;
 * - `bin`, so that npm installs the command `kinesis`;
 * - a reference to the library of `Symbol.asyncDispose` in the declarations that need it;
 * - a copy of the two files of msgpackr that are imported, in place of the dependency: msgpackr has
 *   an optional dependency with an install script, about which package managers warn.
 *
 * @module
 */
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DISPOSABLE = '/// <reference lib="esnext.disposable" />\n';
const NEEDS_DISPOSABLE = /Symbol\.(?:asyncD|d)ispose|\b(?:Async)?Disposable\b/;
/** The least version of Node.js. Continuous integration runs the package in it. */
const ENGINES = { node: ">=20.11.0" };
/** Stand-ins for packages of JSR. No shipped file imports them. */
const NOT_SHIPPED = ["std"];
/** The command that npm installs, and its program. */
const BIN = { kinesis: "bin/kinesis.js" };
const BIN_PROGRAM = `#!/usr/bin/env node
import { main } from "../cli/main.js";

await main();
`;

/** The folder of the copied dependency. */
const VENDOR = "_vendor/msgpackr";
/** What is imported from it, and the file that has it. These files import no others. */
const VENDORED: Readonly<Record<string, string>> = {
  "msgpackr/pack": "pack.js",
  "msgpackr/unpack": "unpack.js",
};

/** The parts of `package.json` that the script reads. */
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Writes the tarball. */
export async function buildNpmPackage(tarball: string): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const packed = join(folder, "packed.tgz");
    await run(ROOT, Deno.execPath(), [
      ...["pack", "--quiet", "--allow-dirty", "--no-source-maps"],
      ...[`--ignore=${NOT_SHIPPED.join()}`, "--output", packed],
    ]);
    await run(ROOT, "tar", ["-xzf", packed, "-C", folder]);
    await complete(join(folder, "package"));
    // npm gives files the same times and modes on every machine.
    const [{ filename }] = JSON.parse(
      await run(folder, "npm", ["pack", "./package", "--json"]),
    );
    await Deno.mkdir(dirname(tarball), { recursive: true });
    await Deno.copyFile(join(folder, filename), tarball);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Adds what `deno pack` leaves out. */
async function complete(folder: string): Promise<void> {
  const path = join(folder, "package.json");
  const { dependencies = {}, ...manifest } = await readManifest(path);
  const { msgpackr: _, ...kept } = dependencies;
  await writeJson(path, {
    ...manifest,
    ...repository(),
    sideEffects: false,
    engines: ENGINES,
    bin: BIN,
    dependencies: kept,
  });
  const program = join(folder, BIN.kinesis);
  await Deno.mkdir(dirname(program));
  await Deno.writeTextFile(program, BIN_PROGRAM, { mode: 0o755 });
  await copyVendored(join(folder, VENDOR));
  for await (const file of filesIn(folder)) {
    if (file.endsWith(".d.ts")) await edit(file, withDisposable);
    else if (file.endsWith(".js")) {
      const vendor = relative(dirname(file), join(folder, VENDOR));
      await edit(file, (text) => withVendored(text, vendor));
    }
  }
}

function repository(): { repository?: { type: string; url: string } } {
  const name = Deno.env.get("GITHUB_REPOSITORY");
  const server = Deno.env.get("GITHUB_SERVER_URL");
  return name && server
    ? { repository: { type: "git", url: `git+${server}/${name}.git` } }
    : {};
}

function withDisposable(text: string): string {
  return NEEDS_DISPOSABLE.test(text) ? DISPOSABLE + text : text;
}

function withVendored(text: string, vendor: string): string {
  return Object.entries(VENDORED).reduce(
    (edited, [specifier, file]) =>
      edited.replaceAll(
        `from "${specifier}"`,
        () => `from "./${vendor.replaceAll("\\", "/")}/${file}"`,
      ),
    text,
  );
}

/**
 * Copies the files of the version that `deno.lock` pins, with the license. The manifest tells
 * scanners for vulnerabilities which version the copy is.
 */
async function copyVendored(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const source = new URL(".", import.meta.resolve("msgpackr/pack"));
  for (const file of [...Object.values(VENDORED), "LICENSE"]) {
    await Deno.copyFile(new URL(file, source), join(folder, file));
  }
  const { name, version, license } = await readManifest(
    new URL("package.json", source),
  );
  const manifest = { name, version, license, type: "module" };
  await writeJson(join(folder, "package.json"), manifest);
}

async function readManifest(path: string | URL): Promise<Manifest> {
  return JSON.parse(await Deno.readTextFile(path));
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await Deno.writeTextFile(path, `${JSON.stringify(value, null, 2)}\n`);
}

async function edit(
  path: string,
  change: (text: string) => string,
): Promise<void> {
  const text = await Deno.readTextFile(path);
  const changed = change(text);
  if (changed !== text) await Deno.writeTextFile(path, changed);
}

async function* filesIn(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* filesIn(path);
    else yield path;
  }
}

/** Runs a program, and returns its standard output. */
async function run(
  cwd: string,
  command: string,
  args: readonly string[],
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd,
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  if (success) return text.decode(stdout);
  throw new Error(
    `Cannot build the npm package as "${command} ${args[0]}" failed: ${
      text.decode(stderr)
    }`,
  );
}

if (import.meta.main) {
  const [tarball] = Deno.args;
  if (!tarball) throw new TypeError("Usage: npm_package.ts <tarball>");
  await buildNpmPackage(resolve(tarball));
  console.log(tarball);
}
