/**
 * The results as a table, or as JSON.
 *
 * @module
 */
import { median } from "../peers/median.ts";
import type { Measurement } from "./measure.ts";

/** One run and its measurement. */
export interface Result extends Measurement {
  readonly processor: string;
  readonly client: string;
  readonly iteration: number;
}

/** The name of our client in the table. */
export const OURS = "ours";
/** The name of the client that ours is compared with. */
export const PEER = "async-kinesis";

/** The columns: texts first, then numbers. */
const COLUMNS = [
  "Processor",
  "Client",
  "Values",
  "Kinesis records",
  "PUT payload units",
  "Bytes",
  "Seconds",
  "Values/s",
  "KB/s",
  "CPU s per 100,000",
  "× values/s",
  "× CPU",
  "Out of order",
];
const TEXT_COLUMNS = 2;

/** The medians of the runs of a processor with a client. */
interface Summary {
  readonly processor: string;
  readonly client: string;
  readonly values: number;
  readonly records: number;
  readonly payloadUnits: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly outOfOrder: number;
}

/** The rates of a run, for the table and for JSON. */
function ratesOf(
  { values, bytes, seconds, cpuSeconds }: Summary,
): { valuesPerSecond: number; kbPerSecond: number; cpuPer100000: number } {
  return {
    valuesPerSecond: values / seconds,
    kbPerSecond: bytes / 1000 / seconds,
    cpuPer100000: 100_000 * cpuSeconds / values,
  };
}

/** One run as JSON. */
export function jsonOf(result: Result): string {
  const { processor, client, iteration, version, ...measured } = result;
  const { outOfOrder } = measured;
  const summary = summaryOf([result]);
  const { values, records, payloadUnits, bytes, seconds, cpuSeconds } = summary;
  return JSON.stringify({
    ...{ processor, client, version, iteration, values, records },
    ...{ payloadUnits, bytes, seconds, cpuSeconds },
    ...ratesOf(summary),
    outOfOrder,
  });
}

/** The lines of the table. "×" is ours against async-kinesis: above 1 ours is better. */
export function tableOf(
  results: readonly Result[],
  asMarkdown: boolean,
): string[] {
  const groups = Map.groupBy(
    results,
    ({ processor, client }) => `${processor} ${client}`,
  );
  const summaries = [...groups.values()].map(summaryOf);
  const rows = summaries.map((summary) =>
    rowOf(
      summary,
      summaries.find(({ processor, client }) =>
        client === PEER && processor === summary.processor
      ),
    )
  );
  const widths = COLUMNS.map((column, i) =>
    Math.max(column.length, ...rows.map((row) => row[i]!.length))
  );
  const padded = [COLUMNS, ...rows].map((row) =>
    row.map((cell, i) =>
      i < TEXT_COLUMNS ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)
    )
  );
  if (!asMarkdown) return padded.map((row) => row.join("  ").trimEnd());
  const rule = widths.map((width, i) =>
    i < TEXT_COLUMNS ? "-".repeat(width) : `${"-".repeat(width - 1)}:`
  );
  padded.splice(1, 0, rule);
  return padded.map((row) => `| ${row.join(" | ")} |`);
}

function summaryOf(runs: readonly Result[]): Summary {
  const of = (take: (run: Result) => number) => median(runs.map(take));
  const { processor, client } = runs[0]!;
  return {
    processor,
    client,
    values: of((run) => run.values),
    records: of((run) => run.stored.records),
    payloadUnits: of((run) => run.stored.payloadUnits),
    bytes: of((run) => run.stored.bytes),
    seconds: of((run) => run.seconds),
    cpuSeconds: of((run) => run.cpuSeconds),
    outOfOrder: of((run) => run.outOfOrder),
  };
}

function rowOf(summary: Summary, peer: Summary | undefined): string[] {
  const { processor, client, values, records, payloadUnits, bytes } = summary;
  const rates = ratesOf(summary);
  const ratios = peer && client !== PEER
    ? [peer.seconds / summary.seconds, peer.cpuSeconds / summary.cpuSeconds]
    : undefined;
  return [
    processor,
    client,
    ...[values, records, payloadUnits, bytes].map(whole),
    summary.seconds.toFixed(2),
    whole(rates.valuesPerSecond),
    whole(rates.kbPerSecond),
    rates.cpuPer100000.toFixed(2),
    ratios ? ratios[0]!.toFixed(2) : "",
    ratios ? ratios[1]!.toFixed(2) : "",
    whole(summary.outOfOrder),
  ];
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}
