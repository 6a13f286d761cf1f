import { assertEquals } from "@std/assert";
import { documentOf } from "../../../scripts/site/document.ts";
import { relativeUrl, resolvePath } from "../../../scripts/site/html.ts";
import {
  brokenMarkdownLinks,
  linkTarget,
  siteUrl,
} from "../../../scripts/site/link_targets.ts";
import { grouped, outputOf, type Page } from "../../../scripts/site/pages.ts";
import { brokenSiteLinks } from "../../../scripts/site/site_links.ts";

const ROOT = new URL("../../../", import.meta.url);

function pageOf(source: string, markdown = `# ${source}\n\n## Part\n`): Page {
  const document = documentOf(markdown);
  return { source, output: outputOf(source), name: source, document };
}

function contextOf(...pages: Page[]) {
  return { root: ROOT, pages: new Map(pages.map((it) => [it.source, it])) };
}

Deno.test("brokenMarkdownLinks names links without a file or heading, outside of the repository, or of an unknown kind", () => {
  const page = pageOf(
    "docs/a.md",
    "# A\n\n[ok](b.md#part) [ok](#a) [ok](../mod.ts) [ok](../docs) [ok](https://x.org)\n" +
      "[1](c.md) [2](b.md#no) [3](#no) [4](../../x) [5](javascript:x) [6](/docs/b.md)\n",
  );
  assertEquals(
    brokenMarkdownLinks(contextOf(page, pageOf("docs/b.md"))).map((line) =>
      line.replace('docs/a.md: the link "', "").replace('" is broken', "")
    ),
    [
      "c.md: docs/c.md does not exist",
      'b.md#no: docs/b.md has no heading "#no"',
      '#no: docs/a.md has no heading "#no"',
      "../../x: it leaves the repository",
      "javascript:x: only https:, http:, mailto: and relative links are known",
      "/docs/b.md: only https:, http:, mailto: and relative links are known",
    ],
  );
});

Deno.test("siteUrl leads to pages of the site, and to files at the address of the repository or to copies", () => {
  const page = pageOf("docs/a.md");
  const context = contextOf(page, pageOf("README.md"), pageOf("docs/b.md"));
  const copies: string[] = [];
  const url = (href: string, repository?: string) =>
    siteUrl(
      page,
      linkTarget(page, href, context),
      repository,
      (path) => copies.push(path),
    );
  assertEquals(url("b.md#part"), "b.html#part");
  assertEquals(url("#part"), "#part");
  assertEquals(url("a.md#part"), "#part");
  assertEquals(url("../README.md"), "../index.html");
  assertEquals(url("https://x.org/?a&b"), "https://x.org/?a&b");
  assertEquals(url("../mod.ts", "https://r"), "https://r/blob/main/mod.ts");
  assertEquals(url("../cli", "https://r"), "https://r/tree/main/cli");
  assertEquals(url("../cli"), undefined);
  assertEquals(copies, []);
  assertEquals(url("../mod.ts"), "../mod.ts");
  assertEquals(copies, ["mod.ts"]);
});

Deno.test("relativeUrl and resolvePath are inverse", () => {
  const paths = ["index.html", "docs/a.html", "api/~/A b.html", "api/x/y.html"];
  for (const from of paths) {
    for (const to of paths) {
      const url = decodeURIComponent(relativeUrl(from, to));
      assertEquals(resolvePath(from, url), to, `${from} to ${to}`);
    }
  }
  assertEquals(resolvePath("docs/a.md", "../../b"), undefined);
});

Deno.test("grouped takes every page once: by its group, by the start of its name, and the rest under More", () => {
  const pages = [
    "docs/zebra.md",
    "docs/migration-from-kcl.md",
    "docs/consuming.md",
    "README.md",
    "CHANGELOG.md",
  ].map((source) => pageOf(source));
  assertEquals(
    grouped(pages).filter(({ pages }) => pages.length > 0)
      .map(({ name, pages }) => [name, ...pages.map(({ source }) => source)]),
    [
      ["Start", "README.md"],
      ["Write and read", "docs/consuming.md"],
      ["Migrate", "docs/migration-from-kcl.md"],
      ["More", "docs/zebra.md"],
      ["Project", "CHANGELOG.md"],
    ],
  );
});

Deno.test("brokenSiteLinks names missing files and anchors, folders, absolute addresses and what other servers give", async () => {
  const folder = await Deno.makeTempDir();
  const site = new URL(`file://${folder}/`);
  try {
    await Deno.mkdir(`${folder}/a`);
    await Deno.writeTextFile(
      `${folder}/index.html`,
      `<a href="a/b.html#x">ok</a><a href="a/b.html#y&amp;z">1</a><a href="a/">2</a>
<a href="no.html">3</a><a href="/a/b.html">4</a><a href="#">ok</a><a href="../x.html">5</a>
<a title="a > b" href="missing.html">6</a><a href="https://x.org/no">ok</a>
<script src="https://cdn.org/x.js"></script><script>const a = '<a href="in-script.html">';</script>
<!-- <a href="in-comment.html"> --><button data-x="&lt;a href=&quot;in-attribute&quot;&gt;"></button>`,
    );
    await Deno.writeTextFile(`${folder}/a/b.html`, `<h2 id="x">x</h2>`);
    assertEquals(await brokenSiteLinks(site), [
      "index.html: loads https://cdn.org/x.js",
      'index.html: "a/b.html#y&z" names an anchor that a/b.html does not have',
      'index.html: "a/" is no file of the site',
      'index.html: "no.html" is no file of the site',
      'index.html: "/a/b.html" is not a relative address',
      'index.html: "../x.html" leaves the site',
      'index.html: "missing.html" is no file of the site',
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
