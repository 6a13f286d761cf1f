/**
 * The whole terminal as one picture that is drawn again and again, and its keys.
 *
 * @module
 */

/** A terminal that shows one picture. */
export interface Screen {
  /** The size in characters, now. */
  size(): { readonly columns: number; readonly rows: number };
  /** Replaces the picture. A line may have colours; it must fit the width. */
  draw(lines: readonly string[]): void;
  /** Calls back with each key: a character, or `up`, `down`, `pageup`, `pagedown`, `home`, `end`. */
  onKey(callback: (key: string) => void): void;
  /** Calls back when the size has changed. */
  onResize(callback: () => void): void;
  /** Shows again what the terminal has shown before. */
  close(): void;
}

/** Alternate screen, no cursor, lines are cut at the edge: https://vt100.net/docs/vt510-rm/ */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";
const HOME = "\x1b[H";
const CLEAR_LINE = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

const KEYS: Readonly<Record<string, string>> = {
  "\x1b[A": "up",
  "\x1bOA": "up",
  "\x1b[B": "down",
  "\x1bOB": "down",
  "\x1b[5~": "pageup",
  "\x1b[6~": "pagedown",
  "\x1b[H": "home",
  "\x1bOH": "home",
  "\x1b[1~": "home",
  "\x1b[F": "end",
  "\x1bOF": "end",
  "\x1b[4~": "end",
};
const INTERRUPT = "\x03";

type NodeProcess = typeof import("node:process");

/**
 * Takes the terminal of this process. Keys do not reach the shell's line editing any more, and Ctrl-C
 * calls `interrupt`.
 */
export async function openScreen(interrupt: () => void): Promise<Screen> {
  const { default: process } = await import("node:process");
  const { stdin, stdout } = process;
  const keys: ((key: string) => void)[] = [];
  const onData = (data: Uint8Array | string) => {
    for (const key of keysOf(String(data))) {
      if (key === INTERRUPT) interrupt();
      else for (const callback of keys) callback(key);
    }
  };
  stdin.setRawMode(true);
  stdin.on("data", onData);
  stdin.resume();
  stdout.write(ENTER);
  const resizes = watchSize(process);
  return {
    size: () => ({ columns: stdout.columns ?? 80, rows: stdout.rows ?? 24 }),
    draw(lines) {
      stdout.write(frameOf(lines, stdout.rows));
    },
    onKey: (callback) => void keys.push(callback),
    onResize: (callback) => void resizes.callbacks.push(callback),
    close() {
      resizes.stop();
      stdout.write(LEAVE);
      stdin.off("data", onData);
      stdin.setRawMode(false);
      stdin.pause();
    },
  };
}

/** What replaces the picture on a terminal of so many rows. */
export function frameOf(lines: readonly string[], rows?: number): string {
  // Cleared first: behind a full line, the cursor is still on its last character.
  const cleared = lines.slice(0, rows).map((it) => CLEAR_LINE + it);
  const isFull = cleared.length === rows;
  // A line break in the last row would scroll the first line away.
  const rest = isFull ? [] : [CLEAR_BELOW];
  return `${HOME}${[...cleared, ...rest].join("\r\n")}`;
}

function watchSize(
  { stdout }: NodeProcess,
): { callbacks: (() => void)[]; stop(): void } {
  const callbacks: (() => void)[] = [];
  const onResize = () => {
    for (const callback of callbacks) callback();
  };
  stdout.on("resize", onResize);
  return { callbacks, stop: () => void stdout.off("resize", onResize) };
}

/** The keys of what a terminal has sent at once. Sequences that are not known are left out. */
function* keysOf(text: string): Generator<string> {
  // deno-lint-ignore no-control-regex -- Terminals send control characters.
  const parts = text.match(/\x1b(?:\[[\d;]*[A-Za-z~]|O[A-Za-z])?|[^\x1b]/gu);
  for (const part of parts ?? []) {
    if (!part.startsWith("\x1b")) yield part;
    else if (KEYS[part]) yield KEYS[part];
  }
}
