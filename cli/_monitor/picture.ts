/**
 * A snapshot as a picture for a terminal of any size.
 *
 * @module
 */
import type { Colors } from "../_colors.ts";
import { counted } from "../_values.ts";
import { cut, joined, spread } from "./cells.ts";
import { reshardText, throttlesOf } from "./lines.ts";
import type { ShardView, Snapshot, SourceView } from "./snapshot.ts";
import { shardTable } from "./shard_table.ts";
import {
  bytesText,
  durationText,
  loadWord,
  numberText,
  percentText,
} from "./units.ts";

/** Where the picture is drawn. */
export interface PictureOptions {
  readonly columns: number;
  readonly rows: number;
  readonly color: Colors;
  /** The first shard that is shown. */
  readonly scrolled: number;
  /** The most shards. Default: as many as there is room for. */
  readonly most?: number;
}

/** A picture, and the first shard that it shows. */
export interface Picture {
  readonly lines: readonly string[];
  readonly scrolled: number;
}

const LEVELS = "▁▂▃▄▅▆▇█";
/** The least shards that are shown, also where the sources and errors have no room then. */
const LEAST_SHARDS = 3;
/** The header of the table, and the line that says how many shards there are besides. */
const TABLE_EDGE = 2;

/** What is shown below the table, from all of it to the most important. */
interface Detail {
  readonly workers: number;
  readonly reshards: number;
  readonly errors: number;
  /** Whether sources are shown that do not fail. */
  readonly allSources: boolean;
}

const DETAILS: readonly Detail[] = [
  { workers: 12, reshards: 3, errors: 3, allSources: true },
  { workers: 6, reshards: 2, errors: 2, allSources: false },
  { workers: 3, reshards: 0, errors: 1, allSources: false },
  { workers: 0, reshards: 0, errors: 1, allSources: false },
];

/** Draws a snapshot. */
export function pictureOf(
  snapshot: Snapshot,
  { columns, rows, color, scrolled, most }: PictureOptions,
): Picture {
  const open = snapshot.shards.filter(({ isOpen }) => isOpen);
  const top = [
    headerOf(snapshot, columns, color),
    ...totalsOf(snapshot, columns, color),
    "",
    ...(open.length > 0 ? [mapOf(open, columns, color), ""] : []),
  ];
  const below = rows - top.length - TABLE_EDGE;
  const wanted = Math.min(open.length, Math.max(LEAST_SHARDS, below / 2));
  const bottom = DETAILS
    .map((detail) => bottomOf(snapshot, detail, columns, color))
    .find(({ length }) => length <= below - wanted) ?? [];
  const room = most ?? Math.max(LEAST_SHARDS, below - bottom.length);
  const table = shardTable(open, { columns, color, scrolled, room });
  return {
    lines: [...top, ...table.lines, ...bottom].slice(0, rows),
    scrolled: table.scrolled,
  };
}

function headerOf(
  { stream, closedShards, time }: Snapshot,
  columns: number,
  { bold, dim, yellow }: Colors,
): string {
  const shards = [
    counted(stream.openShards, "open shard"),
    ...(closedShards > 0 ? [`${closedShards} closed`] : []),
  ].join(", ");
  const mode = stream.mode === "ON_DEMAND" ? "on demand" : "provisioned";
  const clock = new Date(time).toTimeString().slice(0, 8);
  return spread(
    [
      [stream.name, bold],
      [stream.status, stream.status === "ACTIVE" ? dim : yellow],
      [mode, dim],
      [shards, (text) => text],
    ],
    [clock, dim],
    columns,
  );
}

