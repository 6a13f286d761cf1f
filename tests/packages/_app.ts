/**
 * An application of npm that has installed the package from its tarball.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { buildNpmPackage } from "../../scripts/npm_package.ts";

/** Whether every version is tried, and not only the usual ones. */
export const IS_WHOLE_MATRIX: boolean =
  Deno.env.get("KINESIS_MATRIX") === "all";

const MISSING = "tests of the npm package need node and npm";
const TARBALL = "webstreams-kinesis.tgz";
/** Packages are taken from the cache of npm where it has them. */
const QUIET = ["--no-audit", "--no-fund", "--prefer-offline"];

/**
 * Whether tests can start Node.js and npm. If they are missing, an ignored test says so. With the
 * variable `KINESIS_CI` the answer is always yes, so tests fail where they are missing.
 */
export async function hasNpm(): Promise<boolean> {
  if (Deno.env.get("KINESIS_CI")) return true;
  try {
    for (const command of ["node", "npm"]) {
      const args = ["--version"];
      await new Deno.Command(command, { args, stdout: "null" }).output();
    }
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    Deno.test.ignore(MISSING, () => {});
    return false;
  }
}

/** How a program has ended. */
export interface Ended {
  readonly code: number;
  /** Standard output and standard error. */
  readonly output: string;
}

/** A folder with `node_modules`. */
export class App implements AsyncDisposable {
  /** The folder. */
  readonly folder: string;
  /** What npm has printed. */
  readonly installed: string;

  private constructor(folder: string, installed: string) {
    this.folder = folder;
    this.installed = installed;
  }

  /** Builds the tarball and installs it. */
  static async install(): Promise<App> {
    const folder = await Deno.makeTempDir({ prefix: "app-" });
    try {
      await buildNpmPackage(join(folder, TARBALL));
      const manifest = '{ "type": "module", "private": true }';
      await Deno.writeTextFile(join(folder, "package.json"), manifest);
      return new App(folder, await npmInstall(folder, [`./${TARBALL}`]));
    } catch (error) {
      await Deno.remove(folder, { recursive: true });
      throw error;
    }
  }

  /** The path of a file in the folder. */
  path(file: string): string {
    return join(this.folder, file);
  }

  /** Whether there is such a file or folder. */
  async has(file: string): Promise<boolean> {
    return await Deno.stat(this.path(file)).then(() => true, () => false);
  }

  /** Writes a file, and makes its folder. */
  async write(file: string, text: string): Promise<void> {
    await Deno.mkdir(dirname(this.path(file)), { recursive: true });
    await Deno.writeTextFile(this.path(file), text);
  }

  /** Installs more packages, in this folder or a subfolder. */
  async add(folder: string, packages: readonly string[]): Promise<void> {
    await npmInstall(this.path(folder), packages);
  }

  /** Runs a program in the folder. A path of a program begins with `./`. */
  async run(command: string, ...args: string[]): Promise<Ended> {
    const program = command.startsWith("./") ? this.path(command) : command;
    return await run(this.folder, program, args);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

async function npmInstall(
  folder: string,
  packages: readonly string[],
): Promise<string> {
  // Started by npx, npm would take another folder from the environment.
  const options = ["--prefix", folder, ...QUIET];
  const args = ["install", ...options, ...packages];
  const { code, output } = await run(folder, "npm", args);
  if (code === 0) return output;
  throw new Error(`Cannot install ${packages.join(" ")}: ${output}`);
}

async function run(
  cwd: string,
  command: string,
  args: readonly string[],
): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd,
    stdin: "null",
    env: {
      AWS_ACCESS_KEY_ID: "id",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_EC2_METADATA_DISABLED: "true",
      NO_COLOR: "1",
    },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, output: text(stdout) + text(stderr) };
}
