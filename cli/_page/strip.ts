/**
 * The map: all hash keys from left to right, and the open shards that own them.
 *
 * @module
 */
import type { ShardView } from "../_monitor/snapshot.ts";
import {
  bytesText,
  loadWord,
  numberText,
  percentText,
  shortShardId,
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

/** The map in the page. */
export interface Strip {
  draw(state: PageState): void;
}

/** Makes the map. Arrow keys move through it, and Enter selects. */
export function createStrip(
  state: PageState,
  select: (id: string | undefined) => void,
): Strip {
  const strip = byId("strip");
  const segments = new Map<string, HTMLElement>();
  let active: string | undefined;
  /** The shard that is described below the map. */
  let described: string | undefined;
  const open = () => state.snapshot?.shards.filter((it) => it.isOpen) ?? [];
  const activate = (id: string | undefined) => {
    active = id;
    for (const [key, segment] of segments) {
      segment.classList.toggle("active", key === id);
    }
    const segment = id === undefined ? undefined : segments.get(id);
    setAttribute(strip, "aria-activedescendant", segment?.id);
    describe(id);
  };
  const describe = (id: string | undefined) => {
    described = id;
    const shard = open().find((it) => it.id === id);
    setText(byId("strip-hint"), shard ? shardText(shard) : stripHint());
  };
  const create = (id: string) => {
    const segment = make(
      "div",
      "segment",
      make("span", "fill"),
      make("span", "name", shortShardId(id)),
      make("span", "percent"),
    );
    segment.id = `segment-${id}`;
    segment.setAttribute("role", "option");
    if (segments.size > 0 && state.snapshot!.reshards.length > 0) {
      segment.classList.add("new");
    }
    segment.addEventListener("click", () => {
      activate(id);
      select(id);
    });
    segment.addEventListener("pointerenter", () => describe(id));
    return segment;
  };
  strip.addEventListener("pointerleave", () => activate(active));
  strip.addEventListener("focus", () => {
    if (active === undefined) activate(state.selected ?? open()[0]?.id);
    else activate(active);
  });
  strip.addEventListener("blur", () => activate(undefined));
  strip.addEventListener("keydown", (event) => {
    const shards = open();
    const at = shards.findIndex((it) => it.id === active);
    const to = {
      ArrowLeft: at - 1,
      ArrowRight: at + 1,
      ArrowUp: at - 1,
      ArrowDown: at + 1,
      PageUp: at - 10,
      PageDown: at + 10,
      Home: 0,
      End: shards.length - 1,
    }[event.key];
    if (to !== undefined) {
      const bounded = Math.max(0, Math.min(shards.length - 1, to));
      activate(shards[bounded]?.id);
    } else if (event.key === "Enter" || event.key === " ") select(active);
    else return;
    event.preventDefault();
  });
  const draw = () => {
    const shards = open();
    keepChildren(strip, segments, shards.map(({ id }) => id), create);
    if (active !== undefined && !segments.has(active)) {
      activate(
        document.activeElement === strip ? shards[0]?.id : undefined,
      );
    }
    for (const shard of shards) {
      drawSegment(segments.get(shard.id)!, shard, state.selected === shard.id);
    }
    describe(described);
    setAttribute(strip, "data-count", countWord(shards.length));
  };
  /** How much room there is between the shards. */
  const countWord = (count: number) =>
    count <= 60 ? undefined : strip.clientWidth < 4 * count ? "packed" : "many";
  setText(byId("strip-hint"), stripHint());
  return { draw };
}

/** What is shown below the map while no shard is pointed at. */
export function stripHint(): string {
  return "The height of a bar is the used part of the shard's limit: 1 000 records or 1 MB a second.";
}

/** Draws a shard. The height has the load, so its colour is not needed to read it. */
export function drawSegment(
  segment: HTMLElement,
  shard: ShardView,
  isSelected: boolean,
): void {
  setStyle(segment, "left", `${shard.from * 100}%`);
  setStyle(segment, "width", `${(shard.to - shard.from) * 100}%`);
  const load = Math.min(1, shard.load ?? 0);
  setStyle(segment, "--load", load.toFixed(3));
  setAttribute(segment, "data-load", loadWord(shard.load));
  setAttribute(segment, "aria-selected", `${isSelected}`);
  setAttribute(segment, "aria-label", shardText(shard));
  setText(
    segment.lastElementChild!,
    shard.load === undefined ? "" : percentText(shard.load),
  );
}

/** A shard in a sentence. */
export function shardText(shard: ShardView): string {
  const rate = shard.load === undefined
    ? "load not known"
    : `${percentText(shard.load)} of its limit, ${loadWord(shard.load)}, ${
      numberText(shard.recordsPerSecond)
    } records/s, ${bytesText(shard.bytesPerSecond)}/s`;
  return `Shard ${shortShardId(shard.id)}: ${rate}, ${
    percentText(shard.to - shard.from)
  } of the hash keys`;
}
