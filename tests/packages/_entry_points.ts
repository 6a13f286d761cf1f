/**
 * What the entry points export by name, as their source says.
 *
 * @module
 */
const ROOT = new URL("../../", import.meta.url);

/** An entry point. */
export interface EntryPoint {
  /** As it is imported, for example `@webstreams/kinesis/client`. */
  readonly specifier: string;
  /** Functions, classes and other values. */
  readonly values: readonly string[];
  /** Types that are no values. */
  readonly types: readonly string[];
}

/** All entry points. */
export async function entryPoints(): Promise<EntryPoint[]> {
  const { name, exports } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", ROOT)),
  ) as { name: string; exports: Record<string, string> };
  return await Promise.all(
    Object.entries(exports).map(async ([key, path]) => {
      const source = await Deno.readTextFile(new URL(path, ROOT));
      const values = [
        ...namesIn(source, /^export \{([^}]*)\} from/gm),
        ...namesIn(source, /^export (?:async )?function (\w+)/gm),
      ];
      const types = namesIn(source, /^export type \{([^}]*)\} from/gm);
      // In a list, `type` marks single names.
      const isType = (name: string) => name.startsWith("type ");
      return {
        specifier: name + key.slice(1),
        values: values.filter((name) => !isType(name)),
        types: [
          ...types,
          ...values.filter(isType).map((name) => name.slice("type ".length)),
        ],
      };
    }),
  );
}

/** The names in the lists that a pattern finds. */
function namesIn(source: string, pattern: RegExp): string[] {
  return [...source.matchAll(pattern)].flatMap(([, list]) =>
    list!.split(",").map((name) => name.trim()).filter(Boolean)
  );
}
