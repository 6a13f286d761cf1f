import { assertEquals, assertStringIncludes } from "@std/assert";
import { documentOf } from "../../../scripts/site/document.ts";
import { renderDocument } from "../../../scripts/site/render.ts";

const render = (markdown: string) =>
  renderDocument(documentOf(markdown), (href) => href);

Deno.test("renderDocument escapes text, code, attributes and the anchors of headings", () => {
  const html = render(
    [
      '## `<b>` & "q"',
      "a < b & `<script>`",
      '[x](<a"b> "t\\"<i>")',
      "```\n<script>alert(1)</script>\n```",
      '```ts\nconst a = "<b>" // <c>\n```',
    ].join("\n\n"),
  );
  assertEquals(/<(?:script|b|i|c)[\s>]/.test(html), false, html);
  assertEquals(/="[^"]*<[^"]*"/.test(html), false, html);
  assertStringIncludes(html, "<code>&lt;b&gt;</code> &amp; &quot;q&quot;");
  assertStringIncludes(html, "&lt;script&gt;alert(1)&lt;/script&gt;");
});

Deno.test("renderDocument makes text of raw HTML, except for comments and elements without attributes", () => {
  assertStringIncludes(
    render("<img src=x onerror=alert(1)>\n"),
    "&lt;img src=x onerror=alert(1)&gt;",
  );
  assertStringIncludes(
    render("a <a href='x'>b</a>\n"),
    "&lt;a href=&#39;x&#39;&gt;",
  );
  assertStringIncludes(
    render("a<br>b <kbd>/</kbd>\n"),
    "a<br>b <kbd>/</kbd>",
  );
  assertEquals(render("<!-- hidden -->\n").trim(), "");
  assertStringIncludes(
    render("<!-- <b> -->\n<script>x</script>\n"),
    "&lt;script&gt;",
  );
});

Deno.test("renderDocument colors the languages that it knows, and leaves others alone", () => {
  assertStringIncludes(render("```ts\nconst a = 1;\n```"), "hljs-keyword");
  assertStringIncludes(
    render("```ts ignore\nconst a = 1;\n```"),
    'data-language="ts"',
  );
  assertStringIncludes(
    render("```unknown\nconst a = 1;\n```"),
    "<code>const a = 1;\n</code>",
  );
});

Deno.test("renderDocument puts tables into boxes that scroll, with the alignment of columns", () => {
  const html = render("| a | b |\n| - | -: |\n| 1 | 2 |\n");
  assertStringIncludes(html, '<div class="table scroll"><table');
  assertStringIncludes(html, '<th scope="col" class="right">b</th>');
  assertStringIncludes(html, '<td class="right">2</td>');
});

Deno.test("renderDocument keeps the text of a link that leads nowhere in the site", () => {
  const html = renderDocument(
    documentOf("[a *b*](src/) ![c](x.png)"),
    () => undefined,
  );
  assertEquals(html.trim(), "<p>a <em>b</em> c</p>");
});
