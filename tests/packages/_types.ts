/**
 * Compiles a program with the declarations of the npm package, by the versions of TypeScript and
 * with the libraries of types that users have.
 *
 * @module
 */
import { type App, type Ended, IS_WHOLE_MATRIX } from "./_app.ts";
import { entryPoints } from "./_entry_points.ts";

/** A program that uses every value of every entry point. */
export const PROGRAM: URL = new URL("program.ts.txt", import.meta.url);

/** The versions of TypeScript. The first one is the least that is supported, see the README. */
const COMPILERS = ["5.7.3", "5.8.3", "5.9.3", "6.0.3", "7.0.2"];

/** Options that users set. */
const OPTIONS = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  noPropertyAccessFromIndexSignature: true,
  isolatedModules: true,
  verbatimModuleSyntax: true,
  skipLibCheck: false,
  noEmit: true,
  target: "es2022",
};

/** A library of types. */
interface Library {
  /** Options of the compiler besides {@linkcode OPTIONS}. */
  readonly options: Readonly<
    Record<string, string | boolean | readonly string[]>
  >;
  /** The package of the types, with its version. */
  readonly install?: string;
}

const NODE = { module: "nodenext" };
const BUNDLER = { module: "esnext", moduleResolution: "bundler" };

const LIBRARIES: Readonly<Record<string, Library>> = {
  // The least `lib`, see the README.
  "dom": { options: { ...BUNDLER, lib: ["es2022", "dom"], types: [] } },
  "esnext and dom": {
    options: {
      ...BUNDLER,
      lib: ["esnext", "dom", "dom.iterable", "dom.asynciterable"],
      types: [],
    },
  },
  "web workers": {
    options: { ...BUNDLER, lib: ["es2022", "webworker"], types: [] },
  },
  "Node.js 20": types("@types/node@20.19.43", { ...NODE, lib: ["es2022"] }),
  "Node.js 22": types("@types/node@22.20.5", { ...NODE, lib: ["es2023"] }),
  "Node.js 24": types("@types/node@24.19.2", { ...NODE, lib: ["esnext"] }),
  "Node.js 26": types("@types/node@26.6.6", { ...NODE, lib: ["esnext"] }),
  "Node.js 24 and dom": types("@types/node@24.19.2", {
    ...NODE,
    lib: ["es2022", "dom", "dom.iterable", "dom.asynciterable"],
  }),
  "Workers 4": types("@cloudflare/workers-types@4.20260702.1", {
    ...BUNDLER,
    lib: ["es2022"],
  }),
  "Workers 5": types("@cloudflare/workers-types@5.20261117.1", {
    ...BUNDLER,
    lib: ["esnext"],
  }),
  // With these types, a class can extend no ReadableStream of other values than bytes.
  "Bun": types("@types/bun@1.4.5", {
    ...BUNDLER,
    lib: ["esnext"],
    skipLibCheck: true,
  }),
};

/** The types of a package. */
function types(install: string, options: Library["options"]): Library {
  const name = install.slice(0, install.lastIndexOf("@"));
  return {
    install,
    options: { ...options, types: [name.replace("@types/", "")] },
  };
}

/** A version of TypeScript with a library of types. */
export interface Cell {
  /** The version. */
  readonly compiler: string;
  /** The name of the library. */
  readonly library: string;
}

/** What is compiled. A usual run tries servers with the newest compiler, browsers with the oldest. */
export const CELLS: readonly Cell[] = IS_WHOLE_MATRIX
  ? Object.keys(LIBRARIES).flatMap((library) =>
    COMPILERS.map((compiler) => ({ compiler, library }))
  )
  : [
    { compiler: COMPILERS.at(-1)!, library: "Node.js 24" },
    { compiler: COMPILERS[0]!, library: "dom" },
  ];

/** The packages of the compilers, under names that let several versions be there. */
export const COMPILER_PACKAGES: readonly string[] = [
  ...new Set(CELLS.map(({ compiler }) => compiler)),
].map((it) => `typescript-${it}@npm:typescript@${it}`);

/** Compiles the program. Without errors, there is no output. */
export async function compile(
  app: App,
  { compiler, library }: Cell,
): Promise<Ended> {
  const { install, options } = LIBRARIES[library]!;
  // The types are installed in a folder in which those of other libraries are not found.
  const folder = library.replaceAll(" ", "-");
  const files = await sources();
  if (!await app.has(folder)) {
    await app.write(`${folder}/package.json`, '{ "type": "module" }');
    for (const [name, text] of Object.entries(files)) {
      await app.write(`${folder}/${name}`, text);
    }
    if (install) await app.add(folder, [install]);
  }
  const config = `${folder}/tsconfig.${compiler}.json`;
  await app.write(
    config,
    JSON.stringify({
      compilerOptions: { ...OPTIONS, ...options },
      files: Object.keys(files),
    }),
  );
  const tsc = `node_modules/typescript-${compiler}/bin/tsc`;
  return await app.run("node", tsc, "--pretty", "false", "--project", config);
}

/** The program, and modules that name each export of an entry point. */
async function sources(): Promise<Record<string, string>> {
  const files: Record<string, string> = {
    "program.ts": await Deno.readTextFile(PROGRAM),
  };
  for (const { specifier, values, types } of await entryPoints()) {
    const names = [...values, ...types].map((name) => `type ${name}`);
    files[`${specifier.split("/").at(-1)}.ts`] = `export { ${
      names.join(", ")
    } } from "${specifier}";\n`;
  }
  return files;
}
