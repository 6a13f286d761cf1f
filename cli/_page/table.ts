/**
 * The table of shards: sorted by a click or by Enter on a header, and filtered.
 *
 * @module
 */
import type { ShardView } from "../_monitor/snapshot.ts";
import {
  bytesText,
  durationText,
  loadWord,
  numberText,
  percentText,
  unknownText,
} from "../_monitor/units.ts";
import {
  byId,
  keepChildren,
  make,
  setAttribute,
  setStyle,
  setText,
} from "./dom.ts";
import type { PageState } from "./state.ts";

/** A column. */
export interface TableColumn {
  readonly key: string;
  readonly title: string;
  readonly isText?: boolean;
  readonly text: (shard: ShardView) => string;
  readonly value: (shard: ShardView) => number | string | undefined;
}

/** The table in the page. */
export interface Table {
  draw(): void;
}

/** The columns of the table. The first one has the button that selects. */
export function tableColumns(): TableColumn[] {
  return [
    {
      ...{ key: "shard", title: "Shard", isText: true },
      text: ({ id }) => id,
      value: ({ id }) => id,
    },
    {
      ...{ key: "load", title: "Load" },
      text: ({ load }) => percentText(load),
      value: ({ load }) => load,
    },
    {
      ...{ key: "records", title: "Records/s" },
      text: (it) => numberText(it.recordsPerSecond),
      value: (it) => it.recordsPerSecond,
    },
    {
      ...{ key: "data", title: "Data/s" },
      text: (it) => bytesText(it.bytesPerSecond),
      value: (it) => it.bytesPerSecond,
    },
    {
      ...{ key: "lag", title: "Lag" },
      text: (it) => durationText(it.lagMs),
      value: (it) => it.lagMs,
    },
    {
      ...{ key: "keys", title: "Hash keys" },
      text: (it) => percentText(it.to - it.from),
      value: (it) => it.from,
    },
    {
      ...{ key: "worker", title: "Worker", isText: true },
      text: (it) => it.worker ?? unknownText(),
      value: (it) => it.worker,
    },
  ];
}

/** The shards that the table shows, in its order. */
export function tableShards(
  { snapshot, sort, filter, kind }: PageState,
): ShardView[] {
  const words = filter.toLowerCase().split(/\s+/).filter((it) => it !== "");
  const column = tableColumns().find(({ key }) => key === sort.key)!;
  const shown = (snapshot?.shards ?? []).filter((shard) => {
    const isOfKind = kind === "all" ||
      (kind === "closed"
        ? !shard.isOpen
        : shard.isOpen && (kind === "open" || loadWord(shard.load) === "hot"));
    if (!isOfKind) return false;
    const text = `${shard.id} ${shard.worker ?? ""} ${
      shard.isOpen ? loadWord(shard.load) : "closed"
    }`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const factor = sort.isRising ? 1 : -1;
  return shown.sort((a, b) => {
    const [x, y] = [column.value(a), column.value(b)];
    // What is not known comes last in both orders.
    if (x === undefined || y === undefined) {
      return x === y ? (a.id < b.id ? -1 : 1) : x === undefined ? 1 : -1;
    }
    return (x < y ? -factor : x > y ? factor : 0) || (a.id < b.id ? -1 : 1);
  });
}

/** Makes the table. */
export function createTable(
  state: PageState,
  select: (id: string | undefined) => void,
): Table {
  const body = byId("rows");
  const rows = new Map<string, HTMLTableRowElement>();
  const columns = tableColumns();
  const headers = columns.map((column) => {
    const button = make("button", "", column.title);
    button.type = "button";
    const header = make("th", column.isText ? "text" : "", button);
    header.scope = "col";
    header.dataset.column = column.key;
    button.addEventListener("click", () => {
      const isSame = state.sort.key === column.key;
      // Texts and hash keys rise at first, and numbers fall: the largest is of interest.
      const isRising = column.isText === true || column.key === "keys";
      state.sort = {
        key: column.key,
        isRising: isSame ? !state.sort.isRising : isRising,
      };
      draw();
    });
    return header;
  });
  byId("columns").append(...headers);
  const create = (id: string) => makeRow(id, columns, () => select(id));
  const draw = () => {
    const shards = tableShards(state);
    const most = 1_000;
    const shown = shards.slice(0, most);
    keepChildren(body, rows, shown.map(({ id }) => id), create);
    for (const shard of shown) {
      drawRow(rows.get(shard.id)!, shard, columns, state.selected);
    }
    columns.forEach(({ key }, i) => {
      const order = state.sort.isRising ? "ascending" : "descending";
      const isSorted = state.sort.key === key;
      setAttribute(headers[i]!, "aria-sort", isSorted ? order : undefined);
    });
    drawCount(state, shards.length, most);
  };
  body.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    const row = (event.target as HTMLElement).closest("tr");
    const next = step > 0
      ? row?.nextElementSibling
      : row?.previousElementSibling;
    next?.querySelector("button")?.focus();
    event.preventDefault();
  });
  listenToFilter(state, draw);
  return { draw };
}

