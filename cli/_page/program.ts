/**
 * The program of the page: the source of functions that are checked with all others. A browser runs
 * them as one script, so they use nothing but each other and what browsers have.
 *
 * @module
 */
import * as units from "../_monitor/units.ts";
import * as chart from "./chart.ts";
import * as connection from "./connection.ts";
import * as dom from "./dom.ts";
import * as lineage from "./lineage.ts";
import * as overview from "./overview.ts";
import * as panels from "./panels.ts";
import * as start from "./start.ts";
import * as state from "./state.ts";
import * as strip from "./strip.ts";
import * as table from "./table.ts";
import * as theme from "./theme.ts";

const PARTS = [
  units,
  dom,
  state,
  chart,
  strip,
  lineage,
  table,
  panels,
  overview,
  connection,
  theme,
  start,
];

/** The script of the page. */
export function pageProgram(): string {
  const functions = PARTS.flatMap((part) => Object.values(part));
  return `"use strict";\n${functions.join("\n")}\nstartPage();\n`;
}
