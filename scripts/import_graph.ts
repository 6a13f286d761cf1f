/**
 * The import graph of the shipped files, as Deno resolves it.
 *
 * @module
 */

/** The imports of each file. Paths are relative to the root. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

interface Resolved {
  readonly specifier: string;
}

interface Info {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly { code?: Resolved; type?: Resolved }[];
  }[];
}

/**
 * The files that the entry points import, directly or indirectly, with their imports and type
 * imports.
 */
export async function importGraph(
  root: URL,
  entryPoints: readonly string[],
): Promise<ImportGraph> {
  const graph = new Map<string, string[]>();
  const infos = await Promise.all(
    entryPoints.map((path) => infoOf(root, path)),
  );
  for (const { modules } of infos) {
    for (const { specifier, dependencies = [] } of modules) {
      if (!specifier.startsWith(root.href)) continue;
      const targets = dependencies.flatMap(({ code, type }) =>
        [code, type].map((resolved) => resolved?.specifier ?? "")
      );
      graph.set(
        pathOf(root, specifier),
        [...new Set(targets)].filter((url) => url.startsWith(root.href))
          .map((url) => pathOf(root, url)),
      );
    }
  }
  return graph;
}

/** Every import cycle of a graph, once, as the list of its files. Uses a depth-first search. */
export function importCycles(graph: ImportGraph): string[][] {
  const state = new Map<string, "open" | "done">();
  const trail: string[] = [];
  const cycles: string[][] = [];
  const visit = (path: string): void => {
    state.set(path, "open");
    trail.push(path);
    for (const to of graph.get(path) ?? []) {
      if (state.get(to) === "open") {
        cycles.push([...trail.slice(trail.indexOf(to)), to]);
      } else if (!state.has(to)) visit(to);
    }
    trail.pop();
    state.set(path, "done");
  };
  for (const path of [...graph.keys()].sort()) {
    if (!state.has(path)) visit(path);
  }
  return cycles;
}

async function infoOf(root: URL, path: string): Promise<Info> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", path],
    cwd: root,
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Cannot find the imports of ${path}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

function pathOf(root: URL, url: string): string {
  return decodeURI(url.slice(root.href.length));
}
