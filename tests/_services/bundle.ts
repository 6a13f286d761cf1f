/**
 * Makes one file of a module and everything that it imports.
 *
 * @module
 */
import { assertEquals } from "@std/assert";

/** Bundles a module for the web platform. */
export async function bundle(entry: URL): Promise<string> {
  const output = await Deno.makeTempFile({ suffix: ".js" });
  try {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["bundle", "--quiet", "--platform", "browser"],
        ...["--output", output, entry.pathname],
      ],
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    return await Deno.readTextFile(output);
  } finally {
    await Deno.remove(output);
  }
}
