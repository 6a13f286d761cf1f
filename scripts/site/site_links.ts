/**
 * Checks the links of a built site.
 *
 * @module
 */
import { walkFiles } from "./files.ts";
import { resolvePath } from "./html.ts";

/** What a page has and what it names. */
interface PageLinks {
  readonly ids: ReadonlySet<string>;
  readonly links: readonly string[];
}

const TAG =
  /<[a-z][a-z\d-]*((?:\s+[^\s"'<>/=]+(?:="[^"]*"|='[^']*'|=[^\s"'>]+)?)*)\s*\/?>/gi;
const ATTRIBUTE = /([^\s"'<>/=]+)="([^"]*)"/g;
const ENTITIES: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#39;": "'",
  "&#x27;": "'",
  "&#x2F;": "/",
  "&#x3D;": "=",
};

/**
 * The links that lead to no file or no anchor of the site, one line for each. A link to a folder is
 * broken as well, since a browser does not open the start page of a folder without a server. So is a
 * script, style or image from another server.
 */
export async function brokenSiteLinks(site: URL): Promise<string[]> {
  const files = new Set<string>();
  const pages = new Map<string, PageLinks>();
  const problems: string[] = [];
  for await (const path of walkFiles(site)) {
    files.add(path);
    if (!path.endsWith(".html")) continue;
    const html = await Deno.readTextFile(new URL(encodeURI(path), site));
    const page = linksOf(html);
    pages.set(path, page);
    problems.push(...page.foreign.map((it) => `${path}: loads ${it}`));
  }
  for (const [path, { links }] of pages) {
    for (const href of new Set(links)) {
      const problem = problemOf(path, href, files, pages);
      if (problem) problems.push(`${path}: "${href}" ${problem}`);
    }
  }
  return problems;
}

function problemOf(
  from: string,
  href: string,
  files: ReadonlySet<string>,
  pages: ReadonlyMap<string, PageLinks>,
): string | undefined {
  if (/^(?:https?:|mailto:|data:)/.test(href)) return undefined;
  if (/^[a-z][a-z\d+.-]*:|^\//i.test(href)) return "is not a relative address";
  const [address = "", hash = ""] = href.split("#");
  const path = decodeURIComponent(address.split("?")[0]!);
  const target = path ? resolvePath(from, path) : from;
  if (target === undefined) return "leaves the site";
  if (path.endsWith("/") || !files.has(target)) return "is no file of the site";
  const id = decodeURIComponent(hash);
  const page = pages.get(target);
  // The empty anchor and #top are the start of every page.
  if (!page || !id || id === "top" || page.ids.has(id)) return undefined;
  return `names an anchor that ${target} does not have`;
}

/** Reads the links and anchors of a page. Comments and scripts have none. */
function linksOf(html: string): PageLinks & { foreign: string[] } {
  const ids = new Set<string>();
  const links: string[] = [];
  const foreign: string[] = [];
  const markup = html.replace(/<!--[\s\S]*?-->/g, "")
    .replace(/(<script[^>]*>)[\s\S]*?<\/script>/g, "$1");
  for (const [tag, attributes = ""] of markup.matchAll(TAG)) {
    for (const [, name = "", raw = ""] of attributes.matchAll(ATTRIBUTE)) {
      const value = raw.replace(/&[#\w]+;/g, (it) => ENTITIES[it] ?? it);
      if (name === "id") ids.add(value);
      if (name !== "href" && name !== "src") continue;
      links.push(value);
      const isLoaded = name === "src" || tag.startsWith("<link");
      if (isLoaded && /^(?:https?:)?\/\//.test(value)) foreign.push(value);
    }
  }
  return { ids, links, foreign };
}
