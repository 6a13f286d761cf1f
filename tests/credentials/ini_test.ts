import { assertEquals } from "@std/assert";
import { parseIni } from "../../credentials/ini.ts";

function parse(text: string): Record<string, Record<string, string>> {
  return Object.fromEntries(
    [...parseIni(text)].map(([name, s]) => [name, Object.fromEntries(s)]),
  );
}

Deno.test("parseIni reads sections, settings, comments and nested settings", () => {
  assertEquals(
    parse(`\ufefflost = 1
# comment
; comment
[default]
a=1
b = x=y ; comment
c = no#comment;here
novalue
= noname
[ profile  p ]
s3 =
  region = eu
  deep = 1
d = 2
[profile "quo ted"]\r
e = 3\r
[default]
a = 4
`),
    {
      default: { a: "4", b: "x=y", c: "no#comment;here" },
      "profile p": { "s3.region": "eu", "s3.deep": "1", d: "2" },
      "profile quo ted": { e: "3" },
    },
  );
});

Deno.test("parseIni cannot be made to touch prototypes", () => {
  const file = parseIni("[__proto__]\npolluted = 1\n[x]\n__proto__ = 2");
  assertEquals(({} as Record<string, unknown>).polluted, undefined);
  assertEquals(file.get("__proto__")?.get("polluted"), "1");
  assertEquals(file.get("x")?.get("__proto__"), "2");
});
