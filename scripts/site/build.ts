/**
 * Builds the site.
 *
 * @module
 */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { entryPointsOf } from "../entry_points.ts";
import { API_START, type ApiOptions, buildApi } from "./api.ts";
import { apiStartPage } from "./api_page.ts";
import type { SearchEntry } from "./client/search.ts";
import { type PageContent, pageHtml, type SiteFrame } from "./layout.ts";
import {
  brokenMarkdownLinks,
  type LinkContext,
  linkTarget,
  siteUrl,
} from "./link_targets.ts";
import { notFoundPage } from "./not_found.ts";
import { type Page, type PageGroup, readPages } from "./pages.ts";
import { renderDocument, type ResolveLink } from "./render.ts";
import { searchEntries, searchScript } from "./search_data.ts";
import { brokenSiteLinks } from "./site_links.ts";

/** The parts of deno.json that the site shows. */
interface Config {
  readonly name: string;
  readonly version: string;
  readonly description: string;
}

/** What {@linkcode buildSite} makes the site of. */
export interface SiteOptions extends ApiOptions {
  /** Whether the API reference is built as well. */
  readonly withApi: boolean;
}

/**
 * Empties the folder and builds the site there. Returns the links that lead nowhere, one line for
 * each. A broken link in a Markdown file prevents the build.
 */
export async function buildSite(options: SiteOptions): Promise<string[]> {
  const { root, site, repository, withApi } = options;
  const groups = await readPages(root);
  const context = contextOf(root, groups);
  const broken = brokenMarkdownLinks(context);
  if (broken.length > 0) return broken;

  await emptied(site);
  const { name, version, description }: Config = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", root)),
  );
  const api = withApi ? API_START : undefined;
  const frame = { name, version, description, groups, repository, api };
  const [reference, script, apiTheme] = await Promise.all([
    withApi ? buildApi(options, name, await entryPointsOf(root)) : undefined,
    clientScript("main.ts"),
    clientScript("api_theme.ts"),
  ]);
  await writePages(options, frame, context);
  if (reference) {
    const page = apiStartPage(name, reference.modules);
    await write(site, page.output, pageHtml(frame, page));
    // Replaces the script of `deno doc`, which stores the theme of the system as if it was chosen.
    await write(site, "api/darkmode_toggle.js", apiTheme);
  }
  await writeAssets(site, script, [
    ...searchEntries(groups),
    ...reference?.entries ?? [],
  ]);
  return await brokenSiteLinks(site);
}

/** What links depend on, for the pages of some groups. */
export function contextOf(
  root: URL,
  groups: readonly PageGroup[],
): LinkContext {
  const pages = groups.flatMap(({ pages }) => pages);
  return { root, pages: new Map(pages.map((page) => [page.source, page])) };
}

async function emptied(site: URL): Promise<void> {
  try {
    await Deno.remove(site, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await Deno.mkdir(site, { recursive: true });
}

async function writePages(
  { root, site, repository }: SiteOptions,
  frame: SiteFrame,
  context: LinkContext,
): Promise<void> {
  const copied = new Set<string>();
  for (const page of context.pages.values()) {
    const content = contentOf(page, frame, (href, use) => {
      const target = linkTarget(page, href, context);
      // An image is a part of the page, so it is always copied.
      const address = use === "image" ? undefined : repository;
      return siteUrl(page, target, address, (path) => copied.add(path));
    });
    await write(site, page.output, pageHtml(frame, content));
  }
  const folder = frame.name.split("/").at(-1)!;
  const notFound = notFoundPage(folder, frame.groups[0]?.pages ?? []);
  await write(site, notFound.output, pageHtml(frame, notFound));
  for (const path of copied) {
    const file = new URL(encodeURI(path), site);
    await Deno.mkdir(dirname(fileURLToPath(file)), { recursive: true });
    await Deno.copyFile(new URL(encodeURI(path), root), file);
  }
}

function contentOf(
  { output, source, name, document }: Page,
  frame: SiteFrame,
  resolveLink: ResolveLink,
): PageContent {
  const isStart = source === "README.md";
  return {
    output,
    title: isStart ? frame.name : name,
    description: isStart ? frame.description : document.description,
    headings: [...document.headings.values()],
    content: renderDocument(document, resolveLink),
  };
}

async function writeAssets(
  site: URL,
  script: string,
  entries: readonly SearchEntry[],
): Promise<void> {
  const style = new URL("site.css", import.meta.url);
  await write(site, "assets/site.css", await Deno.readTextFile(style));
  await write(site, "assets/site.js", script);
  await write(site, "assets/search.js", searchScript(entries));
  // Without this file, GitHub Pages leaves out files with some names.
  await write(site, ".nojekyll", "");
}

/** One classic script: a browser does not load modules from files. */
async function clientScript(name: string): Promise<string> {
  const output = await Deno.makeTempFile({ suffix: ".js" });
  try {
    const entry = new URL(`client/${name}`, import.meta.url);
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["bundle", "--quiet", "--platform", "browser", "--format", "iife"],
        ...["--minify", "--output", output, fileURLToPath(entry)],
      ],
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return await Deno.readTextFile(output);
  } finally {
    await Deno.remove(output);
  }
}

async function write(site: URL, path: string, text: string): Promise<void> {
  const file = new URL(encodeURI(path), site);
  await Deno.mkdir(dirname(fileURLToPath(file)), { recursive: true });
  await Deno.writeTextFile(file, text);
}
