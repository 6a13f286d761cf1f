/**
 * Publishes the package to JSR and npm: copies the tracked files without the stand-ins in `std/`,
 * runs the whole check against the genuine standard library, and publishes the copy.
 *
 *     deno run -A scripts/release.ts --tag v0.1.0        # publishes if the tag is the version
 *     deno run -A scripts/release.ts --dry-run           # does everything except publishing
 *     deno run -A scripts/release.ts --dry-run --std ../std
 *
 * `--std` is a checkout of the standard library, for a machine that cannot reach JSR.
 *
 * @module
 */
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  checkRelease,
  type Config,
  isReleased,
  publishedConfig,
} from "./release_config.ts";

async function trackedFiles(root: string): Promise<string[]> {
  const { success, stdout } = await new Deno.Command("git", {
    args: ["ls-files", "-z"],
    cwd: root,
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("Cannot list the tracked files");
  return new TextDecoder().decode(stdout).split("\0").filter(Boolean);
}

async function copy(root: string, folder: string, std?: string): Promise<void> {
  for (const path of (await trackedFiles(root)).filter(isReleased)) {
    await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
    await Deno.copyFile(join(root, path), join(folder, path));
  }
  const config = join(folder, "deno.json");
  const published = publishedConfig(await readConfig(root), std);
  await Deno.writeTextFile(config, `${JSON.stringify(published, null, 2)}\n`);
}

async function readConfig(root: string): Promise<Config> {
  return JSON.parse(await Deno.readTextFile(join(root, "deno.json")));
}

async function deno(folder: string, ...args: string[]): Promise<void> {
  await run(folder, Deno.execPath(), args);
}

/**
 * Publishes what `scripts/npm_package.ts` makes of the folder. npm trusts the workflow since version
 * 11.5, so there is no token.
 */
async function publishToNpm(folder: string, isDryRun: boolean): Promise<void> {
  const tarball = join(folder, "npm.tgz");
  await deno(folder, "run", "-A", "scripts/npm_package.ts", tarball);
  const options = ["--access", "public", ...isDryRun ? ["--dry-run"] : []];
  await run(folder, "npx", ["-y", "npm@11", "publish", tarball, ...options]);
}

async function run(
  cwd: string,
  command: string,
  args: string[],
): Promise<void> {
  const { success } = await new Deno.Command(command, {
    args,
    cwd,
    stdin: "null",
    env: { FUZZ_INPUTS: "100000" },
  }).spawn().status;
  if (!success) throw new Error(`Cannot release as "${args.join(" ")}" failed`);
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      tag: { type: "string" },
      "dry-run": { type: "boolean", default: false },
      std: { type: "string" },
    },
  });
  const root = fileURLToPath(new URL("..", import.meta.url));
  if (!values["dry-run"]) {
    if (values.std) throw new Error("Cannot publish with --std: add --dry-run");
    checkRelease(
      values.tag ?? "",
      await readConfig(root),
      await Deno.readTextFile(join(root, "CHANGELOG.md")),
    );
  }
  const folder = await Deno.makeTempDir({ prefix: "kinesis-release-" });
  try {
    await copy(root, folder, values.std && resolve(values.std));
    await deno(folder, "run", "-A", "scripts/check.ts");
    // The copy is not a git checkout, so Deno takes its files for uncommitted.
    if (!values["dry-run"]) await deno(folder, "publish", "--allow-dirty");
    // JSR skips a version that it has, so a release that fails here can be run again.
    await publishToNpm(folder, values["dry-run"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
