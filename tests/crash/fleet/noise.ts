/**
 * Times that do not count against a bound: the store was down, or the machine did not run the
 * processes when their timers were due.
 *
 * @module
 */
import type { FleetOutcome, Span } from "./outcome.ts";

/** Where the machine was late. */
export class Noise {
  readonly #outages: readonly Span[];
  readonly #all: readonly Span[];

  constructor({ lives, outages, stalls }: FleetOutcome) {
    this.#outages = outages;
    const ofLives = lives.flatMap(({ lines, frozen }) =>
      lines.flatMap((line) => {
        if (line.type !== "stall") return [];
        const span = [line.at - line.ms, line.at] as const;
        // A worker that was frozen was late on purpose.
        return frozen.some((freeze) => overlap(freeze, span) > 0) ? [] : [span];
      })
    );
    this.#all = union([...outages, ...stalls, ...ofLives]);
  }

  /** The time between two moments, noise aside. */
  quietMs(from: number, to: number): number {
    return to - from - this.msIn(from, to);
  }

  /** The noise between two moments. */
  msIn(from: number, to: number): number {
    let total = 0;
    for (const span of this.#all) total += overlap(span, [from, to]);
    return total;
  }

  /** Whether the store was down at some time between two moments. */
  hasOutage(from: number, to: number): boolean {
    return this.#outages.some((span) => overlap(span, [from, to]) > 0);
  }
}

function overlap(a: Span, b: Span): number {
  return Math.max(0, Math.min(a[1], b[1]) - Math.max(a[0], b[0]));
}

function union(spans: readonly Span[]): Span[] {
  const merged: [number, number][] = [];
  for (const [from, to] of [...spans].sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}
