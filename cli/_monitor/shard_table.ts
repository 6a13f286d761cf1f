/**
 * The table of shards for a terminal: the hottest ones first.
 *
 * @module
 */
import type { Colors } from "../_colors.ts";
import { cut } from "./cells.ts";
import type { ShardView } from "./snapshot.ts";
import {
  bytesText,
  durationText,
  loadWord,
  numberText,
  percentText,
} from "./units.ts";

/** A column. Those at the end are left out first where there is no room. */
interface Column {
  readonly title: string;
  readonly width: number;
  readonly isText?: boolean;
  readonly text: (shard: ShardView) => string;
}

const BAR = 10;

const COLUMNS: readonly Column[] = [
  { title: "SHARD", width: 20, isText: true, text: ({ id }) => id },
  { title: "LOAD", width: 6, text: ({ load }) => percentText(load) },
  { title: "", width: BAR, isText: true, text: ({ load }) => barOf(load) },
  {
    title: "RECORDS/S",
    width: 9,
    text: (it) => numberText(it.recordsPerSecond),
  },
  {
    title: "DATA/S",
    width: 8,
    text: (it) => bytesText(it.bytesPerSecond),
  },
  { title: "LAG", width: 12, text: ({ lagMs }) => durationText(lagMs) },
  { title: "KEYS", width: 6, text: (it) => percentText(it.to - it.from) },
  {
    title: "WORKER",
    width: 15,
    isText: true,
    text: ({ worker }) => worker ?? "–",
  },
];

/** Where the table is drawn. */
export interface TableOptions {
  readonly columns: number;
  readonly color: Colors;
  readonly scrolled: number;
  readonly room: number;
}

/** The lines of the table: a header, the shards, and how many more there are. */
export function shardTable(
  open: readonly ShardView[],
  { columns, color, scrolled, room }: TableOptions,
): { lines: string[]; scrolled: number } {
  const { dim, yellow, red } = color;
  if (open.length === 0) {
    return { lines: [dim(cut("There are no open shards", columns))], scrolled };
  }
  const fitting = fittingColumns(columns);
  const shards = [...open].sort((a, b) =>
    (b.load ?? -1) - (a.load ?? -1) || (a.id < b.id ? -1 : 1)
  );
  const isCut = shards.length > room;
  const shown = isCut ? Math.max(1, room - 1) : shards.length;
  const first = Math.min(scrolled, shards.length - shown);
  const line = (cells: readonly string[]) =>
    cut(
      fitting.map(({ width, isText }, i) => {
        const cell = cut(cells[i]!, width);
        return isText ? cell.padEnd(width) : cell.padStart(width);
      }).join("  "),
      columns,
    ).trimEnd();
  const rows = shards.slice(first, first + shown).map((shard) => {
    const text = line(fitting.map((column) => column.text(shard)));
    const word = loadWord(shard.load);
    return word === "hot" ? red(text) : word === "busy" ? yellow(text) : text;
  });
  const above = first > 0 ? `${first} hotter ones above, ` : "";
  const more = shards.length - first - shown;
  return {
    lines: [
      dim(line(fitting.map(({ title }) => title))),
      ...rows,
      ...(isCut
        ? [dim(cut(`${above}and ${more} more (arrow keys scroll)`, columns))]
        : []),
    ],
    scrolled: first,
  };
}

function fittingColumns(columns: number): readonly Column[] {
  let width = -2;
  const fitting = COLUMNS.filter((column) => {
    if (width + 2 + column.width > columns) return false;
    width += 2 + column.width;
    return true;
  });
  return fitting.length > 0 ? fitting : COLUMNS.slice(0, 1);
}

function barOf(load: number | undefined): string {
  if (load === undefined) return "";
  const eighths = Math.round(Math.min(1, load) * BAR * 8);
  const part = "▏▎▍▌▋▊▉"[eighths % 8 - 1] ?? "";
  return "█".repeat(Math.floor(eighths / 8)) + part;
}
