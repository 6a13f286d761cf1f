/**
 * The texts that the search of the site looks through.
 *
 * @module
 */
import type { SearchEntry } from "./client/search.ts";
import { type Page, type PageGroup, PROJECT } from "./pages.ts";

/** What the background of the project counts in the search, beside the guides for users. */
const PROJECT_WEIGHT = 0.6;

/** One entry for each section of each page. */
export function searchEntries(groups: readonly PageGroup[]): SearchEntry[] {
  return groups.flatMap(({ name, pages }) => {
    const weight = name === PROJECT ? PROJECT_WEIGHT : undefined;
    return pages.flatMap((page) => entriesOf(page, weight));
  });
}

function entriesOf(
  { name, output, document }: Page,
  weight: number | undefined,
): SearchEntry[] {
  return document.sections.map(({ heading, text }) => {
    const isPart = heading !== undefined && heading.depth > 1;
    return {
      page: name,
      heading: isPart ? heading.text : "",
      url: encodeURI(output) +
        (isPart ? `#${encodeURIComponent(heading.id)}` : ""),
      text,
      weight,
    };
  });
}

/**
 * The script that gives the entries to the page. A page from a file cannot fetch JSON, but it can
 * load a script.
 */
export function searchScript(entries: readonly SearchEntry[]): string {
  return `globalThis.searchEntries = ${JSON.stringify(entries)};\n`;
}
