import { assertEquals } from "@std/assert";
import { parseIni } from "../../credentials/_ini.ts";

type Plain = Record<string, Record<string, string>>;

function parse(text: string): Plain {
  return Object.fromEntries(
    [...parseIni(text)].map(([name, s]) => [name, Object.fromEntries(s)]),
  );
}

/**
 * What a text is read as, by what is special about it. The rules are those that the SDKs of AWS
 * share.
 */
const cases: readonly (readonly [what: string, text: string, Plain])[] = [
  ["nothing", "", {}],
  ["a section without settings", "[profile foo]", { "profile foo": {} }],
  ["a byte order mark", "\ufeff[a]\nb = 1", { a: { b: "1" } }],
  ["line ends of Windows", "[a]\r\nb = 1\r\n", { a: { b: "1" } }],
  ["line ends of old", "[a]\rb = 1\rc = 2", { a: { b: "1", c: "2" } }],
  ["blank lines", "\t \n[a]\n\n \t\nb = 1\n \n[c]\n ", {
    a: { b: "1" },
    c: {},
  }],
  ["spaces in a header", "[ \tprofile \t foo  ]", { "profile foo": {} }],
  ["a tab behind the type", "[profile\tfoo]", { "profile foo": {} }],
  ["a header that is indented", "[a]\nb = 1\n  [c]\nd = 2", {
    a: { b: "1" },
    c: { d: "2" },
  }],
  ["all characters of names", "[profile aZ09-_/.%@:+]\naZ09-_/.%@:+ = 1", {
    "profile aZ09-_/.%@:+": { "az09-_/.%@:+": "1" },
  }],
  ["names in quotes", `[profile "a b"]\nc = 1\n[sso-session 'x']\nd = 2`, {
    "profile a b": { c: "1" },
    "sso-session x": { d: "2" },
  }],
  ["a type without a space behind", "[profilefoo]\nb = 1", {
    profilefoo: { b: "1" },
  }],
  ["names of settings in capitals", "[a]\nB_C = 1\nb_c = 2\nD = Ee", {
    a: { b_c: "2", d: "Ee" },
  }],
  ["spaces around names and values", "[a]\nb \t=  \t1 2 \t", {
    a: { b: "1 2" },
  }],
  ["more equals signs", "[a]\nb = c=d=", { a: { b: "c=d=" } }],
  ["letters beyond ASCII", "[a]\nb = 😂", { a: { b: "😂" } }],
  ["comments", "# x\n; x\n[a] # x ; x\nb = 1 # x\nc = 2 ; x # x\n  # x\n", {
    a: { b: "1", c: "2" },
  }],
  ["comments directly behind a header", "[a]; x\nb = 1\n[c]# x\nd = 2", {
    a: { b: "1" },
    c: { d: "2" },
  }],
  ["empty comments", ";\n[a];\nb = 1 ;\n#", { a: { b: "1" } }],
  ["signs of comments inside values", "[a]\nb = 1;2\nc = 1#2 #x", {
    a: { b: "1;2", c: "1#2" },
  }],
  ["sections and settings that come twice", "[a]\nb=1\nc=1\n[d]\n[a]\nc=2", {
    a: { b: "1", c: "2" },
    d: {},
  }],
  ["an empty value", "[a]\nb =\nc = 1", { a: { c: "1" } }],
  [
    "nested settings",
    "[a]\ns3 =\n  Region = eu # x\n\n  no value\n  e =\nb = 1",
    {
      a: { "s3.region": "eu", b: "1" },
    },
  ],
  ["continued values", "[a]\nb = 1\n \t -2 # kept \t\n  -3\nd = 4", {
    a: { b: "1\n-2 # kept\n-3", d: "4" },
  }],
  [
    "settings that are indented alike",
    "[a]\n  b = 1\n  c = 2\n  d =\n    e = 3",
    {
      a: { b: "1", c: "2", "d.e": "3" },
    },
  ],
  ["a continuation of nothing", "[a]\nb = 1\n[a]\n -y", { a: { b: "1" } }],
  ["settings outside a section", "b = 1\n -x\n[a]", { a: {} }],
  ["names that cannot be", "[a]\nin valid = 3\n  x = 4\nc=5", {
    a: { c: "5" },
  }],
];

Deno.test("parseIni reads the files as the SDKs of AWS do", () => {
  for (const [what, text, expected] of cases) {
    assertEquals(parse(text), expected, what);
  }
});

Deno.test("parseIni gives no section the settings behind a line that may be a broken header", () => {
  for (
    const header of [
      "c]",
      "c] # d = e",
      "  c]",
      "profile c]",
      "'c']",
      "\u200b[c]",
      "c",
      "profile c",
      "c # d = e",
      "c : d",
      "= d",
      "[c",
      "[profile c",
      "[c] d",
      "[c]]",
      "[[c]",
      "[c#d]",
      "[]",
      "[ ]",
      "[profile in valid]",
      "[in valid 2]",
      '[profile "c]',
      "[profile foo!bar]",
    ]
  ) {
    const text = `[a]\nb = 1\n${header}\nb = 2\ne =\n  f = 1\n[g]\nb = 3`;
    assertEquals(parse(text), { a: { b: "1" }, g: { b: "3" } }, header);
  }
  // Indented lines belong to the setting before them. Here there is none, or it is a nested one.
  assertEquals(parse("[a]\n  c\n  b = 2"), { a: {} });
  assertEquals(parse("[a]\ne =\n  c]\nb = 2"), { a: {} });
});

Deno.test("parseIni cannot be made to touch prototypes", () => {
  const file = parseIni("[__proto__]\npolluted = 1\n[x]\n__proto__ = 2");
  assertEquals(({} as Record<string, unknown>).polluted, undefined);
  assertEquals(file.get("__proto__")?.get("polluted"), "1");
  assertEquals(file.get("x")?.get("__proto__"), "2");
});
