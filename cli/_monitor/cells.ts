/**
 * Texts in columns of a terminal.
 *
 * @module
 */

/** Control characters: a text from another program must not move the cursor. */
// deno-lint-ignore no-control-regex -- They are what is replaced.
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\ufeff]/g;

/** The text in at most so many characters. */
export function cut(text: string, width: number): string {
  const clean = text.replace(CONTROL, "?");
  if (clean.length <= width) return clean;
  return width < 1 ? "" : `${clean.slice(0, width - 1)}…`;
}

/** Facts in one line. */
export function joined(facts: readonly string[], width: number): string {
  return cut(facts.filter((it) => it !== "").join(" · "), width);
}

type Styled = readonly [text: string, style: (text: string) => string];

/** Facts from the left, and one at the right edge if there is room. */
export function spread(
  left: readonly Styled[],
  [right, rightStyle]: Styled,
  width: number,
): string {
  let line = "";
  let used = 0;
  for (const [text, style] of left) {
    const gap = used === 0 ? "" : "  ";
    const room = width - used - gap.length;
    if (room < 4) break;
    const shown = cut(text, room);
    line += gap + style(shown);
    used += gap.length + shown.length;
  }
  const room = width - used - right.length;
  return room < 2 ? line : line + " ".repeat(room) + rightStyle(right);
}
