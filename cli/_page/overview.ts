/**
 * The head of the page: the stream and its totals, as charts and in a sentence.
 *
 * @module
 */
import type { Point } from "../_monitor/history.ts";
import type { Snapshot } from "../_monitor/snapshot.ts";
import {
  bytesText,
  durationText,
  numberText,
  percentText,
  shortShardId,
} from "../_monitor/units.ts";
import { createChart } from "./chart.ts";
import { byId, setAttribute, setText } from "./dom.ts";
import type { Panel } from "./panels.ts";

/** Makes the header and the charts of the stream. */
export function createOverview(): Panel {
  const charts = overviewCharts();
  byId("charts").append(...charts.map(({ element }) => element));
  return {
    draw(state) {
      const { snapshot } = state;
      if (!snapshot) return;
      const { stream } = snapshot;
      setText(byId("stream"), stream.name);
      document.title = `${stream.name} · Kinesis monitor`;
      setText(byId("facts"), factsText(snapshot));
      setAttribute(byId("stream-status"), "data-state", stream.status);
      setText(byId("stream-status"), stream.status.toLowerCase());
      setText(byId("hottest"), hottestText(snapshot));
      for (const chart of charts) {
        chart.draw(state.stream, snapshot.time, "the stream");
      }
      byId("main").classList.remove("loading");
    },
  };
}

/** The charts of the stream. */
export function overviewCharts(): ReturnType<typeof createChart>[] {
  const at = (index: number) => (point: Point) => point[index] ?? null;
  const both = (point: Point) =>
    point[5] === null && point[6] === null
      ? null
      : (point[5] ?? 0) + (point[6] ?? 0);
  const records = (value: number | null) => `${numberText(value)} records/s`;
  const bytes = (value: number | null) => `${bytesText(value)}/s`;
  const workers = "Needs --metrics or CloudWatch";
  const writers = "No samples yet";
  return [
    createChart({
      ...{ title: "Records written", text: records, missing: writers },
      value: at(1),
    }),
    createChart({
      ...{ title: "Data written", text: bytes, missing: writers },
      value: at(2),
    }),
    createChart({
      ...{ title: "Records read", text: records, missing: workers },
      value: at(3),
    }),
    createChart({
      ...{ title: "Data read", text: bytes, missing: workers },
      value: at(4),
    }),
    createChart({
      ...{ title: "Throttles", missing: workers, value: both },
      text: (value) => `${numberText(value)} /s`,
    }),
    createChart({
      ...{ title: "Greatest lag", text: durationText },
      ...{ missing: workers, value: at(7) },
    }),
  ];
}

/** The facts of the stream. */
export function factsText({ stream, closedShards }: Snapshot): string {
  const region = stream.arn.split(":")[3];
  const { openShards, consumers = 0, retentionHours } = stream;
  const plural = (count: number, what: string) =>
    `${count} ${what}${count === 1 ? "" : "s"}`;
  return [
    plural(openShards, "open shard"),
    ...(closedShards > 0 ? [`${closedShards} closed`] : []),
    stream.mode === "ON_DEMAND" ? "on demand" : "provisioned",
    ...(region ? [region] : []),
    ...(retentionHours === undefined ? [] : [`${retentionHours} h retention`]),
    ...(consumers > 0 ? [plural(consumers, "fan-out consumer")] : []),
    ...(stream.encryption === "KMS" ? ["encrypted"] : []),
  ].join(" · ");
}

/** The hottest shard in words. */
export function hottestText({ shards, totals }: Snapshot): string {
  const open = shards.filter(({ isOpen, load }) =>
    isOpen && load !== undefined
  );
  const [hottest] = open.sort((a, b) => b.load! - a.load!);
  if (!hottest) return "Loads are not known yet";
  const hot = totals.hotShards ?? 0;
  return `Hottest: shard ${shortShardId(hottest.id)} at ${
    percentText(hottest.load)
  }` + (hot > 0 ? `; ${hot} at 80 % or more` : "");
}

/** The stream in a sentence, for screen readers. */
export function summaryText({ stream, totals, errors }: Snapshot): string {
  const parts = [
    `${stream.openShards} open shards`,
    `writing ${numberText(totals.recordsPerSecond)} records a second`,
    totals.lagMs === undefined ? "" : `lag ${durationText(totals.lagMs)}`,
    totals.hotShards ? `${totals.hotShards} hot shards` : "no hot shard",
    errors.length > 0 ? `last error ${errors[0]!.message}` : "",
  ];
  return parts.filter((it) => it !== "").join(", ");
}
