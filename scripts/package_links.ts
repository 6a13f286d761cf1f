/**
 * The links of Markdown pages to files that a package does not contain.
 *
 * @module
 */
import { posix } from "node:path";

/** Code in fences, which is kept, or a link. */
const FENCE_OR_LINK = /```[\s\S]*?```|\[([^\]]*)\]\(([^)\s]+)\)/g;
/** A URL, or a place in the same page. */
const NO_FILE = /^(?:[a-z][a-z+.-]*:|#)/;

/** What a package contains, and where the rest is. */
export interface Contents {
  /** Whether the package contains a file. The path is relative to its root. */
  readonly has: (path: string) => boolean;
  /** The URL of the root of the repository, with a slash at the end, if it is known. */
  readonly repository: string | undefined;
}

/** The links of a page to files that are missing. `page` is the path of the page. */
export function deadLinksOf(
  text: string,
  page: string,
  has: Contents["has"],
): string[] {
  const dead: string[] = [];
  for (const [, , link] of text.matchAll(FENCE_OR_LINK)) {
    const path = link && pathOf(link, page);
    if (path && !has(path)) dead.push(link!);
  }
  return dead;
}

/**
 * Points the dead links of a page at the repository. If its URL is not known, the text of the link
 * stays, with the path of the file.
 */
export function withoutDeadLinks(
  text: string,
  page: string,
  { has, repository }: Contents,
): string {
  return text.replace(
    FENCE_OR_LINK,
    (whole, label: string | undefined, link: string | undefined) => {
      const path = link && pathOf(link, page);
      if (!path || has(path)) return whole;
      const place = /#.*/.exec(link)?.[0] ?? "";
      return repository
        ? `[${label}](${repository}${path}${place})`
        : `${label} (\`${path}\` in the repository)`;
    },
  );
}

/** The path of the file that a link names. `undefined` for other links. */
function pathOf(link: string, page: string): string | undefined {
  if (NO_FILE.test(link)) return undefined;
  return posix.join(posix.dirname(page), link.replace(/#.*/, ""));
}
