/**
 * Compares this library with the AWS SDK in versions of Node.js after a long warm-up, in one process
 * and in short rounds in turn: ratios are less affected by other load than those of `node.ts`, and
 * contain no compilation. `--before` adds a checkout of another version.
 *
 *     npx -y deno@2 run -A bench/node_steady.ts --before=../before
 *     npx -y deno@2 run -A bench/node_steady.ts --nodes=22 --sizes=100 --ways=write --rounds=12
 *
 * Needs Linux, Node.js and npm.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { startSink } from "./_support/sink.ts";
import { installSdk } from "./peers/install.ts";
import { median } from "./peers/median.ts";
import { writeRecords } from "./peers/read_data.ts";

const cache = Deno.env.get("XDG_CACHE_HOME") ?? "/tmp";
const { values: options } = parseArgs({
  args: Deno.args,
  options: {
    nodes: { type: "string", default: "22,24" },
    sizes: { type: "string", default: "100,1000" },
    ways: { type: "string", default: "write,read" },
    framings: { type: "string", default: "json,kplBytes,jsonLines" },
    rounds: { type: "string", default: "8" },
    before: { type: "string" },
    home: { type: "string", default: `${cache}/webstreams-kinesis-peers` },
  },
});
const { home, before } = options;
const sdk = await installSdk(home);
const here = new URL("..", import.meta.url).pathname;
const copies = [["now", await bundle(here, "now")]];
if (before) copies.push(["before", await bundle(before, "before")]);

for (const node of options.nodes.split(",")) {
  for (const way of options.ways.split(",")) {
    for (const bytes of options.sizes.split(",").map(Number)) {
      const times = await measure(node, way, bytes);
      console.log(`\nNode.js ${node}, ${way}, ${bytes} B\n\n${table(times)}`);
    }
  }
}
Deno.exit();

/** Bundles the subjects of a checkout, with the file of this checkout that measures them. */
async function bundle(root: string, name: string): Promise<string> {
  const folder = `${root}/bench/peers`;
  const entry = `${folder}/steady_ours.mjs`;
  if (root !== here) {
    await Deno.copyFile(`${here}/bench/peers/steady_ours.mjs`, entry);
  }
  const target = `${home}/steady_${name}.mjs`;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--platform", "browser"],
      ...["--external", "node:*", "-o", target, entry],
    ],
    cwd: root,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return target;
}

async function measure(
  node: string,
  way: string,
  bytes: number,
): Promise<[string, number[]][]> {
  const readFile = await Deno.makeTempFile();
  if (way === "read") await writeRecords(readFile, "json", bytes);
  const sink = await startSink(
    way === "read" ? { shards: 1, readFile } : { readRecords: 1 },
  );
  const framings = options.framings.split(",");
  const rounds = Number(options.rounds);
  const count = bytes > 100 ? 50_000 : 150_000;
  const { endpoint } = sink;
  const run = { endpoint, bytes, way, framings, count, rounds, copies, sdk };
  const program = new URL("./peers/steady.mjs", import.meta.url).pathname;
  try {
    const { success, stdout, stderr } = await new Deno.Command("npx", {
      args: [
        ...["-y", "-p", `node@${node}`, "-c"],
        `node --expose-gc ${program} '${
          JSON.stringify({ ...run, warmUp: 5 })
        }'`,
      ],
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return JSON.parse(new TextDecoder().decode(stdout));
  } finally {
    sink.close();
  }
}

function table(times: readonly [string, number[]][]): string {
  const sdkTimes = times[0]![1];
  const lines = times.map(([name, own]) => {
    const ratio = median(sdkTimes.map((time, i) => time / own[i]!));
    const least = Math.min(...sdkTimes) / Math.min(...own);
    return `| ${name} | ${median(own).toFixed(2)} | ${
      Math.min(...own).toFixed(2)
    } | ${ratio.toFixed(2)} | ${least.toFixed(2)} |`;
  });
  return [
    "| | CPU µs, median | least | × SDK, median | × SDK, least |",
    "| --- | ---: | ---: | ---: | ---: |",
    ...lines,
  ].join("\n");
}
