import { assertEquals } from "@std/assert";
import { documentOf } from "../../../scripts/site/document.ts";

const idsOf = (markdown: string) =>
  [...documentOf(markdown).headings.values()].map(({ id }) => id);

Deno.test("documentOf gives headings the anchors of GitHub", () => {
  assertEquals(
    idsOf(
      [
        "# Node.js & `x_y`",
        "## `producer.put(value)`, and what it *returns*",
        "## A [link](x.md) – and Ümläuts",
        "## Same",
        "## Same",
        "> ## In a quotation",
      ].join("\n\n"),
    ),
    [
      "nodejs--x_y",
      "producerputvalue-and-what-it-returns",
      "a-link--and-ümläuts",
      "same",
      "same-1",
      "in-a-quotation",
    ],
  );
});

Deno.test("documentOf takes no heading from a block of code", () => {
  assertEquals(idsOf("# One\n\n```sh\n# a comment\n```\n"), ["one"]);
});

Deno.test("documentOf divides the text at headings, with code and tables and without formatting", () => {
  const { title, description, sections } = documentOf(
    "# Title\n\nThe *first* `text`.\n\n## Part\n\n- one\n- two\n\n```ts\nlet x;\n```\n\n| a | b |\n| - | - |\n| 1 | [2](x) |\n",
  );
  assertEquals([title, description], ["Title", "The first text."]);
  assertEquals(
    sections.map(({ heading, text }) => [heading?.id, text]),
    [["title", "The first text."], ["part", "one two let x; a b 1 2"]],
  );
});

Deno.test("documentOf shortens the description at a word", () => {
  const { description } = documentOf(`# T\n\n${"word ".repeat(100)}`);
  assertEquals(description.length <= 160, true);
  assertEquals(description.endsWith(" word…"), true);
});

Deno.test("documentOf finds the links of references, images and nested blocks", () => {
  const { links } = documentOf(
    "[a](a.md) ![i](i.png)\n\n- > [r]\n\n| t |\n| - |\n| [c](c.md#x) |\n\n[r]: r.md\n",
  );
  assertEquals(links.toSorted(), ["a.md", "c.md#x", "i.png", "r.md"]);
});
