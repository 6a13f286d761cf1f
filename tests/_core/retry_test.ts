import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { retry, type RetryRules } from "../../_core/retry.ts";
import { FakeClock } from "../_services/fake_clock.ts";

/** Makes rules with pauses of 100, 200 and 400 ms. */
function rules<R>(
  clock: FakeClock,
  more: Partial<RetryRules<R>> = {},
): RetryRules<R> {
  return {
    clock,
    backoff: { baseMs: 100, maxMs: 400 },
    maxFailures: 4,
    random: () => 1,
    mayRetry: () => true,
    ...more,
  };
}

/** An attempt that has these outcomes in turn, and the times at which it was made. */
function attempts<R>(clock: FakeClock, ...outcomes: (R | Error)[]) {
  const start = clock.now();
  const times: number[] = [];
  const attempt = () => {
    times.push(clock.now() - start);
    const outcome = outcomes.shift()!;
    return outcome instanceof Error
      ? Promise.reject(outcome)
      : Promise.resolve(outcome);
  };
  return { attempt, times };
}

const no = new Error("no");

Deno.test("retry pauses longer after each failure, and returns the first success", async () => {
  const clock = new FakeClock();
  const { attempt, times } = attempts(clock, no, no, no, "yes");
  assertEquals(await clock.runUntil(retry(attempt, rules(clock))), "yes");
  assertEquals(times, [0, 100, 300, 700]);
});

Deno.test("retry rejects with the last error that is allowed", async () => {
  const clock = new FakeClock();
  const last = new Error("the last one");
  const { attempt, times } = attempts(clock, no, no, no, last, "yes");
  const error = await assertRejects(() =>
    clock.runUntil(retry(attempt, rules(clock)))
  );
  assertStrictEquals(error, last);
  assertEquals(times.length, 4);
});

Deno.test("retry rejects at once with an error that may not be retried", async () => {
  const clock = new FakeClock();
  const { attempt, times } = attempts(clock, no, "yes");
  const mayRetry = (error: unknown) => error !== no;
  const error = await assertRejects(() =>
    retry(attempt, rules(clock, { mayRetry }))
  );
  assertStrictEquals(error, no);
  assertEquals(times, [0]);
});

Deno.test("retry repeats an attempt with a transient result, and returns the last one", async () => {
  const clock = new FakeClock();
  const busy = { busy: true, retryAfterMs: 5000 };
  const isTransient = (result: { busy: boolean }) => result.busy;
  for (const last of [{ busy: false }, busy]) {
    const { attempt, times } = attempts(clock, no, busy, busy, last);
    const result = retry(attempt, {
      ...rules(clock, { isTransient }),
      maxAskedMs: 3000,
    });
    assertStrictEquals(await clock.runUntil(result), last);
    assertEquals(times, [0, 100, 3100, 6100]);
  }
});

Deno.test("retry ends its pause when the signal aborts", async () => {
  const clock = new FakeClock();
  const control = new AbortController();
  const { attempt, times } = attempts(clock, no, "yes");
  const result = retry(attempt, rules(clock, { signal: control.signal }));
  await clock.advance(50);
  control.abort("enough");
  assertEquals(await result.catch((reason) => reason), "enough");
  assertEquals([times, clock.pendingTimers], [[0], 0]);
});
