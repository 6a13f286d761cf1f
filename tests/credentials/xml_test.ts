import { assertEquals, assertLess, assertThrows } from "@std/assert";
import { findXml, parseXml } from "../../credentials/_xml.ts";

Deno.test("parseXml reads elements, text, entities, CDATA, comments and attributes", () => {
  const root = parseXml(`<?xml version="1.0" encoding="UTF-8"?>
    <!-- <no/> -->
    <ns:Root xmlns:ns="urn:x" a='>' b = "/>">
      <A> one &amp; &lt;two&gt; &#x41;&#66;&quot;&apos; </A>
      <A>second</A>
      <B><![CDATA[<raw> & ]]>tail</B><C/><D  x="1" />
    </ns:Root >
  `);
  assertEquals(root.name, "Root");
  assertEquals(
    root.children.map(({ name, text }) => [name, text]),
    [
      ["A", `one & <two> AB"'`],
      ["A", "second"],
      ["B", "<raw> & tail"],
      ["C", ""],
      ["D", ""],
    ],
  );
  assertEquals(findXml(root, ["A"])?.text, `one & <two> AB"'`);
  assertEquals(findXml(root, ["B", "Z"]), undefined);
});

Deno.test("parseXml refuses what is not one document, without showing its text", () => {
  const cases = [
    "",
    "hush",
    "<a>hush",
    "<a>hush</b>",
    "</a>",
    "<a></a><b></b>",
    "<a></a>hush",
    "<a>&hush;</a>",
    "<a>& hush</a>",
    "<a>&#x110000;</a>",
    "<a",
    "<a b='hush></a>",
    "<!-- hush",
    "<![CDATA[hush",
    "<!DOCTYPE a [<!ENTITY h 'hush'>]><a>&h;</a>",
    "<a>".repeat(33) + "</a>".repeat(33),
  ];
  for (const text of cases) {
    const error = assertThrows(() => parseXml(text), SyntaxError);
    assertEquals(error.message.includes("hush"), false, error.message);
  }
});

Deno.test("parseXml takes time in proportion to the text when the text is hostile", () => {
  const n = 300_000;
  const hostile = [
    "<" + "a".repeat(n),
    "<a" + " b".repeat(n),
    "<a" + ` b="c"`.repeat(n),
    "<a" + `"`.repeat(n),
    "</" + "a".repeat(n),
    "</a" + " ".repeat(n),
    "<!--" + "-".repeat(n),
    "<![CDATA[" + "]".repeat(n),
    "<a>" + "&".repeat(n),
    "<a>" + "&amp;".repeat(n),
    "<a>" + "<b/>".repeat(n),
  ];
  const start = performance.now();
  for (const text of hostile) assertThrows(() => parseXml(text));
  assertLess(performance.now() - start, 5000);
});
