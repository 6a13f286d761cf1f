/**
 * The result table of the reading benchmark. Each number is the median of the runs.
 *
 * @module
 */
import { median } from "./median.ts";
import type { Measured } from "./peer.ts";
import type { Framing } from "./read_data.ts";
import type { Reader } from "./readers.ts";

interface Row {
  reader: Reader;
  /** Values a second. */
  rate: number;
  /** CPU time per value, in microseconds. */
  cpu: number;
  /** CPU time of the sink divided by wall time: 1 is one full core. */
  sink: number;
  rss: number;
}

const HEAD = [
  "Reader",
  "Variant",
  "values/s",
  "MB/s",
  "CPU µs/value",
  "values/CPU second",
  "× SDK, CPU",
  "of `fetch` alone, CPU",
  "peak RSS MiB",
  "sink CPU",
];

/** The targets: how many values of ours per CPU second for one of the other reader. */
const TARGETS = {
  "@aws-sdk/client-kinesis": 2,
  "async-kinesis": 10,
  "KCL": 1,
};

/** A Markdown table for one framing and size, followed by the targets and whether they were met. */
export function readTable(
  framing: Framing,
  bytes: number,
  results: ReadonlyMap<Reader, readonly Measured[]>,
): string {
  const rows: Row[] = [];
  for (const [reader, runs] of results) {
    if (runs.length > 0) rows.push(rowOf(reader, runs));
  }
  return `${framing}, ${bytes} B\n\n${section(rows, bytes)}\n${targets(rows)}`;
}

function rowOf(reader: Reader, runs: readonly Measured[]): Row {
  const of = (take: (run: Measured) => number) => median(runs.map(take));
  return {
    reader,
    rate: of((run) => run.records / run.seconds),
    cpu: of((run) => run.cpuMicros / run.records),
    sink: of((run) => run.sinkMicros / 1e6 / run.seconds),
    rss: of((run) => run.peakRss),
  };
}

function section(rows: readonly Row[], bytes: number): string {
  const find = (name: string, variant = "") =>
    rows.find(({ reader }) =>
      reader.name === name && reader.variant.includes(variant)
    );
  const sdk = find("@aws-sdk/client-kinesis");
  const lines = rows.map(({ reader, rate, cpu, sink, rss }) => {
    const protocol = /json|cbor/.exec(reader.variant)?.[0];
    const floor = reader.name === "ours"
      ? find("fetch alone", protocol)
      : undefined;
    return [
      reader.name,
      reader.variant,
      Math.round(rate).toLocaleString("en"),
      (rate * bytes / 1e6).toFixed(0),
      cpu.toFixed(2),
      Math.round(1e6 / cpu).toLocaleString("en"),
      sdk ? (sdk.cpu / cpu).toFixed(2) : "",
      floor ? `${Math.round(100 * floor.cpu / cpu)} %` : "",
      String(Math.round(rss / 2 ** 20)),
      `${Math.round(100 * sink)} %`,
    ];
  });
  return [HEAD, HEAD.map((_, i) => i < 2 ? "---" : "---:"), ...lines]
    .map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

/** Each way to read with our code against the targets. */
function targets(rows: readonly Row[]): string {
  const lines: string[] = [];
  for (const [name, wanted] of Object.entries(TARGETS)) {
    const other = rows.find(({ reader }) => reader.name === name);
    if (!other) continue;
    const ratios = rows.filter(({ reader: { name, variant } }) =>
      name === "ours" && !variant.startsWith("client")
    ).map(({ reader, cpu }) => {
      const ratio = other.cpu / cpu;
      const verdict = ratio >= wanted ? "met" : "missed";
      return `${reader.variant} ${ratio.toFixed(2)} (${verdict})`;
    });
    lines.push(`- ÷ ${name}, wanted ${wanted}: ${ratios.join(", ")}`);
  }
  return lines.join("\n") + "\n";
}
