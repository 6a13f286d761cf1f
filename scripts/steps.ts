/**
 * The steps of the whole check.
 *
 * @module
 */
import { entryPointsOf } from "./entry_points.ts";
import { layerOf } from "./layers.ts";
import { sourceFiles } from "./source_files.ts";

/** One step: a command of Deno, or a reason why it cannot even start. */
export interface Step {
  /** What it checks, for people. */
  readonly name: string;
  /** The arguments of `deno`. */
  readonly args: readonly string[];
  /** Whether its output ends with Deno's count of tests. */
  readonly countsTests?: boolean;
  /** Why the step fails before it starts. */
  readonly problem?: string;
}

/** Everything that may be needed: the tests start servers, read files and open Deno KV. */
const TEST = ["test", "-A", "--unstable-kv"];

/** All steps for the repository at `root`. */
export async function allSteps(root: URL): Promise<Step[]> {
  const entryPoints = await entryPointsOf(root);
  const missing = await missingOf(root, entryPoints);
  const present = entryPoints.filter((path) => !missing.includes(path));
  return [
    { name: "format", args: ["fmt", "--check"] },
    { name: "lint", args: ["lint"] },
    {
      name: "imports",
      args: ["run", "--allow-read", "--allow-run", "scripts/check_imports.ts"],
    },
    { name: "types", args: ["check", "."] },
    {
      name: "documentation",
      args: ["doc", "--lint", ...present],
      problem: missing.length > 0
        ? `"exports" in deno.json names files that do not exist: ${
          missing.join(", ")
        }`
        : undefined,
    },
    testStep(["tests"]),
    {
      name: "examples in the documentation",
      args: [...TEST, "--doc", "--permit-no-files", ...await documented(root)],
      countsTests: true,
    },
    {
      name: "publish (dry run)",
      args: ["publish", "--dry-run", "--allow-dirty"],
    },
  ];
}

/** The tests in some files, with further options of `deno test` if wanted. */
export function testStep(args: readonly string[]): Step {
  return { name: "tests", args: [...TEST, ...args], countsTests: true };
}

async function missingOf(root: URL, paths: string[]): Promise<string[]> {
  const missing: string[] = [];
  for (const path of paths) {
    try {
      await Deno.stat(new URL(path, root));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      missing.push(path);
    }
  }
  return missing;
}

/** Where examples may stand: all shipped source, the README and docs/. */
async function documented(root: URL): Promise<string[]> {
  const paths: string[] = [];
  for await (const path of sourceFiles(root)) {
    if (layerOf(path) !== undefined) paths.push(path);
  }
  for (const path of ["README.md", "docs"]) {
    if ((await missingOf(root, [path])).length === 0) paths.push(path);
  }
  return paths;
}
