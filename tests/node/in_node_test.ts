/**
 * Runs the tests of `nodeFetch` in Node.js. The other tests run in Deno, which has modules of the
 * same names.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { bundle } from "../_services/bundle.ts";

const VERSIONS: Readonly<Record<string, readonly string[]>> = {
  "Node.js": ["node"],
  ...Deno.env.get("KINESIS_MATRIX") === "all"
    ? {
      "Node.js 22": ["npx", "-y", "node@22"],
      "Node.js 24": ["npx", "-y", "node@24"],
    }
    : {},
};
/** Stands in for `Deno.test`, and runs one test after another. */
const RUNNER = `
  const tests = [];
  globalThis.Deno = { test: (name, run) => tests.push([name, run]) };
  const unexpected = [];
  process.on("uncaughtException", (error) => unexpected.push(error));
  process.on("unhandledRejection", (error) => unexpected.push(error));
  await import("./tests.mjs");
  for (const [name, run] of tests) {
    try {
      await run();
      if (unexpected.length > 0) throw unexpected.pop();
    } catch (error) {
      console.log(name, "FAILED", error);
    }
  }
  console.log(tests.length, "tests have run");
  // No process.exit(): closed connections let the process end.
`;

for (const [name, [command, ...args]] of Object.entries(VERSIONS)) {
  Deno.test(`nodeFetch passes its tests in ${name}`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      const path = new URL("node_fetch_test.ts", import.meta.url);
      await Deno.writeTextFile(`${folder}/tests.mjs`, await bundle(path));
      await Deno.writeTextFile(`${folder}/main.mjs`, RUNNER);
      const { stdout, stderr } = await new Deno.Command(command!, {
        args: [...args, `${folder}/main.mjs`],
        stdin: "null",
      }).output();
      const [text, errors] = [stdout, stderr]
        .map((bytes) => new TextDecoder().decode(bytes));
      const count = (await Deno.readTextFile(path))
        .match(/^test\(/gm)!.length;
      assertEquals(`${text}${errors}`.trim(), `${count} tests have run`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
