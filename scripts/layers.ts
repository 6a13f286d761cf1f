/**
 * The layers of the source: which file may import which. `docs/architecture.md` has the same table,
 * and a test compares the two.
 *
 * @module
 */

/**
 * The layer of every shipped folder and file. A file may import from its own layer or a lower one.
 */
export const LAYERS: Readonly<Record<string, number>> = {
  "errors.ts": 0,
  "durable_sink.ts": 0,
  "records.ts": 0,
  "health.ts": 0,
  "hooks.ts": 0,
  "queue_hooks.ts": 0,
  "_core/": 1,
  "_aws/": 2,
  "credentials/": 2,
  "framing/": 2,
  "node/": 2,
  "processors/": 2,
  "record_id.ts": 2,
  "_service/": 3,
  "client/": 3,
  "_acknowledging/": 4,
  "_dead_letters/": 4,
  "_processing/": 4,
  "_shards/": 4,
  "checkpoint/": 4,
  "cloudwatch/": 4,
  "_producer/": 5,
  "_consumer/": 5,
  "_queue/": 5,
  "producer.ts": 6,
  "consumer.ts": 6,
  "queue.ts": 6,
  "progress.ts": 6,
  "mod.ts": 7,
  "cli/": 7,
  "lambda/": 7,
  "metrics/": 7,
  "testing/": 7,
};

/** Folders that are not shipped. */
const TOOLING = ["bench/", "docs/", "examples/", "scripts/", "std/", "tests/"];

/** Folders that may import from private folders: they test, measure or build the private parts. */
const INSIDERS = ["bench/", "scripts/", "tests/"];

/**
 * Shipped files that may use `Deno` and `node:`, for files, processes and Deno KV, behind feature
 * tests.
 */
const PLATFORM_BOUND = [
  /^checkpoint\/kv[^/]*\.ts$/,
  /^credentials\//,
  /^cli\//,
];

/** Shipped files for Node.js alone, which import `node:` modules. */
const NODE_ONLY = /^node\//;

/** Whether a path is not shipped. Paths are relative to the root, with forward slashes. */
export function isTooling(path: string): boolean {
  return isIn(path, TOOLING);
}

/** Whether a shipped file may use `Deno`, and `node:` by dynamic `import(…)`. */
export function isPlatformBound(path: string): boolean {
  return PLATFORM_BOUND.some((pattern) => pattern.test(path));
}

/** Whether a shipped file may use `node:` by any `import`. */
export function isNodeOnly(path: string): boolean {
  return NODE_ONLY.test(path);
}

/** The layer of a path. `undefined` if the path is not shipped. */
export function layerOf(path: string): number | undefined {
  const first = path.includes("/")
    ? path.slice(0, path.indexOf("/") + 1)
    : path;
  return Object.hasOwn(LAYERS, first) ? LAYERS[first] : undefined;
}

/** Why the file `from` may not import the file `to`. `undefined` if it may. */
export function problemOfImport(from: string, to: string): string | undefined {
  if (to.startsWith("..")) return "is outside the repository";
  if (to.startsWith("std/") && !from.startsWith("std/")) {
    return 'is a stand-in: import it as "@std/…"';
  }
  if (from.startsWith("std/") && !to.startsWith("std/")) {
    return "is not in std/, which stands alone";
  }
  const owner = ownerOfPrivate(to);
  if (owner !== undefined && !mayLookInto(from, owner)) {
    return `is private to ${owner || "the library"}`;
  }
  const own = layerOf(from);
  if (own === undefined) return undefined;
  if (isTooling(to)) return "is not shipped";
  const other = layerOf(to);
  return other !== undefined && other > own
    ? `is of layer ${other}, and this file of layer ${own}: import downwards`
    : undefined;
}

/** The path of a relative import specifier. `undefined` for a package. */
export function resolveImport(
  from: string,
  specifier: string,
): string | undefined {
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
 * The folder that a private path belongs to, "" for the root. `undefined` if the path is not
 * private.
 */
function ownerOfPrivate(path: string): string | undefined {
  if (isTooling(path)) return undefined;
  const start = path.startsWith("_") ? 0 : path.indexOf("/_") + 1;
  return start === 0 && !path.startsWith("_")
    ? undefined
    : path.slice(0, start);
}

function mayLookInto(from: string, owner: string): boolean {
  if (isIn(from, INSIDERS)) return true;
  return owner === "" ? !isTooling(from) : from.startsWith(owner);
}
