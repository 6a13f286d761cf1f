/**
 * The page with all modules of the API: `deno doc` makes no page that links to all of them.
 *
 * @module
 */
import { API_START, type ApiModule, type ApiSymbol } from "./api.ts";
import type { Heading } from "./document.ts";
import { escapeHtml, relativeUrl } from "./html.ts";
import type { PageContent } from "./layout.ts";

/** The kinds in the order of the page, and their names. All others come last. */
const KINDS: Readonly<Record<string, string>> = {
  "Class": "Classes",
  "Function": "Functions",
  "Variable": "Values",
  "Interface": "Interfaces",
  "Type Alias": "Types",
};

/** Makes the page. */
export function apiStartPage(
  name: string,
  modules: readonly ApiModule[],
): PageContent {
  const headings = modules.map((module): Heading => ({
    depth: 2,
    text: module.name.slice(name.length) || name,
    id: module.name.split("/").slice(2).join("-") || "main",
  }));
  const sections = modules.map((module, index) => {
    const { id } = headings[index]!;
    const href = relativeUrl(API_START, module.url);
    return `<h2 id="${id}"><a href="${href}"><code>${
      escapeHtml(module.name)
    }</code></a></h2>
<p>${module.description}</p>
${kindsHtml(module.symbols)}`;
  });
  return {
    output: API_START,
    title: "API reference",
    description: `The API reference of ${name}: all modules and their symbols.`,
    headings,
    content: `<h1 id="api-reference">API reference</h1>
${sections.join("\n")}
`,
  };
}

function kindsHtml(symbols: readonly ApiSymbol[]): string {
  const order = Object.keys(KINDS);
  const place = (kind: string) => order.indexOf(kind) + 1 || order.length + 1;
  const groups = [...Map.groupBy(symbols, ({ kind }) => kind)]
    .sort(([a], [b]) => place(a) - place(b));
  return groups.map(([kind, found]) =>
    `<h3 class="kind">${escapeHtml(KINDS[kind] ?? kind)}</h3>
<ul class="symbols">
${found.map(symbolHtml).join("\n")}
</ul>`
  ).join("\n");
}

function symbolHtml({ name, url }: ApiSymbol): string {
  const href = relativeUrl(API_START, url);
  return `<li><a href="${href}"><code>${escapeHtml(name)}</code></a></li>`;
}
