import { assertEquals } from "@std/assert";
import { frameOf } from "../../../cli/_screen.ts";

/** What a terminal without automatic wrapping shows, of the sequences that a frame has. */
function shown(frame: string, rows: number): string[] {
  const lines = Array.from({ length: rows }, () => "old");
  let row = 0;
  // deno-lint-ignore no-control-regex -- Terminals get control characters.
  for (const part of frame.match(/\x1b\[[HKJ]|\r\n|[^\x1b\r\n]+/g) ?? []) {
    if (part === "\x1b[H") row = 0;
    else if (part === "\x1b[K") lines[row] = "";
    else if (part === "\x1b[J") lines.fill("", row);
    else if (part !== "\r\n") lines[row] += part;
    else if (++row === rows) {
      // The terminal scrolls: the first line is lost.
      lines.shift();
      lines.push("");
      row--;
    }
  }
  return lines;
}

Deno.test("a picture of the height of the terminal does not scroll its first line away", () => {
  for (const rows of [1, 2, 5]) {
    const lines = Array.from({ length: rows }, (_, i) => `line ${i}`);
    assertEquals(shown(frameOf(lines, rows), rows), lines);
    assertEquals(shown(frameOf([...lines, "more"], rows), rows), lines);
  }
});

Deno.test("a shorter picture clears what was below", () => {
  assertEquals(shown(frameOf(["a", "b"], 4), 4), ["a", "b", "", ""]);
  assertEquals(shown(frameOf([], 2), 2), ["", ""]);
});
