/**
 * Installs the AWS SDK for JavaScript for programs of Node.js, from the cache of Deno.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };

/** Installs the SDK into the `node_modules` of a folder, for Node.js. */
export async function installSdk(folder: string): Promise<void> {
  await Deno.writeTextFile(
    `${folder}/deno.json`,
    JSON.stringify({
      nodeModulesDir: "auto",
      minimumDependencyAge: config.minimumDependencyAge,
      imports: {
        "@aws-sdk/client-kinesis": config.imports["@aws-sdk/client-kinesis"],
      },
    }),
  );
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["install", "--quiet"],
    cwd: folder,
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
}
