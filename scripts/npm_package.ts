/**
 * Builds the package for npm: JavaScript and declarations of the entry points.
 *
 *     deno run -A scripts/npm_package.ts dist/webstreams-kinesis.tgz
 *
 * `deno pack` compiles the modules and writes `package.json`. This script adds what npm users need
 * besides, see "The npm package" in docs/decisions.md:
 *
 * - `sideEffects: false`, so that bundlers drop the modules that are not used;
 * - the description, the least version of Node.js, and the repository, if its address is known, which
 *   npm compares with the origin that it verifies;
 * - links from the pages to the repository where the package lacks the file;
 * - `bin`, so that npm installs the command `kinesis`;
 * - a reference to the library of `Symbol.asyncDispose` in the declarations that need it;
 * - a copy of the two files of msgpackr that are imported, in place of the dependency: msgpackr has
 *   an optional dependency with an install script, about which package managers warn.
 *
 * @module
 */
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Contents, withoutDeadLinks } from "./package_links.ts";
import { repositoryUrl } from "./repository.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const USAGE = `Builds the package for npm.

    deno run -A scripts/npm_package.ts dist/webstreams-kinesis.tgz`;
const WRONG_USAGE = 2;
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
    ...await described(),
    sideEffects: false,
    engines: ENGINES,
    bin: BIN,
    dependencies: kept,
  });
  const program = join(folder, BIN.kinesis);
  await Deno.mkdir(dirname(program));
  await Deno.writeTextFile(program, BIN_PROGRAM, { mode: 0o755 });
  await copyVendored(join(folder, VENDOR));
  const files = await Array.fromAsync(filesIn(folder));
  const paths = files.map((file) =>
    relative(folder, file).replaceAll("\\", "/")
  );
  const origin = await repositoryUrl();
  const contents: Contents = {
    has: (path) => paths.includes(path),
    repository: origin && `${origin}/blob/v${manifest.version}/`,
  };
  for (const [at, file] of files.entries()) {
    if (file.endsWith(".d.ts")) await edit(file, withDisposable);
    else if (file.endsWith(".md")) {
      await edit(
        file,
        (text) => withoutDeadLinks(text, paths[at]!, contents),
      );
    } else if (file.endsWith(".js")) {
      const vendor = relative(dirname(file), join(folder, VENDOR));
      await edit(file, (text) => withVendored(text, vendor));
    }
  }
}

/** What `deno pack` does not take over from deno.json, in the words of npm. */
async function described(): Promise<Record<string, unknown>> {
  const { description }: { description: string } = JSON.parse(
    await Deno.readTextFile(join(ROOT, "deno.json")),
  );
  const url = await repositoryUrl();
  return url === undefined
    ? { description }
    : { description, repository: { type: "git", url: `git+${url}.git` } };
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

/**
 * Reads the command line. `undefined` if help is wanted.
 *
 * @throws {TypeError} if the arguments are not the path of one tarball
 */
function tarballOf(args: string[]): string | undefined {
  const { values, positionals } = parseArgs({
    args,
    options: { help: { type: "boolean", short: "h", default: false } },
    allowPositionals: true,
  });
  if (values.help) return undefined;
  const [tarball] = positionals;
  if (positionals.length !== 1 || !/\.(?:tgz|tar\.gz)$/.test(tarball!)) {
    throw new TypeError(
      `It takes the path of one tarball that ends with .tgz: got ${
        positionals.join(" ") || "nothing"
      }`,
    );
  }
  return tarball;
}

async function main(): Promise<number> {
  let tarball: string | undefined;
  try {
    tarball = tarballOf(Deno.args);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`error: ${error.message}\n\n${USAGE}`);
    return WRONG_USAGE;
  }
  if (tarball) await buildNpmPackage(resolve(tarball));
  console.log(tarball ?? USAGE);
  return 0;
}

if (import.meta.main) Deno.exit(await main());
