/**
 * Compares Consumer with other readers (peers). All read the same records from the same sink, one
 * after another, each in its own process. The sink returns the same answer again and again.
 *
 *     npx -y deno@2 task bench:readers
 *     npx -y deno@2 task bench:readers --runs=3 --sizes=100 --framings=kplJson --only=ours,KCL
 *
 * Needs Linux and Node.js, and for the peers npm, Python and Maven. Peers that cannot be installed
 * are skipped.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { startSink } from "../_support/sink.ts";
import { install, type Peers, PEERS_HOME } from "./install.ts";
import { type Measured, runPeer } from "./peer.ts";
import { type Framing, writeRecords } from "./read_data.ts";
import { readTable } from "./read_report.ts";
import { type Reader, readersOf } from "./readers.ts";

const { values: options } = parseArgs({
  args: Deno.args,
  options: {
    runs: { type: "string", default: "1" },
    seconds: { type: "string", default: "1" },
    sizes: { type: "string", default: "100,1000" },
    framings: { type: "string", default: "json,jsonLines,kplJson" },
    only: { type: "string" },
    home: { type: "string", default: PEERS_HOME },
  },
});
/** The largest values that are measured in each framing: packing is for small ones. */
const MOST_BYTES = { json: Infinity, jsonLines: 100, kplJson: 1000 };
/** The KCL takes 40 s to start, so it is in one table only, unless it is asked for. */
const KCL_TABLE = { framing: "json", bytes: 100 };
const runs = Number(options.runs);
const seconds = Number(options.seconds);
const only = options.only?.split(",");

const peers = await install(options.home);
for (const [name, peer] of Object.entries(peers)) {
  if (peer instanceof Error) console.log(`without ${name}: ${peer.message}`);
}
const readers = readersOf(peers).filter(({ name, variant }) =>
  !only || only.some((part) => `${name} ${variant}`.includes(part))
);
const tables = readers.some(({ name }) => name === "KCL")
  ? await startTables(peers)
  : undefined;
for (const framing of options.framings.split(",") as Framing[]) {
  for (const bytes of options.sizes.split(",").map(Number)) {
    if (bytes > MOST_BYTES[framing]) continue;
    await compare(framing, bytes);
  }
}

tables?.stop();

/** Starts the emulator of DynamoDB, in which the KCL keeps its leases. */
async function startTables({ kcl }: Peers) {
  if (kcl instanceof Error) return undefined;
  const port = freePort();
  const child = new Deno.Command("node", {
    args: [
      `${kcl.dynamo}/node_modules/dynalite/cli.js`,
      `--port=${port}`,
      "--createTableMs=100",
    ],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  // It prints its address when it listens.
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => child.kill("SIGKILL"),
  };
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

async function compare(framing: Framing, bytes: number): Promise<void> {
  const readFile = await Deno.makeTempFile();
  const perAnswer = await writeRecords(readFile, framing, bytes);
  const sink = await startSink({ shards: 1, readFile });
  const hasKcl = only?.includes("KCL") ||
    framing === KCL_TABLE.framing && bytes === KCL_TABLE.bytes;
  const results = new Map<Reader, Measured[]>(
    readers.filter(({ name }) => name !== "KCL" || hasKcl)
      .map((reader) => [reader, []]),
  );
  try {
    for (let run = 1; run <= runs; run++) {
      for (const [reader, measured] of results) {
        const { variant } = reader;
        const { endpoint } = sink;
        const task = {
          endpoint,
          variant,
          framing,
          bytes,
          perAnswer,
          seconds,
          tables: tables?.url,
        };
        try {
          measured.push(await runPeer(reader.command(task), sink));
        } catch (error) {
          console.log(`failed ${reader.name} ${variant}: ${error}`);
        }
      }
    }
  } finally {
    sink.close();
    await Deno.remove(readFile);
  }
  console.log("\n" + readTable(framing, bytes, results));
}
