import { assertEquals, assertGreater, assertLess } from "@std/assert";

/**
 * Runs in its own process, with access to the garbage collector. Prints the heap size before the
 * records, with them, and after they are deleted.
 */
const SCRIPT = `
import { KinesisServer } from "${import.meta.resolve("../../testing/mod.ts")}";
const server = new KinesisServer({ limits: false });
const ask = async (action, input) => {
  const response = await server.fetch("https://kinesis/", {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "Kinesis_20131202." + action,
    },
    body: JSON.stringify(input),
  });
  if (!response.ok) throw new Error(await response.text());
  await response.arrayBuffer();
};
// A turn of the event loop first: what the last answer holds is released then.
const heap = async () => {
  await new Promise((resolve) => setTimeout(resolve));
  gc();
  return Deno.memoryUsage().heapUsed;
};
// The first round only warms up: nothing of a deleted stream is kept, cached keys included.
const fill = async () => {
  await ask("CreateStream", { StreamName: "s", ShardCount: 2 });
  for (let i = 0; i < 40; i++) {
    await ask("PutRecords", {
      StreamName: "s",
      Records: Array.from({ length: 500 }, (_, j) => ({
        PartitionKey: i + "-" + j,
        Data: btoa(String(i * 500 + j).padStart(1_002, "0")),
      })),
    });
  }
};
await fill();
await ask("DeleteStream", { StreamName: "s" });
const before = await heap();
await fill();
const full = await heap();
await ask("DeleteStream", { StreamName: "s" });
console.log(JSON.stringify([before, full, await heap()]));
`;

Deno.test("KinesisServer releases the memory of a deleted stream", async () => {
  const file = await Deno.makeTempFile({ suffix: ".js" });
  try {
    await Deno.writeTextFile(file, SCRIPT);
    const config = new URL("../../deno.json", import.meta.url).pathname;
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--config",
        config,
        "--v8-flags=--expose-gc",
        file,
      ],
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    const [before, full, after] = JSON.parse(new TextDecoder().decode(stdout));
    // 20 000 stored records of 1.3 KB each.
    assertGreater(full - before, 20_000_000);
    assertLess(after - before, 2_000_000);
  } finally {
    await Deno.remove(file);
  }
});
