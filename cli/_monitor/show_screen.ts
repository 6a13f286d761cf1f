/**
 * Draws snapshots on a terminal until they end or `q` is pressed.
 *
 * @module
 */
import { deferred } from "../../_core/deferred.ts";
import { colors } from "../_colors.ts";
import type { Screen } from "../_screen.ts";
import type { Terminal } from "../_terminal.ts";
import { pictureOf } from "./picture.ts";
import type { Snapshot } from "./snapshot.ts";

/** Draws snapshots until they end or `q` is pressed. The last one stays on the terminal. */
export async function showScreen(
  screen: Screen,
  snapshots: AsyncIterable<Snapshot>,
  terminal: Terminal,
): Promise<void> {
  const color = colors(terminal);
  let last: Snapshot | undefined;
  let scrolled = 0;
  const picture = () => {
    if (!last) return ["Reading the shards…"];
    const drawn = pictureOf(last, { ...screen.size(), color, scrolled });
    scrolled = drawn.scrolled;
    return drawn.lines;
  };
  const draw = () => screen.draw(picture());
  const quit = deferred<void>();
  screen.onKey((key) => {
    if (key === "q" || key === "Q") return quit.resolve();
    const page = Math.max(1, screen.size().rows - 14);
    scrolled = Math.max(0, scrolled + (moveOf(key, page) ?? 0));
    draw();
  });
  screen.onResize(draw);
  terminal.onStopAtOnce(() => {
    screen.close();
    return "nothing was under way";
  });
  const iterator = snapshots[Symbol.asyncIterator]();
  try {
    draw();
    for (;;) {
      const next = await Promise.race([iterator.next(), quit.promise]);
      if (!next || next.done) break;
      last = next.value;
      draw();
    }
  } finally {
    screen.close();
  }
  if (!last) return;
  const size = { ...screen.size(), rows: Infinity };
  const { lines } = pictureOf(last, { ...size, color, scrolled: 0, most: 20 });
  for (const line of lines) if (!await terminal.line(line)) return;
}

function moveOf(key: string, page: number): number | undefined {
  const moves: Readonly<Record<string, number>> = {
    up: -1,
    k: -1,
    down: 1,
    j: 1,
    pageup: -page,
    pagedown: page,
    " ": page,
    home: -Infinity,
    end: 1e9,
  };
  return moves[key];
}