/** Draws when the filter changes. */
export function listenToFilter(state: PageState, draw: () => void): void {
  const filter = byId<HTMLInputElement>("filter");
  const kind = byId<HTMLSelectElement>("kind");
  filter.addEventListener("input", () => {
    state.filter = filter.value;
    draw();
  });
  kind.addEventListener("change", () => {
    state.kind = kind.value;
    draw();
  });
}

/** Makes the row of a shard. */
export function makeRow(
  id: string,
  columns: readonly TableColumn[],
  select: () => void,
): HTMLTableRowElement {
  const [, zeros, rest] = /^(shardId-0*)(?=\d)(.*)$/.exec(id) ?? [id, "", id];
  const button = make("button", "", make("span", "zeros", zeros!), rest!);
  button.type = "button";
  const header = make("th", "text", button);
  header.scope = "row";
  const cells = columns.slice(1).map(({ key, isText }) => {
    const cell = make("td", isText ? "text" : "");
    cell.dataset.column = key;
    if (key === "load") {
      cell.append(make("span", "bar"), make("span", "label"));
    }
    return cell;
  });
  const row = make("tr", "", header, ...cells);
  row.addEventListener("click", select);
  return row;
}

/** Draws the row of a shard. */
export function drawRow(
  row: HTMLTableRowElement,
  shard: ShardView,
  columns: readonly TableColumn[],
  selected: string | undefined,
): void {
  const isSelected = shard.id === selected;
  setAttribute(row, "data-selected", isSelected ? "" : undefined);
  setAttribute(row, "data-load", shard.isOpen ? loadWord(shard.load) : "");
  setAttribute(row, "data-closed", shard.isOpen ? undefined : "");
  setAttribute(
    row.querySelector("button")!,
    "aria-pressed",
    `${isSelected}`,
  );
  columns.forEach((column, i) => {
    if (i === 0) return;
    const cell = row.cells[i]!;
    if (column.key === "load") {
      const bar = cell.firstElementChild as HTMLElement;
      setStyle(bar, "--load", Math.min(1, shard.load ?? 0).toFixed(3));
      setText(
        cell.lastElementChild!,
        shard.isOpen ? column.text(shard) : "closed",
      );
    } else setText(cell, column.text(shard));
  });
}

/** Says how many shards are shown. */
export function drawCount(
  { snapshot, filter }: PageState,
  found: number,
  most: number,
): void {
  const all = snapshot?.shards.length ?? 0;
  const shown = Math.min(found, most);
  const hidden = (snapshot?.closedShards ?? 0) -
    (snapshot?.shards.filter((it) => !it.isOpen).length ?? 0);
  setText(
    byId("count"),
    `${shown} of ${all} shards` +
      (hidden > 0 ? `, and ${hidden} older closed ones` : ""),
  );
  setText(
    byId("no-rows"),
    snapshot === undefined
      ? "Waiting for the list of shards"
      : filter === ""
      ? "There are no such shards"
      : `No shard matches “${filter}”`,
  );
  setAttribute(byId("no-rows"), "hidden", found === 0 ? undefined : "");
}
