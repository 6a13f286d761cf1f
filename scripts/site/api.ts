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

/** The page with all modules, relative to the site. */
export const API_START = "api.html";

/** Where the reference comes from, and where it goes. */
export interface ApiOptions {
  /** The repository. */
  readonly root: URL;
  /** The folder of the site, with a slash at its end. */
  readonly site: URL;
  /** The public address of the repository, for links to its files. */
  readonly repository?: string;
}

/** An entry point of the package. */
export interface ApiModule {
  /** What one imports. */
  readonly name: string;
  /** The page, relative to the site. */
  readonly url: string;
  /** The first paragraph, as HTML. */
  readonly description: string;
  readonly symbols: readonly ApiSymbol[];
}

/** A class, function, type or value that an entry point exports. */
export interface ApiSymbol {
  readonly name: string;
  /** The page, relative to the site. */
  readonly url: string;
  /** Such as `Class`. */
  readonly kind: string;
  /** The documentation without formatting. */
  readonly doc: string;
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

/** The reference, as other parts of the site need it. */
export interface ApiReference {
  /** The entry points, the main one first. */
  readonly modules: readonly ApiModule[];
  /** What the search finds. */
  readonly entries: readonly SearchEntry[];
}

/** Writes the reference of the entry points into the site. */
export async function buildApi(
  { root, site, repository }: ApiOptions,
  name: string,
  entryPoints: readonly string[],
): Promise<ApiReference> {
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
    const html = apiPage(await Deno.readTextFile(file), path, name);
    await Deno.writeTextFile(file, withSources(html, root, repository));
  }
  await Deno.copyFile(
    new URL("api.css", import.meta.url),
    new URL("site.css", folder),
  );
  return await readReference(folder, name);
}

/**
 * Completes a page of `deno doc`: the language, an image for the tab, the ways back to the guides,
 * imports by the name of the package, and names of files in place of folders, which a browser does
 * not open without a server. `path` is relative to the reference.
 */
export function apiPage(html: string, path: string, name: string): string {
  const folder = "../".repeat(path.split("/").length - 1);
  const title = /<title>([^<]*)<\/title>/.exec(html)?.[1] ?? "";
  return html
    .replace("<html>", '<html lang="en">')
    .replace(
      "</title>",
      () =>
        `</title>\n  <meta name="description" content="API reference: ${title}">\n  ${FAVICON}`,
    )
    .replace(
      "</head>",
      `<link rel="stylesheet" href="${folder}site.css"></head>`,
    )
    .replace(
      '<ul class="breadcrumbs">',
      `<span class="site-links"><a href="${folder}../index.html">Guides</a> <a href="${folder}../${API_START}">API</a></span><ul class="breadcrumbs">`,
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
    )
    .replace(
      /<h3>Usage<\/h3>[\s\S]*?<\/button>/g,
      (usage) =>
        usage.replace(
          /from &quot;([^&]*)&quot;/g,
          (_, module: string) =>
            `from &quot;${module === "." ? name : `${name}/${module}`}&quot;`,
        ),
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

/** Reads the index and the descriptions of the modules from the built reference. */
async function readReference(folder: URL, name: string): Promise<ApiReference> {
  const script = await Deno.readTextFile(new URL("search_index.js", folder));
  const json = script.slice(
    script.indexOf('{"kind"'),
    script.lastIndexOf("};") + 1,
  );
  const { nodes } = JSON.parse(json) as { nodes: readonly IndexNode[] };
  // Members have names such as "Producer.put".
  const symbols = nodes.filter(({ name }) => !name.includes("."));
  const modules: ApiModule[] = [];
  for (const [file, found] of Map.groupBy(symbols, ({ file }) => file)) {
    const url = `${file === "." ? "" : `${file}/`}index.html`;
    const html = await Deno.readTextFile(new URL(url, folder));
    modules.push({
      name: file === "." ? name : `${name}/${file}`,
      url: FOLDER + url,
      description: firstParagraph(html),
      symbols: found.map(({ name, url, kind, doc }) => ({
        name,
        url: new URL(url, `http://_/${FOLDER}`).pathname.slice(1),
        kind: kind.map(({ title }) => title).join(", "),
        doc,
      })),
    });
  }
  const entries = modules.flatMap(({ name, symbols }) =>
    symbols.map((symbol) => ({
      page: `API · ${name}`,
      heading: symbol.name,
      url: symbol.url,
      text: `${symbol.kind}. ${symbol.doc}`,
    }))
  );
  return { modules, entries };
}

/** The first paragraph of a module, as HTML. Its links lead to other places from another page. */
function firstParagraph(html: string): string {
  const [, text = ""] =
    /id="module_doc"><div class="markdown"><p>([\s\S]*?)<\/p>/.exec(html) ?? [];
  return text.replace(/<\/?a\b[^>]*>/g, "");
}