function totalsOf(
  { totals }: Snapshot,
  columns: number,
  { dim, yellow, red, green }: Colors,
): string[] {
  const throttles = throttlesOf(totals);
  const lag = totals.lagMs ?? 0;
  const plain = (text: string) => text;
  const facts: [string, string, (text: string) => string][] = [
    [
      "write",
      `${numberText(totals.recordsPerSecond)} records/s ${
        bytesText(totals.bytesPerSecond)
      }/s`,
      plain,
    ],
    [
      "read",
      `${numberText(totals.readRecordsPerSecond)} records/s ${
        bytesText(totals.readBytesPerSecond)
      }/s`,
      plain,
    ],
    ["throttles", `${numberText(throttles)}/s`, throttles ? red : plain],
    [
      "lag",
      durationText(totals.lagMs),
      lag > 60_000 ? red : lag > 10_000 ? yellow : plain,
    ],
    [
      "hottest",
      percentText(totals.load),
      (totals.load ?? 0) >= 0.8
        ? red
        : (totals.load ?? 0) >= 0.5
        ? yellow
        : green,
    ],
  ];
  const lines: string[] = [];
  let line = "";
  let width = 0;
  for (const [name, value, style] of facts) {
    const needed = name.length + value.length + 1;
    if (width > 0 && width + 3 + needed > columns) {
      lines.push(line);
      line = "";
      width = 0;
    }
    if (width > 0) {
      line += "   ";
      width += 3;
    }
    line += `${dim(name)} ${style(cut(value, columns - name.length - 1))}`;
    width += needed;
  }
  return [...lines, line];
}

/** The hash keys from left to right: each character has the load of the shard in its middle. */
function mapOf(
  open: readonly ShardView[],
  columns: number,
  { green, yellow, red, dim }: Colors,
): string {
  let at = 0;
  let text = "";
  for (let column = 0; column < columns; column++) {
    const middle = (column + 0.5) / columns;
    while (at < open.length - 1 && open[at]!.to <= middle) at++;
    const { load } = open[at]!;
    const level = LEVELS[Math.min(7, Math.floor((load ?? 0) * 8))]!;
    const word = loadWord(load);
    text += word === "hot"
      ? red(level)
      : word === "busy"
      ? yellow(level)
      : load
      ? green(level)
      : dim(load === undefined ? "·" : level);
  }
  return text;
}

function bottomOf(
  { workers, sources, errors, reshards, time }: Snapshot,
  detail: Detail,
  columns: number,
  { dim, red, yellow, bold }: Colors,
): string[] {
  const ago = (at: number) => `${durationText(Math.max(0, time - at))} ago`;
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ["", bold(title), ...lines];
  const isShown = ({ state }: SourceView) =>
    detail.allSources || state === "failing";
  const stateStyle = ({ state }: SourceView) =>
    state === "failing" ? red : state === "on" ? (it: string) => it : dim;
  return [
    ...section(
      "WORKERS",
      workers.slice(0, detail.workers).map((it) =>
        joined([
          it.name,
          counted(it.heldShards ?? it.shards.length, "shard"),
          it.lagMs === undefined ? "" : `lag ${durationText(it.lagMs)}`,
          it.processingLagMs === undefined
            ? ""
            : `processing lag ${durationText(it.processingLagMs)}`,
          it.readRecordsPerSecond === undefined
            ? ""
            : `read ${numberText(it.readRecordsPerSecond)} records/s`,
          it.errors === 0 ? "" : counted(it.errors, "error"),
        ], columns)
      ),
    ),
    ...section(
      "SOURCES",
      sources.filter(isShown).map((it) =>
        stateStyle(it)(
          joined([
            `${it.name} ${it.state}`,
            ...(it.at === undefined || it.state === "off" ? [] : [ago(it.at)]),
            it.note ?? "",
          ], columns),
        )
      ),
    ),
    ...section(
      "RESHARDS",
      reshards.slice(0, detail.reshards).map((it) =>
        yellow(joined([ago(it.time), reshardText(it)], columns))
      ),
    ),
    ...section(
      "ERRORS",
      errors.slice(0, detail.errors).map((it) =>
        red(joined([
          ago(it.time),
          it.count > 1 ? `${it.count} times` : "",
          `${it.source}: ${it.message}`,
        ], columns))
      ),
    ),
  ];
}
