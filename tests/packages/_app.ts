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

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Builds the tarball, and installs it with other packages. */
  static async install(packages: readonly string[] = []): Promise<App> {
    const app = new App(await Deno.makeTempDir({ prefix: "app-" }));
    try {
      await buildNpmPackage(app.path("webstreams-kinesis.tgz"));
      await app.write("package.json", '{ "type": "module", "private": true }');
      app.installed = await app.add(
        ".",
        "./webstreams-kinesis.tgz",
        ...packages,
      );
      return app;
    } catch (error) {
      await app[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** What npm has printed. */
  installed = "";

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

  /** Installs packages in a folder. Returns what npm has printed. */
  async add(folder: string, ...packages: string[]): Promise<string> {
    const { code, output } = await this.run(
      ...["npm", "install", "--prefix", this.path(folder)] as const,
      ...["--no-audit", "--no-fund", "--prefer-offline"],
      ...packages,
    );
    if (code !== 0) throw new Error(`Cannot install: ${output}`);
    return output;
  }

  /** Runs a program in the folder. */
  async run(command: string, ...args: string[]): Promise<Ended> {
    const { code, stdout, stderr } = await new Deno.Command(command, {
      args,
      cwd: this.folder,
      stdin: "null",
      env: { AWS_EC2_METADATA_DISABLED: "true" },
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, output: text(stdout) + text(stderr) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}
