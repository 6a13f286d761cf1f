/**
 * The page for addresses that do not exist.
 *
 * @module
 */
import { escapeHtml, relativeUrl } from "./html.ts";
import type { PageContent } from "./layout.ts";
import type { Page } from "./pages.ts";

/** The file that GitHub Pages and other servers answer with. */
const OUTPUT = "404.html";

/**
 * Makes the page. A server answers with this file at any depth, where relative addresses would
 * lead to other places, so a script sets the folder of the site as the base. `folder` is the name of
 * the folder on the server; a server without this folder has the site at its root.
 */
export function notFoundPage(
  folder: string,
  start: readonly Page[],
): PageContent {
  const items = start.map(({ name, output }) =>
    `<li><a href="${relativeUrl(OUTPUT, output)}">${escapeHtml(name)}</a></li>`
  );
  return {
    output: OUTPUT,
    title: "Page not found",
    description: "There is no page at this address.",
    headings: [],
    head: `<script>
if (location.protocol !== "file:") {
  const folder = ${JSON.stringify(`/${folder}/`)};
  const base = document.createElement("base");
  base.href = location.pathname.startsWith(folder) ? folder : "/";
  document.head.append(base);
}
</script>
`,
    content: `<h1 id="page-not-found">Page not found</h1>
<p>There is no page at this address. Press <kbd>/</kbd> to search, or start here:</p>
<ul>
${items.join("\n")}
</ul>
`,
  };
}
