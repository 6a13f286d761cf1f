/**
 * Where the links of Markdown files lead: on GitHub, and in the site.
 *
 * @module
 */
import { relativeUrl, resolvePath } from "./html.ts";
import type { Page } from "./pages.ts";

/** What a link of a Markdown file names. */
export type LinkTarget =
  | { readonly kind: "external"; readonly href: string }
  | { readonly kind: "page"; readonly page: Page; readonly id: string }
  | { readonly kind: "file" | "folder"; readonly path: string }
  | { readonly kind: "broken"; readonly problem: string };

/** The parts of a site that links depend on. */
export interface LinkContext {
  readonly root: URL;
  readonly pages: ReadonlyMap<string, Page>;
}

const EXTERNAL = /^(?:https?|mailto):/;

/** Finds what a link names, as GitHub resolves it. */
export function linkTarget(
  from: Page,
  href: string,
  { root, pages }: LinkContext,
): LinkTarget {
  if (EXTERNAL.test(href)) return { kind: "external", href };
  if (/^[a-z][a-z\d+.-]*:|^\//i.test(href)) {
    const problem = "only https:, http:, mailto: and relative links are known";
    return { kind: "broken", problem };
  }
  const [rawPath = "", rawId = ""] = href.split("#");
  const id = decoded(rawId);
  const path = rawPath
    ? resolvePath(from.source, decoded(rawPath))
    : from.source;
  if (path === undefined) {
    return { kind: "broken", problem: "it leaves the repository" };
  }
  const page = pages.get(path);
  if (page) {
    const ids = [...page.document.headings.values()].map(({ id }) => id);
    if (!id || ids.includes(id)) return { kind: "page", page, id };
    return { kind: "broken", problem: `${path} has no heading "#${id}"` };
  }
  try {
    const { isDirectory } = Deno.statSync(new URL(encodeURI(path), root));
    return { kind: isDirectory ? "folder" : "file", path };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { kind: "broken", problem: `${path} does not exist` };
  }
}

/** The links of the Markdown files that lead nowhere, one line for each. */
export function brokenMarkdownLinks(context: LinkContext): string[] {
  return [...context.pages.values()].flatMap((page) =>
    page.document.links.flatMap((href) => {
      const target = linkTarget(page, href, context);
      return target.kind === "broken"
        ? [`${page.source}: the link "${href}" is broken: ${target.problem}`]
        : [];
    })
  );
}

/**
 * The address of a target in a page of the site. A file of the repository is opened at its public
 * address. Without a public address the site gets a copy of the file, and folders have no address.
 */
export function siteUrl(
  from: Page,
  target: LinkTarget,
  repository: string | undefined,
  onCopy: (path: string) => void,
): string | undefined {
  switch (target.kind) {
    case "external":
      return target.href;
    case "page": {
      const hash = target.id && `#${encodeURIComponent(target.id)}`;
      if (target.page === from && hash) return hash;
      return relativeUrl(from.output, target.page.output) + hash;
    }
    case "file":
    case "folder": {
      if (repository) {
        const view = target.kind === "file" ? "blob" : "tree";
        return `${repository}/${view}/main/${encodeURI(target.path)}`;
      }
      if (target.kind === "folder") return undefined;
      onCopy(target.path);
      return relativeUrl(from.output, target.path);
    }
    case "broken":
      throw new Error(`${from.source}: ${target.problem}`);
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
