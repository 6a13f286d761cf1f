import { assertEquals, assertStrictEquals } from "@std/assert";
import { contribution, countsIn, ignoredIn } from "../../scripts/counts.ts";

Deno.test("countsIn reads the last counting line", () => {
  const output = [
    "ok | 1 passed | 0 failed (1ms)",
    "a test ... ok (3ms)",
    "FAILED | 12 passed (3 steps) | 2 failed (1 step) | 1 ignored | 4 filtered out (2s)",
    "",
    "error: Test failed",
  ].join("\n");
  assertEquals(countsIn(output), {
    line: output.split("\n")[2]!,
    passed: 12,
    failed: 2,
  });
});

Deno.test("countsIn is undefined when no tests were counted", () => {
  assertStrictEquals(countsIn("error: Type checking failed."), undefined);
  assertStrictEquals(countsIn("told: ok | 1 passed | 0 failed"), undefined);
});

Deno.test("ignoredIn names each ignored test once", () => {
  const output = [
    "a test ... ok (3ms)",
    "Redis: it is not installed (see above) ... ignored (0ms)",
    "another ... ignored (1ms)",
    "Redis: it is not installed (see above) ... ignored (0ms)",
    "ok | 1 passed | 0 failed | 3 ignored (2s)",
  ].join("\n");
  assertEquals(ignoredIn(output), [
    "Redis: it is not installed (see above)",
    "another",
  ]);
  assertEquals(ignoredIn("ok | 1 passed | 0 failed"), []);
});

Deno.test("contribution counts a failed step as one failure at least", () => {
  assertEquals(contribution(true), { passed: 0, failed: 0 });
  assertEquals(contribution(false), { passed: 0, failed: 1 });
  assertEquals(contribution(true, { passed: 3, failed: 0 }), {
    passed: 3,
    failed: 0,
  });
  assertEquals(contribution(false, { passed: 3, failed: 0 }), {
    passed: 3,
    failed: 1,
  });
  assertEquals(contribution(false, { passed: 3, failed: 2 }), {
    passed: 3,
    failed: 2,
  });
});
