import { assertEquals, assertThrows } from "@std/assert";
import {
  type FailedCall,
  type RetrySettings,
  verdictOn,
} from "../../_processing/verdict.ts";

const settings: RetrySettings = {
  maxAttempts: 4,
  baseDelayMs: 100,
  maxDelayMs: 300,
  shouldRetry: (error) => error !== "bad",
  random: () => 0,
};

function call(options: Partial<FailedCall<number>>): FailedCall<number> {
  return {
    attempt: 1,
    failures: [{ record: 1, error: "no" }],
    hasThrown: true,
    wasAlone: false,
    ...options,
  };
}

Deno.test("verdictOn repeats a call with growing delays, up to the last attempt", () => {
  const delays = [1, 2, 3].map((attempt) => {
    const { again, delayMs, over } = verdictOn(call({ attempt }), settings);
    assertEquals([again, over], [[1], []]);
    return delayMs;
  });
  assertEquals(delays, [50, 100, 150]);
  const { again, over } = verdictOn(call({ attempt: 4 }), settings);
  assertEquals([again, over.length], [[], 1]);
});

Deno.test("verdictOn gives up the values whose error is not to be repeated, and repeats the others", () => {
  const failures = [
    { record: 1, error: "no" },
    { record: 2, error: "bad" },
    { record: 3, error: "no" },
  ];
  const { again, over, isAlone } = verdictOn(
    call({ failures, hasThrown: false }),
    settings,
  );
  assertEquals([again, over, isAlone], [[1, 3], [failures[1]], false]);
});

Deno.test("verdictOn gives each value its last attempt alone if the call for several of them threw", () => {
  const failures = [1, 2].map((record) => ({ record, error: "no" }));
  const alone = [1, 2, 3].map((attempt) =>
    verdictOn(call({ attempt, failures }), settings).isAlone
  );
  assertEquals(alone, [false, false, true]);
  const bad = [1, 2].map((record) => ({ record, error: "bad" }));
  const verdict = verdictOn(call({ failures: bad }), settings);
  assertEquals([verdict.isAlone, verdict.again], [true, [1, 2]]);
  assertEquals(
    verdictOn(call({ failures, attempt: 4 }), settings).over,
    failures,
  );
});

Deno.test("verdictOn gives up a value that fails alone", () => {
  const { again, over } = verdictOn(
    call({ attempt: 2, wasAlone: true }),
    settings,
  );
  assertEquals([again, over.length], [[], 1]);
});

Deno.test("verdictOn throws what 'shouldRetry' throws", () => {
  const shouldRetry = () => {
    throw new Error("broken");
  };
  assertThrows(
    () => verdictOn(call({}), { ...settings, shouldRetry }),
    Error,
    "broken",
  );
});
