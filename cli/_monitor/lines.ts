/**
 * A snapshot as lines of text, where the output is no terminal.
 *
 * @module
 */
import { counted } from "../_values.ts";
import type { Snapshot } from "./snapshot.ts";
import {
  bytesText,
  durationText,
  numberText,
  percentText,
  shortShardId,
} from "./units.ts";

/** The reshards and errors since the last snapshot, and a line with the totals. */
export function linesOf(snapshot: Snapshot, last?: Snapshot): string[] {
  const { time, stream, totals, shards } = snapshot;
  // Not by their times: a shard that was opened before the last snapshot may be found after it, and
  // an error may have the time of the last snapshot.
  const news = newOf(snapshot.reshards, last?.reshards);
  const errors = newOf(snapshot.errors, last?.errors);
  const hottest = shards.reduce(
    (a, b) => (b.load ?? 0) > (a?.load ?? 0) ? b : a,
    shards[0],
  );
  return [
    ...news.map((it) => `${timeText(it.time)} ${reshardText(it)}`),
    ...errors.map((it) => `${timeText(it.time)} ${errorText(it)}`),
    [
      `${timeText(time)} ${counted(stream.openShards, "open shard")}`,
      `write ${numberText(totals.recordsPerSecond)} records/s ${
        bytesText(totals.bytesPerSecond)
      }/s`,
      `read ${numberText(totals.readRecordsPerSecond)} records/s`,
      `throttles ${numberText(throttlesOf(totals))}/s`,
      `lag ${durationText(totals.lagMs)}`,
      ...(hottest?.load === undefined ? [] : [
        `hottest ${hottest.id} ${percentText(hottest.load)}`,
      ]),
    ].join(", "),
  ];
}

/** The items that were not there before, the oldest first. An item that changes is a new object. */
function newOf<T>(items: readonly T[], before: readonly T[] = []): T[] {
  return items.filter((it) => !before.includes(it)).reverse();
}

function errorText({ source, message, count }: Snapshot["errors"][number]) {
  const times = count > 1 ? ` (${count} times)` : "";
  return `error of ${source}: ${message}${times}`;
}

/** A split or a merge in words. */
export function reshardText(
  { kind, parents, children }: Snapshot["reshards"][number],
): string {
  const [from, to] = [parents, children].map((ids) =>
    ids.map(shortShardId).join(" and ")
  );
  return kind === "split"
    ? `shard ${from} was split into ${to}`
    : `shards ${from} were merged into ${to}`;
}

/** Throttles of writing and reading together. */
export function throttlesOf(
  { writeThrottlesPerSecond: write, readThrottlesPerSecond: read }:
    Snapshot["totals"],
): number | undefined {
  return write === undefined && read === undefined
    ? undefined
    : (write ?? 0) + (read ?? 0);
}

function timeText(time: number): string {
  return new Date(time).toISOString();
}
