import { assert, assertFalse, assertThrows } from "@std/assert";
import { isInstalled } from "./installed.ts";

const MISSING = "no-such-command-anywhere";

Deno.test("isInstalled finds what is on the path", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/tool`, "");
    const env: Record<string, string> = { PATH: `/nowhere:${folder}` };
    assert(isInstalled("tool", (name) => env[name]));
    assertFalse(isInstalled(MISSING, (name) => env[name]));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("isInstalled throws when KINESIS_CI is set and the command is missing", () => {
  const env: Record<string, string> = { PATH: "/nowhere", KINESIS_CI: "1" };
  assertThrows(() => isInstalled(MISSING, (name) => env[name]), Error, MISSING);
});
