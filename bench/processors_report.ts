/**
 * Runs processors_bench.ts and prints its results as a table:
 * `deno run -A bench/processors_report.ts`. It uses the fastest iteration, which is the most
 * repeatable number on a shared machine.
 *
 * @module
 */
import { counts, type Size } from "./processors_sizes.ts";

interface BenchResult {
  benches: {
    group: string;
    name: string;
    baseline: boolean;
    results: { ok?: { min: number } }[];
  }[];
}

const { stdout, success } = await new Deno.Command(Deno.execPath(), {
  args: [
    "bench",
    "-A",
    "--json",
    new URL("processors_bench.ts", import.meta.url).href,
  ],
  stderr: "inherit",
}).output();
if (!success) Deno.exit(1);
const { benches } = JSON.parse(new TextDecoder().decode(stdout)) as BenchResult;

const rounded = (n: number) =>
  n >= 100 ? Math.round(n).toLocaleString("en") : n.toPrecision(2);
console.log("| Group | | 1000 records/s | MB/s | against baseline |");
console.log("|---|---|---:|---:|---:|");
for (const { group, name, baseline: isBaseline, results } of benches) {
  const ns = results[0]?.ok?.min ?? NaN;
  const size = Object.keys(counts).find((size) => group.endsWith(size));
  const { bytes, count } = size
    ? counts[size as Size]
    : { bytes: NaN, count: 1000 };
  const perSecond = count / (ns / 1e9);
  const base = benches.find((b) => b.group === group && b.baseline)!
    .results[0]!.ok!.min;
  console.log(
    `| ${group} | ${name} | ${rounded(perSecond / 1000)} | ${
      size ? rounded(perSecond * bytes / 1e6) : ""
    } | ${isBaseline ? "1" : (base / ns).toPrecision(2)} |`,
  );
}
