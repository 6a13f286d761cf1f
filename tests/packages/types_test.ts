/**
 * The declarations of the npm package compile with the versions of TypeScript and the libraries of
 * types that users have.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { App, IS_WHOLE_MATRIX } from "./_app.ts";

const PROGRAM = new URL("program.ts.txt", import.meta.url);

/** The versions of TypeScript. The first one is the least that is supported, see the README. */
const COMPILERS = ["5.7", "5.8", "5.9", "6.0"];

/** A library of types. */
interface Cell {
  readonly lib: readonly string[];
  /** The package, with its version. */
  readonly install?: string;
  /** Its name in the options of the compiler. */
  readonly types: readonly string[];
  readonly skipLibCheck?: boolean;
}

const CELLS: Readonly<Record<string, Cell>> = {
  dom: {
    lib: ["es2022", "dom", "dom.iterable", "dom.asynciterable"],
    types: [],
  },
  "esnext and dom": {
    lib: ["esnext", "dom", "dom.iterable", "dom.asynciterable"],
    types: [],
  },
  "Node.js 20": {
    lib: ["es2022"],
    install: "@types/node@20",
    types: ["node"],
  },
  "Node.js 22": {
    lib: ["es2023"],
    install: "@types/node@22",
    types: ["node"],
  },
  "Node.js 24": {
    lib: ["esnext"],
    install: "@types/node@24",
    types: ["node"],
  },
  Workers: {
    lib: ["es2022"],
    install: "@cloudflare/workers-types@4",
    types: ["@cloudflare/workers-types"],
  },
  // The types of Bun have errors of their own.
  Bun: {
    lib: ["esnext"],
    install: "@types/bun@1",
    types: ["bun"],
    skipLibCheck: true,
  },
};

/** What a usual run tries: the newest compiler, in Node.js and in browsers. */
const USUAL: readonly (readonly [compiler: string, cell: string])[] = [
  ["6.0", "Node.js 24"],
  ["5.7", "dom"],
];
const TRIED = IS_WHOLE_MATRIX
  ? COMPILERS.flatMap((compiler) =>
    Object.keys(CELLS).map((cell) => [compiler, cell] as const)
  )
  : USUAL;

/** The compilers, under other names, so that several versions are there. */
function compilers(): string[] {
  return [...new Set(TRIED.map(([compiler]) => compiler))]
    .map((it) => `typescript-${it}@npm:typescript@~${it}.0`);
}

Deno.test("The declarations of the npm package compile without errors", async (t) => {
  await using app = await App.install(compilers());
  const program = await Deno.readTextFile(PROGRAM);
  for (const [compiler, name] of TRIED) {
    const { install, ...options } = CELLS[name]!;
    const folder = name.replaceAll(" ", "-");
    // The types of a cell lie in a folder of their own, in which those of the others are not found.
    if (!await app.has(folder)) {
      await app.write(`${folder}/package.json`, '{ "type": "module" }');
      await app.write(`${folder}/program.ts`, program);
      if (install) await app.add(folder, install);
    }
    await t.step(
      `TypeScript ${compiler} with the types of ${name}`,
      async () => {
        const compilerOptions = {
          strict: true,
          noEmit: true,
          target: "es2022",
          module: "nodenext",
          skipLibCheck: false,
          ...options,
        };
        const files = ["program.ts"];
        const config = `${folder}/tsconfig.${compiler}.json`;
        await app.write(config, JSON.stringify({ compilerOptions, files }));
        const tsc = `node_modules/typescript-${compiler}/bin/tsc`;
        const { code, output } = await app.run(
          "node",
          tsc,
          "--project",
          config,
        );
        assertEquals(output, "");
        assertEquals(code, 0);
      },
    );
  }
});
