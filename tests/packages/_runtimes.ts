/**
 * The runtimes that the npm package runs in.
 *
 * @module
 */
import { IS_WHOLE_MATRIX } from "./_app.ts";

/** A runtime: a program, or an npm package that holds the program. */
export interface Runtime {
  readonly name: string;
  readonly install?: string;
  readonly program: string;
}

/** The first one is the least version in `engines` of package.json. */
const NODE_VERSIONS = ["20.11.0", "20.20.2", "22.23.3", "24.21.0", "26.12.1"];
const BUN_VERSION = "1.4.5";

const { os, arch } = Deno.build;
const isArm = arch === "aarch64";

/** The packages `node` and `bun` have scripts, which install these packages of one system. */
const NODE_PACKAGE = `node-${os}-${isArm ? "arm64" : "x64"}`;
const BUN_PACKAGE = `@oven/bun-${os}-${isArm ? "aarch64" : "x64"}`;

const INSTALLED: Runtime = { name: "the installed Node.js", program: "node" };

/** What is tried. A usual run tries the Node.js that is installed. */
export const RUNTIMES: readonly Runtime[] = IS_WHOLE_MATRIX
  ? [
    INSTALLED,
    ...NODE_VERSIONS.map((version) => ({
      name: `Node.js ${version}`,
      install: `node-${version}@npm:${NODE_PACKAGE}@${version}`,
      program: `./node_modules/node-${version}/bin/node`,
    })),
    {
      name: `Bun ${BUN_VERSION}`,
      install: `bun@npm:${BUN_PACKAGE}@${BUN_VERSION}`,
      program: "./node_modules/bun/bin/bun",
    },
  ]
  : [INSTALLED];
