/**
 * The result table of the peer benchmark. Each number is the median of the runs.
 *
 * @module
 */
import type { Case } from "./cases.ts";
import { median } from "./median.ts";
import type { Measured } from "./peer.ts";

interface Row {
  subject: Case;
  rate: number;
  /** CPU time per value, in microseconds. */
  cpu: number;
  /** CPU time of the sink divided by wall time: 1 is one full core. */
  sink: number;
  rss: number;
  kinesisRecords: number;
  p50: number | undefined;
  p99: number | undefined;
}

/** A Markdown table for values of one size, followed by the targets and whether they were met. */
export function table(
  bytes: number,
  results: ReadonlyMap<Case, readonly Measured[]>,
): string {
  const rows: Row[] = [];
  for (const [subject, runs] of results) {
    if (runs.length > 0) rows.push(rowOf(subject, runs));
  }
  return `${bytes} B\n\n${section(rows)}\n${targets(rows)}`;
}

function rowOf(subject: Case, runs: readonly Measured[]): Row {
  const of = (take: (run: Measured) => number) => median(runs.map(take));
  const latency = runs.every((run) => run.p50 !== undefined);
  return {
    subject,
    rate: of((run) => run.records / run.seconds),
    cpu: of((run) => run.cpuMicros / run.records),
    sink: of((run) => run.sinkMicros / 1e6 / run.seconds),
    rss: of((run) => run.peakRss),
    kinesisRecords: of((run) => run.kinesisRecords / run.records),
    p50: latency ? of((run) => run.p50!) : undefined,
    p99: latency ? of((run) => run.p99!) : undefined,
  };
}

const HEAD = [
  "Peer",
  "Variant",
  "records/s",
  "CPU µs/record",
  "records/CPU second",
  "× SDK, rate",
  "× SDK, CPU",
  "of `fetch` alone",
  "p50/p99 ms",
  "peak RSS MiB",
  "sink CPU",
  "Kinesis records per value",
];

function section(rows: readonly Row[]): string {
  const sdk = rows.find(({ subject }) => subject.name.startsWith("@aws-sdk"));
  const lines = rows.map((row) => {
    const { subject, rate, cpu, sink, rss, kinesisRecords, p50, p99 } = row;
    const floor = rows.find((other) => other.subject.variant === subject.floor);
    return [
      subject.name,
      subject.variant.replace(/^(producer|fetch) /, ""),
      Math.round(rate).toLocaleString("en"),
      cpu.toFixed(2),
      Math.round(1e6 / cpu).toLocaleString("en"),
      sdk ? (rate / sdk.rate).toFixed(2) : "",
      sdk ? (sdk.cpu / cpu).toFixed(2) : "",
      floor ? `${Math.round(100 * rate / floor.rate)} %` : "",
      p50 === undefined ? "" : `${p50.toFixed(0)}/${p99!.toFixed(0)}`,
      String(Math.round(rss / 2 ** 20)),
      // If the sink is always busy, it was the bottleneck, and the rate is that of the sink.
      `${Math.round(100 * sink)} %${sink > 0.9 ? " (!)" : ""}`,
      kinesisRecords.toPrecision(2),
    ];
  });
  return [HEAD, HEAD.map((_, i) => i < 2 ? "---" : "---:"), ...lines]
    .map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

/** A list of the targets with the measured ratios. */
function targets(rows: readonly Row[]): string {
  const best = (...names: string[]) => {
    const found = rows.filter(({ subject: { name, variant } }) =>
      names.includes(`${name}: ${variant}`)
    );
    return found.sort((a, b) => b.rate - a.rate)[0];
  };
  const ours = (framing: string, keys = "") =>
    best(
      ...["json", "cbor"].flatMap((protocol) =>
        ["", " putAll"].map((how) =>
          `ours: producer ${framing} ${protocol}${keys}${how}`
        )
      ),
    );
  const lines: string[] = [];
  const compare = (
    what: string,
    of: (row: Row) => number,
    one: Row | undefined,
    other: Row | undefined,
    target: number,
  ) => {
    if (!one || !other) return;
    const ratio = of(one) / of(other);
    const verdict = ratio >= target ? "met" : "missed";
    lines.push(`- ${what}: ${ratio.toFixed(2)}, wanted ${target}: ${verdict}`);
  };
  const rate = (row: Row) => row.rate;
  const perCpu = (row: Row) => 1 / row.cpu;
  const sdk = best("@aws-sdk/client-kinesis: json");
  compare("json ÷ AWS SDK, rate", rate, ours("json"), sdk, 2);
  compare("json ÷ AWS SDK, per CPU second", perCpu, ours("json"), sdk, 2);
  for (const [framing, keys, target] of ASYNC_KINESIS) {
    const name = `${framing}${keys}`;
    const other = best(`async-kinesis: ${name}`);
    const what = `${name} ÷ async-kinesis`;
    compare(`${what}, rate`, rate, ours(framing, keys), other, target);
    compare(
      `${what}, per CPU second`,
      perCpu,
      ours(framing, keys),
      other,
      target,
    );
  }
  const kpl = best("KPL: aggregated");
  const aggregated = ours("kplBytes");
  compare("kplBytes ÷ KPL, per CPU second", perCpu, aggregated, kpl, 1);
  if (aggregated) {
    const count = Math.round(1e6 / aggregated.cpu).toLocaleString("en");
    lines.push(`- kplBytes per CPU second: ${count}, wanted 1,000,000`);
  }
  for (const framing of ["json", "kplBytes"]) {
    for (const protocol of ["json", "cbor"]) {
      compare(
        `${framing} over ${protocol} ÷ \`fetch\` alone, rate`,
        rate,
        best(
          `ours: producer ${framing} ${protocol}`,
          `ours: producer ${framing} ${protocol} putAll`,
        ),
        best(`fetch alone: fetch ${framing} ${protocol}`),
        0.7,
      );
    }
  }
  return lines.join("\n") + "\n";
}

const ASYNC_KINESIS: [framing: string, keys: string, target: number][] = [
  ["json", "", 20],
  ["jsonLines", "", 5],
  ["jsonLines", " keyless", 5],
];
