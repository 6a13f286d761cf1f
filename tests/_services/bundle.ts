/**
 * Makes one file of a module and everything that it imports. Tests and benchmarks use it.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

/** Options of {@linkcode bundleTo}. */
export interface BundleOptions {
  /**
   * Whether the code is shortened.
   * @default {false}
   */
  readonly minify?: boolean;
  /**
   * A pattern of modules that stay imports, for example `node:*`.
   * @default {none}
   */
  readonly external?: string;
}

/**
 * Bundles a module for the web platform into a file.
 *
 * @throws {Error} with the output of the bundler if it fails
 */
export async function bundleTo(
  output: string,
  entry: URL,
  { minify = false, external }: BundleOptions = {},
): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--platform", "browser"],
      ...minify ? ["--minify"] : [],
      ...external === undefined ? [] : ["--external", external],
      ...["--output", output, fileURLToPath(entry)],
    ],
  }).output();
  if (success) return;
  throw new Error(
    `Cannot bundle ${entry}: ${new TextDecoder().decode(stderr)}`,
  );
}

/** Bundles a module for the web platform. Returns the code. */
export async function bundle(entry: URL): Promise<string> {
  const output = await Deno.makeTempFile({ suffix: ".js" });
  try {
    await bundleTo(output, entry);
    return await Deno.readTextFile(output);
  } finally {
    await Deno.remove(output);
  }
}
