/**
 * The pages of the site: which Markdown files they are made of, and their order.
 *
 * @module
 */
import { documentOf, type MarkdownDocument } from "./document.ts";

/** A guide, made of one Markdown file. */
export interface Page {
  /** The Markdown file, relative to the repository. */
  readonly source: string;
  /** The HTML file, relative to the site. */
  readonly output: string;
  /** The name in the navigation. */
  readonly name: string;
  readonly document: MarkdownDocument;
}

/** Pages under one heading of the navigation. */
export interface PageGroup {
  readonly name: string;
  readonly pages: readonly Page[];
}

/** The folders whose Markdown files are pages. Their subfolders are not searched. */
const FOLDERS = ["", "docs/", "bench/"];

/** The name of the group of the pages that no other group names. */
const REST = "More";

/** The name of the group with the background of the project. */
export const PROJECT = "Project";

/**
 * The groups in the order of the navigation. An entry is a file, or the start of the names of
 * several files with `*` at its end. A file that does not exist is skipped.
 */
const GROUPS: readonly { name: string; sources: readonly string[] }[] = [
  {
    name: "Start",
    sources: [
      "README.md",
      "docs/getting-started.md",
      "docs/patterns.md",
      "docs/faq.md",
    ],
  },
  {
    name: "Write and read",
    sources: [
      "docs/producing.md",
      "docs/consuming.md",
      "docs/processing.md",
      "docs/processors.md",
      "docs/checkpoints.md",
      "docs/exactly-once.md",
      "docs/fan-out.md",
      "docs/queues.md",
    ],
  },
  {
    name: "Tools",
    sources: [
      "docs/client.md",
      "docs/cli.md",
      "docs/lambda.md",
      "docs/testing.md",
    ],
  },
  {
    name: "Operate",
    sources: [
      "docs/deployment.md",
      "docs/infrastructure.md",
      "docs/iam.md",
      "docs/health.md",
      "docs/metrics.md",
      "docs/cloudwatch.md",
      "docs/reliability.md",
      "docs/performance.md",
      "docs/troubleshooting.md",
    ],
  },
  {
    name: "Look up",
    sources: ["docs/reference.md", "docs/errors.md"],
  },
  { name: "Migrate", sources: ["docs/migration*"] },
  { name: REST, sources: [] },
  {
    name: PROJECT,
    sources: [
      "docs/architecture.md",
      "docs/decisions.md",
      "bench/README.md",
      "CHANGELOG.md",
      "CONTRIBUTING.md",
      "SECURITY.md",
    ],
  },
];

/** Names that differ from the first heading of the file. */
const NAMES: Readonly<Record<string, string>> = { "README.md": "Overview" };

/** Reads all pages. Groups without a page are left out. */
export async function readPages(root: URL): Promise<PageGroup[]> {
  const pages: Page[] = [];
  for (const source of await sourcesIn(root)) {
    const document = documentOf(await Deno.readTextFile(new URL(source, root)));
    const name = NAMES[source] ?? document.title;
    pages.push({ source, output: outputOf(source), name, document });
  }
  return grouped(pages).filter((group) => group.pages.length > 0);
}

/** The HTML file of a Markdown file. A README is the start page of its folder. */
export function outputOf(source: string): string {
  return source.replace(/\.md$/, ".html")
    .replace(/(^|\/)README\.html$/, "$1index.html");
}

/** Puts the pages into the groups of the navigation. */
export function grouped(pages: readonly Page[]): PageGroup[] {
  const left = new Map(pages.map((page) => [page.source, page]));
  const take = (pattern: string): Page[] => {
    const found = [...left.values()].filter(({ source }) =>
      pattern.endsWith("*")
        ? source.startsWith(pattern.slice(0, -1))
        : source === pattern
    );
    for (const { source } of found) left.delete(source);
    return found;
  };
  const groups = GROUPS.map(({ name, sources }) => ({
    name,
    pages: sources.flatMap(take),
  }));
  return groups.map((group) =>
    group.name === REST ? { ...group, pages: [...left.values()] } : group
  );
}

/** The Markdown files of {@linkcode FOLDERS}, sorted in each folder. */
async function sourcesIn(root: URL): Promise<string[]> {
  const sources: string[] = [];
  for (const folder of FOLDERS) {
    const names: string[] = [];
    for await (const { name } of Deno.readDir(new URL(folder || "./", root))) {
      if (name.endsWith(".md") && !name.startsWith(".")) names.push(name);
    }
    sources.push(...names.sort().map((name) => `${folder}${name}`));
  }
  return sources;
}
