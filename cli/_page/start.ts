/**
 * Starts the page.
 *
 * @module
 */
import { connect } from "./connection.ts";
import { byId, setText } from "./dom.ts";
import { createLineage } from "./lineage.ts";
import { createOverview, summaryText } from "./overview.ts";
import {
  createErrors,
  createSelection,
  createSources,
  createWorkers,
} from "./panels.ts";
import { createState, takeSnapshot, takeStart } from "./state.ts";
import { createStrip } from "./strip.ts";
import { createTable } from "./table.ts";
import { startTheme } from "./theme.ts";

/** Starts the page: connects, and draws each snapshot that arrives. */
export function startPage(): void {
  startTheme();
  const state = createState();
  const select = (id: string | undefined) => {
    state.selected = id === state.selected ? undefined : id;
    draw();
  };
  const clear = () => {
    state.selected = undefined;
    draw();
  };
  const overview = createOverview();
  const strip = createStrip(state, select);
  const lineage = createLineage();
  const table = createTable(state, select);
  const panels = [
    createSelection(clear),
    createWorkers(),
    createSources(),
    createErrors(),
  ];
  const draw = () => {
    overview.draw(state);
    strip.draw(state);
    lineage.draw(state);
    table.draw();
    for (const panel of panels) panel.draw(state);
  };
  let announcedAt = 0;
  const announce = () => {
    // A screen reader would read nothing else if it was told of each snapshot.
    if (!state.snapshot || Date.now() - announcedAt < 15_000) return;
    announcedAt = Date.now();
    setText(byId("summary"), summaryText(state.snapshot));
  };
  document.addEventListener("keydown", ({ key, target }) => {
    if (key !== "Escape") return;
    const filter = byId<HTMLInputElement>("filter");
    if (target === filter && filter.value !== "") {
      filter.value = "";
      filter.dispatchEvent(new Event("input"));
    } else clear();
  });
  connect({
    onStart(event) {
      takeStart(state, event);
      draw();
      announce();
    },
    onSnapshot(snapshot) {
      takeSnapshot(state, snapshot);
      draw();
      announce();
    },
  });
}
