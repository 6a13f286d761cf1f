import {
  assert,
  assertEquals,
  assertFalse,
  assertNotEquals,
} from "@std/assert";
import { fingerprint } from "../../../examples/demo/content.ts";
import { verdictLine, Verifier } from "../../../examples/demo/verify.ts";

/**
 * Arrivals of the keys a (even positions) and b (odd ones), with ten times the position as
 * fingerprint.
 */
function verify(total: number, positions: number[]): Verifier {
  const verifier = new Verifier(total);
  for (let i = 0; i < total; i++) verifier.expect(i, 10 * i);
  for (const position of positions) {
    verifier.arrive(position, position % 2 === 0 ? "a" : "b", 10 * position);
  }
  return verifier;
}

Deno.test("Verifier is content when everything arrives in the order of its key", () => {
  const verifier = verify(6, [1, 3, 0, 5, 2, 4]);
  assert(verifier.isComplete);
  assertEquals(verifier.verdict(), {
    ok: true,
    records: 6,
    missing: 0,
    outOfOrder: 0,
    changed: 0,
    unexpected: 0,
    duplicates: 0,
  });
  assertEquals(
    verdictLine(verifier.verdict()),
    "verified: 6 records, 0 missing, 0 out of order",
  );
});

Deno.test("Verifier fails when a record is missing", () => {
  const verifier = verify(6, [0, 1, 2, 3, 5]);
  assertFalse(verifier.isComplete);
  assertEquals(verifier.arrived, 5);
  assertEquals(
    verdictLine(verifier.verdict()),
    "FAILED: 6 records, 1 missing, 0 out of order",
  );
  assertFalse(verifier.verdict().ok);
});

Deno.test("Verifier counts a duplicate and does not fail when everything arrived", () => {
  // Back to a checkpoint: 0 to 3 come again, in their order.
  const verifier = verify(6, [0, 1, 2, 3, 0, 1, 2, 3, 4, 5]);
  assert(verifier.verdict().ok);
  assertEquals(verifier.verdict().duplicates, 4);
});

Deno.test("Verifier does not let a duplicate stand in for a missing record", () => {
  const { ok, missing, duplicates } = verify(3, [0, 1, 1]).verdict();
  assertEquals({ ok, missing, duplicates }, {
    ok: false,
    missing: 1,
    duplicates: 1,
  });
});

Deno.test("Verifier fails when two records of a key are swapped", () => {
  const { ok, missing, outOfOrder } = verify(6, [0, 1, 4, 2, 3, 5]).verdict();
  assertEquals({ ok, missing, outOfOrder }, {
    ok: false,
    missing: 0,
    outOfOrder: 1,
  });
  assertEquals(
    verdictLine(verify(6, [0, 1, 4, 2, 3, 5]).verdict()),
    "FAILED: 6 records, 0 missing, 1 out of order",
  );
});

Deno.test("Verifier fails when a record first arrives behind a later one after a restart", () => {
  const { outOfOrder } = verify(6, [0, 4, 0, 2, 4, 1, 3, 5]).verdict();
  assertEquals(outOfOrder, 1);
});

Deno.test("Verifier fails when a record arrives with another content, the second time too", () => {
  const verifier = verify(2, [0, 1]);
  verifier.arrive(1, "b", 11);
  const verdict = verifier.verdict();
  assertEquals([verdict.ok, verdict.changed, verdict.missing], [false, 1, 0]);
  assertEquals(
    verdictLine(verdict),
    "FAILED: 2 records, 0 missing, 0 out of order, 1 changed on the way",
  );
});

Deno.test("Verifier fails when a record arrives before it is written", () => {
  const verifier = new Verifier(1);
  assertFalse(verifier.arrive(0, "a", 5));
  assertEquals(verifier.verdict().unexpected, 1);
});

Deno.test("fingerprint distinguishes values that JSON makes equal, and keys", () => {
  const values = [
    null,
    NaN,
    Infinity,
    0,
    -0,
    1,
    1n,
    "1",
    [],
    {},
    [null],
    [undefined],
    { a: 1, b: 2 },
    { b: 2, a: 1 },
    { a: { b: 1 } },
    "\ud800",
  ];
  const numbers = new Set(values.map((value) => fingerprint("k", value)));
  assertEquals(numbers.size, values.length);
  assertNotEquals(fingerprint("k", 1), fingerprint("l", 1));
  assertEquals(
    fingerprint("k", { a: [1.5, "x", true] }),
    fingerprint("k", { a: [1.5, "x", true] }),
  );
});

Deno.test("Verifier fails when something arrives that was never written", () => {
  for (const position of [2, -1, 0.5, NaN]) {
    const { ok, unexpected } = verify(2, [0, 1, position]).verdict();
    assertEquals({ ok, unexpected }, { ok: false, unexpected: 1 });
  }
});
