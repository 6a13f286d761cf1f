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

/**
 * Parts of `tests/` that are steps of their own, so that they can run beside the rest: those against emulators mostly wait,
 * those of formats only compute. Each is a process, since a crash of one then costs no other its result.
 */
const TEST_PARTS: Readonly<Record<string, readonly string[]>> = {
  "tests against emulators": [
    "_services",
    "conformance",
    "integration",
    "interop",
  ],
  "tests of formats": ["_aws", "processors"],
};

/** All steps for the repository at `root`, in the order in which they should start: the longest first. */
export async function allSteps(root: URL): Promise<Step[]> {
  const entryPoints = await entryPointsOf(root);
  const missing = await missingOf(root, entryPoints);
  const present = entryPoints.filter((path) => !missing.includes(path));
  return [
    ...await testParts(root),
    { name: "types", args: ["check", "."] },
    { name: "format", args: ["fmt", "--check"] },
    { name: "lint", args: ["lint"] },
    {
      name: "imports",
      args: ["run", "--allow-read", "--allow-run", "scripts/check_imports.ts"],
    },
    {
      name: "documentation",
      args: ["doc", "--lint", ...present],
      problem: missing.length > 0
        ? `"exports" in deno.json names files that do not exist: ${
          missing.join(", ")
        }`
        : undefined,
    },
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

/** The parts of `tests/`; the last one is whatever no other part names. Their types are checked by a step of its own. */
async function testParts(root: URL): Promise<Step[]> {
  const paths: string[] = [];
  for (const path of await foundIn(new URL("tests/", root))) {
    paths.push(`tests/${path}`);
  }
  const named = Object.values(TEST_PARTS).flat().map((name) => `tests/${name}`);
  const parts = Object.entries(TEST_PARTS).map(([name, folders]) => ({
    name,
    paths: paths.filter((path) => folders.includes(path.slice(6))),
  }));
  const rest = paths.filter((path) => !named.includes(path));
  const [first, ...others] = [...parts, { name: "other tests", paths: rest }]
    .filter(({ paths }) => paths.length > 0)
    .map(({ name, paths }) => ({
      ...testStep(["--no-check", ...paths]),
      name,
    }));
  // The two that mostly wait begin, and the one that computes follows.
  return first ? [first, ...others.toReversed()] : [];
}

/** The folders and the test files in a folder, sorted. */
async function foundIn(folder: URL): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (isDirectory || name.endsWith("_test.ts")) names.push(name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names.sort();
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
