/**
 * The panels beside the table: the selected shard, workers, sources and errors.
 *
 * @module
 */
import type { Snapshot } from "../_monitor/snapshot.ts";
import {
  bytesText,
  durationText,
  numberText,
  percentText,
  shortShardId,
  unknownText,
} from "../_monitor/units.ts";
import { createChart } from "./chart.ts";
import {
  byId,
  clockText,
  keepChildren,
  make,
  setAttribute,
  setText,
} from "./dom.ts";
import { type PageState, shardOf } from "./state.ts";

/** A part of the page that is drawn again. */
export interface Panel {
  draw(state: PageState): void;
}

/** Makes the panel of the selected shard. */
export function createSelection(clear: () => void): Panel {
  const charts = [
    createChart({
      title: "Records written",
      text: (value) => `${numberText(value)} records/s`,
      missing: "No samples yet",
      value: (point) => point[1] ?? null,
    }),
    createChart({
      title: "Data written",
      text: (value) => `${bytesText(value)}/s`,
      missing: "No samples yet",
      value: (point) => point[2] ?? null,
    }),
    createChart({
      title: "Lag",
      text: durationText,
      missing: "No worker tells its lag",
      value: (point) => point[3] ?? null,
    }),
  ];
  byId("selected-charts").append(...charts.map(({ element }) => element));
  byId("clear").addEventListener("click", clear);
  return {
    draw(state) {
      const shard = shardOf(state, state.selected);
      setAttribute(byId("selected"), "data-empty", shard ? undefined : "");
      if (!shard) return;
      const name = `Shard ${shortShardId(shard.id)}`;
      setText(byId("selected-title"), name);
      const children = state.snapshot!.shards
        .filter(({ parents }) => parents.includes(shard.id));
      const ids = (list: readonly string[]) =>
        list.map(shortShardId).join(", ") || "none";
      drawFacts("selected-facts", [
        ["Id", shard.id],
        ["State", shard.isOpen ? "open" : "closed"],
        ["Load", percentText(shard.load)],
        ["Worker", shard.worker ?? unknownText()],
        ["First hash key", shard.startingHashKey],
        ["Last hash key", shard.endingHashKey],
        ["Parents", ids(shard.parents)],
        ["Children", ids(children.map(({ id }) => id))],
        [
          "Opened",
          shard.openedAt === undefined
            ? "before the monitor started"
            : clockText(shard.openedAt),
        ],
        ...(shard.closedAt === undefined
          ? []
          : [["Closed", clockText(shard.closedAt)] as const]),
        ...(shard.rateFactor === undefined || shard.rateFactor === 1 ? [] : [
          [
            "Throttled",
            `writers use ${percentText(shard.rateFactor)}`,
          ] as const,
        ]),
      ]);
      const points = state.shards.get(shard.id) ?? [];
      for (const chart of charts) {
        chart.draw(points, state.snapshot!.time, name);
      }
    },
  };
}

/** Draws a list of names and values. */
export function drawFacts(
  id: string,
  facts: readonly (readonly [name: string, value: string])[],
): void {
  const list = byId(id);
  while (list.children.length > facts.length * 2) list.lastChild!.remove();
  facts.forEach(([name, value], i) => {
    if (list.children.length <= i * 2) {
      list.append(make("dt", ""), make("dd", ""));
    }
    setText(list.children[i * 2]!, name);
    setText(list.children[i * 2 + 1]!, value);
  });
}

/** Makes the panel of the workers. */
export function createWorkers(): Panel {
  const rows = new Map<string, HTMLElement>();
  const create = () =>
    make(
      "li",
      "",
      make("p", "name"),
      make("p", "detail"),
    );
  return {
    draw({ snapshot }) {
      const workers = snapshot?.workers ?? [];
      const keys = workers.map(({ name }) => name);
      keepChildren(byId("workers"), rows, keys, create);
      for (const worker of workers) {
        const row = rows.get(worker.name)!;
        setAttribute(row, "data-state", worker.state);
        setText(row.children[0]!, worker.name);
        setText(row.children[1]!, workerText(worker));
      }
      setAttribute(
        byId("no-workers"),
        "hidden",
        workers.length === 0 ? undefined : "",
      );
    },
  };
}

/** A worker in words. */
export function workerText(worker: Snapshot["workers"][number]): string {
  if (worker.state !== "on") {
    return worker.at === undefined
      ? "its metrics could not be read yet"
      : `read last at ${clockText(worker.at)}`;
  }
  const shards = worker.heldShards ?? worker.shards.length;
  return [
    `${shards} ${shards === 1 ? "shard" : "shards"}`,
    ...(worker.lagMs === undefined
      ? []
      : [`lag ${durationText(worker.lagMs)}`]),
    ...(worker.processingLagMs === undefined
      ? []
      : [`processing lag ${durationText(worker.processingLagMs)}`]),
    ...(worker.readRecordsPerSecond === undefined
      ? []
      : [`reads ${numberText(worker.readRecordsPerSecond)} records/s`]),
    ...(worker.writtenRecordsPerSecond === undefined
      ? []
      : [`writes ${numberText(worker.writtenRecordsPerSecond)} records/s`]),
    ...(worker.bufferedValues ? [`${worker.bufferedValues} buffered`] : []),
    ...(worker.errors > 0 ? [`${worker.errors} errors`] : []),
  ].join(" · ");
}

/** Makes the panel of the sources. */
export function createSources(): Panel {
  const rows = new Map<string, HTMLElement>();
  const create = () =>
    make(
      "li",
      "",
      make("p", "name", make("span", ""), make("span", "tag")),
      make("p", "detail"),
    );
  return {
    draw({ snapshot }) {
      const sources = snapshot?.sources ?? [];
      const keys = sources.map(({ name }) => name);
      keepChildren(byId("sources"), rows, keys, create);
      for (const source of sources) {
        const row = rows.get(source.name)!;
        setAttribute(row, "data-state", source.state);
        setText(row.children[0]!.children[0]!, source.name);
        const age = source.at === undefined
          ? undefined
          : Math.max(0, snapshot!.time - source.at);
        setText(
          row.children[0]!.children[1]!,
          source.state === "on" && age !== undefined
            ? `${durationText(age)} ago`
            : source.state,
        );
        setText(row.children[1]!, source.note ?? "");
      }
    },
  };
}

/** Makes the panel of the errors. */
export function createErrors(): Panel {
  const rows = new Map<string, HTMLElement>();
  const create = () =>
    make(
      "li",
      "",
      make("p", "name", make("time", ""), make("span", "tag")),
      make("p", "detail"),
    );
  return {
    draw({ snapshot }) {
      const errors = (snapshot?.errors ?? []).slice(0, 20);
      const key = ({ source, message }: typeof errors[number]) =>
        `${source}\n${message}`;
      keepChildren(byId("errors"), rows, errors.map(key), create);
      for (const error of errors) {
        const row = rows.get(key(error))!;
        setText(row.children[0]!.children[0]!, clockText(error.time));
        setText(
          row.children[0]!.children[1]!,
          error.count > 1 ? `${error.count} times` : "once",
        );
        setText(row.children[1]!, `${error.source}: ${error.message}`);
      }
      setAttribute(
        byId("no-errors"),
        "hidden",
        errors.length === 0 ? undefined : "",
      );
    },
  };
}
