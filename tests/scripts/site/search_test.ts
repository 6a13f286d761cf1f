import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  markWords,
  search,
  type SearchEntry,
  wordsOf,
} from "../../../scripts/site/client/search.ts";

const entry = (page: string, heading: string, text: string): SearchEntry => ({
  page,
  heading,
  url: `${page}#${heading}`,
  text,
});

const ENTRIES = [
  entry("Producing", "", "Pipe any stream. The option maxBatchRecords."),
  entry("Producing", "Order of keys", "Retries keep the order."),
  entry("Consuming", "Leases", "A worker holds a lease."),
  entry("Decisions", "The order of leases", "Why a lease is renewed."),
];

const headingsOf = (query: string, limit = 10) =>
  search(ENTRIES, query, limit).map(({ entry }) => entry.heading);

Deno.test("search finds sections with all words, in any case and order", () => {
  assertEquals(headingsOf("LEASES order"), ["The order of leases"]);
  assertEquals(headingsOf("lease missing"), []);
  assertEquals(headingsOf("  "), []);
});

Deno.test("search finds parts of names", () => {
  assertEquals(headingsOf("batchrec"), [""]);
});

Deno.test("search puts a heading before the text, and the heading that is the query first", () => {
  assertEquals(headingsOf("leases"), ["Leases", "The order of leases"]);
  assertEquals(headingsOf("order")[0], "Order of keys");
  assertEquals(headingsOf("order", 1).length, 1);
});

Deno.test("search puts the words side by side before the words apart, and pages of a low weight last", () => {
  const entries: SearchEntry[] = [
    { ...entry("PA", "one", "the age of a lease"), weight: 0.6 },
    entry("PB", "two", "a lease, and much later its age"),
    entry("PC", "three", "the age of a lease"),
  ];
  assertEquals(
    search(entries, "of  a lease", 10).map(({ entry }) => entry.page),
    ["PC", "PA"],
  );
  assertEquals(
    search(entries, "age lease", 10).map(({ entry }) => entry.page),
    ["PB", "PC", "PA"],
  );
  assertEquals(
    search([...entries, entry("PD", "four", "a lease age")], "lease age", 1)[0]!
      .entry.page,
    "PD",
  );
});

Deno.test("search takes the name of a page for the heading of its start", () => {
  const entries = [
    entry("Other", "Part", "exactly once"),
    entry("Exactly once", "Part", "text"),
    entry("Exactly once", "", "text"),
  ];
  assertEquals(search(entries, "exactly once", 1)[0]!.entry, entries[2]);
});

Deno.test("search puts a whole word before a part of one", () => {
  const entries = [
    entry("A", "one", "replaying"),
    entry("B", "two", "play"),
    entry("C", "three", "player"),
  ];
  assertEquals(
    search(entries, "play", 10).map(({ entry }) => entry.page),
    ["B", "C", "A"],
  );
});

Deno.test("search cuts an excerpt around the first word, at the ends of words", () => {
  const long = entry(
    "A",
    "h",
    `${"before ".repeat(50)}needle ${"after ".repeat(50)}`,
  );
  const [found] = search([long], "needle", 1);
  assertStringIncludes(found!.excerpt, "before needle after");
  assertEquals(/^… before .* after …$/.test(found!.excerpt), true);
  assertEquals(found!.excerpt.length < 250, true);
});

Deno.test("search takes the signs of patterns as text", () => {
  const entries = [entry("A", "h", "call a.b(c) [d] once"), ENTRIES[0]!];
  assertEquals(search(entries, "a.b(c) [d]", 10).length, 1);
  assertEquals(search(entries, ".*", 10).length, 0);
  assertEquals(markWords("x a.b(c) y", wordsOf("a.b(c)")), [
    { text: "x ", marked: false },
    { text: "a.b(c)", marked: true },
    { text: " y", marked: false },
  ]);
});
