/**
 * Compares this library with the AWS SDK in several versions of Node.js, by the CPU time of the
 * whole process for each value. The cases alternate in rounds, so that other load on the machine
 * affects all of them, and the ratios are medians of the ratios within each round.
 *
 *     npx -y deno@2 task bench:node
 *     npx -y deno@2 task bench:node --nodes=22 --sizes=100 --rounds=5 --only=write
 *
 * Needs Linux, Node.js and npm.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { bundleTo } from "../tests/_services/bundle.ts";
import { startSink } from "./_support/sink.ts";
import { installSdk, PEERS_HOME } from "./peers/install.ts";
import { median } from "./peers/median.ts";
import { runPeer } from "./peers/peer.ts";
import { writeRecords } from "./peers/read_data.ts";

const { values: options } = parseArgs({
  args: Deno.args,
  options: {
    nodes: { type: "string", default: "22,24" },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "1.5" },
    sizes: { type: "string", default: "100,1000" },
    only: { type: "string", default: "write,read" },
    home: { type: "string", default: PEERS_HOME },
  },
});

const SDK = "AWS SDK";
/** The rows of each table. The variant is as in `peers/ours.mjs` and `peers/read_ours.mjs`. */
const ROWS = {
  write: {
    [SDK]: "json",
    "`json()`, `putAll`": "producer json cbor putAll nodeFetch",
    "`json()`, pipe": "producer json cbor nodeFetch",
    "`json()`, `putAll`, built-in `fetch`": "producer json cbor putAll",
    "`kplBytes()`, `putAll`": "producer kplBytes cbor putAll nodeFetch",
    "`jsonLines()`, `putAll`": "producer jsonLines cbor putAll nodeFetch",
    "the client in a loop by hand": "client json cbor nodeFetch",
    "floor: JSON, SHA-256, `nodeFetch`": "fetch json cbor nodeFetch hash write",
  },
  read: {
    [SDK]: "loop json",
    "`for await`": "for-await cbor nodeFetch",
    "the client in a loop by hand": "client cbor nodeFetch",
    "the same, built-in `fetch`": "client cbor",
    "floor: JSON, `nodeFetch`": "fetch cbor nodeFetch parse",
  },
};
type Way = keyof typeof ROWS;

const { home } = options;
const sizes = options.sizes.split(",").map(Number);
const rounds = Number(options.rounds);
const sdk = await installSdk(home);
const programs = {
  write: await bundled("ours.mjs"),
  read: await bundled("read_ours.mjs"),
};
const sdkPrograms = { write: "sdk.mjs", read: "read_sdk.mjs" };

for (const version of options.nodes.split(",")) {
  const node = await nodeOf(version);
  for (const way of options.only.split(",") as Way[]) {
    const columns = new Map<number, Map<string, number[]>>();
    for (const bytes of sizes) {
      columns.set(bytes, await measure(node, way, bytes));
    }
    console.log(`\nNode.js ${version}, ${way}\n\n${table(columns)}`);
  }
}

/** The program of a version of Node.js, from npm. */
async function nodeOf(version: string): Promise<string> {
  const { stdout, success } = await new Deno.Command("npx", {
    args: ["-y", "-p", `node@${version}`, "-c", "command -v node"],
  }).output();
  if (!success) throw new Error(`Cannot get Node.js ${version}`);
  return new TextDecoder().decode(stdout).trim();
}

function urlOf(file: string): URL {
  return new URL(`./peers/${file}`, import.meta.url);
}

async function bundled(file: string): Promise<string> {
  const target = `${home}/${file}`;
  await bundleTo(target, urlOf(file), { external: "node:*" });
  return target;
}

/** The CPU time of each row for a value, in microseconds, in each round. */
async function measure(
  node: string,
  way: Way,
  bytes: number,
): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>();
  const { task, sinkOptions } = await workload(way, bytes);
  const sink = await startSink(sinkOptions);
  try {
    for (let round = 1; round <= rounds; round++) {
      for (const [name, variant] of Object.entries(ROWS[way])) {
        const file = name === SDK
          ? urlOf(sdkPrograms[way]).pathname
          : programs[way];
        const { endpoint } = sink;
        const args = JSON.stringify({ ...task, endpoint, variant, home: sdk });
        const run = await runPeer({ program: node, args: [file, args] }, sink);
        times.set(name, [
          ...times.get(name) ?? [],
          run.cpuMicros / run.records,
        ]);
      }
    }
  } finally {
    sink.close();
  }
  return times;
}

async function workload(way: Way, bytes: number) {
  const seconds = Number(options.seconds);
  if (way === "write") {
    const count = bytes > 100 ? 50_000 : 100_000;
    return { task: { bytes, count, seconds }, sinkOptions: { readRecords: 1 } };
  }
  const readFile = await Deno.makeTempFile();
  const framing = "json";
  const perAnswer = await writeRecords(readFile, framing, bytes);
  return {
    task: { bytes, framing, perAnswer, seconds },
    sinkOptions: { shards: 1, readFile },
  };
}

function table(columns: ReadonlyMap<number, Map<string, number[]>>): string {
  const heads = [...columns.keys()].map((bytes) =>
    `${bytes} B, CPU µs (× SDK)`
  );
  const names = [...columns.values().next().value!.keys()];
  const lines = names.map((name) => {
    const cells = [...columns.values()].map((times) => {
      const own = times.get(name)!;
      const ratios = times.get(SDK)!.map((time, i) => time / own[i]!);
      return `${median(own).toFixed(2)} (${median(ratios).toFixed(2)})`;
    });
    return `| ${[name, ...cells].join(" | ")} |`;
  });
  return [
    `| | ${heads.join(" | ")} |`,
    `| --- |${heads.map(() => " ---: |").join("")}`,
    ...lines,
  ].join("\n");
}
