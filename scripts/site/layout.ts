/**
 * The frame around the content of a page: header, navigation, table of contents, footer.
 *
 * @module
 */
import type { Heading } from "./document.ts";
import { escapeHtml, relativeUrl } from "./html.ts";
import type { Page, PageGroup } from "./pages.ts";

/** What is the same on all pages. */
export interface SiteFrame {
  /** The name of the package. */
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly groups: readonly PageGroup[];
  /** The public address of the repository. */
  readonly repository?: string;
  /** The start page of the API reference, relative to the site. */
  readonly api?: string;
}

/** One page. */
export interface PageContent {
  /** The HTML file, relative to the site. */
  readonly output: string;
  readonly title: string;
  readonly description: string;
  readonly headings: readonly Heading[];
  /** The HTML of the page. */
  readonly content: string;
  /** HTML that is added before other elements of the head. */
  readonly head?: string;
}

/** Three streams that meet, as an image. */
const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="26" height="26" fill="none" stroke="#0d7f8c" stroke-width="3.4" stroke-linecap="round" aria-hidden="true"><path d="M3 7c9 0 8 9 15 9"/><path d="M3 25c9 0 8-9 15-9"/><path d="M3 16h26"/></svg>';

/** The image in the tab of the browser. */
export const FAVICON = `<link rel="icon" href="data:image/svg+xml,${
  encodeURIComponent(LOGO)
}">`;

/**
 * Sets the chosen theme before anything is drawn. Some browsers throw on any use of the storage in
 * a page from a file. The pages of `deno doc` use the same entry.
 */
const EARLY_SCRIPT = `<script>
document.documentElement.classList.add("scripted");
try {
  const theme = localStorage.getItem("theme");
  if (theme === "dark" || theme === "light") document.documentElement.classList.add(theme);
} catch {}
</script>`;

/** Closes the \`details\` before it, unless the window has room for it beside the text. */
function closeUnless(media: string): string {
  return `<script>document.currentScript.previousElementSibling.open = matchMedia("(min-width: ${media})").matches;</script>`;
}

/** The whole HTML file of a page. */
export function pageHtml(frame: SiteFrame, page: PageContent): string {
  const root = relativeUrl(page.output, "index.html").slice(
    0,
    -"index.html".length,
  );
  const title = page.title === frame.name
    ? frame.name
    : `${page.title} · ${frame.name}`;
  return `<!DOCTYPE html>
<html lang="en" data-root="${root}">
<head>
<meta charset="utf-8">
${
    page.head ?? ""
  }<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<meta name="description" content="${escapeHtml(page.description)}">
<meta name="color-scheme" content="light dark">
${FAVICON}
<link rel="stylesheet" href="${root}assets/site.css">
${EARLY_SCRIPT}
<script src="${root}assets/site.js" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
${headerHtml(frame, root)}
<div class="frame">
${navigationHtml(frame, page.output)}
${contentsHtml(page.headings)}
<main id="main" tabindex="-1">
<article>
${page.content}</article>
${pagerHtml(frame.groups, page.output)}
</main>
</div>
<footer class="bottom">
<p>${escapeHtml(frame.name)} ${escapeHtml(frame.version)} · MIT license</p>
</footer>
</body>
</html>
`;
}

function headerHtml(frame: SiteFrame, root: string): string {
  const links = [
    ...frame.api ? [`<a href="${root}${frame.api}">API</a>`] : [],
    ...frame.repository
      ? [`<a href="${escapeHtml(frame.repository)}">Source</a>`]
      : [],
  ];
  return `<header class="top">
<a class="brand" href="${root}index.html">${LOGO}${brandHtml(frame.name)}</a>
<button type="button" class="find" data-search><span>Search</span> <kbd>/</kbd></button>
${links.join("\n")}
<button type="button" class="theme" data-theme aria-label="Dark theme"></button>
</header>`;
}

/** The name of the package. Small windows have no room for its scope. */
function brandHtml(name: string): string {
  const [scope, ...rest] = name.split("/");
  return rest.length === 0
    ? `<span>${escapeHtml(name)}</span>`
    : `<span><span class="scope">${escapeHtml(`${scope}/`)}</span>${
      escapeHtml(rest.join("/"))
    }</span>`;
}

function navigationHtml(frame: SiteFrame, output: string): string {
  const item = ({ output: target, name }: Page) => {
    const current = target === output ? ' aria-current="page"' : "";
    const href = relativeUrl(output, target);
    return `<li><a href="${href}"${current}>${escapeHtml(name)}</a></li>`;
  };
  const groups = frame.groups.map(({ name, pages }) =>
    `<p class="group">${escapeHtml(name)}</p>\n<ul>\n${
      pages.map(item).join("\n")
    }\n</ul>`
  );
  if (frame.api) {
    const href = relativeUrl(output, frame.api);
    const current = output === frame.api ? ' aria-current="page"' : "";
    groups.push(
      `<p class="group">API</p>\n<ul>\n<li><a href="${href}"${current}>API reference</a></li>\n</ul>`,
    );
  }
  return `<nav class="guides" aria-label="Pages">
<details open>
<summary>All pages</summary>
${groups.join("\n")}
</details>${closeUnless("60rem")}
</nav>`;
}

function contentsHtml(headings: readonly Heading[]): string {
  const shown = headings.filter(({ depth }) => depth === 2 || depth === 3);
  if (shown.length < 2) return "";
  const items = shown.map(({ depth, text, id }) =>
    `<li class="depth-${depth}"><a href="#${encodeURIComponent(id)}">${
      escapeHtml(text)
    }</a></li>`
  );
  return `<nav class="contents" aria-label="On this page">
<details open>
<summary>On this page</summary>
<ul>
${items.join("\n")}
</ul>
</details>${closeUnless("80rem")}
</nav>`;
}

function pagerHtml(groups: readonly PageGroup[], output: string): string {
  const pages = groups.flatMap(({ pages }) => pages);
  const index = pages.findIndex((page) => page.output === output);
  if (index < 0) return "";
  const link = (page: Page | undefined, rel: string, label: string) =>
    page
      ? `<a rel="${rel}" class="${rel}" href="${
        relativeUrl(output, page.output)
      }"><span>${label}</span> ${escapeHtml(page.name)}</a>`
      : "";
  return `<nav class="pager" aria-label="Previous and next page">
${link(pages[index - 1], "prev", "Previous")}
${link(pages[index + 1], "next", "Next")}
</nav>`;
}
