/**
 * The API reference: what `deno doc --html` makes, as a part of the site.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import type { SearchEntry } from "./client/search.ts";
import { walkFiles } from "./files.ts";
import { escapeHtml } from "./html.ts";
import { FAVICON } from "./layout.ts";

/** The folder of the reference in the site. */
const FOLDER = "api/";

/** The start page of the reference, relative to the site. */
export const API_START = `${FOLDER}index.html`;

/** Where the reference comes from, and where it goes. */
export interface ApiOptions {
  /** The repository. */
  readonly root: URL;
  /** The folder of the site, with a slash at its end. */
  readonly site: URL;
  /** The public address of the repository, for links to its files. */
  readonly repository?: string;
}

/** A symbol in the search index of `deno doc`. */
interface IndexNode {
  readonly name: string;
  /** The entry point, such as `client`, or `.` for the main one. */
  readonly file: string;
  readonly doc: string;
  readonly url: string;
  readonly kind: readonly { readonly title: string }[];
}

/** Writes the reference of the entry points into the site. Returns its entries for the search. */
export async function buildApi(
  { root, site, repository }: ApiOptions,
  name: string,
  entryPoints: readonly string[],
): Promise<SearchEntry[]> {
  const folder = new URL(FOLDER, site);
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["doc", "--html", "--quiet", `--name=${name}`],
      ...[`--output=${fileURLToPath(folder)}`, ...entryPoints],
    ],
    cwd: root,
  }).output();
  if (!success) {
    throw new Error(
      `Cannot build the API reference: ${new TextDecoder().decode(stderr)}`,
    );
  }
  for await (const path of walkFiles(folder)) {
    if (!path.endsWith(".html")) continue;
    const file = new URL(encodeURI(path), folder);
    const up = "../".repeat(path.split("/").length);
    const html = await Deno.readTextFile(file);
    await Deno.writeTextFile(
      file,
      withSources(apiPage(html, up), root, repository),
    );
  }
  return entriesOf(
    await Deno.readTextFile(new URL("search_index.js", folder)),
    name,
  );
}

/**
 * Completes a page of `deno doc`: the language, an image for the tab, a way back to the guides, and
 * names of files in place of folders, which a browser does not open without a server.
 */
export function apiPage(html: string, up: string): string {
  const title = /<title>([^<]*)<\/title>/.exec(html)?.[1] ?? "";
  return html
    .replace("<html>", '<html lang="en">')
    .replace(
      "</title>",
      `</title>\n  <meta name="description" content="API reference: ${title}">\n  ${FAVICON}`,
    )
    .replace(
      '<ul class="breadcrumbs">',
      `<a href="${up}index.html" class="contextLink" style="margin-right:1rem">← Guides</a><ul class="breadcrumbs">`,
    )
    .replace(
      /(<input\s+type="text"\s+id="searchbar")/,
      '$1 aria-label="Search the API"',
    )
    .replace(/href=""/g, 'href="index.html"')
    .replace(
      /href="((?:\.|\/|&#x2F;)+(?:\/|&#x2F;))"/g,
      (_, path: string) =>
        `href="${escapeHtml(path.replaceAll("&#x2F;", "/"))}index.html"`,
    );
}

/**
 * `deno doc` links to the source in the file system of the machine that built the site. These links
 * go to the public address of the repository. Without an address they are removed.
 */
export function withSources(
  html: string,
  root: URL,
  repository?: string,
): string {
  return html.replace(
    /<a\s+class="sourceButton"\s+href="([^"]*)">[\s\S]*?<\/a>/g,
    (link, escaped: string) => {
      const href = escaped.replaceAll("&#x2F;", "/");
      if (!href.startsWith("file:")) return link;
      if (!repository || !href.startsWith(root.href)) return "";
      const path = href.slice(root.href.length);
      return link.replace(
        escaped,
        () => escapeHtml(`${repository}/blob/main/${path}`),
      );
    },
  );
}

/** Entries for the symbols that an entry point exports, but not for their members. */
function entriesOf(script: string, name: string): SearchEntry[] {
  const json = script.slice(
    script.indexOf("{", 15),
    script.lastIndexOf("}", script.length - 5) + 1,
  );
  const { nodes } = JSON.parse(json) as { nodes: readonly IndexNode[] };
  return nodes.filter(({ name }) => !name.includes(".")).map((node) => ({
    page: `API · ${node.file === "." ? name : `${name}/${node.file}`}`,
    heading: node.name,
    url: new URL(node.url, `http://_/${FOLDER}`).pathname.slice(1),
    text: `${node.kind.map(({ title }) => title).join(", ")}. ${node.doc}`,
  }));
}
