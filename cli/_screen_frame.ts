/**
 * The control sequences that draw a picture over the last one: https://vt100.net/docs/vt510-rm/
 *
 * @module
 */

const HOME = "\x1b[H";
const CLEAR_LINE = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

/** What replaces the picture on a terminal of so many rows. */
export function frameOf(lines: readonly string[], rows?: number): string {
  // Cleared first: behind a full line, the cursor is still on its last character.
  const cleared = lines.slice(0, rows).map((it) => CLEAR_LINE + it);
  const isFull = cleared.length === rows;
  // A line break in the last row would scroll the first line away.
  const rest = isFull ? [] : [CLEAR_BELOW];
  return `${HOME}${[...cleared, ...rest].join("\r\n")}`;
}
