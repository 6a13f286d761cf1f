/**
 * The last minutes of the numbers that charts show, in bounded memory.
 *
 * @module
 */
import type { Snapshot, Totals } from "./snapshot.ts";

/** The numbers of a time. `null` stands for what is not known, as JSON has no other word. */
export type Point = readonly (number | null)[];

/** What a page gets at its start. A point begins with its time. */
export interface HistoryView {
  /** Points of the stream: the time, and then the numbers of `STREAM_SERIES`. */
  readonly stream: readonly Point[];
  /** Points of open shards: the time, and then the numbers of `SHARD_SERIES`. */
  readonly shards: Readonly<Record<string, readonly Point[]>>;
}

/** The numbers of a point of the stream. */
const STREAM_SERIES = [
  "recordsPerSecond",
  "bytesPerSecond",
  "readRecordsPerSecond",
  "readBytesPerSecond",
  "writeThrottlesPerSecond",
  "readThrottlesPerSecond",
  "lagMs",
] as const satisfies readonly (keyof Totals)[];

/** The numbers of a point of a shard. */
const SHARD_SERIES = [
  "recordsPerSecond",
  "bytesPerSecond",
  "lagMs",
] as const;

/** Points of the stream: 10 minutes at 2 s. */
const MOST_POINTS = 300;
/** Points of all shards together: some megabytes. */
const MOST_SHARD_POINTS = 60_000;

/** Keeps points. */
export class History {
  readonly #stream: Point[] = [];
  readonly #shards = new Map<string, Point[]>();

  /** Adds the numbers of a snapshot. */
  add({ time, totals, shards }: Snapshot): void {
    this.#stream.push([
      time,
      ...STREAM_SERIES.map((name) => rounded(totals[name])),
    ]);
    if (this.#stream.length > MOST_POINTS) this.#stream.shift();
    const open = shards.filter(({ isOpen }) => isOpen);
    const ids = new Set(open.map(({ id }) => id));
    for (const id of this.#shards.keys()) {
      if (!ids.has(id)) this.#shards.delete(id);
    }
    const most = Math.min(
      MOST_POINTS,
      Math.floor(MOST_SHARD_POINTS / Math.max(1, open.length)),
    );
    for (const shard of open) {
      const points = this.#shards.get(shard.id) ?? [];
      this.#shards.set(shard.id, points);
      points.push([time, ...SHARD_SERIES.map((name) => rounded(shard[name]))]);
      if (points.length > most) points.splice(0, points.length - most);
    }
  }

  /** All points. */
  view(): HistoryView {
    return {
      stream: this.#stream,
      shards: Object.fromEntries(this.#shards),
    };
  }
}

function rounded(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(value * 100) / 100;
}
