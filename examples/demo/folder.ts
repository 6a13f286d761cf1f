/**
 * The folder for checkpoints and for a copy of an input that cannot be read twice.
 *
 * @module
 */
import type { Cleanup } from "./cleanup.ts";

/** Creates a folder for temporary files, which is removed at the end. */
export async function makeFolder(cleanup: Cleanup): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "kinesis-demo-" });
  const options = { recursive: true };
  cleanup.add({
    left: `the folder ${folder}: remove it with\n    rm -r ${folder}`,
    remove: () => Deno.remove(folder, options),
    removeAtOnce: () => Deno.removeSync(folder, options),
  });
  return folder;
}
