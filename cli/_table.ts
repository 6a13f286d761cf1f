/**
 * Results as a table for people, or as JSON for programs.
 *
 * @module
 */
import type { Terminal } from "./_terminal.ts";

/** A row: the cells by the names of the columns. */
export type Row = Readonly<Record<string, string | number | Date | undefined>>;

/** Writes rows: as a table, or as one JSON object a line. */
export async function writeRows(
  terminal: Terminal,
  columns: readonly string[],
  rows: readonly Row[],
  asJson: boolean,
): Promise<void> {
  if (asJson) {
    for (const row of rows) {
      if (!await terminal.line(JSON.stringify(row))) return;
    }
    return;
  }
  const cells = [
    columns.map((column) => column.toUpperCase()),
    ...rows.map((row) => columns.map((column) => text(row[column]))),
  ];
  const widths = columns.map((_, i) =>
    Math.max(...cells.map((row) => row[i]!.length))
  );
  for (const row of cells) {
    const line = row.map((cell, i) => cell.padEnd(widths[i]!)).join("  ");
    if (!await terminal.line(line.trimEnd())) return;
  }
}

function text(value: Row[string]): string {
  if (value === undefined) return "-";
  return value instanceof Date ? value.toISOString() : String(value);
}
