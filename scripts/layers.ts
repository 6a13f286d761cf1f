/**
 * The layers of the house: which file may import which, and what shipped source must not mention.
 *
 * @module
 */
import { blank, type ImportReference, importsOf, lineAt } from "./source.ts";

/** One broken rule. */
export interface Violation {
  /** The file, relative to the root. */
  readonly path: string;
  /** The line, from 1. */
  readonly line: number;
  /** What is wrong and what is allowed. */
  readonly message: string;
}

/** The layer of every folder and file that is shipped. A file imports from its own layer or a lower one. */
const LAYERS: Readonly<Record<string, number>> = {
  "errors.ts": 0,
  "records.ts": 0,
  "hooks.ts": 0,
  "_core/": 1,
  "_aws/": 2,
  "credentials/": 2,
  "processors/": 2,
  "client/": 3,
  "_shards/": 4,
  "checkpoint/": 4,
  "_producer/": 5,
  "_consumer/": 5,
  "producer.ts": 6,
  "consumer.ts": 6,
  "lambda/": 7,
  "metrics/": 7,
  "mod.ts": 7,
  "testing/": 7,
  "cli/": 8,
};

/** Folders that are not shipped. */
const TOOLING = ["bench/", "docs/", "examples/", "scripts/", "std/", "tests/"];

/** Tooling that may look into private folders: it tests, measures or builds them. */
const INSIDERS = ["bench/", "scripts/", "tests/"];

/** Shipped source that may use `Deno` and `node:`: it exists for files, processes and Deno KV, behind feature tests. */
const PLATFORM_BOUND = [
  /^cli\//,
  /^checkpoint\/kv[^/]*\.ts$/,
  /^credentials\//,
];

interface SourceFile {
  readonly path: string;
  readonly source: string;
  /** The source without comments and the contents of strings. */
  readonly code: string;
  readonly imports: readonly ImportReference[];
}

/** An import of another file of this repository. */
interface Edge extends ImportReference {
  readonly from: string;
  readonly to: string;
}

/** The layer of a path, or undefined when it has none. */
export function layerOf(path: string): number | undefined {
  const first = path.includes("/")
    ? path.slice(0, path.indexOf("/") + 1)
    : path;
  return Object.hasOwn(LAYERS, first) ? LAYERS[first] : undefined;
}

/** Checks a set of files, given by path relative to the root with forward slashes. */
export function checkLayers(files: ReadonlyMap<string, string>): Violation[] {
  const sources = [...files].map(([path, source]): SourceFile => ({
    path,
    source,
    code: blank(source),
    imports: importsOf(source),
  }));
  const edges = sources.flatMap((file) =>
    file.imports.flatMap((reference): Edge[] => {
      const to = resolve(file.path, reference.specifier);
      return to === undefined ? [] : [{ ...reference, from: file.path, to }];
    })
  );
  return [
    ...sources.flatMap(checkFile),
    ...edges.flatMap(checkEdge),
    ...checkCycles(edges.filter((edge) => !mayCircle(edge))),
  ].sort((a, b) =>
    a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line
  );
}

/** The path that a relative specifier points to; undefined for packages. */
function resolve(from: string, specifier: string): string | undefined {
  if (!/^\.{0,2}\//.test(specifier)) return undefined;
  const url = new URL(specifier, `file:///root/${from}`);
  return url.pathname.startsWith("/root/")
    ? url.pathname.slice("/root/".length)
    : `..${url.pathname}`;
}

function isIn(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path.startsWith(folder));
}

/**
 * Types may go in circles where that costs nobody anything: in tooling, and between the files of layer 0, which together
 * are one vocabulary.
 */
function mayCircle({ typeOnly, from, to }: Edge): boolean {
  if (!typeOnly) return false;
  return isIn(from, TOOLING) || layerOf(from) === 0 && layerOf(to) === 0;
}

function checkFile(file: SourceFile): Violation[] {
  if (isIn(file.path, TOOLING)) return [];
  if (layerOf(file.path) === undefined) {
    return [{
      path: file.path,
      line: 1,
      message:
        "has no layer: add its folder to scripts/layers.ts and to docs/architecture.md",
    }];
  }
  return [
    ...checkWords(file),
    ...checkPackages(file),
    ...file.path.endsWith("mod.ts") ? checkReexports(file) : [],
  ];
}

const FORBIDDEN: readonly [RegExp, string, boundOnly: boolean][] = [
  [
    /\bDeno\b/g,
    "mentions Deno: shipped source uses web standards only",
    true,
  ],
  [
    /\b(?:await\s+)?using\s+[A-Za-z_$][\w$]*\s*(?:=|:|\bof\b|\bin\b)/g,
    "declares with 'using', which older runtimes lack: call close() in finally",
    false,
  ],
  [
    /\bReadableStream\s*\.\s*from\b/g,
    "uses ReadableStream.from, which older runtimes lack: use new ReadableStream({ pull })",
    false,
  ],
];

