import { assertEquals, assertStrictEquals } from "@std/assert";
import { blank, importsOf, lineAt } from "../../scripts/source.ts";

Deno.test("blank keeps code, quotes and offsets, and erases the rest", () => {
  const cases: [source: string, expected: string][] = [
    ["a // b\nc", "a     \nc"],
    ["a /* b\n * c */ d", "a     \n        d"],
    ['x = "a // b";', 'x = "      ";'],
    ["x = 'it\\'s';", "x = '     ';"],
    ["`a ${b} c ${`d ${e}`} f` + g", "`  ${b}   ${`  ${e}`}  ` + g"],
    ["`a ${{ b: 1 }.b} c`; d", "`  ${{ b: 1 }.b}  `; d"],
    ["x = /[/'\"]+'/g; y", "x = /       /g; y"],
    ["a / b / 'c'", "a / b / ' '"],
    ["return /'/.test(x)", "return / /.test(x)"],
    ['"unended\nnext', '"       \nnext'],
  ];
  for (const [source, expected] of cases) {
    assertStrictEquals(blank(source), expected);
  }
});

Deno.test("importsOf finds every way to import and says where", () => {
  const source = `
import a from "./a.ts";
import type { B } from "./b.ts";
import { type C, type D } from "./c.ts";
import { type E, f } from "./e.ts";
import "./side.ts";
export { g } from "./g.ts";
export type { H } from './h.ts';
export * from "./star.ts";
import {
  i,
} from "./i.ts";
const j = await import("./j.ts");
import data from "./data.json" with { type: "json" };
type K = import("./k.ts").K;
`;
  assertEquals(
    importsOf(source).map((reference) => [
      reference.specifier,
      reference.line,
      reference.typeOnly,
      reference.dynamic,
    ]),
    [
      ["./a.ts", 2, false, false],
      ["./b.ts", 3, true, false],
      ["./c.ts", 4, true, false],
      ["./e.ts", 5, false, false],
      ["./side.ts", 6, false, false],
      ["./g.ts", 7, false, false],
      ["./h.ts", 8, true, false],
      ["./star.ts", 9, false, false],
      ["./i.ts", 12, false, false],
      ["./j.ts", 13, false, true],
      ["./data.json", 14, false, false],
      ["./k.ts", 15, false, true],
    ],
  );
});

Deno.test("importsOf ignores what only looks like an import", () => {
  const source = `
// import a from "./a.ts";
/** @example \`import b from "./b.ts"\` */
const text = 'import c from "./c.ts"';
const template = \`import d from "./d.ts"\`;
Array.from("abc");
`;
  assertEquals(importsOf(source), []);
});

Deno.test("lineAt counts from 1", () => {
  assertEquals([0, 1, 2, 3].map((at) => lineAt("a\n\nb", at)), [1, 1, 2, 3]);
});
