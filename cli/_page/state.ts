/**
 * What the page knows. The types are those of the monitor; the functions run in the browser.
 *
 * @module
 */
import type { StartEvent } from "../_monitor/event_feed.ts";
import type { Point } from "../_monitor/history.ts";
import type { ShardView, Snapshot } from "../_monitor/snapshot.ts";

/** How the table is sorted. */
export interface Sort {
  readonly key: string;
  readonly isRising: boolean;
}

/** What the page knows and what its user has chosen. */
export interface PageState {
  snapshot: Snapshot | undefined;
  stream: Point[];
  shards: Map<string, Point[]>;
  selected: string | undefined;
  sort: Sort;
  filter: string;
  kind: string;
}

/** The length of the charts, in milliseconds. */
export function chartMs(): number {
  return 300_000;
}

/** The state of a page without data. */
export function createState(): PageState {
  return {
    snapshot: undefined,
    stream: [],
    shards: new Map(),
    selected: undefined,
    sort: { key: "keys", isRising: true },
    filter: "",
    kind: "open",
  };
}

/** Takes the first event of a connection. What the page remembers from before stays. */
export function takeStart(
  state: PageState,
  { snapshot, history }: StartEvent,
): void {
  const isOther = state.snapshot !== undefined &&
    state.snapshot.stream.arn !== snapshot.stream.arn;
  const older = (before: Point[], now: readonly Point[]): Point[] => {
    const first = now[0]?.[0] ?? Infinity;
    return [...before.filter(([time]) => time! < first!), ...now];
  };
  state.stream = older(isOther ? [] : state.stream, history.stream);
  const before = isOther ? new Map<string, Point[]>() : state.shards;
  state.shards = new Map(
    Object.entries(history.shards).map(([id, points]) => [
      id,
      older(before.get(id) ?? [], points),
    ]),
  );
  state.snapshot = snapshot;
}

/** Takes the next snapshot. */
export function takeSnapshot(state: PageState, snapshot: Snapshot): void {
  const { totals, time } = snapshot;
  const number = (value: number | undefined) => value ?? null;
  const oldest = time - chartMs() - 10_000;
  const add = (points: Point[], point: Point) => {
    points.push(point);
    while (points[0]![0]! < oldest) points.shift();
  };
  add(state.stream, [
    time,
    number(totals.recordsPerSecond),
    number(totals.bytesPerSecond),
    number(totals.readRecordsPerSecond),
    number(totals.readBytesPerSecond),
    number(totals.writeThrottlesPerSecond),
    number(totals.readThrottlesPerSecond),
    number(totals.lagMs),
  ]);
  const open = new Set<string>();
  for (const shard of snapshot.shards) {
    if (!shard.isOpen) continue;
    open.add(shard.id);
    const points = state.shards.get(shard.id) ?? [];
    state.shards.set(shard.id, points);
    add(points, [
      time,
      number(shard.recordsPerSecond),
      number(shard.bytesPerSecond),
      number(shard.lagMs),
    ]);
  }
  for (const id of state.shards.keys()) {
    if (!open.has(id) && id !== state.selected) state.shards.delete(id);
  }
  state.snapshot = snapshot;
}

/** A shard by its id. */
export function shardOf(
  state: PageState,
  id: string | undefined,
): ShardView | undefined {
  return state.snapshot?.shards.find((shard) => shard.id === id);
}
