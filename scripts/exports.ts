/**
 * What the shipped files export and which files use it, as `deno doc` sees them.
 *
 * @module
 */

/** One exported name. Paths are relative to the root. */
export interface Export {
  /** The file that declares the name. */
  readonly path: string;
  /** The name. */
  readonly name: string;
  /** Whether the name exists at run time. Types do not. */
  readonly isValue: boolean;
  /** The other files that import the name or export it again. */
  readonly users: ReadonlySet<string>;
}

interface Position {
  readonly filename: string;
  readonly line: number;
  readonly col: number;
}

interface Declaration {
  readonly location: Position;
  readonly declarationKind: string;
  readonly kind: string;
  /** Where the name is declared, if this declaration only exports it again. */
  readonly def?: { readonly target?: Position };
}

interface Doc {
  readonly nodes: Readonly<
    Record<string, {
      readonly symbols: readonly {
        readonly name: string;
        readonly declarations: readonly Declaration[];
      }[];
      /** An import of a whole namespace has no `originalName`. */
      readonly imports?: readonly {
        readonly src: string;
        readonly originalName?: string;
      }[];
    }>
  >;
}

const VALUES = ["class", "enum", "function", "variable"];

/** Every name that the files export. */
export async function exportsOf(
  root: URL,
  paths: readonly string[],
): Promise<Export[]> {
  const { nodes } = await docOf(root, paths);
  const found = new Map<string, Export & { users: Set<string> }>();
  /** Which declaration an exported name of a file stands for. */
  const declarationOf = new Map<string, string>();
  for (const [file, { symbols }] of Object.entries(nodes)) {
    for (const { name, declarations } of symbols) {
      for (const { location, declarationKind, kind, def } of declarations) {
        if (declarationKind !== "export") continue;
        const key = keyOf(def?.target ?? location);
        declarationOf.set(`${file} ${name}`, key);
        if (def?.target || found.has(key)) continue;
        // `export *` repeats the declarations of another file.
        const path = pathOf(root, location.filename);
        const isValue = VALUES.includes(kind);
        found.set(key, { path, name, isValue, users: new Set() });
      }
    }
  }
  for (const [file, { symbols, imports = [] }] of Object.entries(nodes)) {
    const use = (from: string, name: string) => {
      const used = found.get(declarationOf.get(`${from} ${name}`) ?? "");
      const path = pathOf(root, file);
      if (used && used.path !== path) used.users.add(path);
    };
    for (const { name } of symbols) use(file, name);
    for (const { src, originalName } of imports) {
      const names = originalName === undefined
        ? nodes[src]?.symbols.map(({ name }) => name) ?? []
        : [originalName];
      for (const name of names) use(src, name);
    }
  }
  return [...found.values()];
}

/** The exported values that no other file uses. Tests do not count: they are not shipped. */
export function unusedExports(
  exports: readonly Export[],
  entryPoints: readonly string[],
): Export[] {
  return exports.filter(({ path, isValue, users }) =>
    isValue && users.size === 0 && !entryPoints.includes(path)
  );
}

/**
 * The files of public folders that have no underscore although nothing outside of their folder, and
 * no entry point, uses one of their exports.
 */
export function unmarkedPrivateFiles(
  paths: readonly string[],
  exports: readonly Export[],
  entryPoints: readonly string[],
): string[] {
  const isPublic = (path: string) =>
    exports.some((found) =>
      found.path === path &&
      [...found.users].some((user) =>
        entryPoints.includes(user) || folderOf(user) !== folderOf(path)
      )
    );
  return paths.filter((path) =>
    path.includes("/") && !/(^|\/)_/.test(path) &&
    !entryPoints.includes(path) && !isPublic(path)
  );
}

async function docOf(root: URL, paths: readonly string[]): Promise<Doc> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...paths],
    cwd: root,
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("Cannot find the exports of the source");
  return JSON.parse(new TextDecoder().decode(stdout));
}

function keyOf({ filename, line, col }: Position): string {
  return `${filename}:${line}:${col}`;
}

function pathOf(root: URL, url: string): string {
  return decodeURI(url.slice(root.href.length));
}

function folderOf(path: string): string {
  return path.slice(0, path.indexOf("/") + 1);
}
