/**
 * A small chart of the last minutes: a card with a number and its line.
 *
 * @module
 */
import type { Point } from "../_monitor/history.ts";
import { durationText, unknownText } from "../_monitor/units.ts";
import { clockText, make, makeSvg, setAttribute, setText } from "./dom.ts";
import { chartMs } from "./state.ts";

/** What a chart shows. */
export interface ChartOptions {
  readonly title: string;
  /** A number with its unit. */
  readonly text: (value: number | null) => string;
  /** What is missing if nothing is known. */
  readonly missing: string;
  /** The value of a point. */
  readonly value: (point: Point) => number | null;
}

/** The times from left to right, and the value at the top. */
export interface ChartScale {
  readonly now: number;
  readonly spanMs: number;
  readonly top: number;
}

/** A chart in the page. */
export interface Chart {
  readonly element: HTMLElement;
  /** Draws points. `from` is a name for what they are of, in the text for screen readers. */
  draw(points: readonly Point[], now: number, from: string): void;
}

/** Makes a chart. */
export function createChart(options: ChartOptions): Chart {
  const number = make("span", "number");
  const unit = make("span", "unit");
  const span = make("span", "span");
  const line = makeSvg("path", { class: "line" });
  const area = makeSvg("path", { class: "area" });
  const mark = makeSvg("line", { class: "mark", y1: "0", y2: "40" });
  const picture = makeSvg(
    "svg",
    { viewBox: "0 0 300 40", preserveAspectRatio: "none", role: "img" },
    area,
    line,
    mark,
  );
  const most = make("span", "most");
  const missing = make("p", "missing", options.missing);
  const element = make(
    "div",
    "chart",
    make("h3", "", options.title),
    make("p", "value", number, unit),
    make("div", "plot", picture as unknown as HTMLElement),
    make("p", "foot", most, span),
    missing,
  );
  let drawn: readonly Point[] = [];
  let end = 0;
  let spanMs = chartMs();
  let hovered: number | undefined;
  const show = () => {
    const point = hovered === undefined
      ? drawn.at(-1)
      : pointAt(drawn, end - spanMs * (1 - hovered));
    const value = point ? options.value(point) : null;
    const text = options.text(value);
    // "3 min 20 s" is one number, and "812 records/s" is a number with its unit.
    const [, first = text, rest = ""] = /^(\S+)( \D+)$/.exec(text) ?? [];
    setText(number, first);
    setText(unit, rest);
    const at = hovered === undefined || !point ? undefined : point[0]!;
    setAttribute(mark, "visibility", at === undefined ? "hidden" : "visible");
    if (at === undefined) return;
    const x = `${xOf(at, end, spanMs)}`;
    setAttribute(mark, "x1", x);
    setAttribute(mark, "x2", x);
    setText(most, clockText(at));
  };
  const draw = (points: readonly Point[], now: number, from: string) => {
    drawn = points;
    end = now;
    spanMs = spanOf(points, now);
    setText(span, durationText(spanMs).replace(/ 0 s$/, ""));
    const values = points.flatMap((it) => options.value(it) ?? []);
    const top = Math.max(...values, 0);
    const paths = pathsOf(points, { now, spanMs, top }, options.value);
    setAttribute(line, "d", paths.line);
    setAttribute(area, "d", paths.area);
    setAttribute(element, "data-empty", values.length === 0 ? "" : undefined);
    setText(most, values.length === 0 ? "" : mostText(options.text(top)));
    const last = points.at(-1);
    const current = last ? options.value(last) : null;
    const description = values.length === 0
      ? options.missing
      : `now ${options.text(current)}, least ${
        options.text(Math.min(...values))
      }, most ${options.text(top)} in the last ${durationText(spanMs)}`;
    setAttribute(
      picture,
      "aria-label",
      `${options.title} of ${from}: ${description}`,
    );
    show();
  };
  picture.addEventListener("pointermove", (event) => {
    const { left, width } = picture.getBoundingClientRect();
    hovered = (event.clientX - left) / width;
    show();
  });
  picture.addEventListener("pointerleave", () => {
    hovered = undefined;
    const values = drawn.flatMap((it) => options.value(it) ?? []);
    setText(most, mostText(options.text(Math.max(...values, 0))));
    show();
  });
  setText(number, unknownText());
  return { element, draw };
}

/** The greatest value. The title of the chart says already what is counted. */
export function mostText(text: string): string {
  return `most ${text.replace(/ (?:records)?\/s$/, "/s")}`;
}

/** The time that is shown: the age of the oldest point, from 1 minute to all that is kept. */
export function spanOf(points: readonly Point[], now: number): number {
  const age = now - (points[0]?.[0] ?? now);
  const minutes = [1, 2, 3].find((it) => age <= it * 60_000);
  return minutes === undefined ? chartMs() : minutes * 60_000;
}

/** Where a time is, from 0 to 300. */
export function xOf(time: number, now: number, spanMs: number): number {
  const x = 300 * (1 - (now - time) / spanMs);
  return Math.round(x * 10) / 10;
}

/** The point that is next to a time. */
export function pointAt(
  points: readonly Point[],
  time: number,
): Point | undefined {
  let best: Point | undefined;
  for (const point of points) {
    const distance = Math.abs(point[0]! - time);
    if (!best || distance < Math.abs(best[0]! - time)) best = point;
  }
  return best;
}

/** The line and the area below it. Where nothing is known, there is a gap. */
export function pathsOf(
  points: readonly Point[],
  { now, spanMs, top }: ChartScale,
  valueOf: (point: Point) => number | null,
): { line: string; area: string } {
  let line = "";
  let area = "";
  let start: number | undefined;
  let end = 0;
  const close = () => {
    if (start !== undefined) area += `L${end} 40L${start} 40Z`;
    start = undefined;
  };
  for (const point of points) {
    const value = valueOf(point);
    if (value === null || now - point[0]! > spanMs) {
      close();
      continue;
    }
    const x = xOf(point[0]!, now, spanMs);
    const y = top === 0 ? 39 : Math.round((39 - 37 * value / top) * 10) / 10;
    const step = `${start === undefined ? "M" : "L"}${x} ${y}`;
    line += step;
    area += step;
    start ??= x;
    end = x;
  }
  close();
  return { line, area };
}
