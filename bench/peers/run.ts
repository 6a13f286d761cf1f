/**
 * Compares Producer with other producers (peers). All send the same values with the same keys to
 * the same sink, one after another, each in its own process.
 *
 *     npx -y deno@2 task bench:peers
 *     npx -y deno@2 task bench:peers --runs=1 --sizes=100 --only=kpl
 *
 * Needs Linux and Node.js, and for the peers npm, Python and Maven. Peers that cannot be installed
 * are skipped.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { bundleTo } from "../../tests/_services/bundle.ts";
import { type Sink, type SinkOptions, startSink } from "../_support/sink.ts";
import { type Case, casesOf } from "./cases.ts";
import { install, PEERS_HOME } from "./install.ts";
import { type Measured, runPeer } from "./peer.ts";
import { table } from "./report.ts";

const { values: options } = parseArgs({
  args: Deno.args,
  options: {
    runs: { type: "string", default: "3" },
    seconds: { type: "string", default: "2" },
    sizes: { type: "string", default: "100,1000,10000" },
    only: { type: "string" },
    home: { type: "string", default: PEERS_HOME },
  },
});
const { home } = options;
const runs = Number(options.runs);
const seconds = Number(options.seconds);
const sizes = options.sizes.split(",").map(Number);
const only = options.only?.split(",");
const COUNTS: Record<number, number> = { 100: 100_000, 1000: 50_000 };
const countOf = (bytes: number) => COUNTS[bytes] ?? 10_000;

const peers = await install(home);
for (const [name, peer] of Object.entries(peers)) {
  if (peer instanceof Error) console.log(`without ${name}: ${peer.message}`);
}
const bundle = `${home}/ours.node.mjs`;
const bundled = await bundleForNode(bundle);
const cases = casesOf(peers, bundled ? bundle : undefined).filter((
  { name, variant },
) => !only || only.some((part) => `${name} ${variant}`.includes(part)));
const tls = peers.tls instanceof Error ? undefined : peers.tls;

/** Whether all values of a case arrive at the sink. Cases that lose values are not measured. */
const inspected = new Map<string, Promise<boolean>>();

const sinks = await startSinks({});
for (const bytes of sizes) {
  const results = new Map<Case, Measured[]>(cases.map((one) => [one, []]));
  for (let run = 1; run <= runs; run++) {
    for (const [subject, measured] of results) {
      try {
        const one = await measure(subject, bytes, sinks);
        if (one) measured.push(one);
      } catch (error) {
        console.log(`failed ${subject.name} ${subject.variant}: ${error}`);
      }
    }
  }
  console.log("\n" + table(bytes, results));
}
sinks.close();
if (tls) await Deno.remove(dirname(tls.cert), { recursive: true });

function dirname(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

async function bundleForNode(target: string): Promise<boolean> {
  try {
    const entry = new URL("./ours.mjs", import.meta.url);
    await bundleTo(target, entry, { external: "node:*" });
    return true;
  } catch (error) {
    console.log(`without Node: ${error}`);
    return false;
  }
}

interface Sinks {
  plain: Sink;
  secure: Sink | undefined;
  close(): void;
}

async function startSinks(options: SinkOptions): Promise<Sinks> {
  const plain = await startSink({ ...options, readRecords: 1 });
  const secure = tls && await startSink({ ...options, readRecords: 1, tls });
  return {
    plain,
    secure,
    close() {
      plain.close();
      secure?.close();
    },
  };
}

async function inspect(subject: Case, bytes: number): Promise<boolean> {
  const count = 10_000;
  const sinks = await startSinks({ inspect: true });
  const sink = subject.tls ? sinks.secure! : sinks.plain;
  const task = {
    endpoint: sink.endpoint,
    variant: subject.variant,
    bytes,
    count,
    seconds: 0,
    inspect: true,
  };
  try {
    await runPeer(subject.command(task), sink);
    const { values, distinct } = await sink.stats();
    // "fetch alone" sends each value several times: once when its requests are recorded.
    if (distinct === count && values % count === 0) return true;
    console.log(
      `skipped ${subject.name} ${subject.variant} at ${bytes} B: of ${count} values ${distinct} arrived`,
    );
  } catch (error) {
    console.log(`skipped ${subject.name} ${subject.variant}: ${error}`);
  } finally {
    sinks.close();
  }
  return false;
}

async function measure(
  subject: Case,
  bytes: number,
  sinks: Sinks,
): Promise<Measured | undefined> {
  const key = `${bytes} ${subject.name} ${subject.variant}`;
  if (!inspected.has(key)) inspected.set(key, inspect(subject, bytes));
  if (!await inspected.get(key)) return undefined;
  const sink = subject.tls ? sinks.secure! : sinks.plain;
  const task = {
    endpoint: sink.endpoint,
    variant: subject.variant,
    bytes,
    count: countOf(bytes),
    seconds,
  };
  const measured = await runPeer(subject.command(task), sink);
  if (subject.latency && bytes <= 1000) {
    const { p50, p99 } = await runPeer(
      subject.command({ ...task, latency: true }),
      sink,
    );
    measured.p50 = p50;
    measured.p99 = p99;
  }
  const rate = Math.round(measured.records / measured.seconds);
  const [load] = Deno.loadavg();
  console.log(
    `${bytes} B ${subject.name} ${subject.variant}: ${rate}/s, load ${
      load!.toFixed(1)
    }`,
  );
  return measured;
}
