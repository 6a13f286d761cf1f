import { assertEquals, assertGreater, assertLess } from "@std/assert";

/** Runs in a process of its own, where the collector can be called. Prints the heap before, with records, and after. */
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
const heap = () => (gc(), Deno.memoryUsage().heapUsed);
// Keys that were seen are remembered by nobody once the stream is gone, so the first round only warms up.
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
const before = heap();
await fill();
const full = heap();
await ask("DeleteStream", { StreamName: "s" });
console.log(JSON.stringify([before, full, heap()]));
`;

Deno.test("KinesisServer gives memory back, when a stream is deleted", async () => {
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
    // 20 000 records of 1.3 KB as they are stored.
    assertGreater(full - before, 20_000_000);
    assertLess(after - before, 2_000_000);
  } finally {
    await Deno.remove(file);
  }
});