function checkWords({ path, code }: SourceFile): Violation[] {
  const isBound = PLATFORM_BOUND.some((pattern) => pattern.test(path));
  return FORBIDDEN.flatMap(([pattern, message, boundOnly]) =>
    boundOnly && isBound
      ? []
      : [...code.matchAll(pattern)].map(({ index }) => ({
        path,
        line: lineAt(code, index),
        message,
      }))
  );
}

function checkPackages({ path, imports }: SourceFile): Violation[] {
  const isBound = PLATFORM_BOUND.some((pattern) => pattern.test(path));
  return imports.flatMap(({ specifier, line, dynamic }) => {
    if (specifier.startsWith("node:") && !(isBound && dynamic)) {
      return [{
        path,
        line,
        message:
          `imports "${specifier}": shipped source uses web standards only`,
      }];
    }
    if (specifier.startsWith("@webstreams/kinesis")) {
      return [{
        path,
        line,
        message: `imports "${specifier}" by name: use the relative path`,
      }];
    }
    return [];
  });
}

/** A `mod.ts` names what it passes on and does nothing else. */
function checkReexports({ path, code }: SourceFile): Violation[] {
  const rest = code.replaceAll(
    /\bexport\s+(?:type\s+)?\{[^}]*\}\s*from\s*(["'])[^"'\n]*\1\s*;?/g,
    (statement) => statement.replaceAll(/[^\n]/g, " "),
  );
  const index = rest.search(/\S/);
  return index < 0 ? [] : [{
    path,
    line: lineAt(rest, index),
    message:
      'does more than re-export by name: only export { … } from "…" belongs into a mod.ts',
  }];
}

function checkEdge(edge: Edge): Violation[] {
  const { from, to, line } = edge;
  const violation = (message: string): Violation[] => [{
    path: from,
    line,
    message: `imports ${to}${message}`,
  }];
  const own = layerOf(from);
  const other = layerOf(to);
  if (to.startsWith("..")) {
    return violation(", which is outside the repository");
  }
  if (to.startsWith("std/") && !from.startsWith("std/")) {
    return violation(': import it as "@std/…"');
  }
  if (from.startsWith("std/") && !to.startsWith("std/")) {
    return violation(": std/ stands alone");
  }
  const owner = ownerOfPrivate(to);
  if (owner !== undefined && !mayLookInto(from, owner)) {
    return violation(
      owner === ""
        ? ", which is private to the library"
        : `, which is private to ${owner}`,
    );
  }
  if (own === undefined) return [];
  if (isIn(to, TOOLING)) return violation(", which is not shipped");
  if (other === undefined) return [];
  if (other > own) {
    return violation(` of layer ${other} from layer ${own}: import downwards`);
  }
  if (
    from.startsWith("cli/") && !to.startsWith("cli/") && !to.endsWith("mod.ts")
  ) {
    return violation(": cli/ imports public entry points only");
  }
  return [];
}

/** The folder that a path with a private part belongs to: "" for the library, undefined when nothing in it is private. */
function ownerOfPrivate(path: string): string | undefined {
  if (isIn(path, TOOLING)) return undefined;
  const start = path.startsWith("_") ? 0 : path.indexOf("/_") + 1;
  return start === 0 && !path.startsWith("_")
    ? undefined
    : path.slice(0, start);
}

function mayLookInto(from: string, owner: string): boolean {
  if (isIn(from, INSIDERS)) return true;
  return owner === "" ? !isIn(from, TOOLING) : from.startsWith(owner);
}

/** One violation for each import that closes a circle, found by walking the imports in depth. */
function checkCycles(edges: readonly Edge[]): Violation[] {
  const outgoing = Map.groupBy(edges, (edge) => edge.from);
  const state = new Map<string, "open" | "done">();
  const trail: string[] = [];
  const violations: Violation[] = [];
  const visit = (path: string): void => {
    state.set(path, "open");
    trail.push(path);
    for (const edge of outgoing.get(path) ?? []) {
      if (state.get(edge.to) === "open") {
        const circle = [...trail.slice(trail.indexOf(edge.to)), edge.to];
        violations.push({
          path,
          line: edge.line,
          message: `closes a circle of imports: ${circle.join(" → ")}`,
        });
      } else if (!state.has(edge.to)) visit(edge.to);
    }
    trail.pop();
    state.set(path, "done");
  };
  for (const path of [...outgoing.keys()].sort()) {
    if (!state.has(path)) visit(path);
  }
  return violations;
}
