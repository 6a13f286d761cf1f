/**
 * The texts that the search of the site looks through.
 *
 * @module
 */
import type { SearchEntry } from "./client/search.ts";
import type { Page } from "./pages.ts";

/** One entry for each section of each page. */
export function searchEntries(pages: readonly Page[]): SearchEntry[] {
  return pages.flatMap(({ name, output, document }) =>
    document.sections.map(({ heading, text }) => ({
      page: name,
      heading: heading && heading.depth > 1 ? heading.text : "",
      url: encodeURI(output) +
        (heading && heading.depth > 1
          ? `#${encodeURIComponent(heading.id)}`
          : ""),
      text,
    }))
  );
}

/**
 * The script that gives the entries to the page. A page from a file cannot fetch JSON, but it can
 * load a script.
 */
export function searchScript(entries: readonly SearchEntry[]): string {
  return `globalThis.searchEntries = ${JSON.stringify(entries)};\n`;
}
