/**
 * Colours of statuses. Off when the output is not a terminal, and with NO_COLOR.
 *
 * @module
 */
import { systemEnvironment } from "../credentials/mod.ts";

/** Each function returns its text, with a colour if colours are on. */
export interface Colors {
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly red: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}

/** The codes that start and end a style: https://en.wikipedia.org/wiki/ANSI_escape_code#SGR */
const STYLES = {
  green: [32, 39],
  yellow: [33, 39],
  red: [31, 39],
  dim: [2, 22],
  bold: [1, 22],
} as const satisfies Record<keyof Colors, readonly [number, number]>;

/**
 * The colours for results on a terminal. All functions return their text unchanged if results do not
 * go to a terminal, if NO_COLOR is not empty (https://no-color.org), or if TERM is `dumb`.
 */
export function colors(
  terminal: { readonly isTerminal: boolean },
  env: (name: string) => string | undefined = systemEnvironment.env,
): Colors {
  const isOn = terminal.isTerminal && !env("NO_COLOR") &&
    env("TERM") !== "dumb";
  const style = (name: keyof Colors) => {
    const [start, end] = STYLES[name];
    return (text: string) => isOn ? `\x1b[${start}m${text}\x1b[${end}m` : text;
  };
  return {
    green: style("green"),
    yellow: style("yellow"),
    red: style("red"),
    dim: style("dim"),
    bold: style("bold"),
  };
}
