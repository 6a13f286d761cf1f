import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { FailureStreak } from "../../_core/failure_streak.ts";

function streak(maxFailures: number): FailureStreak {
  const backoff = { baseMs: 100, maxMs: 400 };
  return new FailureStreak({ backoff, maxFailures, random: () => 0 });
}

Deno.test("FailureStreak lengthens the pauses, and throws the last error that it allows", () => {
  const failures = streak(5);
  const error = new Error("no");
  const pauses = Array.from({ length: 4 }, () => failures.pauseAfter(error));
  assertEquals(pauses, [50, 100, 200, 200]);
  assertStrictEquals(assertThrows(() => failures.pauseAfter(error)), error);
  assertEquals(failures.length, 5);
});

Deno.test("FailureStreak starts over after a success", () => {
  const failures = streak(2);
  for (let i = 0; i < 3; i++) {
    assertEquals(failures.pauseAfter(undefined), 50);
    failures.end();
  }
});

Deno.test("FailureStreak pauses as long as the error asks, if that is longer", () => {
  const failures = streak(9);
  assertEquals(failures.pauseAfter({ retryAfterMs: 3000 }), 3000);
  assertEquals(failures.pauseAfter({ retryAfterMs: 1 }), 100);
});
