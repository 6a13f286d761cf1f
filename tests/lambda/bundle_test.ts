/**
 * The bundle of a Lambda function: its size, and that it runs in Node as Lambda runs it.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { bundleTo } from "../_services/bundle.ts";
import { eventOf } from "./_events.ts";

const ENTRY = new URL("../../examples/lambda/index.ts", import.meta.url);
const MOST_BYTES = 10 * 1024;

Deno.test("The bundle of the Lambda example has less than 10 KB, no client, and runs in Node", async () => {
  const folder = await Deno.makeTempDir();
  const output = `${folder}/index.mjs`;
  try {
    await bundleTo(output, ENTRY, { minify: true });
    const text = await Deno.readTextFile(output);
    assert(!/PutRecords|aws4|msgpack/i.test(text));
    const { size } = await Deno.stat(output);
    assert(size < MOST_BYTES, `${size} bytes`);

    const event = eventOf([{ id: 1, total: 5 }, { id: 2 }, {
      id: 3,
      total: 7,
    }]);
    const run = `import(${JSON.stringify(output)}).then(async ({ handler }) => {
      const context = { getRemainingTimeInMillis: () => 30_000 };
      console.log(JSON.stringify(await handler(${
      JSON.stringify(event)
    }, context)));
    });`;
    const { stdout, stderr } = await new Deno.Command("node", {
      args: ["-e", run],
    }).output();
    assertEquals(new TextDecoder().decode(stdout).trim().split("\n"), [
      "order 1",
      '{"batchItemFailures":[{"itemIdentifier":"101"}]}',
    ]);
    assert(new TextDecoder().decode(stderr).includes("Order 2 has no total"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
