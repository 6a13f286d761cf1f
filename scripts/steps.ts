/**
 * The steps of the whole check.
 *
 * @module
 */
import { entryPointsOf } from "./entry_points.ts";
import { layerOf } from "./layers.ts";
import { sourceFiles } from "./source_files.ts";

/** One step: a command of Deno, or the reason why the step cannot start. */
export interface Step {
  /** The name in the output. */
  readonly name: string;
  /** The arguments of `deno`. */
  readonly args: readonly string[];
  /**
   * The share of a processor that the step uses, from 0 to 1. Lower for steps that mostly wait.
   * @default {1}
   */
  readonly load?: number;
  /** Whether the output ends with the number of tests, in the form of `deno test`. */
  readonly countsTests?: boolean;
  /** The reason why the step fails before it starts. */
  readonly problem?: string;
}

/** Tests start servers, read files and open Deno KV, so they get all permissions. */
const TEST = ["test", "-A", "--unstable-kv"];

/** The step "types" checks the types of all files and examples, so no other step does. */
const NO_TYPES = "--no-check";

/** A step that runs the tests of some folders of `tests/`. */
interface TestPart {
  readonly name: string;
  readonly folders: readonly string[];
  /** See {@linkcode Step.load}. */
  readonly load?: number;
}

/**
 * The tests, in parts that run beside each other. `deno test --parallel` in one process is no
 * alternative: Deno aborted in nghttp2 when several files used HTTP/2. In chaos and against
 * emulators, the tests mostly wait for answers and for scaled clocks.
 */
const TEST_PARTS: readonly TestPart[] = [
  { name: "tests in chaos", folders: ["chaos"], load: 0.25 },
  {
    name: "tests against emulators",
    folders: ["_services", "conformance", "interop"],
    load: 0.5,
  },
  {
    name: "tests of whole programs",
    folders: ["crash", "integration"],
    load: 0.5,
  },
  {
    name: "tests of packages and runtimes",
    folders: ["packages", "runtimes"],
    load: 0.5,
  },
  { name: "tests by simulation", folders: ["simulation"] },
  { name: "tests of the consumer", folders: ["_consumer", "consumer"] },
  { name: "tests of the producer", folders: ["_producer", "producer"] },
  { name: "tests of formats", folders: ["_aws", "processors"] },
];

/** All steps for the repository at `root`, in the order in which they start: the longest first. */
export async function allSteps(root: URL): Promise<Step[]> {
  const entryPoints = await entryPointsOf(root);
  const present = await presentOf(root, entryPoints);
  const missing = entryPoints.filter((path) => !present.includes(path));
  return [
    ...await testParts(root),
    {
      name: "examples in the documentation",
      args: [
        ...TEST,
        NO_TYPES,
        "--doc",
        "--permit-no-files",
        ...await documented(root),
      ],
      countsTests: true,
    },
    {
      name: "types",
      args: ["check", "--doc", ".", ...await pagesOf(root)],
    },
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
      name: "publish (dry run)",
      args: ["publish", "--dry-run", "--allow-dirty", NO_TYPES],
    },
  ];
}

/**
 * The steps of {@linkcode TEST_PARTS}, and one for all other files and folders of `tests/`. A part
 * without tests is left out.
 */
async function testParts(root: URL): Promise<Step[]> {
  const names = await foundIn(new URL("tests/", root), "_test.ts");
  const named = new Set(TEST_PARTS.flatMap(({ folders }) => folders));
  const rest = names.filter((name) => !named.has(name));
  return [...TEST_PARTS, { name: "other tests", folders: rest }]
    .flatMap(({ name, folders, load }: TestPart) => {
      const paths = folders.filter((folder) => names.includes(folder))
        .map((folder) => `tests/${folder}`);
      if (paths.length === 0) return [];
      return [{ ...testStep([NO_TYPES, ...paths]), name, load }];
    });
}

/** The subfolders of a folder and its files with this ending, sorted. */
async function foundIn(folder: URL, ending: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (isDirectory || name.endsWith(ending)) names.push(name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names.sort();
}

/** A step that runs tests. `args` are files, folders and options of `deno test`. */
export function testStep(args: readonly string[]): Step {
  return { name: "tests", args: [...TEST, ...args], countsTests: true };
}

/** The paths that exist. */
async function presentOf(
  root: URL,
  paths: readonly string[],
): Promise<string[]> {
  const present: string[] = [];
  for (const path of paths) {
    try {
      await Deno.stat(new URL(path, root));
      present.push(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return present;
}

/**
 * The files with examples, among all shipped source and the pages. `deno test --doc` starts an
 * isolate for each file that it is given, also for files without examples.
 */
async function documented(root: URL): Promise<string[]> {
  const paths: string[] = [];
  for await (const path of sourceFiles(root)) {
    if (layerOf(path) !== undefined) paths.push(path);
  }
  const withExamples: string[] = [];
  for (const path of [...paths, ...await pagesOf(root)]) {
    const text = await Deno.readTextFile(new URL(path, root));
    if (text.includes("```")) withExamples.push(path);
  }
  return withExamples;
}

/** The README and the pages in docs/, each by its name: `deno check` looks for none in a folder. */
async function pagesOf(root: URL): Promise<string[]> {
  const names = await foundIn(new URL("docs/", root), ".md");
  return [
    ...await presentOf(root, ["README.md"]),
    ...names.filter((name) => name.endsWith(".md"))
      .map((name) => `docs/${name}`),
  ];
}
