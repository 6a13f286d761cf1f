/**
 * How the shards came to be: below the map, a row for each time of splits and merges, the latest
 * first. A shard in a row is above the shards that it came from, since it has the same hash keys.
 *
 * @module
 */
import type { ReshardView, ShardView, Snapshot } from "../_monitor/snapshot.ts";
import { shortShardId } from "../_monitor/units.ts";
import {
  byId,
  clockText,
  keepChildren,
  make,
  makeSvg,
  setAttribute,
  setText,
} from "./dom.ts";
import type { PageState } from "./state.ts";

/** A row: the shards that were open until a time. */
export interface LineageRow {
  readonly key: string;
  readonly label: string;
  readonly shards: readonly ShardView[];
  /** Those of them that were split or merged at the end of the row. */
  readonly ended: ReadonlySet<string>;
}

/** The lineage in the page. */
export interface Lineage {
  draw(state: PageState): void;
}

/** Makes the lineage. */
export function createLineage(): Lineage {
  const rows = new Map<string, HTMLElement>();
  const events = new Map<string, HTMLElement>();
  return {
    draw({ snapshot }) {
      if (!snapshot) return;
      const wanted = lineageRows(snapshot);
      const byKey = new Map(wanted.map((row) => [row.key, row]));
      keepChildren(
        byId("lineage"),
        rows,
        wanted.map(({ key }) => key),
        (key) => makeLineageRow(byKey.get(key)!),
      );
      const shown = snapshot.reshards.slice(0, 12);
      const texts = new Map(shown.map((it) => [it.children.join(), it]));
      keepChildren(
        byId("reshards"),
        events,
        [...texts.keys()],
        (key) => makeReshard(texts.get(key)!),
      );
      setText(
        byId("no-reshards"),
        `No splits or merges since ${clockText(snapshot.startedAt)}.`,
      );
      const isQuiet = snapshot.reshards.length === 0;
      setAttribute(byId("no-reshards"), "hidden", isQuiet ? undefined : "");
      setAttribute(byId("lineage"), "data-empty", isQuiet ? "" : undefined);
    },
  };
}

/** The rows, the latest first. */
export function lineageRows(snapshot: Snapshot): LineageRow[] {
  const { shards, reshards } = snapshot;
  const times = [...new Set(reshards.map(({ time }) => time))].slice(0, 6);
  const rows = times.map((time): LineageRow => {
    const before = shards.filter((it) =>
      (it.openedAt ?? 0) < time &&
      (it.isOpen || (it.closedAt ?? 0) >= time)
    );
    const parents = new Set(
      reshards.filter((it) => it.time === time).flatMap((it) => it.parents),
    );
    const label = `until ${clockText(time)}`;
    return { key: `${time}`, label, shards: before, ended: parents };
  });
  const first = new Set(
    shards.filter((it) =>
      it.openedAt === undefined && (it.isOpen || it.closedAt !== undefined)
    ).flatMap(({ parents }) => parents),
  );
  const ancestors = shards.filter((it) =>
    first.has(it.id) && !it.isOpen && it.closedAt === undefined
  );
  if (ancestors.length > 0) {
    const label = `before ${clockText(snapshot.startedAt)}`;
    rows.push({ key: "before", label, shards: ancestors, ended: first });
  }
  return rows;
}

/** Draws a row: the shards that end there are filled and named. */
export function makeLineageRow(
  { label, shards, ended }: LineageRow,
): HTMLElement {
  const rect = ({ from, to }: ShardView) => {
    const width = Math.max(0.4, (to - from) * 1000 - 1.5);
    return `M${(from * 1000 + 0.75).toFixed(2)} 0h${width.toFixed(2)}v18h-${
      width.toFixed(2)
    }Z`;
  };
  const stays = shards.filter(({ id }) => !ended.has(id));
  const ends = shards.filter(({ id }) => ended.has(id));
  const names = ends.map((shard) => {
    const name = make("span", "name", make("span", "", shortShardId(shard.id)));
    name.style.left = `${(shard.from + shard.to) * 50}%`;
    name.style.width = `${(shard.to - shard.from) * 100}%`;
    return name;
  });
  const picture = makeSvg(
    "svg",
    { viewBox: "0 0 1000 18", preserveAspectRatio: "none" },
    makeSvg("path", { class: "stays", d: stays.map(rect).join("") }),
    makeSvg("path", { class: "ends", d: ends.map(rect).join("") }),
  );
  const row = make(
    "div",
    "row",
    make("span", "when", label),
    make("div", "cells", picture as unknown as HTMLElement, ...names),
  );
  row.setAttribute("aria-hidden", "true");
  return row;
}

/** A split or a merge in words. */
export function makeReshard(
  { time, kind, parents, children }: ReshardView,
): HTMLElement {
  const [from, to] = [parents, children].map((ids) =>
    ids.map(shortShardId).join(" + ")
  );
  return make(
    "li",
    "",
    make("time", "", clockText(time)),
    make("span", `tag ${kind}`, kind),
    make("span", "ids", `${from} → ${to}`),
  );
}
